//! Reading a value.

use std::borrow::Cow;

use super::reader::Reader;
use super::{LoadError, Restored, collect, footer, intset, kind, listpack, stream, ziplist, zipmap};
use crate::limits::RESTORED_BYTES_MAX;
use crate::numbers::{parse_integer, parse_score};
use crate::time::Milliseconds;
use crate::types::json::JsonText;

/// What a node of a list holds.
const SINGLE: u64 = 1;
const LISTPACK: u64 = 2;

/// Scores as text that are no text.
const TEXT_NAN: u8 = 253;
const TEXT_INFINITE: u8 = 254;
const TEXT_MINUS_INFINITE: u8 = 255;

/// Reads a payload. What has expired of a hash by `now_ms` is left out.
///
/// # Errors
/// [`LoadError`]. A payload with bytes left over is damaged, too.
pub(crate) fn load(payload: &[u8], now_ms: Milliseconds) -> Result<Restored<'_>, LoadError> {
    let mut reader = Reader::new(footer::open(payload)?);
    let restored = value(reader.byte()?, &mut reader, now_ms)?;
    reader.finish()?;
    Ok(restored)
}

fn value<'a>(kind: u8, reader: &mut Reader<'a>, now_ms: Milliseconds) -> Result<Restored<'a>, LoadError> {
    Ok(match kind {
        kind::STRING => {
            let string = reader.string()?;
            if string.len() > RESTORED_BYTES_MAX {
                return Err(LoadError::TooLarge);
            }
            Restored::String(string)
        }
        kind::LIST | kind::LIST_ZIPLIST | kind::LIST_QUICKLIST | kind::LIST_QUICKLIST_2 => {
            Restored::List(list(kind, reader)?)
        }
        kind::SET => {
            let count = reader.length()?;
            Restored::Set(collect::set(reader.strings(count))?)
        }
        kind::SET_INTSET => Restored::Set(collect::set(intset::members(&reader.string()?)?)?),
        kind::SET_LISTPACK => Restored::Set(collect::set(listpack::elements(&reader.string()?)?)?),
        kind::SORTED_SET_TEXT | kind::SORTED_SET | kind::SORTED_SET_ZIPLIST | kind::SORTED_SET_LISTPACK => {
            Restored::SortedSet(sorted_set(kind, reader)?)
        }
        kind::STREAM | kind::STREAM_2 | kind::STREAM_3 => Restored::Stream(stream::load(kind, reader)?),
        kind::MODULE => Restored::Json(json(reader)?),
        _ => Restored::Hash(hash(kind, reader, now_ms)?),
    })
}

/// Reads what RedisJSON wrote: the text of a document. Other modules are not known.
fn json(reader: &mut Reader<'_>) -> Result<JsonText, LoadError> {
    if reader.length()? != kind::JSON || reader.length()? != kind::MODULE_STRING {
        return Err(LoadError::Damaged);
    }
    let text = reader.string()?;
    if text.len() > RESTORED_BYTES_MAX {
        return Err(LoadError::TooLarge);
    }
    if reader.length()? != kind::MODULE_END {
        return Err(LoadError::Damaged);
    }
    JsonText::read(&text).map_err(|_| LoadError::Damaged)
}

fn list(kind: u8, reader: &mut Reader<'_>) -> Result<Vec<u8>, LoadError> {
    let mut list = collect::List::default();
    if kind == kind::LIST_ZIPLIST {
        list.extend(ziplist::entries(&reader.string()?)?)?;
        return list.finish();
    }
    let count = reader.length()?;
    if kind == kind::LIST {
        list.extend(reader.strings(count))?;
        return list.finish();
    }
    for _ in 0..count {
        let container = if kind == kind::LIST_QUICKLIST_2 { reader.length()? } else { 0 };
        let node = reader.string()?;
        match (kind, container) {
            (kind::LIST_QUICKLIST, _) => list.extend(ziplist::entries(&node)?)?,
            (_, LISTPACK) => list.extend(listpack::elements(&node)?)?,
            (_, SINGLE) if !node.is_empty() => list.extend(std::iter::once(Ok(node)))?,
            _ => return Err(LoadError::Damaged),
        }
    }
    list.finish()
}

fn hash(kind: u8, reader: &mut Reader<'_>, now_ms: Milliseconds) -> Result<Vec<u8>, LoadError> {
    match kind {
        kind::HASH => {
            let count = reader.length()?.checked_mul(2).ok_or(LoadError::Damaged)?;
            collect::hash(lasting(reader.strings(count)), now_ms)
        }
        kind::HASH_ZIPMAP => collect::hash(lasting(zipmap::strings(&reader.string()?)?), now_ms),
        kind::HASH_ZIPLIST => collect::hash(lasting(ziplist::entries(&reader.string()?)?), now_ms),
        kind::HASH_LISTPACK => collect::hash(lasting(listpack::elements(&reader.string()?)?), now_ms),
        kind::HASH_EXPIRING_EARLY => collect::hash(expiring(reader, None)?, now_ms),
        kind::HASH_EXPIRING => {
            let least_ms = least_expiry(reader)?;
            collect::hash(expiring(reader, Some(least_ms))?, now_ms)
        }
        kind::HASH_LISTPACK_EXPIRING_EARLY => {
            collect::hash(triples(listpack::elements(&reader.string()?)?), now_ms)
        }
        kind::HASH_LISTPACK_EXPIRING => {
            // What the fields say counts.
            least_expiry(reader)?;
            collect::hash(triples(listpack::elements(&reader.string()?)?), now_ms)
        }
        _ => Err(LoadError::Damaged),
    }
}

