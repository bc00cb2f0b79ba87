//! HyperLogLogs: strings that estimate how many different elements were added.

use selvedge_wire::ReplySink;

use crate::args::{Cursor, Keyword, words};
use crate::commands::table::arg::KEY;
use crate::commands::table::{Arg, Args, Arity, Command, Group, KeyUse, Keys, Run, Traits};
use crate::cx::{Lookup, ReadCx, WriteCx};
use crate::error::CommandError;
use crate::events::Event;
use crate::types::hyper_log_log::{self, HyperLogLog, Malformed, REGISTERS, Registers};

const HYPER_LOG_LOG: Command = Command::base(Group::HyperLogLog);

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "pfadd",
        since: "2.8.9",
        complexity: "O(1) for each element",
        summary: "Adds elements to a HyperLogLog, creating it if needed, and returns whether that may change its count.",
        arity: Arity::AtLeast(2),
        keys: Keys::One,
        uses: &[KeyUse::RW.insert()],
        args: &[KEY, Arg::string("element").optional().multiple()],
        traits: Traits::DENY_OOM.and(Traits::FAST),
        run: Run::Write(pfadd),
        ..HYPER_LOG_LOG
    },
    Command {
        name: "pfcount",
        since: "2.8.9",
        complexity: "O(N), N the number of keys",
        summary: "Estimates how many different elements were added to HyperLogLogs.",
        arity: Arity::AtLeast(2),
        keys: Keys::Range { first: 1, last: -1, step: 1 },
        uses: &[KeyUse::RW.access()],
        args: &[Arg::key("key").multiple()],
        run: Run::Read(pfcount),
        ..HYPER_LOG_LOG
    },
    Command {
        name: "pfdebug",
        since: "2.8.9",
        complexity: "O(1)",
        summary: "Shows or changes how a HyperLogLog is laid out.",
        arity: Arity::Exactly(3),
        keys: Keys::Range { first: 2, last: 2, step: 1 },
        uses: &[KeyUse::RW.access()],
        args: &[Arg::string("subcommand"), KEY],
        traits: Traits::DENY_OOM.and(Traits::ADMIN),
        run: Run::Write(pfdebug),
        ..HYPER_LOG_LOG
    },
    Command {
        name: "pfmerge",
        since: "2.8.9",
        complexity: "O(N), N the number of keys",
        summary: "Adds what was added to HyperLogLogs to another one, creating it if needed.",
        arity: Arity::AtLeast(2),
        keys: Keys::Range { first: 1, last: -1, step: 1 },
        uses: &[KeyUse::RW.access().insert(), KeyUse::RO.access()],
        args: &[Arg::key("destkey"), Arg::key("sourcekey").optional().multiple()],
        traits: Traits::DENY_OOM,
        run: Run::Write(pfmerge),
        ..HYPER_LOG_LOG
    },
    Command {
        name: "pfselftest",
        since: "2.8.9",
        summary: "Tests that HyperLogLogs count elements whose number is known.",
        arity: Arity::Exactly(1),
        traits: Traits::ADMIN,
        run: Run::Read(pfselftest),
        ..HYPER_LOG_LOG
    },
];

impl From<Malformed> for CommandError {
    fn from(malformed: Malformed) -> Self {
        match malformed {
            Malformed::Header => Self::NotHyperLogLog,
            Malformed::Registers => Self::CorruptHyperLogLog,
        }
    }
}

fn read(cx: &impl Lookup, key: &[u8]) -> Result<Option<HyperLogLog>, CommandError> {
    let string = cx.string(key)?;
    Ok(string.map(HyperLogLog::read).transpose()?)
}

/// Stores what became of a HyperLogLog, and logs the bytes that differ. None: the key was absent.
fn store(cx: &mut WriteCx<'_>, key: &[u8], before: Option<&HyperLogLog>, after: &HyperLogLog) {
    match before.map(HyperLogLog::as_bytes) {
        Some(before) if before.len() <= after.as_bytes().len() => {
            for (offset, bytes) in after.changes_since(before) {
                cx.write_string(key, offset, bytes);
            }
        }
        // Runs that were joined take fewer bytes.
        _ => {
            let expire_at_ms = cx.entry(key).and_then(|entry| entry.expire_at_ms());
            cx.set_string(key, after.as_bytes(), expire_at_ms);
        }
    }
}

