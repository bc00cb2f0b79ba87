//! Reading a stream.

use std::borrow::Cow;

use super::{DELETED, SAME_FIELDS, element_count};
use crate::mutation::StreamBodyBuilder;
use crate::numbers::parse_integer;
use crate::rdb::collect::{put, refuse_large};
use crate::rdb::reader::Reader;
use crate::rdb::{LoadError, kind, listpack};
use crate::time::Milliseconds;
use crate::types::{Progress, StreamHead, StreamId};

/// Reads a stream: the body that a mutation carries.
///
/// # Errors
/// [`LoadError`]. Ids that do not ascend are damage, names that come twice, counts that are not met, and what is pending with
/// nobody or with two.
pub(in crate::rdb) fn load(kind: u8, reader: &mut Reader<'_>) -> Result<Vec<u8>, LoadError> {
    let mut body = StreamBodyBuilder::default();
    for _ in 0..reader.length()? {
        let base = <[u8; 16]>::try_from(&*reader.string()?).map_err(|_| LoadError::Damaged)?;
        entries(&mut body, id_of(base), &reader.string()?)?;
    }
    if reader.length()? != body.count() {
        return Err(LoadError::Damaged);
    }
    let head = head(kind, reader, body.count())?;
    if !body.set_head(head) {
        return Err(LoadError::Damaged);
    }
    let progress = Progress::new(head, body.count(), body.first_id().unwrap_or(StreamId::MIN));
    groups(kind, reader, &mut body, progress)?;
    Ok(body.finish())
}

/// Ids outside of listpacks: both parts, the highest bytes first.
fn id_of(bytes: [u8; 16]) -> StreamId {
    let id = u128::from_be_bytes(bytes);
    let number = u64::try_from(id & u128::from(u64::MAX)).unwrap_or_default();
    StreamId::new(u64::try_from(id >> 64).unwrap_or_default(), number)
}

fn entries(body: &mut StreamBodyBuilder, base: StreamId, bytes: &[u8]) -> Result<(), LoadError> {
    let mut node = Node(listpack::elements(bytes)?);
    let (count, deleted, fields) = (node.count()?, node.count()?, node.count()?);
    let mut names = Vec::new();
    for _ in 0..fields {
        names.push(node.element()?);
    }
    if node.integer()? != 0 {
        return Err(LoadError::Damaged);
    }
    let mut words = Vec::new();
    let (mut found, mut found_deleted) = (0, 0);
    while found < count || found_deleted < deleted {
        let flags = node.integer()?;
        if flags & !(DELETED | SAME_FIELDS) != 0 {
            return Err(LoadError::Damaged);
        }
        let (ms, number) = (node.integer()?, node.integer()?);
        // Distances of 64 bits wrap around.
        let id = StreamId::new(
            base.ms.wrapping_add(ms.cast_unsigned()),
            base.number.wrapping_add(number.cast_unsigned()),
        );
        words.clear();
        let has_same_fields = flags & SAME_FIELDS != 0;
        let fields = if has_same_fields { names.len() as u64 } else { node.count()? };
        for place in 0..fields {
            match usize::try_from(place).ok().and_then(|place| names.get(place)).filter(|_| has_same_fields) {
                Some(name) => put(&mut words, name),
                None => put(&mut words, &node.element()?),
            }
            put(&mut words, &node.element()?);
        }
        let elements = usize::try_from(node.count()?).map_err(|_| LoadError::Damaged)?;
        if usize::try_from(fields).map(|fields| element_count(fields, has_same_fields)) != Ok(elements) {
            return Err(LoadError::Damaged);
        }
        if flags & DELETED != 0 {
            found_deleted += 1;
        } else if body.push(id, &words) {
            found += 1;
            refuse_large(body.len())?;
        } else {
            return Err(LoadError::Damaged);
        }
    }
    if found == count && found_deleted == deleted { node.finish() } else { Err(LoadError::Damaged) }
}

/// Takes elements off the front of a listpack.
struct Node<I>(I);

impl<'a, I: Iterator<Item = Result<Cow<'a, [u8]>, LoadError>>> Node<I> {
    fn element(&mut self) -> Result<Cow<'a, [u8]>, LoadError> {
        self.0.next().unwrap_or(Err(LoadError::Damaged))
    }

    fn integer(&mut self) -> Result<i64, LoadError> {
        parse_integer(&self.element()?).ok_or(LoadError::Damaged)
    }

    fn count(&mut self) -> Result<u64, LoadError> {
        u64::try_from(self.integer()?).map_err(|_| LoadError::Damaged)
    }

    /// The end of the listpack.
    fn finish(&mut self) -> Result<(), LoadError> {
        self.0.next().map_or(Ok(()), |_| Err(LoadError::Damaged))
    }
}

