//! BITFIELD: numbers of any width in the bits of a string.

use selvedge_wire::ReplySink;
use smallvec::SmallVec;

use super::bitmaps::{BITMAP, offset};
use crate::args::{Cursor, Keyword, integer, words};
use crate::commands::table::arg::KEY;
use crate::commands::table::{Arg, Args, Arity, Command, KeyUse, Keys, Run, Traits};
use crate::cx::{Lookup, ReadCx, WriteCx};
use crate::error::CommandError;
use crate::events::Event;
use crate::limits::STRING_BYTES_MAX;
use crate::numbers::parse_integer;
use crate::types::StringRef;
use crate::types::bit_numbers::{Encoding, Overflow};
use crate::types::bits::Field;

const ENCODING: Arg = Arg::string("encoding");
const OFFSET: Arg = Arg::integer("offset");
const GET: Arg = Arg::block("get-block", &[ENCODING, OFFSET]).after("GET");

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "bitfield",
        since: "3.2.0",
        complexity: "O(1) for each operation",
        summary: "Reads, sets and increments numbers of any width in the bits of a string.",
        arity: Arity::AtLeast(2),
        keys: Keys::One,
        uses: &[KeyUse::RW.access().update().variable_flags()],
        args: &[
            KEY,
            Arg::one_of(
                "operation",
                &[
                    GET,
                    Arg::block(
                        "write",
                        &[
                            Arg::one_of(
                                "overflow-block",
                                &[
                                    Arg::token("wrap", "WRAP"),
                                    Arg::token("sat", "SAT"),
                                    Arg::token("fail", "FAIL"),
                                ],
                            )
                            .after("OVERFLOW")
                            .optional(),
                            Arg::one_of(
                                "write-operation",
                                &[
                                    Arg::block("set-block", &[ENCODING, OFFSET, Arg::integer("value")])
                                        .after("SET"),
                                    Arg::block(
                                        "incrby-block",
                                        &[ENCODING, OFFSET, Arg::integer("increment")],
                                    )
                                    .after("INCRBY"),
                                ],
                            ),
                        ],
                    ),
                ],
            )
            .optional()
            .multiple(),
        ],
        traits: Traits::DENY_OOM,
        run: Run::Write(bitfield),
        ..BITMAP
    },
    Command {
        name: "bitfield_ro",
        since: "6.0.0",
        complexity: "O(1) for each operation",
        summary: "Reads numbers of any width in the bits of a string.",
        arity: Arity::AtLeast(2),
        keys: Keys::One,
        uses: &[KeyUse::RO.access()],
        args: &[KEY, GET.optional().multiple()],
        traits: Traits::FAST,
        run: Run::Read(bitfield_ro),
        ..BITMAP
    },
];

/// One operation: where, and what.
#[derive(Debug, Clone, Copy)]
struct Operation {
    encoding: Encoding,
    field: Field,
    action: Action,
}

#[derive(Debug, Clone, Copy)]
enum Action {
    Get,
    Set(i64, Overflow),
    Increment(i64, Overflow),
}

impl Operation {
    /// Reads the operations behind the key.
    ///
    /// # Errors
    /// [`CommandError::Syntax`], [`CommandError::FieldType`], [`CommandError::BitOffset`], [`CommandError::OverflowType`],
    /// [`CommandError::NotAnInteger`].
    fn parse(args: Args<'_>) -> Result<SmallVec<[Self; 4]>, CommandError> {
        let mut operations = SmallVec::new();
        let mut overflow = Overflow::Wrap;
        let mut cursor = Cursor::after(args, 2);
        while let Some(word) = cursor.next() {
            let action: Option<fn(i64, Overflow) -> Action> = match Keyword::of(word).bytes() {
                b"OVERFLOW" => {
                    overflow = match Keyword::of(cursor.word()?).bytes() {
                        b"WRAP" => Overflow::Wrap,
                        b"SAT" => Overflow::Saturate,
                        b"FAIL" => Overflow::Fail,
                        _ => return Err(CommandError::OverflowType),
                    };
                    continue;
                }
                b"GET" => None,
                b"SET" => Some(Action::Set),
                b"INCRBY" => Some(Action::Increment),
                _ => return Err(CommandError::Syntax),
            };
            let (encoding, at) = (cursor.word()?, cursor.word()?);
            let amount = match action {
                Some(action) => Some((action, cursor.word()?)),
                None => None,
            };
            let encoding = parse_encoding(encoding).ok_or(CommandError::FieldType)?;
            let field = Field { offset: offset(at, Some(encoding.width))?, width: encoding.width };
            let action = match amount {
                None => Action::Get,
                Some((action, amount)) => {
                    let amount = integer(amount)?;
                    // Redis lets the last byte of the longest string begin a field that ends behind it.
                    if field.end_byte() > STRING_BYTES_MAX as u64 {
                        return Err(CommandError::BitOffset);
                    }
                    action(amount, overflow)
                }
            };
            operations.push(Self { encoding, field, action });
        }
        Ok(operations)
    }

