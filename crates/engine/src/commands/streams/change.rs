//! Adding entries, trimming, and setting what a stream knows of itself.

use selvedge_wire::ReplySink;

use super::id::{self, NewId};
use super::trim::{TRIM, TRIM_ALONE, Trim};
use super::{ID, REFERENCES, STREAM, write_id};
use crate::args::{Cursor, Keyword, words};
use crate::commands::reply;
use crate::commands::table::arg::{KEY, VALUE};
use crate::commands::table::{Arg, Args, Arity, Command, KeyUse, Keys, Run, Traits};
use crate::cx::{Lookup, WriteCx};
use crate::error::{CommandError, StreamError};
use crate::events::Event;
use crate::mutation::{Members, Mutation, StreamWords};
use crate::types::{StreamHead, StreamId};

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "xadd",
        since: "5.0.0",
        complexity: "O(1), and O(N) where it trims, N the number of entries that go",
        summary: "Adds an entry to the end of a stream and returns its id.",
        arity: Arity::AtLeast(5),
        keys: Keys::One,
        uses: &[KeyUse::RW.update()],
        args: &[
            KEY,
            Arg::token("nomkstream", "NOMKSTREAM").optional(),
            REFERENCES,
            TRIM,
            Arg::one_of("id-selector", &[Arg::token("auto-id", "*"), ID]),
            Arg::block("data", &[Arg::string("field"), VALUE]).multiple(),
        ],
        traits: Traits::DENY_OOM.and(Traits::FAST),
        run: Run::Write(xadd),
        ..STREAM
    },
    Command {
        name: "xsetid",
        since: "5.0.0",
        summary: "Sets the last id of a stream, and what it counts.",
        arity: Arity::AtLeast(3),
        keys: Keys::One,
        uses: &[KeyUse::RW.update()],
        args: &[
            KEY,
            Arg::string("last-id"),
            Arg::integer("entries-added").after("ENTRIESADDED").optional(),
            Arg::string("max-deleted-id").after("MAXDELETEDID").optional(),
        ],
        traits: Traits::DENY_OOM.and(Traits::FAST),
        run: Run::Write(xsetid),
        ..STREAM
    },
    Command {
        name: "xtrim",
        since: "5.0.0",
        complexity: "O(N), N the number of entries that go",
        summary: "Takes the oldest entries out of a stream and returns how many.",
        arity: Arity::AtLeast(4),
        keys: Keys::One,
        uses: &[KeyUse::RW.delete()],
        args: &[KEY, TRIM_ALONE],
        run: Run::Write(xtrim),
        ..STREAM
    },
];

fn xadd(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let mut cursor = Cursor::after(args, 2);
    let (mut trim, mut makes) = (Trim::default(), true);
    let new_id = loop {
        let mut ahead = cursor.clone();
        let word = ahead.word()?;
        if word == b"*" {
            cursor = ahead;
            break NewId::Auto;
        }
        if trim.accept(&mut cursor)? {
            continue;
        }
        cursor = ahead;
        if Keyword::of(word).bytes() == b"NOMKSTREAM" {
            makes = false;
        } else {
            break NewId::parse(word)?;
        }
    };
    trim.check(false)?;
    let fields = cursor.rest();
    if fields.is_empty() || !fields.len().is_multiple_of(2) {
        return Err(CommandError::WrongArity { command: "xadd" });
    }
    if new_id == NewId::Given(StreamId::MIN) {
        return Err(StreamError::IdZero.into());
    }
    let stream = cx.stream(key)?;
    if stream.is_none() && !makes {
        out.null();
        return Ok(());
    }
    let last_id = stream.map_or(StreamId::MIN, |stream| stream.head().last_id);
    let id = new_id.resolve(last_id, cx.now_ms())?;
    let packed = Members::pack(fields);
    if let Some(words) = StreamWords::new(&packed) {
        cx.change_stream(key, &Mutation::StreamAdd { key, id, words });
    }
    cx.notify(Event::XADD, key);
    trim.run(cx, key)?;
    write_id(id, out);
    Ok(())
}

fn xsetid(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, word] = words(args);
    let last_id = id::parse(word, 0)?;
    let (mut entries_added, mut max_deleted_id) = (None, StreamId::MIN);
    let mut cursor = Cursor::after(args, 3);
    while let Some(option) = cursor.next() {
        match Keyword::of(option).bytes() {
            b"ENTRIESADDED" => {
                let added =
                    u64::try_from(cursor.integer()?).map_err(|_| StreamError::EntriesAddedNegative)?;
                entries_added = Some(added);
            }
            b"MAXDELETEDID" => {
                max_deleted_id = id::parse(cursor.word()?, 0)?;
                if last_id < max_deleted_id {
                    return Err(StreamError::SetIdBelowGiven.into());
                }
            }
            _ => return Err(CommandError::Syntax),
        }
    }
    let Some(stream) = cx.stream(key)? else { return Err(CommandError::NoSuchKey) };
    let head = stream.head();
    if last_id < head.max_deleted_id {
        return Err(StreamError::SetIdBelowDeleted.into());
    }
    if stream.last().is_some_and(|entry| last_id < entry.id) {
        return Err(StreamError::SetIdBelowLast.into());
    }
    if entries_added.is_some_and(|added| added < stream.len() as u64) {
        return Err(StreamError::EntriesAddedTooFew.into());
    }
    let head = StreamHead {
        last_id,
        entries_added: entries_added.unwrap_or(head.entries_added),
        max_deleted_id: if max_deleted_id == StreamId::MIN { head.max_deleted_id } else { max_deleted_id },
    };
    cx.change_stream(key, &Mutation::StreamHeadSet { key, head });
    cx.notify(Event::XSETID, key);
    out.status("OK");
    Ok(())
}

fn xtrim(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let mut cursor = Cursor::after(args, 2);
    let mut trim = Trim::default();
    while !cursor.rest().is_empty() {
        if !trim.accept(&mut cursor)? {
            return Err(CommandError::Syntax);
        }
    }
    trim.check(true)?;
    let gone = trim.run(cx, key)?;
    reply::length(out, gone);
    Ok(())
}
