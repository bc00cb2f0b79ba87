//! Path style: the command in the path, the body as one more argument, options in the query.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::limits::ARGUMENTS_MAX;
use crate::rest::{Arguments, RestError};

/// The parameter that carries the token, and is never an argument.
const TOKEN: &[u8] = b"_token";

/// The arguments of a path with its query and body: segments, then the body, then the query's options without `_token`.
///
/// Segments are decoded each on its own after splitting, so that `%2F` is a slash inside an argument; `+` is itself in
/// the path and a blank in the query. What looks like an escape and is none, such as `%zz`, stands for itself. A body
/// that is not empty is one argument, byte for byte. A slash at the end is an empty argument before it.
///
/// # Errors
/// [`RestError::EmptyCommand`], [`RestError::TooManyArguments`], [`RestError::TooLarge`].
pub fn parse_path<'a>(
    path: &'a str,
    query: Option<&'a str>,
    body: &'a [u8],
    command_bytes_max: usize,
) -> Result<Arguments<'a>, RestError> {
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
    for (name, value) in pairs(query).filter(|(name, _)| name.as_ref() != TOKEN) {
        arguments.push(name);
        arguments.extend(value);
    }
    if arguments.len() > ARGUMENTS_MAX {
        return Err(RestError::TooManyArguments { limit: ARGUMENTS_MAX });
    }
    let actual = arguments.iter().map(|argument| argument.len()).sum();
    if actual > command_bytes_max {
        return Err(RestError::TooLarge { limit: command_bytes_max, actual });
    }
    Ok(arguments)
}

/// The value of `_token` in a query, of any form of request.
#[must_use]
pub fn query_token(query: &str) -> Option<Cow<'_, [u8]>> {
    pairs(Some(query)).filter(|(name, _)| name.as_ref() == TOKEN).last()?.1
}

/// The pairs of a query, decoded. A name without `=` has no value.
fn pairs(query: Option<&str>) -> impl Iterator<Item = (Cow<'_, [u8]>, Option<Cow<'_, [u8]>>)> {
    query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        match pair.split_once('=') {
            Some((name, value)) => (form_decode(name), Some(form_decode(value))),
            None => (form_decode(pair), None),
        }
    })
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
        let arguments = parse_path(path, Some(query), body, 1000).unwrap();
        arguments.iter().map(|arg| String::from_utf8_lossy(arg).into_owned()).collect()
    }

    #[test]
    fn segments_body_and_options_come_in_that_order() {
        assert_eq!(read("/set/foo/bar/EX/100", "", b""), ["set", "foo", "bar", "EX", "100"]);
        assert_eq!(read("/set/foo", "EX=100&NX", b"a value"), ["set", "foo", "a value", "EX", "100", "NX"]);
        assert_eq!(read("/set/a%2Fb/c%20d+e", "", b""), ["set", "a/b", "c d+e"]);
        assert_eq!(read("/get/a", "x=a+b%2B", b""), ["get", "a", "x", "a b+"]);
        assert_eq!(read("/set/a/", "", b""), ["set", "a", ""]);
        assert_eq!(read("/set/a%zz%4", "%zz=%", b""), ["set", "a%zz%4", "%zz", "%"]);
        assert_eq!(read("/set/%F0%9F%A7%B5/b", "EX=", b""), ["set", "🧵", "b", "EX", ""]);
        assert_eq!(read("/json.get/k/$", "&&", b""), ["json.get", "k", "$"]);
    }

    #[test]
    fn the_token_is_never_an_argument() {
        assert_eq!(read("/get/a", "_token=s%3D&x=1&%5ftoken", b""), ["get", "a", "x", "1"]);
        for (query, token) in [
            ("_token=a", Some(&b"a"[..])),
            ("_token=s%3D&x=1", Some(b"s=")),
            ("x=1&%5ftoken=a+b", Some(b"a b")),
            ("_token=a&_token=b", Some(b"b")),
            ("_token", None),
            ("token=a", None),
            ("", None),
        ] {
            assert_eq!(query_token(query).as_deref(), token, "{query}");
        }
    }

    #[test]
    fn a_body_keeps_its_bytes() {
        let arguments = parse_path("/set/a", None, &[0, 0xff, b'%'], 1000).unwrap();
        assert_eq!(arguments[2].as_ref(), [0, 0xff, b'%']);
    }

    #[test]
    fn what_is_too_large_or_empty_is_refused() {
        assert!(matches!(
            parse_path("/set/a", None, &[0; 1000], 1000),
            Err(RestError::TooLarge { limit: 1000, .. })
        ));
        assert!(parse_path("/set/a", None, &[0; 996], 1000).is_ok());
        let segments = "/a".repeat(ARGUMENTS_MAX + 1);
        assert_eq!(
            parse_path(&segments, None, b"", usize::MAX),
            Err(RestError::TooManyArguments { limit: ARGUMENTS_MAX })
        );
        for path in ["/", "", "//"] {
            assert_eq!(parse_path(path, None, b"", 1000), Err(RestError::EmptyCommand));
        }
    }

    proptest! {
        #[test]
        fn random_paths_never_panic(path in ".{0,40}", query in ".{0,40}") {
            let _ = parse_path(&path, Some(&query), b"", 1000);
        }
    }
}