    fn number(self, string: Option<StringRef<'_>>) -> i128 {
        self.encoding.number(self.field.read(string))
    }

    /// What the number becomes, and what is replied, by what it is. None: nothing happens.
    fn outcome(self, before: i128) -> Option<Outcome> {
        match self.action {
            Action::Get => Some(Outcome { after: before, reply: before }),
            Action::Set(value, overflow) => {
                // For an unsigned field a negative value is a large one.
                let value = if self.encoding.is_signed { value.into() } else { value.cast_unsigned().into() };
                let after = self.encoding.fit(value, overflow)?;
                Some(Outcome { after, reply: before })
            }
            Action::Increment(increment, overflow) => {
                let after = self.encoding.fit(before + i128::from(increment), overflow)?;
                Some(Outcome { after, reply: after })
            }
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Outcome {
    after: i128,
    reply: i128,
}

/// `u` or `i` and a width in bits.
fn parse_encoding(word: &[u8]) -> Option<Encoding> {
    let (is_signed, width, width_max) = match word {
        [b'i', width @ ..] => (true, width, 64),
        [b'u', width @ ..] => (false, width, 63),
        _ => return None,
    };
    let width = parse_integer(width).and_then(|width| u32::try_from(width).ok())?;
    (1..=width_max).contains(&width).then_some(Encoding { is_signed, width })
}

fn bitfield(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let operations = Operation::parse(args)?;
    let len = cx.string(key)?.map_or(0, |string| string.len() as u64);
    let is_write = |operation: &&Operation| !matches!(operation.action, Action::Get);
    let end = operations.iter().filter(is_write).map(|operation| operation.field.end_byte()).max();
    // The string reaches over all fields that are written, also over those that overflow.
    let grown = end.filter(|end| *end > len).and_then(|end| usize::try_from(end - 1).ok());
    match grown {
        Some(last) => cx.write_string(key, last, &[0]),
        None if end.is_none() => cx.notify_miss(key),
        None => {}
    }
    let mut replies: SmallVec<[Option<i128>; 4]> = SmallVec::new();
    let mut changed = false;
    for operation in operations {
        let string = cx.string(key)?;
        let outcome = operation.outcome(operation.number(string));
        replies.push(outcome.map(|outcome| outcome.reply));
        let bits = outcome.map(|outcome| operation.encoding.bits(outcome.after));
        changed |= outcome.is_some() && is_write(&&operation) && grown.is_some();
        if let Some(bytes) = bits.and_then(|bits| operation.field.written(string, bits)) {
            cx.write_string(key, operation.field.first_byte(), &bytes);
            changed = true;
        }
    }
    if changed {
        cx.notify(Event::SETBIT, key);
    }
    write(&replies, out);
    Ok(())
}

fn bitfield_ro(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let operations = Operation::parse(args)?;
    if operations.iter().any(|operation| !matches!(operation.action, Action::Get)) {
        return Err(CommandError::BitfieldReadOnly);
    }
    let string = cx.string(key)?;
    let numbers = operations.iter().map(|operation| Some(operation.number(string)));
    write(&numbers.collect::<SmallVec<[_; 4]>>(), out);
    Ok(())
}

fn write(numbers: &[Option<i128>], out: &mut dyn ReplySink) {
    out.array(numbers.len());
    for number in numbers {
        match number.and_then(|number| i64::try_from(number).ok()) {
            Some(number) => out.integer(number),
            None => out.null(),
        }
    }
}
