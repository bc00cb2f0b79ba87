//! Where a reply goes.

use std::borrow::Cow;

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
    /// A string of `len` bytes out of pieces, which together are exactly that long.
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

/// The text of a status or an error as one line.
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    match memchr::memchr2(b'\r', b'\n', text.as_bytes()) {
        None => Cow::Borrowed(text),
        Some(_) => Cow::Owned(text.replace(['\r', '\n'], " ")),
    }
}
