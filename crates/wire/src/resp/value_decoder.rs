//! Replies of both protocols, for clients and tests.

use crate::limits::REPLY_DEPTH_MAX;
use crate::resp::DecodeError;
use crate::value::Value;

/// Decodes the reply at the front of `input` and says how many bytes it took. `None`: it is not whole yet.
///
/// For clients and tests: it begins anew at each call, keeps nothing, and takes what the server sends on trust but for
/// nesting, which ends at [`REPLY_DEPTH_MAX`].
///
/// # Errors
/// [`DecodeError::Reply`] if the bytes are no reply.
pub fn decode_value(input: &[u8]) -> Result<Option<(Value, usize)>, DecodeError> {
    let mut cursor = Cursor { input, position: 0 };
    Ok(cursor.value(0)?.map(|value| (value, cursor.position)))
}

/// A length; `None` is the -1 of RESP2's nulls.
fn length(text: &str) -> Result<Option<usize>, DecodeError> {
    match crate::resp::number::parse(text.as_bytes()) {
        Some(-1) => Ok(None),
        Some(len) => usize::try_from(len).map(Some).map_err(|_| DecodeError::Reply),
        None => Err(DecodeError::Reply),
    }
}

struct Cursor<'a> {
    input: &'a [u8],
    position: usize,
}

impl<'a> Cursor<'a> {
    fn value(&mut self, depth: usize) -> Result<Option<Value>, DecodeError> {
        if depth > REPLY_DEPTH_MAX {
            return Err(DecodeError::Reply);
        }
        let Some(line) = self.line() else { return Ok(None) };
        let (kind, text) = line.split_first().ok_or(DecodeError::Reply)?;
        let text = std::str::from_utf8(text).map_err(|_| DecodeError::Reply)?;
        Ok(Some(match kind {
            b'+' => Value::Status(text.to_owned()),
            b'-' => Value::Error(text.to_owned()),
            b':' => Value::Integer(text.parse().map_err(|_| DecodeError::Reply)?),
            b'_' => Value::Null,
            b'#' => match text {
                "t" => Value::Boolean(true),
                "f" => Value::Boolean(false),
                _ => return Err(DecodeError::Reply),
            },
            b',' => Value::Double(text.parse().map_err(|_| DecodeError::Reply)?),
            b'(' => Value::BigNumber(text.to_owned()),
            b'$' | b'=' | b'!' => {
                let Some(len) = length(text)? else { return Ok(Some(Value::Null)) };
                let Some(bytes) = self.take(len)? else { return Ok(None) };
                match (kind, bytes) {
                    (b'=', [a, b, c, b':', text @ ..]) => Value::Verbatim([*a, *b, *c], text.to_vec()),
                    (b'=', _) => return Err(DecodeError::Reply),
                    (b'!', _) => Value::Error(String::from_utf8_lossy(bytes).into_owned()),
                    _ => Value::Bulk(bytes.to_vec()),
                }
            }
            b'*' | b'~' | b'>' | b'%' => {
                let Some(len) = length(text)? else { return Ok(Some(Value::NullArray)) };
                return self.aggregate(*kind, len, depth);
            }
            b'|' => return self.behind_attributes(length(text)?.ok_or(DecodeError::Reply)?, depth),
            _ => return Err(DecodeError::Reply),
        }))
    }

    fn aggregate(&mut self, kind: u8, len: usize, depth: usize) -> Result<Option<Value>, DecodeError> {
        let mut items = Vec::new();
        let mut pairs = Vec::new();
        for _ in 0..len {
            let Some(item) = self.value(depth + 1)? else { return Ok(None) };
            if kind == b'%' {
                let Some(value) = self.value(depth + 1)? else { return Ok(None) };
                pairs.push((item, value));
            } else {
                items.push(item);
            }
        }
        Ok(Some(match kind {
            b'%' => Value::Map(pairs),
            b'~' => Value::Set(items),
            b'>' => Value::Push(items),
            _ => Value::Array(items),
        }))
    }

    /// Attributes are hints about the reply that follows. No one here asks for them.
    fn behind_attributes(&mut self, pairs: usize, depth: usize) -> Result<Option<Value>, DecodeError> {
        match self.aggregate(b'%', pairs, depth)? {
            Some(_) => self.value(depth + 1),
            None => Ok(None),
        }
    }

    fn line(&mut self) -> Option<&'a [u8]> {
        let rest = self.input.get(self.position..)?;
        let end = memchr::memmem::find(rest, b"\r\n")?;
        self.position += end + 2;
        rest.get(..end)
    }

    fn take(&mut self, len: usize) -> Result<Option<&'a [u8]>, DecodeError> {
        let end = self.position.checked_add(len).ok_or(DecodeError::Reply)?;
        let Some(bytes) = self.input.get(self.position..end) else { return Ok(None) };
        match self.input.get(end..end + 2) {
            Some(b"\r\n") => {
                self.position = end + 2;
                Ok(Some(bytes))
            }
            Some(_) => Err(DecodeError::Reply),
            None => Ok(None),
        }
    }
}
