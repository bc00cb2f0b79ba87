//! The framing of requests.

use memchr::{memchr, memchr2};

use crate::limits::{HTTP_CHUNK_LINE_BYTES_MAX, HTTP_EMPTY_LINES_MAX, HTTP_HEADERS_MAX};

/// Bytes that are no HTTP/1.1 request, or that two servers could read in two ways. The connection cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FramingError {
    /// A line ends without a carriage return, or has one in the middle.
    #[error("ERR malformed HTTP request: a line does not end with CR LF")]
    LineEnd,
    /// The first line is not a method, a target and a version.
    #[error("ERR malformed HTTP request: bad request line")]
    RequestLine,
    /// A header has no name, or blanks in or behind it, or continues the line before.
    #[error("ERR malformed HTTP request: bad header")]
    Header,
    /// The length of the body is no number, or is said more than once.
    #[error("ERR malformed HTTP request: bad Content-Length")]
    ContentLength,
    /// The body is in a coding other than `chunked`, or that is said more than once.
    #[error("ERR malformed HTTP request: bad Transfer-Encoding")]
    TransferEncoding,
    /// The length of the body is said in both ways.
    #[error("ERR malformed HTTP request: both Content-Length and Transfer-Encoding")]
    TwoLengths,
    /// A chunk does not begin with its size, or does not end where that says.
    #[error("ERR malformed HTTP request: bad chunk")]
    Chunk,
    /// Request line and headers together, or the trailers, are too long.
    #[error("ERR the head of the HTTP request is too large. Limit: {limit} bytes")]
    HeadTooLarge {
        /// Bytes allowed.
        limit: usize,
    },
    /// More headers than a request may have.
    #[error("ERR the HTTP request has too many headers. Limit: {HTTP_HEADERS_MAX} headers")]
    TooManyHeaders,
}

impl FramingError {
    /// The status code of the answer.
    #[must_use]
    pub fn status(self) -> u16 {
        if matches!(self, Self::HeadTooLarge { .. } | Self::TooManyHeaders) { 431 } else { 400 }
    }
}

/// Follows the requests of one connection and says where they stop being sound.
///
/// It sees every byte before the server does and keeps none but an unfinished line. HTTP/2, told by its preface, has
/// framing of its own and is let through.
#[derive(Debug)]
pub struct Framing {
    state: State,
    head_bytes_max: usize,
    /// The beginning of a line whose end has not come.
    line: Vec<u8>,
    head: Head,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    RequestLine,
    Headers,
    /// Bytes of a body that are still to come.
    Body(u64),
    ChunkSize,
    Chunk(u64),
    ChunkEnd,
    Trailers,
    /// HTTP/2.
    Other,
}

/// What the head of a request has said so far.
#[derive(Debug, Default)]
struct Head {
    bytes: usize,
    headers: usize,
    empty_lines: usize,
    is_version_1_0: bool,
    content_length: Option<u64>,
    is_chunked: bool,
}

impl Framing {
    /// At the beginning of a connection.
    #[must_use]
    pub fn new(head_bytes_max: usize) -> Self {
        Self { state: State::RequestLine, head_bytes_max, line: Vec::new(), head: Head::default() }
    }

    /// Whether the bytes so far end inside a request's body.
    #[must_use]
    pub fn is_in_body(&self) -> bool {
        !matches!(self.state, State::RequestLine | State::Headers | State::Other)
    }

    /// Follows the next bytes of the connection.
    ///
    /// # Errors
    /// [`FramingError`]: nothing from here on can be trusted.
    pub fn follow(&mut self, mut bytes: &[u8]) -> Result<(), FramingError> {
        while !bytes.is_empty() {
            bytes = match self.state {
                State::Other => return Ok(()),
                State::Body(left) => self.skip(bytes, left, State::Body, State::RequestLine),
                State::Chunk(left) => self.skip(bytes, left, State::Chunk, State::ChunkEnd),
                State::RequestLine
                | State::Headers
                | State::ChunkSize
                | State::ChunkEnd
                | State::Trailers => self.line(bytes)?,
            };
        }
        Ok(())
    }

