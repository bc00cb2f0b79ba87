//! Libraries of functions: the texts of all of them in one payload.

use std::borrow::Cow;

use super::reader::Reader;
use super::writer::put_string;
use super::{LoadError, footer};
use crate::error::CommandError;
use crate::limits::RESTORED_BYTES_MAX;

/// What stands in front of a library.
const LIBRARY: u8 = 0xf5;

/// What stood there in release candidates of Redis 7.0.
const LIBRARY_EARLY: u8 = 0xf6;

/// The payload of libraries with these texts.
pub(crate) fn dump_libraries<'a>(texts: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut out = Vec::new();
    for text in texts {
        out.push(LIBRARY);
        put_string(&mut out, text);
    }
    footer::seal(&mut out, footer::VERSION);
    out
}

/// The texts of the libraries in a payload. Whether they are libraries, running them tells.
///
/// # Errors
/// [`CommandError`], in Redis' words for what is wrong with the payload.
pub fn load_libraries(payload: &[u8]) -> Result<Vec<Cow<'_, [u8]>>, CommandError> {
    let mut reader = Reader::new(footer::open(payload)?);
    let (mut texts, mut bytes) = (Vec::new(), 0);
    while reader.left() > 0 {
        match reader.byte()? {
            LIBRARY => {}
            LIBRARY_EARLY => return Err(CommandError::EarlyLibrary),
            _ => return Err(CommandError::NotALibrary),
        }
        let text = reader.string().map_err(|_| CommandError::LibraryDamaged)?;
        bytes += text.len();
        if bytes > RESTORED_BYTES_MAX {
            return Err(LoadError::TooLarge.into());
        }
        texts.push(text);
    }
    Ok(texts)
}
