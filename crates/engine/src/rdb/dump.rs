//! Writing a value.

use super::writer::{put_length, put_string};
use super::{footer, kind, stream};
use crate::entry::EntryRef;
use crate::error::CommandError;
use crate::types::json::write::text_of;
use crate::types::{DataType, HashRef};

/// The payload of an entry's value. It says nothing of the entry's key and expiry.
///
/// # Errors
/// Those of an entry of another type than it says, which there is not.
pub(crate) fn dump(entry: EntryRef<'_>) -> Result<Vec<u8>, CommandError> {
    let mut out = Vec::new();
    let mut version = footer::VERSION;
    match entry.data_type() {
        DataType::String => {
            out.push(kind::STRING);
            put_string(&mut out, &entry.string()?.to_cow());
        }
        DataType::Stream => {
            out.push(kind::STREAM_2);
            stream::dump(&mut out, entry.stream()?);
        }
        DataType::List => {
            let list = entry.list()?;
            begin(&mut out, kind::LIST, list.len());
            list.iter().for_each(|element| put_string(&mut out, element));
        }
        DataType::Set => {
            let set = entry.set()?;
            begin(&mut out, kind::SET, set.len());
            set.iter().for_each(|member| put_string(&mut out, member));
        }
        DataType::SortedSet => {
            let set = entry.sorted_set()?;
            begin(&mut out, kind::SORTED_SET, set.len());
            for (member, score) in set.iter() {
                put_string(&mut out, member);
                out.extend_from_slice(&score.to_bits().to_le_bytes());
            }
        }
        DataType::Json => {
            out.push(kind::MODULE);
            put_length(&mut out, kind::JSON);
            put_length(&mut out, kind::MODULE_STRING);
            put_string(&mut out, &text_of(entry.json()?)?);
            put_length(&mut out, kind::MODULE_END);
        }
        DataType::Hash => {
            let hash = entry.hash()?;
            match hash.fields().filter_map(|field| field.expire_at_ms).min() {
                Some(least_ms) => {
                    version = footer::VERSION_OF_EXPIRING_FIELDS;
                    put_expiring(&mut out, hash, least_ms);
                }
                None => {
                    begin(&mut out, kind::HASH, hash.len());
                    for (name, value) in hash.iter() {
                        put_string(&mut out, name);
                        put_string(&mut out, value);
                    }
                }
            }
        }
    }
    footer::seal(&mut out, version);
    Ok(out)
}

fn begin(out: &mut Vec<u8>, kind: u8, count: usize) {
    out.push(kind);
    put_length(out, count as u64);
}

/// A hash some of whose fields expire, the first of them at `least_ms`.
fn put_expiring(out: &mut Vec<u8>, hash: HashRef<'_>, least_ms: u64) {
    out.push(kind::HASH_EXPIRING);
    out.extend_from_slice(&least_ms.to_le_bytes());
    put_length(out, hash.len() as u64);
    for field in hash.fields() {
        // 0: never. Otherwise one more than what is added to the least.
        put_length(out, field.expire_at_ms.map_or(0, |at_ms| at_ms.saturating_sub(least_ms) + 1));
        put_string(out, field.name);
        put_string(out, field.value);
    }
}