    /// Passes over bytes of a body. What is behind them.
    fn skip<'a>(&mut self, bytes: &'a [u8], left: u64, more: fn(u64) -> State, then: State) -> &'a [u8] {
        let taken = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        let left = left - taken as u64;
        self.state = if left > 0 { more(left) } else { then };
        bytes.get(taken..).unwrap_or_default()
    }

    /// Takes the rest of a line, or as much of it as has come. What is behind it.
    fn line<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8], FramingError> {
        let end = memchr(b'\n', bytes);
        let taken = end.map_or(bytes.len(), |end| end + 1);
        let (part, rest) = bytes.split_at(taken);
        self.count(part.len())?;
        if end.is_none() {
            self.begins_well(part)?;
            self.line.extend_from_slice(part);
            return Ok(rest);
        }
        if self.line.is_empty() {
            self.whole_line(part)?;
        } else {
            let mut line = std::mem::take(&mut self.line);
            line.extend_from_slice(part);
            self.whole_line(&line)?;
        }
        Ok(rest)
    }

    /// Counts bytes of a head, of trailers or of a chunk's size against the limit that holds for them.
    fn count(&mut self, bytes: usize) -> Result<(), FramingError> {
        match self.state {
            State::ChunkSize | State::ChunkEnd => {
                if self.line.len() + bytes > HTTP_CHUNK_LINE_BYTES_MAX {
                    return Err(FramingError::Chunk);
                }
            }
            _ => {
                self.head.bytes += bytes;
                if self.head.bytes > self.head_bytes_max {
                    return Err(FramingError::HeadTooLarge { limit: self.head_bytes_max });
                }
            }
        }
        Ok(())
    }

    /// Refuses a line by its first word, before its end has come: the server behind must not be the first to see it.
    fn begins_well(&self, part: &[u8]) -> Result<(), FramingError> {
        let (end, error) = match self.state {
            State::RequestLine => (b' ', FramingError::RequestLine),
            State::Headers => (b':', FramingError::Header),
            _ => return Ok(()),
        };
        let is_word_over = memchr(end, &self.line).is_some();
        let word = part.split(|byte| *byte == end).next().unwrap_or_default();
        // The carriage return of an empty line.
        let is_empty_line = self.line.is_empty() && word == b"\r";
        if is_word_over || is_empty_line || word.iter().all(is_token) { Ok(()) } else { Err(error) }
    }

    fn whole_line(&mut self, line: &[u8]) -> Result<(), FramingError> {
        let line = line.strip_suffix(b"\r\n").ok_or(FramingError::LineEnd)?;
        if memchr2(b'\r', 0, line).is_some() {
            return Err(FramingError::LineEnd);
        }
        self.state = match self.state {
            State::RequestLine => self.request_line(line)?,
            State::Headers if line.is_empty() => self.end_of_head()?,
            State::Headers => {
                self.head.header(line)?;
                State::Headers
            }
            State::ChunkSize => match chunk_size(line)? {
                0 => State::Trailers,
                size => State::Chunk(size),
            },
            State::ChunkEnd if line.is_empty() => State::ChunkSize,
            State::ChunkEnd => return Err(FramingError::Chunk),
            State::Trailers if line.is_empty() => self.begin_again(),
            State::Trailers => State::Trailers,
            other @ (State::Body(_) | State::Chunk(_) | State::Other) => other,
        };
        Ok(())
    }

    fn begin_again(&mut self) -> State {
        self.head = Head::default();
        State::RequestLine
    }

    /// `METHOD target HTTP/1.1`. Empty lines in front of it are passed over, as RFC 9112 wants, but not many.
    fn request_line(&mut self, line: &[u8]) -> Result<State, FramingError> {
        if line.is_empty() {
            self.head.empty_lines += 1;
            return if self.head.empty_lines > HTTP_EMPTY_LINES_MAX {
                Err(FramingError::RequestLine)
            } else {
                Ok(State::RequestLine)
            };
        }
        if line == b"PRI * HTTP/2.0" {
            return Ok(State::Other);
        }
        let mut words = line.split(|byte| *byte == b' ');
        let (method, target, version) = (words.next(), words.next(), words.next());
        let is_method = method.is_some_and(|method| !method.is_empty() && method.iter().all(is_token));
        let is_target = target.is_some_and(|target| !target.is_empty());
        self.head.is_version_1_0 = version == Some(b"HTTP/1.0");
        let is_version = self.head.is_version_1_0 || version == Some(b"HTTP/1.1");
        if is_method && is_target && is_version && words.next().is_none() {
            Ok(State::Headers)
        } else {
            Err(FramingError::RequestLine)
        }
    }

    /// Where the body ends.
    fn end_of_head(&mut self) -> Result<State, FramingError> {
        let head = std::mem::take(&mut self.head);
        match (head.is_chunked, head.content_length) {
            (true, Some(_)) => Err(FramingError::TwoLengths),
            (true, None) if head.is_version_1_0 => Err(FramingError::TransferEncoding),
            (true, None) => Ok(State::ChunkSize),
            (false, None | Some(0)) => Ok(State::RequestLine),
            (false, Some(length)) => Ok(State::Body(length)),
        }
    }
}

impl Head {
    fn header(&mut self, line: &[u8]) -> Result<(), FramingError> {
        self.headers += 1;
        if self.headers > HTTP_HEADERS_MAX {
            return Err(FramingError::TooManyHeaders);
        }
        let colon = memchr(b':', line).ok_or(FramingError::Header)?;
        let (name, value) = line.split_at(colon);
        // A blank in front of the name would continue the line before; one behind it hides the name from some servers.
        if name.is_empty() || !name.iter().all(is_token) {
            return Err(FramingError::Header);
        }
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        if name.eq_ignore_ascii_case(b"content-length") {
            let is_number = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
            let number = std::str::from_utf8(value).ok().and_then(|digits| digits.parse().ok());
            match number {
                Some(number) if is_number && self.content_length.is_none() => {
                    self.content_length = Some(number)
                }
                _ => return Err(FramingError::ContentLength),
            }
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            if self.is_chunked || !value.eq_ignore_ascii_case(b"chunked") {
                return Err(FramingError::TransferEncoding);
            }
            self.is_chunked = true;
        }
        Ok(())
    }
}

/// The size of a chunk: hexadecimal digits, and perhaps extensions, which nobody reads.
fn chunk_size(line: &[u8]) -> Result<u64, FramingError> {
    let digits = line.split(|byte| *byte == b';').next().unwrap_or_default();
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_hexdigit) {
        return Err(FramingError::Chunk);
    }
    let digits = std::str::from_utf8(digits).map_err(|_| FramingError::Chunk)?;
    u64::from_str_radix(digits, 16).map_err(|_| FramingError::Chunk)
}

/// Whether a byte may stand in a method or in the name of a header.
fn is_token(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte)
}
