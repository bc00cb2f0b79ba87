//! Requests: arrays of bulk strings, or inline lines.

use std::ops::Range;

use memchr::memchr;
use smallvec::SmallVec;

use crate::limits;
use crate::resp::inline;

/// What one connection may send. Counts, and sizes in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Arguments of a command.
    pub arguments_max: usize,
    /// Bytes of one argument.
    pub bulk_bytes_max: usize,
    /// Bytes of a whole command.
    pub request_bytes_max: usize,
    /// Bytes of an inline command or a length line.
    pub inline_bytes_max: usize,
    /// The texts of refusals differ before authentication.
    pub authenticated: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            arguments_max: limits::ARGUMENTS_MAX,
            bulk_bytes_max: limits::BULK_BYTES_MAX,
            request_bytes_max: limits::REQUEST_BYTES_MAX,
            inline_bytes_max: limits::INLINE_BYTES_MAX,
            authenticated: true,
        }
    }
}

impl Limits {
    /// What a connection may send before it has authenticated.
    #[must_use]
    pub fn unauthenticated() -> Self {
        Self {
            arguments_max: limits::UNAUTHENTICATED_ARGUMENTS_MAX,
            bulk_bytes_max: limits::UNAUTHENTICATED_BULK_BYTES_MAX,
            authenticated: false,
            ..Self::default()
        }
    }
}

/// Bytes that are not RESP. The connection cannot go on: where the next request begins is unknown.
///
/// The texts are Redis' own, to be sent after `-ERR `.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The number of arguments is no number or out of range.
    #[error("Protocol error: invalid multibulk length")]
    MultibulkLength,
    /// The line that holds the number of arguments does not end.
    #[error("Protocol error: too big mbulk count string")]
    MultibulkLine,
    /// The line that holds an argument's length does not end.
    #[error("Protocol error: too big bulk count string")]
    BulkLine,
    /// An argument does not begin with its length.
    #[error("Protocol error: expected '$', got '{0}'")]
    ExpectedDollar(char),
    /// An argument's length is no number or out of range.
    #[error("Protocol error: invalid bulk length")]
    BulkLength,
    /// More arguments than are allowed before authentication.
    #[error("Protocol error: unauthenticated multibulk length")]
    UnauthenticatedMultibulkLength,
    /// A longer argument than is allowed before authentication.
    #[error("Protocol error: unauthenticated bulk length")]
    UnauthenticatedBulkLength,
    /// An inline command whose quotes do not match.
    #[error("Protocol error: unbalanced quotes in request")]
    UnbalancedQuotes,
    /// An inline command that does not end.
    #[error("Protocol error: too big inline request")]
    InlineTooBig,
    /// All arguments together are larger than a request may be.
    #[error("Protocol error: request exceeds request_bytes_max")]
    RequestTooBig,
    /// A reply that is not RESP, or nests too deep.
    #[error("Protocol error: invalid reply")]
    Reply,
}

/// Decodes the requests of one connection.
///
/// It keeps what it has parsed of an unfinished request, so that bytes are looked at once however they arrive.
#[derive(Debug)]
pub struct RequestDecoder {
    limits: Limits,
    position: usize,
    /// Arguments that are still to come; 0 between requests.
    missing: usize,
    /// The length of the argument whose head was read.
    bulk: Option<usize>,
    ranges: SmallVec<[Range<usize>; 16]>,
    /// An inline command's arguments own their bytes: escapes change them.
    inline: Vec<Vec<u8>>,
}

