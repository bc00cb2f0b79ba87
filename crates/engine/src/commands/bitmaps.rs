//! Bitmaps: the bits of strings, one by one and in ranges.

use std::ops::Range;

use selvedge_wire::ReplySink;
use smallvec::SmallVec;

use crate::args::{Cursor, Keyword, integer, words};
use crate::commands::reply;
use crate::commands::table::arg::KEY;
use crate::commands::table::{Arg, Args, Arity, Command, Group, KeyUse, Keys, Run, Traits, work};
use crate::cx::{Lookup, ReadCx, WriteCx};
use crate::error::CommandError;
use crate::events::Event;
use crate::limits::STRING_BYTES_MAX;
use crate::numbers::parse_integer;
use crate::types::{StringRef, bits};

pub(super) const BITMAP: Command = Command::base(Group::Bitmap);

const UNIT: Arg = Arg::one_of("unit", &[Arg::token("byte", "BYTE"), Arg::token("bit", "BIT")]).optional();

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "bitcount",
        since: "2.6.0",
        complexity: "O(N), N the length of the range",
        summary: "Counts the bits of a string, or of a range of it, that are set.",
        arity: Arity::AtLeast(2),
        keys: Keys::One,
        uses: &[KeyUse::RO.access()],
        args: &[KEY, Arg::block("range", &[Arg::integer("start"), Arg::integer("end"), UNIT]).optional()],
        run: Run::Read(bitcount),
        work: Some(work::bits),
        ..BITMAP
    },
    Command {
        name: "bitpos",
        since: "2.8.7",
        complexity: "O(N), N the length of the range",
        summary: "Finds the first bit of a string, or of a range of it, that is set or clear.",
        arity: Arity::AtLeast(3),
        keys: Keys::One,
        uses: &[KeyUse::RO.access()],
        args: &[
            KEY,
            Arg::integer("bit"),
            Arg::block(
                "range",
                &[
                    Arg::integer("start"),
                    Arg::block("end-unit-block", &[Arg::integer("end"), UNIT]).optional(),
                ],
            )
            .optional(),
        ],
        run: Run::Read(bitpos),
        work: Some(work::bits),
        ..BITMAP
    },
    Command {
        name: "getbit",
        since: "2.2.0",
        summary: "Returns the bit of a string at an offset, 0 behind its end.",
        arity: Arity::Exactly(3),
        keys: Keys::One,
        uses: &[KeyUse::RO.access()],
        args: &[KEY, Arg::integer("offset")],
        traits: Traits::FAST,
        run: Run::Read(getbit),
        ..BITMAP
    },
    Command {
        name: "setbit",
        since: "2.2.0",
        summary: "Sets or clears the bit of a string at an offset, padding with zeros, and returns what it was.",
        arity: Arity::Exactly(4),
        keys: Keys::One,
        uses: &[KeyUse::RW.access().update()],
        args: &[KEY, Arg::integer("offset"), Arg::integer("value")],
        traits: Traits::DENY_OOM,
        run: Run::Write(setbit),
        ..BITMAP
    },
];

/// The offset of a bit within the longest string; behind `#` it counts fields of `width` bits, where that is allowed.
///
/// # Errors
/// [`CommandError::BitOffset`].
pub(super) fn offset(word: &[u8], width: Option<u32>) -> Result<u64, CommandError> {
    let (number, unit) = match (word, width) {
        ([b'#', number @ ..], Some(width)) => (number, u64::from(width)),
        _ => (word, 1),
    };
    let number = parse_integer(number).and_then(|number| u64::try_from(number).ok());
    let offset = number.and_then(|number| number.checked_mul(unit));
    offset.filter(|offset| offset / 8 < STRING_BYTES_MAX as u64).ok_or(CommandError::BitOffset)
}

/// What positions in a range count.
#[derive(Debug, Clone, Copy)]
enum Unit {
    Byte,
    Bit,
}

