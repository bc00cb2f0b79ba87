//! Strings of JSON text: escapes become what they stand for.

use std::borrow::Cow;

use super::{Fault, Reader, Reason};

/// The code units that stand for half a character each.
const LEADING: std::ops::RangeInclusive<u32> = 0xd800..=0xdbff;
const TRAILING: std::ops::RangeInclusive<u32> = 0xdc00..=0xdfff;

impl<'a> Reader<'a> {
    /// Reads a string, whose quote is the next byte.
    pub(super) fn string(&mut self) -> Result<Cow<'a, [u8]>, Fault> {
        self.at += 1;
        let mut unescaped: Option<Vec<u8>> = None;
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let plain = rest.iter().take_while(|byte| !matches!(byte, b'"' | b'\\' | 0..=0x1f)).count();
            let run = rest.get(..plain).unwrap_or_default();
            self.at += plain;
            match rest.get(plain) {
                None => return Err(self.read(Reason::EndOfString)),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(match unescaped {
                        None => Cow::Borrowed(run),
                        Some(mut text) => {
                            text.extend_from_slice(run);
                            Cow::Owned(text)
                        }
                    });
                }
                Some(b'\\') => {
                    let text = unescaped.get_or_insert_default();
                    text.extend_from_slice(run);
                    let character = self.escape()?;
                    text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                }
                Some(_) => {
                    self.at += 1;
                    return Err(self.read(Reason::ControlCharacter));
                }
            }
        }
    }

    /// The character that an escape stands for.
    fn escape(&mut self) -> Result<char, Fault> {
        self.at += 1;
        let Some(byte) = self.text.get(self.at) else { return Err(self.read(Reason::EndOfString)) };
        self.at += 1;
        Ok(match byte {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.code_units(),
            _ => return Err(self.read(Reason::Escape)),
        })
    }

    /// The character of one code unit, or of two that belong together.
    fn code_units(&mut self) -> Result<char, Fault> {
        let first = self.code_unit()?;
        let code = if LEADING.contains(&first) {
            for expected in b"\\u" {
                match self.text.get(self.at) {
                    None => return Err(self.read(Reason::EndOfString)),
                    Some(byte) => {
                        self.at += 1;
                        if byte != expected {
                            return Err(self.read(Reason::EndOfEscape));
                        }
                    }
                }
            }
            let second = self.code_unit()?;
            if !TRAILING.contains(&second) {
                return Err(self.read(Reason::LoneSurrogate));
            }
            0x10000 + ((first - LEADING.start()) << 10) + (second - TRAILING.start())
        } else {
            first
        };
        char::from_u32(code).ok_or_else(|| self.read(Reason::LoneSurrogate))
    }

    /// Four hexadecimal digits.
    fn code_unit(&mut self) -> Result<u32, Fault> {
        let Some(digits) = self.text.get(self.at..self.at + 4) else {
            self.at = self.text.len();
            return Err(self.read(Reason::EndOfString));
        };
        let mut unit = 0;
        for digit in digits {
            self.at += 1;
            let digit = char::from(*digit).to_digit(16).ok_or_else(|| self.read(Reason::Escape))?;
            unit = unit * 16 + digit;
        }
        Ok(unit)
    }
}