/// What a stream knows besides its entries. Before Redis 7.0 it knew its last id only.
fn head(kind: u8, reader: &mut Reader<'_>, len: u64) -> Result<StreamHead, LoadError> {
    let last_id = id(reader)?;
    if kind == kind::STREAM {
        return Ok(StreamHead { last_id, entries_added: len, max_deleted_id: StreamId::MIN });
    }
    // The first id follows from the entries.
    id(reader)?;
    let (max_deleted_id, entries_added) = (id(reader)?, reader.length()?);
    if i64::try_from(entries_added).is_err() {
        return Err(LoadError::Damaged);
    }
    Ok(StreamHead { last_id, entries_added, max_deleted_id })
}

fn id(reader: &mut Reader<'_>) -> Result<StreamId, LoadError> {
    Ok(StreamId::new(reader.length()?, reader.length()?))
}

/// A time. Clients may have set one before all times.
fn time(reader: &mut Reader<'_>) -> Result<Milliseconds, LoadError> {
    Ok(Milliseconds::try_from(i64::from_le_bytes(reader.array()?)).unwrap_or_default())
}

/// What was read under a name: the names are different.
struct Named<T>(Vec<(Vec<u8>, T)>);

impl<T> Named<T> {
    /// In the order of their names.
    fn sorted(mut self) -> Result<impl Iterator<Item = (Vec<u8>, T)>, LoadError> {
        self.0.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let differ = self.0.is_sorted_by(|(a, _), (b, _)| a < b);
        if differ { Ok(self.0.into_iter()) } else { Err(LoadError::Damaged) }
    }
}

fn groups(
    kind: u8,
    reader: &mut Reader<'_>,
    body: &mut StreamBodyBuilder,
    progress: Progress,
) -> Result<(), LoadError> {
    let mut groups = Named(Vec::new());
    for _ in 0..reader.length()? {
        let (name, last_id) = (reader.string()?.into_owned(), id(reader)?);
        let entries_read = match kind {
            kind::STREAM => progress.entries_up_to(last_id),
            // Beyond the signed numbers it is not known.
            _ => Some(reader.length()?).filter(|read| i64::try_from(*read).is_ok()),
        };
        let mut pending = pending(reader)?;
        let consumers = consumers(kind, reader, &mut pending)?;
        groups.0.push((name, (last_id, entries_read, consumers)));
    }
    for (name, (last_id, entries_read, consumers)) in groups.sorted()? {
        body.push_group(&name, last_id, entries_read, &consumers);
        refuse_large(body.len())?;
    }
    Ok(())
}

/// An entry that is pending with somebody.
struct Pending {
    id: StreamId,
    delivered_at_ms: Milliseconds,
    deliveries: u64,
    has_consumer: bool,
}

/// What is pending in a group, by ids that ascend.
fn pending(reader: &mut Reader<'_>) -> Result<Vec<Pending>, LoadError> {
    let mut all: Vec<Pending> = Vec::new();
    for _ in 0..reader.length()? {
        let (id, delivered_at_ms, deliveries) = (id_of(reader.array()?), time(reader)?, reader.length()?);
        if all.last().is_some_and(|last| last.id >= id) || i64::try_from(deliveries).is_err() {
            return Err(LoadError::Damaged);
        }
        all.push(Pending { id, delivered_at_ms, deliveries, has_consumer: false });
    }
    Ok(all)
}

/// The consumers of a group, who share what is pending among them.
fn consumers(kind: u8, reader: &mut Reader<'_>, pending: &mut [Pending]) -> Result<Vec<u8>, LoadError> {
    let mut consumers = Named(Vec::new());
    for _ in 0..reader.length()? {
        let (name, seen_at_ms) = (reader.string()?.into_owned(), time(reader)?);
        let active_at_ms = match kind {
            kind::STREAM_3 => {
                let at_ms = i64::from_le_bytes(reader.array()?);
                Milliseconds::try_from(at_ms).ok()
            }
            // The best that is known.
            _ => Some(seen_at_ms),
        };
        let mut owned: Vec<(StreamId, Milliseconds, u64)> = Vec::new();
        for _ in 0..reader.length()? {
            let id = id_of(reader.array()?);
            let place =
                pending.binary_search_by(|known| known.id.cmp(&id)).map_err(|_| LoadError::Damaged)?;
            let known =
                pending.get_mut(place).filter(|known| !known.has_consumer).ok_or(LoadError::Damaged)?;
            if owned.last().is_some_and(|(last, ..)| *last >= id) {
                return Err(LoadError::Damaged);
            }
            known.has_consumer = true;
            owned.push((id, known.delivered_at_ms, known.deliveries));
        }
        consumers.0.push((name, (seen_at_ms, active_at_ms, owned)));
    }
    if pending.iter().any(|pending| !pending.has_consumer) {
        return Err(LoadError::Damaged);
    }
    let mut bytes = Vec::new();
    for (name, (seen_at_ms, active_at_ms, owned)) in consumers.sorted()? {
        StreamBodyBuilder::put_consumer(&mut bytes, &name, seen_at_ms, active_at_ms, owned);
        refuse_large(bytes.len())?;
    }
    Ok(bytes)
}
