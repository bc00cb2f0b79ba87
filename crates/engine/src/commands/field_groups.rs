//! Hashes, several fields at a time: read and removed, read or written with an expiry, drawn at random.

use selvedge_wire::ReplySink;

use crate::args::{Cursor, ExpiryUnit, Keyword, draw_count, words};
use crate::commands::field_expiry::{FIELDS, field_time, fields, notify_expiry};
use crate::commands::reply;
use crate::commands::table::arg::{EX, EXAT, KEY, PX, PXAT, VALUE};
use crate::commands::table::{Arg, Args, Arity, Command, Group, KeyUse, Keys, Run, Traits, work};
use crate::cx::{Lookup, ReadCx, WriteCx};
use crate::error::CommandError;
use crate::events::Event;
use crate::limits::RANDOM_DRAWS_MAX;
use crate::numbers::parse_integer;
use crate::time::Milliseconds;
use crate::types::Field;

const HASH: Command = Command::base(Group::Hash);

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "hgetdel",
        since: "8.0.0",
        complexity: "O(N), N the number of fields given",
        summary: "Returns the values of fields of a hash and deletes them, and the key with the last one.",
        arity: Arity::AtLeast(5),
        keys: Keys::One,
        uses: &[KeyUse::RW.access().delete()],
        args: &[KEY, FIELDS],
        traits: Traits::FAST,
        run: Run::Write(hgetdel),
        ..HASH
    },
    Command {
        name: "hgetex",
        since: "8.0.0",
        complexity: "O(N), N the number of fields given",
        summary: "Returns the values of fields of a hash and sets or removes their expiry.",
        arity: Arity::AtLeast(5),
        keys: Keys::One,
        uses: &[KeyUse::RW.access().update()],
        args: &[
            KEY,
            Arg::one_of("expiration", &[EX, PX, EXAT, PXAT, Arg::token("persist", "PERSIST")]).optional(),
            FIELDS,
        ],
        traits: Traits::FAST,
        run: Run::Write(hgetex),
        ..HASH
    },
    Command {
        name: "hrandfield",
        since: "6.2.0",
        complexity: "O(N), N the number of fields returned; up to the size of the hash where that is much of it",
        summary: "Returns fields of a hash, picked at random.",
        arity: Arity::AtLeast(2),
        keys: Keys::One,
        uses: &[KeyUse::RO.access()],
        args: &[
            KEY,
            Arg::block(
                "options",
                &[Arg::integer("count"), Arg::token("withvalues", "WITHVALUES").optional()],
            )
            .optional(),
        ],
        run: Run::Read(hrandfield),
        work: Some(work::draws),
        ..HASH
    },
    Command {
        name: "hsetex",
        since: "8.0.0",
        complexity: "O(N), N the number of fields given",
        summary: "Sets fields of a hash with their expiry.",
        arity: Arity::AtLeast(6),
        keys: Keys::One,
        uses: &[KeyUse::RW.update()],
        args: &[
            KEY,
            Arg::one_of("condition", &[Arg::token("fnx", "FNX"), Arg::token("fxx", "FXX")]).optional(),
            Arg::one_of("expiration", &[EX, PX, EXAT, PXAT, Arg::token("keepttl", "KEEPTTL")]).optional(),
            Arg::block(
                "fields",
                &[Arg::integer("numfields"), Arg::block("data", &[Arg::string("field"), VALUE]).multiple()],
            )
            .after("FIELDS"),
        ],
        traits: Traits::DENY_OOM.and(Traits::FAST),
        run: Run::Write(hsetex),
        ..HASH
    },
];

fn hgetdel(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    cx.hash(key)?;
    let names = fields(&Cursor::after(args, 2), CommandError::FieldCountNotPositive, "hgetdel")?;
    out.array(names.len());
    let mut removed = false;
    for name in names {
        reply::bulk_or_null(out, cx.hash(key)?.and_then(|hash| hash.get(name)));
        removed |= cx.hash_remove(key, name);
    }
    if removed {
        cx.notify_taken(Event::HDEL, key);
    }
    Ok(())
}

/// What HGETEX does to the expiry of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Touch {
    Nothing,
    Persist,
    Until(Milliseconds),
}

fn hgetex(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, option, amount] = words(args);
    cx.hash(key)?;
    let option = Keyword::of(option);
    let (touch, option_words) = match ExpiryUnit::of(option) {
        Some(unit) => (Touch::Until(field_time(unit, amount, cx.now_ms(), "hgetex")?), 2),
        None if option.bytes() == b"PERSIST" => (Touch::Persist, 1),
        None => (Touch::Nothing, 0),
    };
    let cursor = Cursor::after(args, 2 + option_words);
    let names = fields(&cursor, CommandError::FieldCountNotPositive, "hgetex")?;
    out.array(names.len());
    let mut changed = false;
    for name in names {
        let field = cx.hash(key)?.and_then(|hash| hash.field(name));
        reply::bulk_or_null(out, field.map(|field| field.value));
        changed |= match (touch, field.and_then(|field| field.expire_at_ms)) {
            (Touch::Nothing, _) | (Touch::Persist, None) => false,
            (Touch::Persist, Some(_)) => cx.hash_set_expiry(key, name, None),
            (Touch::Until(at_ms), _) if at_ms <= cx.now_ms() => cx.hash_remove(key, name),
            (Touch::Until(at_ms), _) => cx.hash_set_expiry(key, name, Some(at_ms)),
        };
    }
    match touch {
        Touch::Until(at_ms) if changed => notify_expiry(cx, key, at_ms),
        Touch::Persist if changed => cx.notify(Event::HPERSIST, key),
        _ => {}
    }
    Ok(())
}