fn sorted_set(kind: u8, reader: &mut Reader<'_>) -> Result<Vec<u8>, LoadError> {
    match kind {
        kind::SORTED_SET_ZIPLIST => collect::sorted_set(scored(ziplist::entries(&reader.string()?)?)),
        kind::SORTED_SET_LISTPACK => collect::sorted_set(scored(listpack::elements(&reader.string()?)?)),
        _ => {
            let count = reader.length()?;
            collect::sorted_set((0..count).map(|_| {
                let member = reader.string()?;
                let score = match kind {
                    kind::SORTED_SET => f64::from_bits(u64::from_le_bytes(reader.array()?)),
                    _ => text_score(reader)?,
                };
                Ok((member, score))
            }))
        }
    }
}

fn text_score(reader: &mut Reader<'_>) -> Result<f64, LoadError> {
    match reader.byte()? {
        TEXT_NAN => Err(LoadError::Damaged),
        TEXT_INFINITE => Ok(f64::INFINITY),
        TEXT_MINUS_INFINITE => Ok(f64::NEG_INFINITY),
        len => score(reader.take(usize::from(len))?),
    }
}

fn score(text: &[u8]) -> Result<f64, LoadError> {
    parse_score(text).ok_or(LoadError::Damaged)
}

/// A string that was read, or why there is none.
type Read<'a> = Result<Cow<'a, [u8]>, LoadError>;

/// A field that was read, or why there is none.
type ReadField<'a> = Result<(Cow<'a, [u8]>, Cow<'a, [u8]>, Option<Milliseconds>), LoadError>;

/// The second half of what has begun.
fn other<'a>(strings: &mut impl Iterator<Item = Read<'a>>) -> Read<'a> {
    strings.next().unwrap_or(Err(LoadError::Damaged))
}

/// Names and values by turns.
fn lasting<'a>(mut strings: impl Iterator<Item = Read<'a>>) -> impl Iterator<Item = ReadField<'a>> {
    std::iter::from_fn(move || {
        let name = strings.next()?;
        Some(name.and_then(|name| Ok((name, other(&mut strings)?, None))))
    })
}

/// Names, values and absolute expiries by turns, 0 standing for never.
fn triples<'a>(mut strings: impl Iterator<Item = Read<'a>>) -> impl Iterator<Item = ReadField<'a>> {
    std::iter::from_fn(move || {
        let name = strings.next()?;
        Some(name.and_then(|name| {
            let (value, at_ms) = (other(&mut strings)?, other(&mut strings)?);
            let at_ms = parse_integer(&at_ms).and_then(|at_ms| Milliseconds::try_from(at_ms).ok());
            let at_ms = at_ms.ok_or(LoadError::Damaged)?;
            Ok((name, value, Some(at_ms).filter(|at_ms| *at_ms != 0)))
        }))
    })
}

/// As many fields as announced, each behind its expiry, 0 standing for never; relative to the least one if there is one.
fn expiring<'a, 'r>(
    reader: &'r mut Reader<'a>,
    least_ms: Option<Milliseconds>,
) -> Result<impl Iterator<Item = ReadField<'a>> + use<'a, 'r>, LoadError> {
    let count = reader.length()?;
    Ok((0..count).map(move |_| {
        let expire_at_ms = match (reader.length()?, least_ms) {
            (0, _) => None,
            (at_ms, None) => Some(at_ms),
            (more, Some(least_ms)) => Some(least_ms.checked_add(more - 1).ok_or(LoadError::Damaged)?),
        };
        Ok((reader.string()?, reader.string()?, expire_at_ms))
    }))
}

fn least_expiry(reader: &mut Reader<'_>) -> Result<Milliseconds, LoadError> {
    Milliseconds::try_from(i64::from_le_bytes(reader.array()?)).map_err(|_| LoadError::Damaged)
}

/// Members and their scores by turns.
fn scored<'a>(
    mut strings: impl Iterator<Item = Read<'a>>,
) -> impl Iterator<Item = Result<(Cow<'a, [u8]>, f64), LoadError>> {
    std::iter::from_fn(move || {
        let member = strings.next()?;
        Some(member.and_then(|member| Ok((member, score(&other(&mut strings)?)?))))
    })
}
