//! JSON text of a value.

use crate::limits::JSON_REPLY_BYTES_MAX;
use crate::types::json::view::{JsonRef, JsonView};

/// What stands between the parts of a text.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Layout<'a> {
    /// In front of each line, once for each level.
    pub(crate) indent: &'a [u8],
    /// Between lines.
    pub(crate) newline: &'a [u8],
    /// Behind the colon of a member.
    pub(crate) space: &'a [u8],
}

/// The text is longer than a reply may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLong;

/// Writes texts of values, one behind the other or within each other.
#[derive(Debug)]
pub(crate) struct Writer<'a> {
    layout: Layout<'a>,
    out: Vec<u8>,
    level: usize,
    /// Whether nothing stands in the innermost container yet.
    is_first: bool,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(layout: Layout<'a>) -> Self {
        Self { layout, out: Vec::new(), level: 0, is_first: true }
    }

    /// The text.
    pub(crate) fn into_text(self) -> Vec<u8> {
        self.out
    }

    /// Opens `[` or `{`. In front of each child [`Writer::next`] is called, behind the last one [`Writer::close`].
    pub(crate) fn open(&mut self, bracket: u8) {
        self.out.push(bracket);
        self.level += 1;
        self.is_first = true;
    }

    /// Closes it again.
    pub(crate) fn close(&mut self, bracket: u8) {
        self.level -= 1;
        if !self.is_first {
            self.line();
        }
        self.out.push(bracket);
        self.is_first = false;
    }

    /// Begins an element or a member.
    ///
    /// # Errors
    /// [`TooLong`] already.
    pub(crate) fn next(&mut self) -> Result<(), TooLong> {
        if self.out.len() > JSON_REPLY_BYTES_MAX {
            return Err(TooLong);
        }
        if !self.is_first {
            self.out.push(b',');
        }
        self.is_first = false;
        self.line();
        Ok(())
    }

    fn line(&mut self) {
        self.out.extend_from_slice(self.layout.newline);
        (0..self.level).for_each(|_| self.out.extend_from_slice(self.layout.indent));
    }

    /// Writes the name of a member.
    pub(crate) fn name(&mut self, name: &[u8]) {
        self.string(name);
        self.out.push(b':');
        self.out.extend_from_slice(self.layout.space);
    }

    /// Writes a value.
    ///
    /// # Errors
    /// [`TooLong`] somewhere in it.
    pub(crate) fn value(&mut self, value: JsonRef<'_>) -> Result<(), TooLong> {
        match value.view() {
            JsonView::Null => self.out.extend_from_slice(b"null"),
            JsonView::Boolean(value) => self.out.extend_from_slice(if value { b"true" } else { b"false" }),
            JsonView::Integer(value) => {
                self.out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
            }
            JsonView::Number(text) => self.out.extend_from_slice(text),
            JsonView::String(text) => self.string(text),
            JsonView::Array(array) => {
                self.open(b'[');
                for element in array.iter() {
                    self.next()?;
                    self.value(element)?;
                }
                self.close(b']');
            }
            JsonView::Object(object) => {
                self.open(b'{');
                for (name, value) in object.iter() {
                    self.next()?;
                    self.name(name);
                    self.value(value)?;
                }
                self.close(b'}');
            }
        }
        Ok(())
    }

    fn string(&mut self, text: &[u8]) {
        self.out.push(b'"');
        let mut rest = text;
        while let Some(at) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)) {
            let (plain, special) = rest.split_at(at);
            self.out.extend_from_slice(plain);
            if let Some((byte, after)) = special.split_first() {
                self.escape(*byte);
                rest = after;
            }
        }
        self.out.extend_from_slice(rest);
        self.out.push(b'"');
    }

    fn escape(&mut self, byte: u8) {
        let short = match byte {
            b'"' | b'\\' => byte,
            0x08 => b'b',
            0x0c => b'f',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            _ => {
                let digit =
                    |value: u8| char::from_digit(u32::from(value), 16).map_or(b'0', |digit| digit as u8);
                self.out.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]);
                return;
            }
        };
        self.out.extend_from_slice(&[b'\\', short]);
    }
}

/// The text of a value, without blanks.
///
/// # Errors
/// [`TooLong`].
pub(crate) fn text_of(value: JsonRef<'_>) -> Result<Vec<u8>, TooLong> {
    let mut writer = Writer::new(Layout::default());
    writer.value(value)?;
    Ok(writer.into_text())
}