fn pfadd(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let before = read(cx, key)?;
    let mut after = before.clone().unwrap_or_else(HyperLogLog::new);
    let mut changed = before.is_none();
    for element in Cursor::after(args, 2) {
        changed |= after.add(element)?;
    }
    if changed {
        store(cx, key, before.as_ref(), &after);
        cx.notify(Event::PFADD, key);
    }
    out.integer(i64::from(changed));
    Ok(())
}

fn pfcount(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let keys = Cursor::after(args, 1).rest();
    // A read changes nothing, so an estimate is stored only where Redis stored it.
    let stored = match keys {
        [key] => cx.string(key)?.map(hyper_log_log::stored_estimate).transpose()?.flatten(),
        _ => None,
    };
    let estimate = match stored {
        Some(estimate) => estimate,
        None => {
            let mut registers = [0; REGISTERS];
            for key in keys {
                if let Some(log) = read(cx, key)? {
                    log.add_to(&mut registers)?;
                }
            }
            hyper_log_log::estimate(&registers)
        }
    };
    out.integer(i64::try_from(estimate).unwrap_or(i64::MAX));
    Ok(())
}

fn pfmerge(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let before = read(cx, key)?;
    let mut after = before.clone().unwrap_or_else(HyperLogLog::new);
    let mut registers: Registers = [0; REGISTERS];
    after.add_to(&mut registers)?;
    for source in Cursor::after(args, 2) {
        let Some(log) = read(cx, source)? else { continue };
        log.add_to(&mut registers)?;
        if log.is_dense() {
            after.make_dense()?;
        }
    }
    after.merge(&registers)?;
    Cursor::after(args, 1).for_each(|key| cx.notify_miss(key));
    if before.as_ref() == Some(&after) {
        // Also when nothing is new: the key counts as changed.
        cx.write_string(key, 0, after.as_bytes().get(..1).unwrap_or_default());
    } else {
        store(cx, key, before.as_ref(), &after);
    }
    cx.notify(Event::PFADD, key);
    out.status("OK");
    Ok(())
}

fn pfdebug(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [subcommand, key] = words(args);
    let before = read(cx, key)?.ok_or(CommandError::NoSpecifiedKey)?;
    let mut after = before.clone();
    match Keyword::of(subcommand).bytes() {
        b"DECODE" if before.is_dense() => return Err(CommandError::NotSparse),
        b"DECODE" => out.bulk(decoded(&before)?.as_bytes()),
        b"ENCODING" => out.status(if before.is_dense() { "dense" } else { "sparse" }),
        b"GETREG" => {
            after.make_dense()?;
            let registers = after.registers()?;
            store(cx, key, Some(&before), &after);
            out.array(registers.len());
            registers.iter().for_each(|value| out.integer(i64::from(*value)));
        }
        b"TODENSE" => {
            let was_sparse = after.make_dense()?;
            store(cx, key, Some(&before), &after);
            out.integer(i64::from(was_sparse));
        }
        _ => return Err(CommandError::unknown_pfdebug(subcommand)),
    }
    Ok(())
}

/// The sparse runs as text: zeros in one byte (`z`), zeros in two (`Z`), other values (`v`).
fn decoded(log: &HyperLogLog) -> Result<String, CommandError> {
    let words = hyper_log_log::runs(log.body()).map(|run| {
        let run = run?;
        Ok(match (run.value, run.bytes) {
            (0, 1) => format!("z:{}", run.len),
            (0, _) => format!("Z:{}", run.len),
            (value, _) => format!("v:{value},{}", run.len),
        })
    });
    Ok(words.collect::<Result<Vec<String>, Malformed>>()?.join(" "))
}

fn pfselftest(_: &ReadCx<'_>, _: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    hyper_log_log::self_test()
        .map_err(|(elements, estimate)| CommandError::SelfTest { elements, estimate })?;
    out.status("OK");
    Ok(())
}