fn hrandfield(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let wanted = draw_count(args, b"WITHVALUES")?;
    let hash = cx.hash(key)?;
    let Some((count, with_values)) = wanted else {
        let drawn = hash.and_then(|hash| hash.random(cx.random()));
        reply::bulk_or_null(out, drawn.map(|(name, _)| name));
        return Ok(());
    };
    let Some(hash) = hash else {
        out.array(0);
        return Ok(());
    };
    let draws = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    let drawn = if count >= 0 {
        hash.sample(draws, &mut || cx.random())
    } else if draws > RANDOM_DRAWS_MAX {
        return Err(CommandError::TooManyDraws { max: RANDOM_DRAWS_MAX });
    } else {
        // A negative count: that many draws, each from the whole hash.
        (0..draws).filter_map(|_| hash.random(cx.random())).collect()
    };
    let values: fn(&mut dyn ReplySink, &[u8]) = |out, value| out.bulk(value);
    reply::items(out, drawn.iter().copied(), drawn.len(), with_values.then_some(values));
    Ok(())
}

/// Which fields HSETEX needs to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    NoneExists,
    AllExist,
}

/// The expiry HSETEX gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expiry {
    None,
    Keep,
    At(Milliseconds),
}

/// The arguments of HSETEX.
struct SetExpiring<'a> {
    condition: Option<Condition>,
    expiry: Expiry,
    pairs: &'a [[&'a [u8]; 2]],
}

impl<'a> SetExpiring<'a> {
    fn parse(args: Args<'a>, now_ms: Milliseconds) -> Result<Self, CommandError> {
        let command = "hsetex";
        let mut cursor = Cursor::after(args, 2);
        let (mut condition, mut expiry) = (None, None);
        while let Some(word) = cursor.next() {
            let keyword = Keyword::of(word);
            let unit = ExpiryUnit::of(keyword);
            match keyword.bytes() {
                b"FIELDS" => {
                    let pairs = pairs(cursor.rest())?;
                    return Ok(Self { condition, expiry: expiry.unwrap_or(Expiry::None), pairs });
                }
                b"FNX" | b"FXX" if condition.is_some() => return Err(CommandError::FieldConditions),
                b"FNX" => condition = Some(Condition::NoneExists),
                b"FXX" => condition = Some(Condition::AllExist),
                b"KEEPTTL" if expiry.is_none() => expiry = Some(Expiry::Keep),
                _ => {
                    if expiry.is_some() && (unit.is_some() || keyword.bytes() == b"KEEPTTL") {
                        return Err(CommandError::FieldLifetimes);
                    }
                    let unit = unit.ok_or_else(|| CommandError::unknown_argument(word))?;
                    let amount = cursor.next().ok_or(CommandError::WrongArity { command })?;
                    expiry = Some(Expiry::At(field_time(unit, amount, now_ms, command)?));
                }
            }
        }
        Err(CommandError::WrongArity { command })
    }

    /// Whether the fields that are there allow it.
    fn is_allowed(&self, cx: &WriteCx<'_>, key: &[u8]) -> Result<bool, CommandError> {
        let hash = cx.hash(key)?;
        let exists = |name: &[u8]| hash.is_some_and(|hash| hash.contains(name));
        Ok(match self.condition {
            None => true,
            Some(Condition::NoneExists) => !self.pairs.iter().any(|[name, _]| exists(name)),
            Some(Condition::AllExist) => self.pairs.iter().all(|[name, _]| exists(name)),
        })
    }
}

impl SetExpiring<'_> {
    /// Tells of fields that were set, also of those that went at once: in Redis they have been there.
    fn notify(&self, cx: &WriteCx<'_>, key: &[u8], was_there: bool) {
        if !was_there && !cx.exists(key) {
            cx.notify(Event::NEW, key);
        }
        cx.notify(Event::HSET, key);
        if let Expiry::At(at_ms) = self.expiry {
            notify_expiry(cx, key, at_ms);
        }
    }
}

/// The pairs behind FIELDS, their count in front.
fn pairs<'a>(words: Args<'a>) -> Result<&'a [[&'a [u8]; 2]], CommandError> {
    let wrong_arity = CommandError::WrongArity { command: "hsetex" };
    let [count, data @ ..] = words else { return Err(wrong_arity) };
    let (pairs, rest) = data.as_chunks::<2>();
    if pairs.is_empty() {
        return Err(wrong_arity);
    }
    let count = parse_integer(count).and_then(|count| u32::try_from(count).ok());
    let count = count.filter(|count| (1..1 << 31).contains(count)).ok_or(CommandError::InvalidFieldCount)?;
    if count as usize == pairs.len() && rest.is_empty() { Ok(pairs) } else { Err(wrong_arity) }
}

fn hsetex(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let now_ms = cx.now_ms();
    let set = SetExpiring::parse(args, now_ms)?;
    let allowed = set.is_allowed(cx, key)?;
    let was_there = cx.exists(key);
    for [name, value] in set.pairs.iter().filter(|_| allowed) {
        let expire_at_ms = match set.expiry {
            Expiry::None => None,
            Expiry::Keep => cx.hash(key)?.and_then(|hash| hash.field(name)?.expire_at_ms),
            Expiry::At(at_ms) => Some(at_ms),
        };
        if expire_at_ms.is_some_and(|at_ms| at_ms <= now_ms) && set.expiry != Expiry::Keep {
            // The moment has passed: the field goes at once.
            cx.hash_remove(key, name);
        } else {
            cx.hash_put(key, Field { name, value, expire_at_ms });
        }
    }
    if allowed {
        set.notify(cx, key, was_there);
    }
    out.integer(i64::from(allowed));
    Ok(())
}