impl Unit {
    /// # Errors
    /// [`CommandError::Syntax`] if it is no unit.
    fn parse(word: &[u8]) -> Result<Self, CommandError> {
        match Keyword::of(word).bytes() {
            b"BYTE" => Ok(Self::Byte),
            b"BIT" => Ok(Self::Bit),
            _ => Err(CommandError::Syntax),
        }
    }

    /// The bits of a string between two positions, both included, that may count from the end and are cut to what is there.
    fn bits(self, start: i64, end: i64, string: StringRef<'_>) -> Range<u64> {
        let (len, unit) = match self {
            Self::Byte => (string.len() as u64, 8),
            Self::Bit => (string.len() as u64 * 8, 1),
        };
        // What lies before the first one means the first one.
        let position = |index: i64| {
            if index < 0 { len.saturating_sub(index.unsigned_abs()) } else { index.unsigned_abs() }
        };
        let (start, end) = (position(start), position(end).saturating_add(1).min(len));
        start.min(end) * unit..end * unit
    }
}

fn bitcount(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let range = match Cursor::after(args, 2).rest() {
        [] => None,
        [start, end] => Some((integer(start)?, integer(end)?, Unit::Byte)),
        [start, end, unit] => Some((integer(start)?, integer(end)?, Unit::parse(unit)?)),
        _ => return Err(CommandError::Syntax),
    };
    let ones = cx.string(key)?.map_or(0, |string| match range {
        // A range that runs backwards is empty also where both ends lie before the first bit.
        Some((start, end, _)) if end < start && start < 0 => 0,
        Some((start, end, unit)) => bits::count(string, unit.bits(start, end, string)),
        None => bits::count(string, Unit::Byte.bits(0, -1, string)),
    });
    out.integer(i64::try_from(ones).unwrap_or(i64::MAX));
    Ok(())
}

fn bitpos(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, bit] = words(args);
    let wanted = match integer(bit)? {
        0 => false,
        1 => true,
        _ => return Err(CommandError::BitArgument),
    };
    let (start, end, unit) = match Cursor::after(args, 3).rest() {
        [] => (0, None, Unit::Byte),
        [start] => (integer(start)?, None, Unit::Byte),
        [start, end] => (integer(start)?, Some(integer(end)?), Unit::Byte),
        [start, end, unit] => {
            let start = integer(start)?;
            let unit = Unit::parse(unit)?;
            (start, Some(integer(end)?), unit)
        }
        _ => return Err(CommandError::Syntax),
    };
    let found = match cx.string(key)? {
        None if wanted => None,
        None => Some(0),
        Some(string) => {
            let range = unit.bits(start, end.unwrap_or(-1), string);
            let end_of_ones = range.end;
            // Without an end zeros follow the string for ever.
            let behind = !wanted && end.is_none() && !range.is_empty();
            bits::find(string, range, wanted).or(behind.then_some(end_of_ones))
        }
    };
    out.integer(found.and_then(|offset| i64::try_from(offset).ok()).unwrap_or(-1));
    Ok(())
}

fn getbit(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, at] = words(args);
    let at = offset(at, None)?;
    out.integer(i64::from(cx.string(key)?.is_some_and(|string| bits::get(string, at))));
    Ok(())
}

fn setbit(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key, at, bit] = words(args);
    let at = offset(at, None)?;
    let bit = match parse_integer(bit) {
        Some(0) => false,
        Some(1) => true,
        _ => return Err(CommandError::BitValue),
    };
    let field = bits::Field { offset: at, width: 1 };
    let string = cx.string(key)?;
    let (before, is_inside) =
        (field.read(string), string.is_some_and(|string| field.end_byte() <= string.len() as u64));
    // A bit that stays as it is changes nothing, unless the string grows to reach it.
    let written =
        field.written(string, u64::from(bit)).or_else(|| (!is_inside).then(|| SmallVec::from_slice(&[0])));
    if let Some(bytes) = written {
        cx.write_string(key, field.first_byte(), &bytes);
        cx.notify(Event::SETBIT, key);
    }
    reply::length(out, usize::from(before == 1));
    Ok(())
}
