//! OBJECT: how a value is kept, in Redis' words.

use selvedge_wire::ReplySink;

use crate::args::words;
use crate::commands::command::help;
use crate::commands::table::arg::KEY;
use crate::commands::table::{Args, Arity, Command, Group, KeyUse, Keys, Run, Traits};
use crate::cx::ReadCx;
use crate::entry::EntryRef;
use crate::error::CommandError;
use crate::numbers::parse_integer;
use crate::types::DataType;

const GENERIC: Command = Command::base(Group::Generic);

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[Command {
    name: "object",
    since: "2.2.3",
    complexity: "Depends on the subcommand",
    summary: "Holds the commands about how values are kept.",
    arity: Arity::AtLeast(2),
    subcommands: SUBCOMMANDS,
    run: Run::Container,
    ..GENERIC
}];

const SUBCOMMANDS: &[Command] = &[
    Command {
        name: "object|encoding",
        since: "2.2.3",
        complexity: "O(N), N up to 512 elements, or up to 8 KiB of a list",
        summary: "Returns the encoding that a Redis of default settings gives a value like that of the key.",
        run: Run::Read(encoding),
        ..ABOUT_A_KEY
    },
    Command {
        name: "object|freq",
        since: "4.0.0",
        summary: "Refuses to return how often a key is used, which is not tracked.",
        run: Run::Read(frequency),
        ..ABOUT_A_KEY
    },
    Command {
        name: "object|help",
        since: "6.2.0",
        summary: "Lists the subcommands.",
        arity: Arity::Exactly(2),
        traits: Traits::LOADING.and(Traits::STALE),
        run: Run::Read(help),
        ..GENERIC
    },
    Command {
        name: "object|idletime",
        since: "2.2.3",
        summary: "Refuses to return how long a key was not used, which is not tracked.",
        run: Run::Read(idle_time),
        ..ABOUT_A_KEY
    },
    Command {
        name: "object|refcount",
        since: "2.2.3",
        summary: "Returns 1 for a key that exists.",
        run: Run::Read(reference_count),
        ..ABOUT_A_KEY
    },
];

const ABOUT_A_KEY: Command = Command {
    arity: Arity::Exactly(3),
    keys: Keys::Range { first: 2, last: 2, step: 1 },
    uses: &[KeyUse::RO],
    args: &[KEY],
    ..GENERIC
};

/// Bytes of key and value together up to which Redis 8.2 keeps a string in one allocation, if it does not expire.
const EMBEDDED_BYTES_MAX: usize = 41;
/// What an expiry takes of them.
const EMBEDDED_EXPIRY_BYTES: usize = 8;
/// `hash-max-listpack-entries` and `set-max-intset-entries`.
const SHORT_MAX: usize = 512;
/// `set-max-listpack-entries` and `zset-max-listpack-entries`.
const SHORTER_MAX: usize = 128;
/// `hash-max-listpack-value` and its kin, in bytes.
const SHORT_VALUE_BYTES_MAX: usize = 64;
/// `list-max-listpack-size` -2, in bytes.
const SHORT_LIST_BYTES_MAX: usize = 8 * 1024;
/// Bytes at the ends of a listpack.
const LISTPACK_FRAME_BYTES: usize = 7;

fn encoding(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [_, key] = words(args);
    match cx.inspect(key) {
        Some(entry) => out.bulk(encoding_of(entry)?.as_bytes()),
        None => out.null(),
    }
    Ok(())
}

fn frequency(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [_, key] = words(args);
    if cx.inspect(key).is_some() {
        return Err(CommandError::FrequencyNotTracked);
    }
    out.null();
    Ok(())
}

fn idle_time(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [_, key] = words(args);
    if cx.inspect(key).is_some() {
        return Err(CommandError::IdleTimeNotTracked);
    }
    out.null();
    Ok(())
}

fn reference_count(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [_, key] = words(args);
    if cx.inspect(key).is_some() {
        out.integer(1);
    } else {
        out.null();
    }
    Ok(())
}

/// The name of the encoding, by Redis' default thresholds. It follows from the value as it is now, while Redis keeps an
/// encoding that a value once needed.
fn encoding_of(entry: EntryRef<'_>) -> Result<&'static str, CommandError> {
    let is_short = |bytes: &[u8]| bytes.len() <= SHORT_VALUE_BYTES_MAX;
    Ok(match entry.data_type() {
        DataType::String => {
            let string = entry.string()?;
            let expiry_bytes = entry.expire_at_ms().map_or(0, |_| EMBEDDED_EXPIRY_BYTES);
            if string.as_slice().and_then(parse_integer).is_some() {
                "int"
            } else if entry.key().len() + string.len() + expiry_bytes <= EMBEDDED_BYTES_MAX {
                "embstr"
            } else {
                "raw"
            }
        }
        DataType::List => {
            let mut bytes_left = SHORT_LIST_BYTES_MAX - LISTPACK_FRAME_BYTES;
            let mut fits = entry.list()?.iter().map(|element| {
                // What an element would take is asked before it is there: by its length alone.
                let fits = element.len() <= bytes_left;
                bytes_left = bytes_left.saturating_sub(listpack_bytes(element));
                fits
            });
            if fits.all(|fits| fits) { "listpack" } else { "quicklist" }
        }
        DataType::Hash => {
            let hash = entry.hash()?;
            let short =
                hash.len() <= SHORT_MAX && hash.iter().all(|(name, value)| is_short(name) && is_short(value));
            match short {
                true if hash.fields().any(|field| field.expire_at_ms.is_some()) => "listpackex",
                true => "listpack",
                false => "hashtable",
            }
        }
        DataType::Set => {
            let set = entry.set()?;
            if set.len() <= SHORT_MAX && set.iter().all(|member| parse_integer(member).is_some()) {
                "intset"
            } else if set.len() <= SHORTER_MAX && set.iter().all(is_short) {
                "listpack"
            } else {
                "hashtable"
            }
        }
        // Of a module's type Redis knows nothing.
        DataType::Json => "raw",
        DataType::SortedSet => {
            let set = entry.sorted_set()?;
            let short = set.len() <= SHORTER_MAX && set.iter().all(|(member, _)| is_short(member));
            if short { "listpack" } else { "skiplist" }
        }
        DataType::Stream => "stream",
    })
}

/// Bytes of an element in a listpack.
fn listpack_bytes(element: &[u8]) -> usize {
    let encoded = match parse_integer(element) {
        Some(0..=127) => 1,
        Some(-4096..=4095) => 2,
        Some(number) if i16::try_from(number).is_ok() => 3,
        Some(-8_388_608..=8_388_607) => 4,
        Some(number) if i32::try_from(number).is_ok() => 5,
        Some(_) => 9,
        None => match element.len() {
            len @ 0..=63 => len + 1,
            len @ 64..=4095 => len + 2,
            len => len + 5,
        },
    };
    // Its length again, for walks from the end, seven bits in a byte.
    encoded + (1..5).find(|bytes| encoded >> (7 * bytes) == 0).unwrap_or(5)
}
