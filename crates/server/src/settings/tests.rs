use std::ffi::OsString;
use std::io::Write as _;

use super::*;

fn read(args: &[&str]) -> Result<Settings, SettingsError> {
    parse(std::iter::once("selvedge").chain(args.iter().copied()).map(OsString::from))
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

#[test]
fn the_defaults_are_valid_and_private() {
    let settings = Settings::default();
    settings.validate().unwrap();
    assert!(settings.http_addr.ip().is_loopback() && settings.resp_addr.ip().is_loopback());
    assert_eq!(settings.durability, DurabilityMode::Always);
    assert_eq!(settings.request_bytes_max, 10 * 1024 * 1024);
    assert!(!settings.insecure_no_auth && !settings.allow_public_bind);
}

#[test]
fn flags_override_the_file_and_the_file_the_defaults() {
    let file = file(
        "durability = \"none\"\nbody-bytes-max = \"1MiB\"\nconnections_max = 7\ninsecure-no-auth = true\n",
    );
    let path = file.path().to_str().unwrap();
    let settings = read(&["--config", path, "--durability", "interval"]).unwrap();
    assert_eq!(settings.durability, DurabilityMode::Interval);
    assert_eq!((settings.body_bytes_max, settings.connections_max), (1024 * 1024, 7));
    assert!(settings.insecure_no_auth);
}

#[test]
fn a_file_with_a_wrong_name_or_value_is_refused() {
    for (text, part) in [
        ("durabilty = \"none\"", "there is no setting `durabilty`"),
        ("config = \"x\"", "there is no setting `config`"),
        ("threads = [1]", "`threads` must be"),
        ("threads = ", "not valid TOML"),
        ("threads = \"many\"", "--threads"),
        ("durability = \"often\"", "always, interval, none"),
    ] {
        let file = file(text);
        let error = read(&["--config", file.path().to_str().unwrap()]).unwrap_err().to_string();
        assert!(error.contains(part), "{text}: {error}");
    }
    assert!(read(&["--config", "/nowhere/at/all.toml"]).unwrap_err().to_string().contains("cannot be read"));
}

#[test]
fn nobody_opens_a_door_to_the_world_by_accident() {
    let public = ["--resp-addr", "0.0.0.0:6379"];
    assert!(matches!(read(&public), Err(SettingsError::PublicBind { .. })));
    let open = ["--resp-addr", "0.0.0.0:6379", "--allow-public-bind", "--insecure-no-auth"];
    assert!(matches!(read(&open), Err(SettingsError::OpenToAll { .. })));
    let short = ["--http-addr", "[::]:80", "--allow-public-bind", "--token", "short"];
    assert!(matches!(read(&short), Err(SettingsError::ShortToken { .. })));
    let good = ["--http-addr", "[::]:80", "--allow-public-bind", "--token", "0123456789abcdef"];
    assert!(read(&good).is_ok());
}

#[test]
fn a_token_that_is_none_is_refused() {
    for token in ["", "undefined", "null"] {
        assert!(matches!(read(&["--token", token]), Err(SettingsError::NoToken { .. })), "{token:?}");
    }
    assert!(matches!(read(&["--token", "a b"]), Err(SettingsError::BadToken { .. })));
    assert!(matches!(read(&["--token", "abc\n"]), Err(SettingsError::BadToken { .. })));
    let equal = ["--token", "abc", "--read-only-token", "abc"];
    assert!(matches!(read(&equal), Err(SettingsError::EqualTokens)));
}

#[test]
fn limits_that_cannot_work_are_refused() {
    assert!(matches!(read(&["--connections-max", "0"]), Err(SettingsError::TooSmall { .. })));
    assert!(matches!(read(&["--bulk-bytes-max", "1GiB"]), Err(SettingsError::TooLarge { .. })));
    assert!(read(&["--request-bytes-max", "10MB"]).unwrap_err().to_string().contains("KiB, MiB or GiB"));
    assert!(read(&["--request-bytes-max", "99999999999GiB"]).is_err());
}

#[test]
fn debug_text_hides_tokens() {
    let settings = read(&["--token", "very-secret-token"]).unwrap();
    assert!(!format!("{settings:?}").contains("very-secret"));
}

#[test]
fn the_page_names_every_setting_and_its_variable() {
    let page = page();
    for part in [
        "### `--data-dir <DIR>`",
        "`SELVEDGE_RESP_ADDR`",
        "Default: `10MiB`",
        "- `interval`: ",
        "### `--insecure-no-auth`\n",
    ] {
        assert!(page.contains(part), "{part}");
    }
}
