//! Requests: arrays of bulk strings, or inline lines.

use std::ops::Range;

use memchr::memchr;
use smallvec::SmallVec;

use crate::limits;
use crate::resp::inline;
use crate::resp::number::{Line, read_line, short_number};

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
    /// All arguments together are larger than a request may be. Redis has no such limit, so the text is ours.
    #[error("Protocol error: too big request")]
    RequestTooBig,
    /// A reply that is not RESP, or nests too deep.
    #[error("Protocol error: invalid reply")]
    Reply,
}

/// Decodes the requests of one connection.
///
/// It keeps what it has parsed of an unfinished request, so that bytes are looked at once however they arrive, and
/// allocates nothing for a command of up to 16 arguments. An argument is counted against the limits when its length
/// arrives, before its bytes do.
#[derive(Debug)]
pub struct RequestDecoder {
    limits: Limits,
    /// Bytes of the unfinished request that are understood.
    position: usize,
    /// Bytes of the unfinished request that were searched for the end of a line; at least `position` if not 0.
    searched: usize,
    /// Arguments that are still to come; 0 between requests.
    missing: usize,
    /// The length of the argument whose head was read.
    bulk: Option<usize>,
    /// Where the arguments are: in the input, or in `inline_bytes`.
    ranges: SmallVec<[Range<usize>; 16]>,
    is_inline: bool,
    /// An inline command's arguments, one behind the other: escapes change them, so they cannot be borrowed.
    inline_bytes: Vec<u8>,
}

