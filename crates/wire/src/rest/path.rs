//! Path style: the command in the path, the body as one more argument, options in the query.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::limits::ARGUMENTS_MAX;
use crate::rest::{Arguments, RestError};

/// A request in path style.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathRequest<'a> {
    /// Segments, then the body, then the query options.
    pub arguments: Arguments<'a>,
    /// The value of `_token`.
    pub token: Option<Cow<'a, [u8]>>,
}

/// Reads a path with its query and body.
///
/// Segments are decoded each on its own after splitting, so that `%2F` is a slash inside an argument; `+` is itself in
/// the path and a blank in the query. A body that is not empty is one argument, byte for byte.
///
/// # Errors
/// [`RestError::TooLarge`].
pub fn parse_path<'a>(
    path: &'a str,
    query: Option<&'a str>,
    body: &'a [u8],
    command_bytes_max: usize,
) -> Result<PathRequest<'a>, RestError> {
    let actual = path.len() + query.map_or(0, str::len) + body.len();
    if actual > command_bytes_max {
        return Err(RestError::TooLarge { limit: command_bytes_max, actual });
    }
    let mut arguments: Arguments<'a> = path
        .strip_prefix('/')
        .unwrap_or(path)
        .split('/')
        .map(|segment| percent_decode_str(segment).into())
        .collect();
    if arguments.iter().all(|argument| argument.is_empty()) {
        return Err(RestError::EmptyCommand);
    }
    if !body.is_empty() {
        arguments.push(Cow::Borrowed(body));
    }
    let mut token = None;
    for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = match pair.split_once('=') {
            Some((name, value)) => (form_decode(name), Some(form_decode(value))),
            None => (form_decode(pair), None),
        };
        if name.as_ref() == b"_token" {
            token = value;
            continue;
        }
        arguments.push(name);
        arguments.extend(value);
    }
    if arguments.len() > ARGUMENTS_MAX {
        return Err(RestError::TooLarge { limit: command_bytes_max, actual });
    }
    Ok(PathRequest { arguments, token })
}

fn form_decode(text: &str) -> Cow<'_, [u8]> {
    if text.contains('+') {
        return Cow::Owned(percent_decode_str(&text.replace('+', " ")).collect());
    }
    percent_decode_str(text).into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(path: &str, query: &str, body: &[u8]) -> Vec<String> {
        let request = parse_path(path, Some(query), body, 1000).unwrap();
        request.arguments.iter().map(|arg| String::from_utf8_lossy(arg).into_owned()).collect()
    }

    #[test]
    fn segments_body_and_options_come_in_that_order() {
        assert_eq!(read("/set/foo/bar/EX/100", "", b""), ["set", "foo", "bar", "EX", "100"]);
        assert_eq!(read("/set/foo", "EX=100&NX", b"a value"), ["set", "foo", "a value", "EX", "100", "NX"]);
        assert_eq!(read("/set/a%2Fb/c%20d+e", "", b""), ["set", "a/b", "c d+e"]);
        assert_eq!(read("/get/a", "x=a+b%2B", b""), ["get", "a", "x", "a b+"]);
        assert_eq!(read("/set/a/", "", b""), ["set", "a", ""]);
    }

    #[test]
    fn the_token_is_never_an_argument() {
        let request = parse_path("/get/a", Some("_token=s%3D&x=1"), b"", 1000).unwrap();
        assert_eq!(request.token.as_deref(), Some(&b"s="[..]));
        assert_eq!(request.arguments.len(), 4);
    }

    #[test]
    fn a_body_keeps_its_bytes() {
        let request = parse_path("/set/a", None, &[0, 0xff, b'%'], 1000).unwrap();
        assert_eq!(request.arguments[2].as_ref(), [0, 0xff, b'%']);
    }

    #[test]
    fn what_is_too_large_or_empty_is_refused() {
        assert!(matches!(
            parse_path("/set/a", None, &[0; 1000], 1000),
            Err(RestError::TooLarge { limit: 1000, .. })
        ));
        assert_eq!(parse_path("/", None, b"", 1000), Err(RestError::EmptyCommand));
    }

    proptest! {
        #[test]
        fn random_paths_never_panic(path in ".{0,40}", query in ".{0,40}") {
            let _ = parse_path(&path, Some(&query), b"", 1000);
        }
    }
}
