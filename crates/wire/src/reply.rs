//! Where a reply goes.

/// The version of RESP that a connection speaks. JSON answers in the shapes of RESP2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Redis 2 to 5: flat arrays.
    Resp2,
    /// Redis 6 and later: maps, sets, doubles, booleans.
    Resp3,
}

/// Where a reply goes: every protocol writes itself from the same calls, straight from the stored bytes.
///
/// Lengths come first, elements after: `array(2)` is followed by two more replies. A status or an error is one line; a
/// carriage return or line feed in it becomes a blank.
pub trait ReplySink {
    /// What the receiver speaks.
    fn protocol(&self) -> Protocol;
    /// A short word such as `OK`.
    fn status(&mut self, text: &str);
    /// An error, its first word included: `ERR syntax error`.
    fn error(&mut self, text: &str);
    /// A signed integer.
    fn integer(&mut self, value: i64);
    /// A string of bytes.
    fn bulk(&mut self, bytes: &[u8]);
    /// A string of `len` bytes out of pieces.
    fn bulk_chunks(&mut self, len: usize, chunks: &mut dyn Iterator<Item = &[u8]>);
    /// No value.
    fn null(&mut self);
    /// No array: RESP2 has a second way to say nothing.
    fn null_array(&mut self);
    /// `len` elements follow.
    fn array(&mut self, len: usize);
    /// `pairs` keys with their values follow. Flat in RESP2.
    fn map(&mut self, pairs: usize);
    /// `len` members follow. An array in RESP2.
    fn set(&mut self, len: usize);
    /// A message that answers nothing, of `len` elements. An array in RESP2.
    fn push(&mut self, len: usize);
    /// A floating-point number. A string in RESP2.
    fn double(&mut self, value: f64);
    /// Yes or no. 1 or 0 in RESP2.
    fn boolean(&mut self, value: bool);
    /// An integer of any size, in decimal digits. A string in RESP2.
    fn big_number(&mut self, digits: &str);
    /// Text with a three-letter format. A string in RESP2.
    fn verbatim(&mut self, format: &[u8; 3], text: &[u8]);
}

/// A double as Redis prints it: the shortest text that reads back the same, an exponent outside 1e-5 to 1e21.
#[must_use]
pub(crate) fn double_text(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-5..1e21).contains(&magnitude) {
        let text = format!("{value:e}");
        return match text.split_once('e') {
            Some((digits, exponent)) if !exponent.starts_with('-') => format!("{digits}e+{exponent}"),
            _ => text,
        };
    }
    format!("{value}")
}

#[cfg(test)]
mod tests {
    use super::double_text;

    #[test]
    fn doubles_print_as_redis_prints_them() {
        for (value, text) in [
            (3.0, "3"),
            (3.1, "3.1"),
            (-0.5, "-0.5"),
            (0.0, "0"),
            (1e21, "1e+21"),
            (1.5e300, "1.5e+300"),
            (1e-7, "1e-7"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
        ] {
            assert_eq!(double_text(value), text);
        }
    }
}
