//! Trimming: how XADD and XTRIM are told what to take out, and doing it.

use super::{REFERENCES, id, references_of};
use crate::args::{Cursor, Keyword};
use crate::commands::table::Arg;
use crate::cx::{Lookup, WriteCx};
use crate::error::{CommandError, StreamError};
use crate::events::Event;
use crate::limits::STREAM_TRIM_DEFAULT;
use crate::mutation::Mutation;
use crate::types::{Bounds, References, StreamId, StreamRef};

const STRATEGY: Arg =
    Arg::one_of("strategy", &[Arg::token("maxlen", "MAXLEN"), Arg::token("minid", "MINID")]);
const OPERATOR: Arg =
    Arg::one_of("operator", &[Arg::token("equal", "="), Arg::token("approximately", "~")]).optional();
const THRESHOLD: Arg = Arg::string("threshold");
const LIMIT: Arg = Arg::integer("count").after("LIMIT").optional();

/// The trimming options of XADD.
pub(super) const TRIM: Arg = Arg::block("trim", &[STRATEGY, OPERATOR, THRESHOLD, LIMIT]).optional();

/// Those of XTRIM.
pub(super) const TRIM_ALONE: Arg = Arg::block("trim", &[STRATEGY, OPERATOR, THRESHOLD, LIMIT, REFERENCES]);

/// What stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Threshold {
    /// That many entries.
    Length(usize),
    /// Those from this id on.
    Id(StreamId),
}

/// The options about trimming.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Trim {
    threshold: Option<Threshold>,
    is_approximate: bool,
    limit: Option<usize>,
    references: Option<References>,
}

impl Trim {
    /// Takes the option at the front of `cursor` with what belongs to it. False if it is none of these.
    ///
    /// # Errors
    /// An amount that is none, or a second strategy.
    pub(super) fn accept(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, CommandError> {
        let mut ahead = cursor.clone();
        let Some(keyword) = ahead.next().map(Keyword::of) else { return Ok(false) };
        match (keyword.bytes(), ahead.rest()) {
            (strategy @ (b"MAXLEN" | b"MINID"), [_, ..]) => {
                if self.threshold.is_some() {
                    return Err(StreamError::TwoStrategies.into());
                }
                if let [[sign @ (b'~' | b'=')], _, ..] = ahead.rest() {
                    self.is_approximate = *sign == b'~';
                    ahead.next();
                }
                self.threshold = Some(match strategy {
                    b"MAXLEN" => Threshold::Length(amount(&mut ahead, "MAXLEN")?),
                    _ => Threshold::Id(id::parse(ahead.word()?, 0)?),
                });
            }
            (b"LIMIT", [_, ..]) => self.limit = Some(amount(&mut ahead, "LIMIT")?),
            _ => match references_of(keyword).filter(|_| self.references.is_none()) {
                Some(references) => self.references = Some(references),
                None => return Ok(false),
            },
        }
        *cursor = ahead;
        Ok(true)
    }

    /// # Errors
    /// A limit where it has no place, or no strategy where one is needed.
    pub(super) fn check(&self, needs_strategy: bool) -> Result<(), CommandError> {
        match (self.limit, self.threshold) {
            (Some(limit), None) if limit > 0 => Err(StreamError::LimitWithoutStrategy.into()),
            (_, None) if needs_strategy => Err(StreamError::NoStrategy.into()),
            (Some(_), _) if !self.is_approximate => Err(StreamError::LimitOfExact.into()),
            _ => Ok(()),
        }
    }

    /// Trims the stream at `key`. How many entries went. Where Redis takes out whole nodes only, this is exact, up to the limit.
    ///
    /// # Errors
    /// [`CommandError::WrongType`].
    pub(super) fn run(&self, cx: &mut WriteCx<'_>, key: &[u8]) -> Result<usize, CommandError> {
        let Some(stream) = cx.stream(key)? else { return Ok(0) };
        let before = stream.len();
        let count = self.excess(stream);
        let references = self.references.unwrap_or_default();
        if count > 0 {
            cx.change_stream(key, &Mutation::StreamTrim { key, count: count as u64, references });
        }
        let gone = before - cx.stream(key)?.map_or(0, StreamRef::len);
        if gone > 0 {
            cx.notify(Event::XTRIM, key);
        }
        Ok(gone)
    }

    /// How many entries are to go.
    fn excess(&self, stream: StreamRef<'_>) -> usize {
        let limit = match self.limit {
            _ if !self.is_approximate => usize::MAX,
            None => STREAM_TRIM_DEFAULT,
            Some(0) => usize::MAX,
            Some(limit) => limit,
        };
        match self.threshold {
            None => 0,
            Some(Threshold::Length(length)) => stream.len().saturating_sub(length).min(limit),
            Some(Threshold::Id(id)) => {
                let gone = id.previous().map(|end| stream.range(Bounds { start: StreamId::MIN, end }));
                gone.map_or(0, |entries| entries.take(limit).count())
            }
        }
    }
}

fn amount(cursor: &mut Cursor<'_>, option: &'static str) -> Result<usize, CommandError> {
    usize::try_from(cursor.integer()?).map_err(|_| StreamError::NegativeAmount { option }.into())
}
