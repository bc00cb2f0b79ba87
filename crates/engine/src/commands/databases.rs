//! Commands that may name another database by its number. There is one, number 0.

use selvedge_wire::ReplySink;

use crate::args::{Cursor, Keyword, integer, words};
use crate::commands::table::arg::KEY;
use crate::commands::table::{Arg, Args, Arity, Command, Group, KeyUse, Keys, Run, Traits};
use crate::cx::{Lookup, WriteCx};
use crate::error::CommandError;
use crate::events::Event;

const GENERIC: Command = Command::base(Group::Generic);

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "copy",
        since: "6.2.0",
        complexity: "O(N), N the chunks of a large value, which both keys share",
        summary: "Copies the value and the expiry of a key to another key.",
        arity: Arity::AtLeast(3),
        keys: Keys::Range { first: 1, last: 2, step: 1 },
        uses: &[KeyUse::RO.access(), KeyUse::OW.update()],
        args: &[
            Arg::key("source"),
            Arg::key("destination"),
            Arg::integer("destination-db").after("DB").optional(),
            Arg::token("replace", "REPLACE").optional(),
        ],
        traits: Traits::DENY_OOM,
        run: Run::Write(copy),
        ..GENERIC
    },
    Command {
        name: "move",
        since: "1.0.0",
        summary: "Moves a key to another database, of which there is none.",
        arity: Arity::Exactly(3),
        keys: Keys::One,
        uses: &[KeyUse::RW.access().update()],
        args: &[KEY, Arg::integer("db")],
        traits: Traits::FAST,
        run: Run::Write(move_key),
        ..GENERIC
    },
    Command {
        name: "swapdb",
        since: "4.0.0",
        summary: "Swaps two databases, which can only be the one with itself.",
        arity: Arity::Exactly(3),
        args: &[Arg::integer("index1"), Arg::integer("index2")],
        traits: Traits::FAST.and(Traits::DANGEROUS).and(Traits::WHOLE_KEYSPACE),
        run: Run::Write(swapdb),
        ..Command::base(Group::Server)
    },
];

fn copy(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [source, destination] = words(args);
    let mut replaces = false;
    let mut cursor = Cursor::after(args, 3);
    while let Some(word) = cursor.next() {
        match Keyword::of(word).bytes() {
            b"REPLACE" => replaces = true,
            b"DB" => one_database(cursor.word()?)?,
            _ => return Err(CommandError::Syntax),
        }
    }
    cx.notify_miss(source);
    let before = cx.data_type(destination);
    let copied = (replaces || before.is_none()) && cx.copy(source, destination);
    if copied {
        cx.notify(Event::COPY_TO, destination);
        if let Some(before) = before {
            cx.notify_replaced(destination, before);
        }
    }
    out.integer(i64::from(copied));
    Ok(())
}

fn move_key(_cx: &mut WriteCx<'_>, args: Args<'_>, _out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [_key, index] = words(args);
    one_database(index)?;
    Err(CommandError::SameSourceAndDestination)
}

fn swapdb(_cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [first, second] = words(args);
    let first = number(first).map_err(|_| CommandError::InvalidFirstDatabase)?;
    let second = number(second).map_err(|_| CommandError::InvalidSecondDatabase)?;
    exists(first)?;
    exists(second)?;
    out.status("OK");
    Ok(())
}

/// Checks that a word is the number of the one database.
///
/// # Errors
/// [`CommandError::NotAnInteger`], [`CommandError::DatabaseTooFar`], [`CommandError::DatabaseOutOfRange`].
pub fn one_database(word: &[u8]) -> Result<(), CommandError> {
    exists(number(word)?)
}

fn number(word: &[u8]) -> Result<i32, CommandError> {
    i32::try_from(integer(word)?).map_err(|_| CommandError::DatabaseTooFar)
}

fn exists(index: i32) -> Result<(), CommandError> {
    if index == 0 { Ok(()) } else { Err(CommandError::DatabaseOutOfRange) }
}