impl RequestDecoder {
    /// A decoder between requests.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, position: 0, missing: 0, bulk: None, ranges: SmallVec::new(), inline: Vec::new() }
    }

    /// Changes the limits, as authentication does.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Whether a request has begun and not ended.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.position > 0
    }

    /// Decodes the request at the front of `input`.
    ///
    /// `Some(n)`: it took `n` bytes and its arguments are in [`RequestDecoder::arguments`]; none means that there is
    /// nothing to execute. `None`: call again with the same bytes and more behind them.
    ///
    /// # Errors
    /// [`DecodeError`]: the connection is lost.
    pub fn decode(&mut self, input: &[u8]) -> Result<Option<usize>, DecodeError> {
        if self.missing == 0 {
            self.ranges.clear();
            self.inline.clear();
            match input.first() {
                None => return Ok(None),
                Some(b'*') => {}
                Some(_) => return self.decode_inline(input),
            }
            let Some((count, next)) =
                self.number(input, 1, DecodeError::MultibulkLine, DecodeError::MultibulkLength)?
            else {
                return Ok(None);
            };
            if count <= 0 {
                return Ok(Some(next));
            }
            let count = usize::try_from(count).map_err(|_| DecodeError::MultibulkLength)?;
            if count > self.limits.arguments_max {
                return Err(if self.limits.authenticated {
                    DecodeError::MultibulkLength
                } else {
                    DecodeError::UnauthenticatedMultibulkLength
                });
            }
            self.missing = count;
            self.position = next;
        }
        while self.missing > 0 {
            let Some(len) = self.bulk_length(input)? else { return Ok(None) };
            let end = self.position + len;
            if input.len() < end + 2 {
                return Ok(None);
            }
            self.ranges.push(self.position..end);
            self.position = end + 2;
            self.bulk = None;
            self.missing -= 1;
        }
        Ok(Some(std::mem::take(&mut self.position)))
    }

    /// The arguments of the request that [`RequestDecoder::decode`] just took from the front of `input`.
    pub fn arguments<'a>(&'a self, input: &'a [u8], out: &mut SmallVec<[&'a [u8]; 16]>) {
        if self.inline.is_empty() {
            out.extend(self.ranges.iter().filter_map(|range| input.get(range.clone())));
        } else {
            out.extend(self.inline.iter().map(Vec::as_slice));
        }
    }

    /// The length of the next argument, from its head or from what was kept.
    fn bulk_length(&mut self, input: &[u8]) -> Result<Option<usize>, DecodeError> {
        if let Some(len) = self.bulk {
            return Ok(Some(len));
        }
        match input.get(self.position) {
            None => return Ok(None),
            Some(b'$') => {}
            Some(other) => return Err(DecodeError::ExpectedDollar(char::from(*other))),
        }
        let Some((len, next)) =
            self.number(input, self.position + 1, DecodeError::BulkLine, DecodeError::BulkLength)?
        else {
            return Ok(None);
        };
        let len = usize::try_from(len).map_err(|_| DecodeError::BulkLength)?;
        if len > self.limits.bulk_bytes_max {
            return Err(if self.limits.authenticated {
                DecodeError::BulkLength
            } else {
                DecodeError::UnauthenticatedBulkLength
            });
        }
        if next + len > self.limits.request_bytes_max {
            return Err(DecodeError::RequestTooBig);
        }
        self.bulk = Some(len);
        self.position = next;
        Ok(Some(len))
    }

    /// The number that ends with CR LF at `start`, and where the next line begins.
    fn number(
        &self,
        input: &[u8],
        start: usize,
        endless: DecodeError,
        invalid: DecodeError,
    ) -> Result<Option<(i64, usize)>, DecodeError> {
        let rest = input.get(start..).unwrap_or_default();
        // The usual number has one to three digits: no search is as quick as a look.
        let mut value = 0_i64;
        for (index, byte) in rest.iter().take(4).enumerate() {
            match byte {
                b'0'..=b'9' => value = value * 10 + i64::from(byte - b'0'),
                b'\r' if index > 0 => {
                    return Ok((rest.len() > index + 1).then_some((value, start + index + 2)));
                }
                _ => break,
            }
        }
        let Some(end) = memchr(b'\r', rest) else {
            return if rest.len() > self.limits.inline_bytes_max { Err(endless) } else { Ok(None) };
        };
        if rest.len() < end + 2 {
            return Ok(None);
        }
        let text = rest.get(..end).and_then(|digits| std::str::from_utf8(digits).ok()).ok_or(invalid)?;
        if text.starts_with('+') || (text.len() > 1 && text.trim_start_matches('-').starts_with('0')) {
            return Err(invalid);
        }
        let value: i64 = text.parse().map_err(|_| invalid)?;
        Ok(Some((value, start + end + 2)))
    }

    fn decode_inline(&mut self, input: &[u8]) -> Result<Option<usize>, DecodeError> {
        let Some(end) = memchr(b'\n', input) else {
            return if input.len() > self.limits.inline_bytes_max {
                Err(DecodeError::InlineTooBig)
            } else {
                Ok(None)
            };
        };
        if end > self.limits.inline_bytes_max {
            return Err(DecodeError::InlineTooBig);
        }
        let line = input.get(..end).unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        self.inline = inline::split(line).ok_or(DecodeError::UnbalancedQuotes)?;
        Ok(Some(end + 1))
    }
}
