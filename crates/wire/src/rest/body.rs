//! JSON bodies: a command, or an array of commands.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::limits::{ARGUMENTS_MAX, PIPELINE_COMMANDS_MAX};
use crate::rest::{Arguments, RestError};

/// Reads the body of `/`: one array of strings, numbers and booleans. Numbers keep their text.
///
/// # Errors
/// [`RestError`] with the text of the service.
pub fn parse_command(body: &[u8], command_bytes_max: usize) -> Result<Arguments<'_>, RestError> {
    let items: Vec<&RawValue> = serde_json::from_slice(body).map_err(|_| RestError::Command)?;
    if items.is_empty() {
        return Err(RestError::EmptyCommand);
    }
    arguments(&items, command_bytes_max, &RestError::Command)
}

/// Reads the body of `/pipeline` and `/multi-exec`. A command that cannot be read is an error of its own.
///
/// # Errors
/// [`RestError`] if the body as a whole is no pipeline.
pub fn parse_pipeline(
    body: &[u8],
    command_bytes_max: usize,
) -> Result<Vec<Result<Arguments<'_>, RestError>>, RestError> {
    let commands: Vec<Vec<&RawValue>> = serde_json::from_slice(body).map_err(|_| RestError::Pipeline)?;
    if commands.is_empty() {
        return Err(RestError::EmptyPipeline);
    }
    if commands.len() > PIPELINE_COMMANDS_MAX {
        return Err(RestError::TooManyCommands { limit: PIPELINE_COMMANDS_MAX });
    }
    let read = |items: &Vec<&'_ RawValue>| {
        if items.is_empty() {
            return Err(RestError::EmptyPipelineCommand);
        }
        Ok(())
    };
    Ok(commands
        .iter()
        .map(|items| read(items).and_then(|()| arguments(items, command_bytes_max, &RestError::Pipeline)))
        .collect())
}

fn arguments<'a>(
    items: &[&'a RawValue],
    bytes_max: usize,
    invalid: &RestError,
) -> Result<Arguments<'a>, RestError> {
    let actual = items.iter().map(|item| item.get().len()).sum();
    if actual > bytes_max || items.len() > ARGUMENTS_MAX {
        return Err(RestError::TooLarge { limit: bytes_max, actual });
    }
    items.iter().map(|item| argument(item, invalid)).collect()
}

fn argument<'a>(item: &'a RawValue, invalid: &RestError) -> Result<Cow<'a, [u8]>, RestError> {
    let text = item.get();
    match text.as_bytes() {
        [b'"', inner @ .., b'"'] if !inner.contains(&b'\\') => Ok(Cow::Borrowed(inner)),
        [b'"', ..] => serde_json::from_str::<String>(text)
            .map(|text| Cow::Owned(text.into_bytes()))
            .map_err(|_| invalid.clone()),
        [b'[', ..] => Err(RestError::Nested('[')),
        [b'{', ..] => Err(RestError::Nested('{')),
        b"null" => Err(RestError::Null),
        number_or_boolean => Ok(Cow::Borrowed(number_or_boolean)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MAX: usize = 1000;

    fn command(body: &str) -> Result<Vec<String>, String> {
        parse_command(body.as_bytes(), MAX)
            .map(|args| args.iter().map(|arg| String::from_utf8_lossy(arg).into_owned()).collect())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn numbers_keep_their_text() {
        let sent = r#" ["set", 1e+21, 0.30000000000000004, 9007199254740993, -0, true, "\u00e9\n", ""] "#;
        let read = ["set", "1e+21", "0.30000000000000004", "9007199254740993", "-0", "true", "é\n", ""];
        assert_eq!(command(sent).unwrap(), read);
    }

    #[test]
    fn refusals_have_the_texts_of_the_service() {
        for (body, text) in [
            ("", "ERR failed to parse command"),
            ("{}", "ERR failed to parse command"),
            ("[1,]", "ERR failed to parse command"),
            ("[\"\\ud800\"]", "ERR failed to parse command"),
            ("[]", "ERR empty command"),
            ("[[\"get\",\"a\"]]", "ERR unsupported arg type: \"[\": json.Delim"),
            ("[\"set\",{}]", "ERR unsupported arg type: \"{\": json.Delim"),
            ("[\"set\",null]", "ERR unsupported arg type: null"),
        ] {
            assert_eq!(command(body).unwrap_err(), text, "{body}");
        }
        let large = format!("[\"{}\"]", "x".repeat(MAX));
        assert_eq!(
            command(&large).unwrap_err(),
            "ERR max request size exceeded. Limit: 1000 bytes, Actual: 1002 bytes"
        );
        assert_eq!(parse_command(&[b'[', 0xff, b']'], MAX).unwrap_err(), RestError::Command);
    }

    #[test]
    fn a_pipeline_keeps_going_past_a_bad_command() {
        let read = parse_pipeline(br#"[["get","a"],[],[[1]]]"#, MAX).unwrap();
        assert_eq!(read.len(), 3);
        assert_eq!(read[1], Err(RestError::EmptyPipelineCommand));
        assert_eq!(read[2], Err(RestError::Nested('[')));
        assert_eq!(parse_pipeline(b"[]", MAX), Err(RestError::EmptyPipeline));
        assert_eq!(parse_pipeline(b"[1]", MAX), Err(RestError::Pipeline));
        let many = format!("[{}[]]", "[],".repeat(PIPELINE_COMMANDS_MAX));
        assert!(matches!(parse_pipeline(many.as_bytes(), MAX), Err(RestError::TooManyCommands { .. })));
    }

    #[test]
    fn deep_nesting_is_refused_not_followed() {
        let deep = format!("[{}", "[".repeat(1_000_000));
        assert_eq!(parse_command(deep.as_bytes(), MAX), Err(RestError::Command));
    }

    proptest! {
        #[test]
        fn random_bodies_never_panic(bytes in any::<Vec<u8>>(), text in "[\\[\\]{}\",a0\\\\ ]{0,24}") {
            for body in [bytes.as_slice(), text.as_bytes()] {
                let _ = parse_command(body, MAX);
                let _ = parse_pipeline(body, MAX);
            }
        }
    }
}
