//! Commands for keys of any type.

use selvedge_wire::ReplySink;

use crate::args::{Cursor, words};
use crate::commands::reply;
use crate::commands::scan::{Page, ScanKind, ScanOptions};
use crate::commands::table::arg::{COUNT, KEY, MATCH};
use crate::commands::table::{Arg, Args, Arity, Command, Group, KeyUse, Keys, Run, Traits, Walk};
use crate::cx::{Lookup, ReadCx, WriteCx};
use crate::entry::EntryRef;
use crate::error::CommandError;
use crate::events::Event;
use crate::glob::Matcher;
use crate::limits::{SCAN_COUNT_MAX, SCAN_STEPS_MAX};

const GENERIC: Command = Command::base(Group::Generic);

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "del",
        since: "1.0.0",
        complexity: "O(N), N the number of keys",
        summary: "Deletes keys and returns how many there were.",
        arity: Arity::AtLeast(2),
        keys: Keys::Range { first: 1, last: -1, step: 1 },
        uses: &[KeyUse::RM.delete()],
        args: &[Arg::key("key").multiple()],
        run: Run::Write(del),
        ..GENERIC
    },
    Command {
        name: "exists",
        since: "1.0.0",
        complexity: "O(N), N the number of keys",
        summary: "Counts how many of the keys given exist.",
        arity: Arity::AtLeast(2),
        keys: Keys::Range { first: 1, last: -1, step: 1 },
        uses: &[KeyUse::RO],
        args: &[Arg::key("key").multiple()],
        traits: Traits::FAST,
        run: Run::Read(exists),
        ..GENERIC
    },
    Command {
        name: "keys",
        since: "1.0.0",
        complexity: "O(N), N the number of keys in the database",
        summary: "Returns all keys that match a pattern.",
        arity: Arity::Exactly(2),
        args: &[Arg::pattern("pattern")],
        traits: Traits::WHOLE_KEYSPACE.and(Traits::ROAMING).and(Traits::DANGEROUS),
        walk: Some(walk_keys),
        run: Run::Read(keys),
        ..GENERIC
    },
    Command {
        name: "randomkey",
        since: "1.0.0",
        summary: "Returns a key of the database, picked at random.",
        arity: Arity::Exactly(1),
        traits: Traits::WHOLE_KEYSPACE,
        run: Run::Read(randomkey),
        ..GENERIC
    },
    Command {
        name: "rename",
        since: "1.0.0",
        summary: "Gives a key another name, replacing what had that name.",
        arity: Arity::Exactly(3),
        keys: Keys::Range { first: 1, last: 2, step: 1 },
        uses: &[KeyUse::RW.access().delete(), KeyUse::OW.update()],
        args: &[KEY, Arg::key("newkey")],
        run: Run::Write(rename),
        ..GENERIC
    },
    Command {
        name: "renamenx",
        since: "1.0.0",
        summary: "Gives a key another name, only if nothing has that name.",
        arity: Arity::Exactly(3),
        keys: Keys::Range { first: 1, last: 2, step: 1 },
        uses: &[KeyUse::RW.access().delete(), KeyUse::OW.insert()],
        args: &[KEY, Arg::key("newkey")],
        traits: Traits::FAST,
        run: Run::Write(renamenx),
        ..GENERIC
    },
    Command {
        name: "scan",
        since: "2.8.0",
        complexity: "O(1) per call, O(N) for a whole walk",
        summary: "Walks the keys of the database in steps.",
        arity: Arity::AtLeast(2),
        args: &[
            Arg::integer("cursor"),
            MATCH,
            COUNT,
            Arg::string("type").after("TYPE").optional(),
            Arg::token("withtype", "WITHTYPE").optional(),
        ],
        traits: Traits::WHOLE_KEYSPACE.and(Traits::ROAMING).and(Traits::POWERFUL),
        run: Run::Read(scan),
        ..GENERIC
    },
    Command {
        name: "touch",
        since: "3.2.1",
        complexity: "O(N), N the number of keys",
        summary: "Counts how many of the keys given exist.",
        arity: Arity::AtLeast(2),
        keys: Keys::Range { first: 1, last: -1, step: 1 },
        uses: &[KeyUse::RO],
        args: &[Arg::key("key").multiple()],
        traits: Traits::FAST,
        run: Run::Read(touch),
        ..GENERIC
    },
    Command {
        name: "type",
        since: "1.0.0",
        summary: "Returns the type of the value of a key.",
        arity: Arity::Exactly(2),
        keys: Keys::One,
        uses: &[KeyUse::RO],
        args: &[KEY],
        traits: Traits::FAST,
        run: Run::Read(data_type),
        ..GENERIC
    },
    Command {
        name: "unlink",
        since: "4.0.0",
        complexity: "O(N), N the number of keys",
        summary: "Deletes keys and returns how many there were.",
        arity: Arity::AtLeast(2),
        keys: Keys::Range { first: 1, last: -1, step: 1 },
        uses: &[KeyUse::RM.delete()],
        args: &[Arg::key("key").multiple()],
        traits: Traits::FAST,
        run: Run::Write(unlink),
        ..GENERIC
    },
];

