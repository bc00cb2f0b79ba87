//! Numbers of JSON: their text is what is stored, so that nothing of it is lost.

use crate::numbers::parse_integer;
use crate::types::json::packed::{self, Kind};
use crate::types::json::view::JsonView;

/// Appends the number of that text, which follows the grammar of JSON.
pub(super) fn put_text(out: &mut Vec<u8>, text: &[u8]) {
    match parse_integer(text) {
        Some(integer) => packed::put_integer(out, integer),
        None => packed::put_bytes(out, Kind::Number, text),
    }
}

/// Whether a log may hold this text as a number: one that JSON knows, that is finite, and that is not packed as an integer.
pub(super) fn is_packed_text(text: &[u8]) -> bool {
    super::text::number_len(text) == Some(text.len())
        && to_f64(text).is_finite()
        && parse_integer(text).is_none()
}

/// The nearest number of 64 bits.
pub(super) fn to_f64(text: &[u8]) -> f64 {
    std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).unwrap_or(f64::NAN)
}

/// Whether a text names an integer, by the rule of RedisJSON: digits alone, of at most 64 bits.
pub(super) fn is_integer_text(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_digit)
        && std::str::from_utf8(text).is_ok_and(|text| text.parse::<u64>().is_ok())
}

/// The shortest text that reads as this finite number, with a point or an exponent.
pub(super) fn float_text(value: f64) -> String {
    // Without an exponent from 1e-5 on; the standard library begins at 1e-4.
    let magnitude = value.abs();
    if (1e-5..1e-4).contains(&magnitude) { format!("{value}") } else { format!("{value:?}") }
}

/// A number that is computed with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Amount {
    /// An integer of 64 bits.
    Integer(i64),
    /// Any other number, the nearest of 64 bits.
    Float(f64),
}

impl Amount {
    /// The amount of a value that is a number.
    pub(crate) fn of(view: JsonView<'_>) -> Option<Self> {
        match view {
            JsonView::Integer(value) => Some(Self::Integer(value)),
            JsonView::Number(text) => Some(Self::Float(to_f64(text))),
            JsonView::Null
            | JsonView::Boolean(_)
            | JsonView::String(_)
            | JsonView::Array(_)
            | JsonView::Object(_) => None,
        }
    }

    /// The nearest number of 64 bits.
    #[expect(clippy::cast_precision_loss, reason = "the nearest is what is asked for")]
    pub(crate) fn to_f64(self) -> f64 {
        match self {
            Self::Integer(value) => value as f64,
            Self::Float(value) => value,
        }
    }
}
