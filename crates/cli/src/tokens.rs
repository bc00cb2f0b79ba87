//! The file of tokens: drawn on the first start, private to the user of the process.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use selvedge_server::settings::{Secret, Settings};

use crate::failure::Failure;

/// The name of the file in the data directory.
const FILE_NAME: &str = "tokens.toml";

/// Random bytes of a token: as hard to guess as a key of AES-256.
const TOKEN_BYTES: usize = 32;

/// Permission bits of others than the owner.
const MODE_OTHERS: u32 = 0o077;

const HEADER: &str = "# Drawn by Selvedge on its first start. Whoever has `token` can read and write everything,\n\
                      # whoever has `read_only_token` can read everything. To replace one, remove its line and restart.\n";

/// The tokens of the file.
#[derive(Debug, Default)]
struct Stored {
    token: Option<Secret>,
    read_only_token: Option<Secret>,
}

/// Gives the settings the tokens that the operator did not: those of the file, or new ones that are kept there.
///
/// The data directory must be locked, so that two first starts cannot draw different tokens.
pub(crate) fn complete(settings: &mut Settings) -> Result<(), Failure> {
    if settings.insecure_no_auth || (settings.token.is_some() && settings.read_only_token.is_some()) {
        return Ok(());
    }
    let path = settings.data_dir.join(FILE_NAME);
    let mut stored = load(&path)?;
    let mut is_changed = false;
    for (given, kept) in [
        (&mut settings.token, &mut stored.token),
        (&mut settings.read_only_token, &mut stored.read_only_token),
    ] {
        if given.is_some() {
            continue;
        }
        if kept.is_none() {
            *kept = Some(draw()?);
            is_changed = true;
        }
        given.clone_from(kept);
    }
    if is_changed {
        store(&path, &stored).map_err(|source| Failure::TokenFile { path, source })?;
    }
    Ok(())
}

fn draw() -> Result<Secret, Failure> {
    let mut bytes = [0; TOKEN_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| Failure::other("drawing a token", error.to_string()))?;
    Ok(Secret::new(URL_SAFE_NO_PAD.encode(bytes)))
}

fn load(path: &Path) -> Result<Stored, Failure> {
    let failed = |source| Failure::TokenFile { path: path.to_path_buf(), source };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Stored::default()),
        Err(error) => return Err(failed(error)),
    };
    if file.metadata().map_err(failed)?.mode() & MODE_OTHERS != 0 {
        return Err(Failure::TokenFileOpen { path: path.to_path_buf() });
    }
    let text = io::read_to_string(file).map_err(failed)?;
    parse(&text).ok_or_else(|| Failure::TokenFileContents { path: path.to_path_buf() })
}

/// `None` when the text holds anything but tokens. The text itself is in no error, because it holds secrets.
fn parse(text: &str) -> Option<Stored> {
    let mut stored = Stored::default();
    for (name, value) in text.parse::<toml::Table>().ok()? {
        let token = value.as_str().filter(|token| is_token(token)).map(Secret::new)?;
        match name.as_str() {
            "token" => stored.token = Some(token),
            "read_only_token" => stored.read_only_token = Some(token),
            _ => return None,
        }
    }
    Some(stored)
}

/// At least 16 visible characters, as for a token that the operator gives for a public address.
fn is_token(text: &str) -> bool {
    text.len() >= 16 && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Writes the file beside its place and moves it there, so that a crash leaves the old one or the new one.
fn store(path: &Path, stored: &Stored) -> io::Result<()> {
    let beside: PathBuf = path.with_extension("toml.new");
    match std::fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    file.write_all(HEADER.as_bytes())?;
    for (name, token) in [("token", &stored.token), ("read_only_token", &stored.read_only_token)] {
        if let Some(token) = token {
            writeln!(file, "{name} = {}", toml::Value::from(token.expose()))?;
        }
    }
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_loaded() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join(FILE_NAME);
        assert!(load(&path).unwrap().token.is_none());
        let (token, read_only_token) = (draw().unwrap(), draw().unwrap());
        store(&path, &Stored { token: Some(token.clone()), read_only_token: Some(read_only_token.clone()) })
            .unwrap();
        let loaded = load(&path).unwrap();
        assert_eq!(loaded.token, Some(token.clone()));
        assert_eq!(loaded.read_only_token, Some(read_only_token));
        store(&path, &Stored { token: Some(token.clone()), read_only_token: None }).unwrap();
        assert_eq!(load(&path).unwrap().token, Some(token));
    }

    #[test]
    fn what_is_no_file_of_tokens_is_refused() {
        for text in
            ["token = \"\"", "token = \"short\"", "token = 1", "password = \"0123456789abcdef\"", "nonsense"]
        {
            assert!(parse(text).is_none(), "{text}");
        }
        assert!(parse("token = \"with blanks in the middle\"").is_none());
        assert!(parse("# nothing\n").is_some());
    }
}