fn del(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let mut removed = 0;
    for key in Cursor::after(args, 1) {
        if cx.remove(key) {
            cx.notify(Event::DEL, key);
            removed += 1;
        }
    }
    reply::length(out, removed);
    Ok(())
}

fn exists(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    // A key that is named twice counts twice.
    let found = Cursor::after(args, 1).filter(|key| cx.exists(key)).count();
    reply::length(out, found);
    Ok(())
}

fn keys(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let mut walk = walk_keys(args);
    cx.scan(0, usize::MAX, &mut |entry| walk.visit(entry));
    walk.reply(out)
}

fn walk_keys(args: Args<'_>) -> Box<dyn Walk + Send + '_> {
    let [pattern] = words(args);
    Box::new(KeysWalk { pattern: Matcher::new(pattern), page: Page::default(), replied: 0 })
}

#[derive(Debug)]
struct KeysWalk<'a> {
    pattern: Matcher<'a>,
    page: Page,
    replied: usize,
}

impl Walk for KeysWalk<'_> {
    fn visit(&mut self, entry: EntryRef<'_>) {
        if self.pattern.matches(entry.key()) {
            self.page.push(entry.key());
        }
    }

    fn begin_reply(&mut self, out: &mut dyn ReplySink) -> Result<bool, CommandError> {
        self.pattern.check()?;
        out.array(self.page.len());
        Ok(self.page.len() > 0)
    }

    fn reply_items(&mut self, items_max: usize, out: &mut dyn ReplySink) -> bool {
        let end = self.replied.saturating_add(items_max).min(self.page.len());
        self.page.items(self.replied..end).for_each(|key| out.bulk(key));
        self.replied = end;
        end < self.page.len()
    }
}

fn randomkey(cx: &ReadCx<'_>, _args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let entry = cx.random_entry(cx.random());
    reply::bulk_or_null(out, entry.map(|entry| entry.key()));
    Ok(())
}

fn rename(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, new_key] = words(args);
    if !cx.exists(key) {
        return Err(CommandError::NoSuchKey);
    }
    if key != new_key {
        rename_to(cx, key, new_key);
    }
    out.status("OK");
    Ok(())
}

fn renamenx(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, new_key] = words(args);
    if !cx.exists(key) {
        return Err(CommandError::NoSuchKey);
    }
    let free = !cx.exists(new_key);
    if free {
        rename_to(cx, key, new_key);
    }
    out.integer(i64::from(free));
    Ok(())
}

fn rename_to(cx: &mut WriteCx<'_>, key: &[u8], new_key: &[u8]) {
    let before = cx.data_type(new_key);
    cx.rename(key, new_key);
    cx.notify(Event::RENAME_FROM, key);
    cx.notify(Event::RENAME_TO, new_key);
    if let Some(before) = before {
        cx.notify_replaced(new_key, before);
    }
}

fn scan(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let options = ScanOptions::parse(args, 1, ScanKind::Keyspace)?;
    let count = options.count.min(SCAN_COUNT_MAX);
    let mut page = Page::default();
    let mut next = options.cursor;
    let mut seen = 0;
    // A step gives up early where the keyspace is sparse. Some more steps spare the caller of a small database a round
    // trip for each; they are bounded, as in Redis.
    for _ in 0..SCAN_STEPS_MAX {
        next = cx.scan(next, count, &mut |entry| {
            seen += 1;
            let name = entry.data_type().name();
            // A type that nothing has matches nothing.
            let fits = options.data_type.is_none_or(|wanted| wanted.eq_ignore_ascii_case(name.as_bytes()));
            if fits && options.matches(entry.key()) {
                page.push(entry.key());
                if options.with_type {
                    page.push(name.as_bytes());
                }
            }
        });
        if next == 0 || seen >= count {
            break;
        }
    }
    options.reply(next, &page, out)
}

fn touch(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    exists(cx, args, out)
}

fn data_type(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    out.status(cx.data_type(key).map_or("none", |data_type| data_type.name()));
    Ok(())
}

fn unlink(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    del(cx, args, out)
}