impl RequestDecoder {
    /// A decoder between requests.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            position: 0,
            searched: 0,
            missing: 0,
            bulk: None,
            ranges: SmallVec::new(),
            is_inline: false,
            inline_bytes: Vec::new(),
        }
    }

    /// Changes the limits, as authentication does.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Whether a request has begun and not ended.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.missing > 0 || self.searched > 0
    }

    /// Decodes the request at the front of `input`.
    ///
    /// `Some(n)`: it took `n` bytes and its arguments are in [`RequestDecoder::arguments`]; none means that there is
    /// nothing to execute. `None`: call again with the same bytes and more behind them. A call between requests, also
    /// one with no bytes, gives back the memory that a huge request took.
    ///
    /// # Errors
    /// [`DecodeError`]: the connection is lost.
    pub fn decode(&mut self, input: &[u8]) -> Result<Option<usize>, DecodeError> {
        if self.missing == 0 {
            self.clear();
            match input.first() {
                None => return Ok(None),
                Some(b'*') => {}
                Some(_) => return self.decode_inline(input),
            }
            let Some(count) = self.multibulk_length(input)? else { return Ok(None) };
            if count == 0 {
                return Ok(Some(self.finish()));
            }
            self.missing = count;
        }
        while self.missing > 0 {
            let Some(len) = self.bulk_length(input)? else { return Ok(None) };
            let end = self.position + len;
            // What ends an argument is skipped without a look, as in Redis.
            if input.len() < end + 2 {
                return Ok(None);
            }
            self.ranges.push(self.position..end);
            self.position = end + 2;
            self.bulk = None;
            self.missing -= 1;
        }
        Ok(Some(self.finish()))
    }

    /// The arguments of the request that [`RequestDecoder::decode`] just took from the front of `input`.
    pub fn arguments<'a>(&'a self, input: &'a [u8], out: &mut SmallVec<[&'a [u8]; 16]>) {
        let bytes = if self.is_inline { self.inline_bytes.as_slice() } else { input };
        out.extend(self.ranges.iter().filter_map(|range| bytes.get(range.clone())));
    }

    /// Forgets the arguments of the last request.
    fn clear(&mut self) {
        if self.ranges.capacity() > limits::POSITIONS_KEPT_MAX {
            self.ranges = SmallVec::new();
        }
        if self.inline_bytes.capacity() > limits::INLINE_BYTES_KEPT_MAX {
            self.inline_bytes = Vec::new();
        }
        self.ranges.clear();
        self.inline_bytes.clear();
        self.is_inline = false;
    }

    /// The bytes of the request that has ended.
    fn finish(&mut self) -> usize {
        self.searched = 0;
        std::mem::take(&mut self.position)
    }

    /// The number of arguments. Negative ones are none.
    fn multibulk_length(&mut self, input: &[u8]) -> Result<Option<usize>, DecodeError> {
        let Some(count) = self.number(input, DecodeError::MultibulkLine, DecodeError::MultibulkLength)?
        else {
            return Ok(None);
        };
        if count > i64::from(i32::MAX) {
            return Err(DecodeError::MultibulkLength);
        }
        let count = usize::try_from(count).unwrap_or(0);
        if count > self.limits.arguments_max {
            return Err(if self.limits.authenticated {
                DecodeError::MultibulkLength
            } else {
                DecodeError::UnauthenticatedMultibulkLength
            });
        }
        Ok(Some(count))
    }

    /// The length of the next argument, from its head or from what was kept.
    fn bulk_length(&mut self, input: &[u8]) -> Result<Option<usize>, DecodeError> {
        if let Some(len) = self.bulk {
            return Ok(Some(len));
        }
        let Some(len) = self.number(input, DecodeError::BulkLine, DecodeError::BulkLength)? else {
            return Ok(None);
        };
        let len = usize::try_from(len).map_err(|_| DecodeError::BulkLength)?;
        if len > self.limits.bulk_bytes_max {
            return Err(if self.limits.authenticated || len > limits::BULK_BYTES_MAX {
                DecodeError::BulkLength
            } else {
                DecodeError::UnauthenticatedBulkLength
            });
        }
        if self.position + len > self.limits.request_bytes_max {
            return Err(DecodeError::RequestTooBig);
        }
        self.bulk = Some(len);
        Ok(Some(len))
    }

    /// The number of the line at `position`, which moves behind it.
    fn number(
        &mut self,
        input: &[u8],
        endless: DecodeError,
        invalid: DecodeError,
    ) -> Result<Option<i64>, DecodeError> {
        let rest = input.get(self.position..).unwrap_or_default();
        let is_bulk = self.missing > 0;
        if let Some((number, taken)) = short_number(rest, if is_bulk { b'$' } else { b'*' }) {
            self.position += taken;
            return Ok(Some(number));
        }
        let searched = self.searched.saturating_sub(self.position);
        match read_line(rest, searched, self.limits.inline_bytes_max) {
            Line::Unfinished => {
                self.searched = input.len();
                Ok(None)
            }
            Line::Endless => Err(endless),
            Line::Whole { line, taken } => {
                let (kind, digits) = line.split_first().unwrap_or((&b'\r', &[]));
                if is_bulk && *kind != b'$' {
                    return Err(DecodeError::ExpectedDollar(char::from(*kind)));
                }
                self.position += taken;
                super::number::parse(digits).map(Some).ok_or(invalid)
            }
        }
    }

    fn decode_inline(&mut self, input: &[u8]) -> Result<Option<usize>, DecodeError> {
        // The longest line with its end. Redis measures only what has arrived without an end, so that the same line
        // passes or fails with the sizes of the reads; here it always fails.
        let window = input.get(..self.limits.inline_bytes_max + 1).unwrap_or(input);
        let Some(end) = memchr(b'\n', window.get(self.searched..).unwrap_or_default()) else {
            self.searched = window.len();
            return if window.len() > self.limits.inline_bytes_max {
                Err(DecodeError::InlineTooBig)
            } else {
                Ok(None)
            };
        };
        let end = self.searched + end;
        let line = input.get(..end).unwrap_or_default();
        self.is_inline = true;
        inline::split(line, &mut self.inline_bytes, &mut self.ranges)
            .map_err(|inline::Unbalanced| DecodeError::UnbalancedQuotes)?;
        self.position = end + 1;
        Ok(Some(self.finish()))
    }
}
