//! Taking entries out, and saying that they are done with.

use std::collections::BTreeSet;

use selvedge_wire::ReplySink;

use super::{GROUP, ID, IDS, REFERENCES, STREAM, id, references_of};
use crate::args::{Cursor, Keyword, words};
use crate::commands::reply;
use crate::commands::table::arg::KEY;
use crate::commands::table::{Args, Arity, Command, KeyUse, Keys, Run, Traits};
use crate::cx::{Lookup, WriteCx};
use crate::error::{CommandError, StreamError};
use crate::events::Event;
use crate::mutation::{Mutation, StreamIds};
use crate::numbers::parse_integer;
use crate::types::{References, StreamId};

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "xack",
        since: "5.0.0",
        complexity: "O(log N) for each id, N the number of entries that are pending",
        summary: "Says that a group is done with entries, and returns how many of them were pending.",
        arity: Arity::AtLeast(4),
        keys: Keys::One,
        uses: &[KeyUse::RW.update()],
        args: &[KEY, GROUP, ID.multiple()],
        traits: Traits::FAST,
        run: Run::Write(xack),
        ..STREAM
    },
    Command {
        name: "xackdel",
        since: "8.2.0",
        complexity: "O(log N) for each id and group, N the number of entries",
        summary: "Says that a group is done with entries, and takes them out of the stream.",
        arity: Arity::AtLeast(6),
        keys: Keys::One,
        uses: &[KeyUse::RW.update().delete()],
        args: &[KEY, GROUP, REFERENCES, IDS],
        traits: Traits::FAST,
        run: Run::Write(xackdel),
        ..STREAM
    },
    Command {
        name: "xdel",
        since: "5.0.0",
        complexity: "O(log N) for each id, N the number of entries",
        summary: "Takes entries out of a stream, and returns how many of them were there.",
        arity: Arity::AtLeast(3),
        keys: Keys::One,
        uses: &[KeyUse::RW.delete()],
        args: &[KEY, ID.multiple()],
        traits: Traits::FAST,
        run: Run::Write(xdel),
        ..STREAM
    },
    Command {
        name: "xdelex",
        since: "8.2.0",
        complexity: "O(log N) for each id and group, N the number of entries",
        summary: "Takes entries out of a stream, depending on the groups that need them.",
        arity: Arity::AtLeast(5),
        keys: Keys::One,
        uses: &[KeyUse::RW.delete()],
        args: &[KEY, REFERENCES, IDS],
        traits: Traits::FAST,
        run: Run::Write(xdelex),
        ..STREAM
    },
];

/// What XDELEX and XACKDEL say of each id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// There was no such entry.
    Absent = -1,
    /// It is no longer there.
    Deleted = 1,
    /// A group needs it still.
    Needed = 2,
}

/// Replies with what became of ids.
fn write_fates(fates: &[Fate], out: &mut dyn ReplySink) {
    out.array(fates.len());
    fates.iter().for_each(|fate| out.integer(*fate as i64));
}

fn xack(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, name] = words(args);
    let mut count = 0;
    cx.notify_miss(key);
    if let Some(group) = cx.stream(key)?.and_then(|stream| stream.group(name)) {
        let ids = id::parse_all(Cursor::after(args, 3).rest())?;
        let pending: BTreeSet<_> = ids.into_iter().filter(|id| group.pending(*id).is_some()).collect();
        count = pending.len();
        acknowledge(cx, key, name, &pending);
    }
    reply::length(out, count);
    Ok(())
}

fn xackdel(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, name] = words(args);
    let (references, ids) = references_and_ids(args, 3)?;
    cx.notify_miss(key);
    let Some(stream) = cx.stream(key)? else { return absent(ids, out) };
    let Some(group) = stream.group(name) else { return absent(ids, out) };
    let ids = id::parse_all(ids)?;
    let (mut acknowledged, mut deleted) = (BTreeSet::new(), BTreeSet::new());
    let mut fates = Vec::with_capacity(ids.len());
    for id in ids {
        if group.pending(id).is_none() || !acknowledged.insert(id) {
            fates.push(Fate::Absent);
            continue;
        }
        let is_done_elsewhere = || stream.groups().all(|(other, group)| other == name || group.is_done(id));
        if references == References::None && stream.get(id).is_some() && !is_done_elsewhere() {
            fates.push(Fate::Needed);
        } else {
            deleted.insert(id);
            fates.push(Fate::Deleted);
        }
    }
    let any_there = deleted.iter().any(|id| stream.get(*id).is_some());
    acknowledge(cx, key, name, &acknowledged);
    delete(cx, key, &deleted, references);
    if any_there {
        cx.notify(Event::XDEL, key);
    }
    write_fates(&fates, out);
    Ok(())
}

