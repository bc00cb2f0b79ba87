//! Errors that repeat what a client sent.

use super::CommandError;

/// The longest stretch of a client's own words that an error repeats, in bytes (as Redis does).
pub(super) const QUOTED_BYTES_MAX: usize = 128;

impl CommandError {
    /// The error for a command line whose first word no command has.
    #[must_use]
    pub fn unknown_command(args: &[&[u8]]) -> Self {
        let mut arguments = String::new();
        for argument in args.iter().skip(1) {
            let room = QUOTED_BYTES_MAX.saturating_sub(arguments.len());
            if room == 0 {
                break;
            }
            arguments.push('\'');
            arguments.push_str(&printable(argument, room));
            arguments.push_str("' ");
        }
        let name = printable(args.first().copied().unwrap_or_default(), QUOTED_BYTES_MAX).into();
        Self::UnknownCommand { name, arguments: arguments.into() }
    }

    /// The error for a place that the map does not have, in degrees.
    #[must_use]
    pub fn invalid_position(longitude: f64, latitude: f64) -> Self {
        Self::InvalidPosition { position: format!("{longitude:.6},{latitude:.6}").into() }
    }

    /// The error for a search without a center.
    #[must_use]
    pub fn center_missing(command: &[u8]) -> Self {
        Self::CenterMissing { command: printable(command, QUOTED_BYTES_MAX).into() }
    }

    /// The error for a search without a shape.
    #[must_use]
    pub fn shape_missing(command: &[u8]) -> Self {
        Self::ShapeMissing { command: printable(command, QUOTED_BYTES_MAX).into() }
    }

    /// The error for a second word that is no subcommand of `container`.
    #[must_use]
    pub fn unknown_subcommand(container: &str, name: &[u8]) -> Self {
        let name = printable(name, QUOTED_BYTES_MAX).into();
        Self::UnknownSubcommand { name, container: container.to_ascii_uppercase().into() }
    }

    /// The error for an option of HSETEX that there is not.
    #[must_use]
    pub fn unknown_argument(argument: &[u8]) -> Self {
        Self::UnknownArgument { argument: printable(argument, usize::MAX).into() }
    }

    /// The error for a word that PFDEBUG does not know.
    #[must_use]
    pub fn unknown_pfdebug(name: &[u8]) -> Self {
        Self::UnknownPfdebug { name: printable(name, usize::MAX).into() }
    }

    /// The error for an option of FUNCTION LOAD that there is not.
    #[must_use]
    pub fn unknown_option(option: &[u8]) -> Self {
        Self::UnknownOption { option: printable(option, usize::MAX).into() }
    }

    /// The error for a word that FUNCTION LIST does not know.
    #[must_use]
    pub fn unknown_list_argument(argument: &[u8]) -> Self {
        Self::UnknownListArgument { argument: printable(argument, usize::MAX).into() }
    }

    /// The error for a subcommand with more words than it takes.
    #[must_use]
    pub fn subcommand_arity(container: &'static str, name: &[u8]) -> Self {
        Self::SubcommandArity { container, name: printable(name, QUOTED_BYTES_MAX).into() }
    }

    /// The error for a key that a script did not declare.
    #[must_use]
    pub fn dynamic_key(key: &[u8]) -> Self {
        Self::CallDynamicKey { key: printable(key, QUOTED_BYTES_MAX).into() }
    }

    /// The error for an option of EXPIRE that there is not.
    #[must_use]
    pub fn unsupported_option(option: &[u8]) -> Self {
        Self::UnsupportedOption { option: printable(option, usize::MAX).into() }
    }
}

/// A client's bytes as part of one error line: cut, never with a line break, never invalid UTF-8.
pub(super) fn printable(bytes: &[u8], bytes_max: usize) -> String {
    let cut = bytes.get(..bytes_max).unwrap_or(bytes);
    let mut text = String::from_utf8_lossy(cut).replace(['\r', '\n'], " ");
    if let Some(end) = text.find('\0') {
        // Redis prints these words as C strings.
        text.truncate(end);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_words_are_cut_and_cannot_break_the_line() {
        let long = [b'x'; 300];
        let error = CommandError::unknown_command(&[b"a\r\nb", &long, b"never shown"]).to_string();
        assert_eq!(
            error,
            format!("ERR unknown command 'a  b', with args beginning with: '{}' ", "x".repeat(128))
        );
        assert_eq!(
            CommandError::unknown_subcommand("client", b"\xff\0z").to_string(),
            "ERR unknown subcommand '\u{fffd}'. Try CLIENT HELP."
        );
    }

    #[test]
    fn errors_stay_small_because_every_handler_returns_one() {
        assert!(size_of::<Result<(), CommandError>>() <= 40);
    }
}
