//! The TOML file: its values become the defaults of the flags, so that flags, environment and file are read, checked and
//! explained by the same code.

use std::ffi::OsString;
use std::path::Path;

use clap::builder::Resettable;
use clap::{Args as _, Command, FromArgMatches as _};

use crate::settings::{Settings, SettingsError};

/// Reads flags, environment and file, in that order of precedence, and checks them.
///
/// `args` begins with the name of the program.
///
/// # Errors
/// [`SettingsError`]. Its `Flags` variant is also how `--help` ends.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Settings, SettingsError> {
    parse_with(Command::new("selvedge"), args)
}

/// [`parse`] for a command that says more of itself in `--help`.
///
/// # Errors
/// As [`parse`].
pub fn parse_with(
    command: Command,
    args: impl IntoIterator<Item = OsString>,
) -> Result<Settings, SettingsError> {
    let args: Vec<OsString> = args.into_iter().collect();
    // What the settings say of themselves would take the place of what the command says of itself.
    let (about, long_about) = (command.get_about().cloned(), command.get_long_about().cloned());
    let command = Settings::augment_args(command)
        .about(Resettable::from(about))
        .long_about(Resettable::from(long_about));
    let command = match config_of(command.clone(), &args) {
        Some(path) => with_file(command, Path::new(&path))?,
        None => command,
    };
    let settings = Settings::from_arg_matches(&command.try_get_matches_from(args)?)?;
    settings.validate()?;
    Ok(settings)
}

/// Gives a command that has the arguments of [`Settings`] the values of a file as defaults.
///
/// Keys are the names of flags without the dashes in front; `-` and `_` are the same.
///
/// # Errors
/// [`SettingsError`] for a file that cannot be read or names what does not exist.
pub fn with_file(mut command: Command, path: &Path) -> Result<Command, SettingsError> {
    let owned = || path.to_path_buf();
    let text =
        std::fs::read_to_string(path).map_err(|source| SettingsError::File { path: owned(), source })?;
    let table: toml::Table =
        text.parse().map_err(|source| SettingsError::Toml { path: owned(), source: Box::new(source) })?;
    let names = names();
    for (key, value) in table {
        let id = key.replace('-', "_");
        if id == "config" || !names.contains(&id) {
            return Err(SettingsError::UnknownKey { path: owned(), key });
        }
        let value = match value {
            toml::Value::String(text) => text,
            toml::Value::Integer(number) => number.to_string(),
            toml::Value::Boolean(answer) => answer.to_string(),
            toml::Value::Float(_)
            | toml::Value::Datetime(_)
            | toml::Value::Array(_)
            | toml::Value::Table(_) => {
                return Err(SettingsError::ValueType { path: owned(), key });
            }
        };
        command = command.mut_arg(id, |arg| {
            // A switch has no default to hide.
            let hides = arg.get_action().takes_values();
            arg.default_value(value).hide_default_value(hides)
        });
    }
    Ok(command)
}

/// The settings of an empty command line, whatever the environment says.
pub(crate) fn defaults() -> Settings {
    let command = Settings::augment_args(Command::new("selvedge")).mut_args(|arg| arg.env(None::<&str>));
    let matches = command.get_matches_from(["selvedge"]);
    #[expect(clippy::expect_used, reason = "a test reads the defaults; nothing from outside takes part")]
    Settings::from_arg_matches(&matches).expect("the defaults are valid")
}

/// The identifiers of all settings.
fn names() -> Vec<String> {
    let command = Settings::augment_args(Command::new("selvedge"));
    command.get_arguments().map(|arg| arg.get_id().to_string()).collect()
}

/// What `--config` or its variable says, whatever else is wrong.
fn config_of(command: Command, args: &[OsString]) -> Option<OsString> {
    let matches = command.ignore_errors(true).disable_help_flag(true).try_get_matches_from(args).ok()?;
    matches.get_raw("config")?.next().map(OsString::from)
}
