//! BITOP: combining the bits of several strings.

use selvedge_wire::ReplySink;
use smallvec::SmallVec;

use super::bitmaps::BITMAP;
use crate::args::{Cursor, Keyword, words};
use crate::commands::reply;
use crate::commands::table::{Arg, Args, Arity, Command, KeyUse, Keys, Run, Traits};
use crate::cx::{Lookup, WriteCx};
use crate::error::CommandError;
use crate::events::Event;
use crate::limits::BITOP_BYTES_MAX;
use crate::types::StringRef;
use crate::types::bit_combination::Combination;

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[Command {
    name: "bitop",
    since: "2.6.0",
    complexity: "O(N), N the bytes of all sources",
    summary: "Stores what comes of combining the bits of several strings, and returns its length in bytes.",
    arity: Arity::AtLeast(4),
    keys: Keys::Range { first: 2, last: -1, step: 1 },
    uses: &[KeyUse::OW.update(), KeyUse::RO.access()],
    args: &[
        Arg::one_of(
            "operation",
            &[
                Arg::token("and", "AND"),
                Arg::token("or", "OR"),
                Arg::token("xor", "XOR"),
                Arg::token("not", "NOT"),
                Arg::token("diff", "DIFF"),
                Arg::token("diff1", "DIFF1"),
                Arg::token("andor", "ANDOR"),
                Arg::token("one", "ONE"),
            ],
        ),
        Arg::key("destkey"),
        Arg::key("key").multiple(),
    ],
    traits: Traits::DENY_OOM.and(Traits::COPIES_STORED),
    run: Run::Write(bitop),
    ..BITMAP
}];

/// What a word means, and its name in errors where it takes at least two sources.
fn operation(word: &[u8]) -> Result<(Combination, Option<&'static str>), CommandError> {
    match Keyword::of(word).bytes() {
        b"AND" => Ok((Combination::All, None)),
        b"OR" => Ok((Combination::Any, None)),
        b"XOR" => Ok((Combination::Odd, None)),
        b"NOT" => Ok((Combination::NotFirst, None)),
        b"DIFF" => Ok((Combination::OnlyFirst, Some("DIFF"))),
        b"DIFF1" => Ok((Combination::OnlyOthers, Some("DIFF1"))),
        b"ANDOR" => Ok((Combination::FirstAndOthers, Some("ANDOR"))),
        b"ONE" => Ok((Combination::One, None)),
        _ => Err(CommandError::Syntax),
    }
}

fn bitop(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [word, destination] = words(args);
    let (combination, takes_two) = operation(word)?;
    let keys = Cursor::after(args, 3).rest();
    match takes_two {
        Some(operation) if keys.len() < 2 => return Err(CommandError::TwoSources { operation }),
        _ if combination == Combination::NotFirst && keys.len() > 1 => {
            return Err(CommandError::SingleSource);
        }
        _ => {}
    }
    let sources = keys.iter().map(|key| cx.string(key));
    let sources: SmallVec<[Option<StringRef<'_>>; 4]> = sources.collect::<Result<_, _>>()?;
    if sources.iter().flatten().map(|source| source.len()).sum::<usize>() > BITOP_BYTES_MAX {
        return Err(CommandError::BitopTooLarge { max: BITOP_BYTES_MAX });
    }
    let result = combination.of(&sources);
    drop(sources);
    keys.iter().for_each(|key| cx.notify_miss(key));
    if !result.is_empty() {
        cx.set_string(destination, &result, None);
        cx.notify(Event::SET, destination);
    } else if cx.remove(destination) {
        cx.notify(Event::DEL, destination);
    }
    reply::length(out, result.len());
    Ok(())
}
