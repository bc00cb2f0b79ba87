//! The first line of a script or library: `#!lua flags=no-writes`, `#!lua name=mylib`.

use std::borrow::Cow;

use selvedge_engine::scripting::ScriptFlags;
use selvedge_wire::resp::split_line;

use crate::error::ScriptError;
use crate::limits::SCRIPT_BYTES_MAX;

/// What a script says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Header {
    /// The flags it declares. None without a shebang: then it may do everything.
    pub flags: Option<ScriptFlags>,
}

/// What a library says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LibraryHeader {
    /// Its name: letters, digits and underscores.
    pub name: String,
}

/// Reads the first line of a script.
///
/// # Errors
/// [`ScriptError`] in Redis' words.
pub fn script_header(text: &[u8]) -> Result<Header, ScriptError> {
    if text.len() > SCRIPT_BYTES_MAX {
        return Err(ScriptError::TooLong { max: SCRIPT_BYTES_MAX });
    }
    if !text.starts_with(b"#!") {
        return Ok(Header::default());
    }
    let line = first_line(text).ok_or(ScriptError::InvalidShebang)?;
    let mut words = words(line).ok_or(ScriptError::InvalidEngine)?.into_iter();
    let engine = words.next().unwrap_or_default();
    if *engine != *b"#!lua" {
        return Err(ScriptError::UnknownEngine(lossy(&engine)));
    }
    let mut flags = ScriptFlags::default();
    for word in words {
        let names =
            word.strip_prefix(b"flags=").ok_or_else(|| ScriptError::UnknownShebangOption(lossy(&word)))?;
        if names.is_empty() {
            continue;
        }
        for name in names.split(|byte| *byte == b',') {
            flags = flags.and(ScriptFlags::named(name).ok_or_else(|| ScriptError::UnknownFlag(lossy(name)))?);
        }
    }
    Ok(Header { flags: Some(flags) })
}

/// Reads the first line of a library.
///
/// # Errors
/// [`ScriptError`] in Redis' words.
pub fn library_header(code: &[u8]) -> Result<LibraryHeader, ScriptError> {
    if code.len() > SCRIPT_BYTES_MAX {
        return Err(ScriptError::TooLong { max: SCRIPT_BYTES_MAX });
    }
    if !code.starts_with(b"#!") {
        return Err(ScriptError::NoMetadata);
    }
    let line = first_line(code).ok_or(ScriptError::InvalidMetadata)?;
    let mut words = words(line).ok_or(ScriptError::InvalidMetadata)?.into_iter();
    let engine = words.next().unwrap_or_default();
    let engine = engine.get(2..).unwrap_or_default();
    let mut name = None;
    for word in words {
        let value = match word.split_at_checked(5) {
            Some((option, value)) if option.eq_ignore_ascii_case(b"name=") => value,
            _ => return Err(ScriptError::InvalidMetadataValue(lossy(&word))),
        };
        if name.replace(value.to_vec()).is_some() {
            return Err(ScriptError::LibraryNameTwice);
        }
    }
    let name = checked_name(&name.ok_or(ScriptError::NoLibraryName)?)?.to_owned();
    if !engine.eq_ignore_ascii_case(b"lua") {
        return Err(ScriptError::EngineNotFound(lossy(engine)));
    }
    Ok(LibraryHeader { name })
}

/// A name of a library or function.
///
/// # Errors
/// [`ScriptError::BadName`].
pub(crate) fn checked_name(name: &[u8]) -> Result<&str, ScriptError> {
    let fits = !name.is_empty() && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    std::str::from_utf8(name).ok().filter(|_| fits).ok_or(ScriptError::BadName)
}

/// What Lua is to compile: the shebang line becomes an empty one, so that lines keep their numbers.
pub(crate) fn body(text: &[u8]) -> &[u8] {
    if !text.starts_with(b"#!") {
        return text;
    }
    first_line(text).and_then(|line| text.get(line.len()..)).unwrap_or_default()
}

fn first_line(text: &[u8]) -> Option<&[u8]> {
    let end = text.iter().position(|byte| *byte == b'\n')?;
    text.get(..end)
}

/// The words of a line, with quotes as on an inline command. None if those do not match.
fn words(line: &[u8]) -> Option<Vec<Cow<'_, [u8]>>> {
    if line.iter().any(|byte| matches!(byte, b'"' | b'\'')) {
        return split_line(line).map(|words| words.into_iter().map(Cow::Owned).collect());
    }
    let words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    Some(words.map(Cow::Borrowed).collect())
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