fn xdel(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let mut count = 0;
    if let Some(stream) = cx.stream(key)? {
        let ids = id::parse_all(Cursor::after(args, 2).rest())?;
        let present: BTreeSet<_> = ids.into_iter().filter(|id| stream.get(*id).is_some()).collect();
        count = present.len();
        delete(cx, key, &present, References::Kept);
        if count > 0 {
            cx.notify(Event::XDEL, key);
        }
    }
    reply::length(out, count);
    Ok(())
}

fn xdelex(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let (references, ids) = references_and_ids(args, 2)?;
    let Some(stream) = cx.stream(key)? else { return absent(ids, out) };
    let ids = id::parse_all(ids)?;
    let (mut deleted, mut fates) = (BTreeSet::new(), Vec::with_capacity(ids.len()));
    for id in &ids {
        fates.push(if references == References::None && !stream.is_done(*id) {
            Fate::Needed
        } else if stream.get(*id).is_some() && deleted.insert(*id) {
            Fate::Deleted
        } else {
            Fate::Absent
        });
    }
    // What is pending goes also where the entry went before.
    let any = !deleted.is_empty();
    let gone = if references == References::Dropped { ids.into_iter().collect() } else { deleted };
    delete(cx, key, &gone, references);
    if any {
        cx.notify(Event::XDEL, key);
    }
    write_fates(&fates, out);
    Ok(())
}

/// The words from `first` on: what becomes of pending entries, and the ids.
///
/// # Errors
/// An option that there is not, or a count that does not fit.
fn references_and_ids(args: Args<'_>, first: usize) -> Result<(References, Args<'_>), CommandError> {
    let (mut references, mut ids) = (None, None);
    let mut cursor = Cursor::after(args, first);
    while let Some(option) = cursor.next() {
        let keyword = Keyword::of(option);
        if let Some(choice) = references_of(keyword).filter(|_| references.is_none()) {
            references = Some(choice);
        } else if keyword.bytes() == b"IDS" {
            let count = parse_integer(cursor.word()?).and_then(|count| usize::try_from(count).ok());
            let count = count.filter(|count| *count > 0).ok_or(StreamError::IdCountNotPositive)?;
            let (these, _) = cursor.rest().split_at_checked(count).ok_or(StreamError::IdCountMismatch)?;
            ids = Some(these);
            cursor = Cursor::after(cursor.rest(), count);
        } else {
            return Err(CommandError::Syntax);
        }
    }
    Ok((references.unwrap_or_default(), ids.ok_or(CommandError::Syntax)?))
}

/// Replies that there is none of these entries.
fn absent(ids: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    write_fates(&vec![Fate::Absent; ids.len()], out);
    Ok(())
}

/// Makes entries pending no more.
pub(super) fn acknowledge(cx: &mut WriteCx<'_>, key: &[u8], group: &[u8], ids: &BTreeSet<StreamId>) {
    let packed = StreamIds::pack(ids.iter().copied());
    if let Some(ids) = StreamIds::new(&packed).filter(|_| !ids.is_empty()) {
        cx.change_stream(key, &Mutation::PendingRemove { key, group, ids });
    }
}

/// Takes entries out. Whoever asks for those that no group needs has chosen them.
fn delete(cx: &mut WriteCx<'_>, key: &[u8], ids: &BTreeSet<StreamId>, references: References) {
    let references = if references == References::None { References::Kept } else { references };
    let packed = StreamIds::pack(ids.iter().copied());
    if let Some(ids) = StreamIds::new(&packed).filter(|_| !ids.is_empty()) {
        cx.change_stream(key, &Mutation::StreamDelete { key, ids, references });
    }
}
