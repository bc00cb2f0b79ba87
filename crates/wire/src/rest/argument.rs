//! One argument in a JSON body.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer as _, Error, Visitor};
use serde_json::value::RawValue;

use crate::rest::RestError;

/// The bytes of one argument: a string's own, a number's or boolean's text. `None` if it cannot be read.
pub(crate) fn read_argument(item: &RawValue) -> Result<Option<Cow<'_, [u8]>>, RestError> {
    let text = item.get();
    match text.as_bytes() {
        [b'"', inner @ .., b'"'] if memchr::memchr(b'\\', inner).is_none() => Ok(Some(Cow::Borrowed(inner))),
        [b'"', ..] => Ok(unescape(text).map(Cow::Owned)),
        [b'[', ..] => Err(RestError::Nested('[')),
        [b'{', ..] => Err(RestError::Nested('{')),
        b"null" => Err(RestError::Null),
        number_or_boolean => Ok(Some(Cow::Borrowed(number_or_boolean))),
    }
}

/// The bytes of a string with escapes.
///
/// Half of a surrogate pair, which JavaScript writes as `\ud83e` for a string cut inside an emoji, becomes U+FFFD: so
/// Go reads it, and so JavaScript itself writes it as UTF-8.
fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut bytes = serde_json::Deserializer::from_str(text).deserialize_bytes(Bytes).ok()?;
    let mut start = 0;
    // Asked for bytes, serde_json gives such a half as three bytes that no UTF-8 has.
    while let Some([first, second, third]) = bytes.get_mut(start..).and_then(<[u8]>::first_chunk_mut) {
        if *first == 0xed && *second >= 0xa0 {
            [*first, *second, *third] = [0xef, 0xbf, 0xbd];
        }
        start += 1;
    }
    Some(bytes)
}

struct Bytes;

impl Visitor<'_> for Bytes {
    type Value = Vec<u8>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a string")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        Ok(bytes.to_vec())
    }
}
