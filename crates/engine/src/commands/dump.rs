//! DUMP and RESTORE: values as bytes that Redis reads, too.

use selvedge_wire::ReplySink;

use crate::args::{Cursor, Keyword, integer, words};
use crate::commands::table::arg::KEY;
use crate::commands::table::{Arg, Args, Arity, Command, Group, KeyUse, Keys, Run, Traits, work};
use crate::cx::{Lookup, ReadCx, WriteCx};
use crate::error::CommandError;
use crate::events::Event;
use crate::rdb;
use crate::time::Milliseconds;

const GENERIC: Command = Command::base(Group::Generic);

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "dump",
        since: "2.6.0",
        complexity: "O(N), N the bytes of the value",
        summary: "Returns the value of a key as bytes that RESTORE takes, here or in Redis.",
        arity: Arity::Exactly(2),
        keys: Keys::One,
        uses: &[KeyUse::RO.access()],
        args: &[KEY],
        work: Some(work::everything),
        run: Run::Read(dump),
        ..GENERIC
    },
    Command {
        name: "restore",
        since: "2.6.0",
        complexity: "O(N), N the bytes of the value; O(N*log(N)) for sets, hashes and sorted sets",
        summary: "Gives a key the value that DUMP returned, here or in Redis.",
        arity: Arity::AtLeast(4),
        keys: Keys::One,
        uses: &[KeyUse::OW.update()],
        args: &[
            KEY,
            Arg::integer("ttl"),
            Arg::string("serialized-value"),
            Arg::token("replace", "REPLACE").optional(),
            Arg::token("absttl", "ABSTTL").optional(),
            Arg::integer("seconds").after("IDLETIME").optional(),
            Arg::integer("frequency").after("FREQ").optional(),
        ],
        traits: Traits::DENY_OOM.and(Traits::DANGEROUS).and(Traits::COPIES_STORED),
        run: Run::Write(restore),
        ..GENERIC
    },
];

fn dump(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    match cx.entry(key) {
        Some(entry) => out.bulk(&rdb::dump(entry)?),
        None => out.null(),
    }
    Ok(())
}

fn restore(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, ttl, payload] = words(args);
    let options = Options::parse(args)?;
    if !options.replace && cx.exists(key) {
        return Err(CommandError::BusyKey);
    }
    let ttl_ms = not_negative(integer(ttl)?, "TTL")?;
    let expire_at_ms = match (ttl_ms, options.absolute) {
        (0, _) => None,
        (at_ms, true) => Some(at_ms),
        (ttl_ms, false) => Some(cx.now_ms().saturating_add(ttl_ms)),
    };
    let value = rdb::load(payload, cx.now_ms())?;
    if expire_at_ms.is_some_and(|at_ms| at_ms < cx.now_ms()) {
        if cx.remove(key) {
            cx.notify(Event::DEL, key);
        }
    } else {
        let before = cx.data_type(key);
        cx.restore(key, &value, expire_at_ms);
        if let Some(before) = before {
            // Redis takes the old one away first, so that the key is new.
            cx.notify(Event::NEW, key);
            cx.notify(Event::RESTORE, key);
            cx.notify_replaced(key, before);
        } else {
            cx.notify(Event::RESTORE, key);
        }
    }
    out.status("OK");
    Ok(())
}

/// What stands behind the payload.
#[derive(Debug, Default)]
struct Options {
    replace: bool,
    absolute: bool,
}

impl Options {
    /// How long ago a key was used, and how often, is not kept: these options are only checked.
    fn parse(args: Args<'_>) -> Result<Self, CommandError> {
        let mut options = Self::default();
        let (mut idle, mut frequent) = (false, false);
        let mut cursor = Cursor::after(args, 4);
        while let Some(word) = cursor.next() {
            match Keyword::of(word).bytes() {
                b"REPLACE" => options.replace = true,
                b"ABSTTL" => options.absolute = true,
                b"IDLETIME" if !frequent => {
                    not_negative(cursor.integer()?, "IDLETIME")?;
                    idle = true;
                }
                b"FREQ" if !idle => {
                    if !(0..=255).contains(&cursor.integer()?) {
                        let bounds = ">= 0 and <= 255";
                        return Err(CommandError::InvalidRestoreOption { name: "FREQ", bounds });
                    }
                    frequent = true;
                }
                _ => return Err(CommandError::Syntax),
            }
        }
        Ok(options)
    }
}

fn not_negative(number: i64, name: &'static str) -> Result<Milliseconds, CommandError> {
    Milliseconds::try_from(number).map_err(|_| CommandError::InvalidRestoreOption { name, bounds: ">= 0" })
}
