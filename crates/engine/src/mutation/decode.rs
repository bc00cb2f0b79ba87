//! Reading mutations back. The bytes come from a disk or a network: nothing in them is trusted.

use super::{
    Deliveries, Fields, JsonChange, JsonPlace, Members, Mutation, Positions, Ranges, ScoredMembers,
    StreamBody, StreamIds, StreamWords, tag,
};
use crate::batch::BatchError;
use crate::cx::End;
use crate::functions::Functions;
use crate::hash::HashSeed;
use crate::limits::STRING_BYTES_MAX;
use crate::time::Milliseconds;
use crate::types::{PackedJson, PackedValues, References, StreamHead, StreamId};
use crate::varint;

/// Takes mutations off the front of a payload's body. Allocates nothing.
#[derive(Debug, Clone)]
pub(crate) struct Decoder<'a> {
    rest: &'a [u8],
}

impl<'a> Decoder<'a> {
    pub(crate) fn new(body: &'a [u8]) -> Self {
        Self { rest: body }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Bytes not yet taken.
    #[cfg(test)]
    pub(crate) fn left(&self) -> usize {
        self.rest.len()
    }

    pub(crate) fn next(&mut self) -> Result<Mutation<'a>, BatchError> {
        let mutation = match self.byte()? {
            tag::GENESIS => Mutation::Genesis { hash_seed: self.seed()? },
            tag::STRING_SET => {
                let (key, expire_at_ms) = (self.bytes()?, self.expiry()?);
                Mutation::StringSet { key, value: self.bytes()?, expire_at_ms }
            }
            tag::STRING_WRITE => {
                let (key, offset, bytes) = (self.bytes()?, self.number()?, self.bytes()?);
                if offset.saturating_add(bytes.len() as u64) > STRING_BYTES_MAX as u64 {
                    return Err(BatchError::StringTooLong);
                }
                Mutation::StringWrite { key, offset, bytes }
            }
            tag::REMOVE => Mutation::Remove { key: self.bytes()? },
            tag::EXPIRY_SET => Mutation::ExpirySet { key: self.bytes()?, expire_at_ms: self.expiry()? },
            tag::HASH_SET => {
                Mutation::HashSet { key: self.bytes()?, field: self.bytes()?, value: self.bytes()? }
            }
            tag::HASH_SET_EXPIRING => Mutation::HashSetExpiring {
                key: self.bytes()?,
                field: self.bytes()?,
                value: self.bytes()?,
                expire_at_ms: self.number()?,
            },
            tag::HASH_EXPIRY_SET => Mutation::HashExpirySet {
                key: self.bytes()?,
                field: self.bytes()?,
                expire_at_ms: self.expiry()?,
            },
            tag::HASH_REMOVE => Mutation::HashRemove { key: self.bytes()?, field: self.bytes()? },
            tag::LIST_PUSH => {
                Mutation::ListPush { key: self.bytes()?, end: self.end()?, element: self.bytes()? }
            }
            tag::LIST_POP => {
                Mutation::ListPop { key: self.bytes()?, end: self.end()?, count: self.number()? }
            }
            tag::LIST_TRIM => {
                Mutation::ListTrim { key: self.bytes()?, front: self.number()?, back: self.number()? }
            }
            tag::LIST_SET => {
                Mutation::ListSet { key: self.bytes()?, index: self.number()?, element: self.bytes()? }
            }
            tag::LIST_INSERT => {
                Mutation::ListInsert { key: self.bytes()?, index: self.number()?, element: self.bytes()? }
            }
            tag::LIST_REMOVE => Mutation::ListRemove { key: self.bytes()?, positions: self.positions()? },
            tag::SET_ADD => Mutation::SetAdd { key: self.bytes()?, member: self.bytes()? },
            tag::SET_REMOVE => Mutation::SetRemove { key: self.bytes()?, member: self.bytes()? },
            tag::SET_STORE => Mutation::SetStore { key: self.bytes()?, members: self.members()? },
            tag::SORTED_SET_ADD => {
                Mutation::SortedSetAdd { key: self.bytes()?, member: self.bytes()?, score: self.score()? }
            }
            tag::SORTED_SET_REMOVE => Mutation::SortedSetRemove { key: self.bytes()?, member: self.bytes()? },
            tag::SORTED_SET_REMOVE_RANGE => {
                let (key, start, count) = (self.bytes()?, self.number()?, self.number()?);
                Mutation::SortedSetRemoveRange { key, start, count }
            }
            tag::SORTED_SET_STORE => {
                Mutation::SortedSetStore { key: self.bytes()?, members: self.scored_members()? }
            }
            tag::LIST_STORE => Mutation::ListStore { key: self.bytes()?, elements: self.members()? },
            tag::HASH_STORE => Mutation::HashStore { key: self.bytes()?, fields: self.fields()? },
            tag::STREAM_STORE => Mutation::StreamStore {
                key: self.bytes()?,
                body: StreamBody::new(self.bytes()?).ok_or(BatchError::BadStream)?,
            },
            tag::RENAME => Mutation::Rename { from: self.bytes()?, to: self.bytes()? },
            tag::CLEAR => Mutation::Clear,
            tag::COPY => Mutation::Copy { from: self.bytes()?, to: self.bytes()? },
            tag::LIBRARY_SET => Mutation::LibrarySet {
                name: self.bytes()?,
                code: self.bytes()?,
                functions: Functions::new(self.bytes()?).ok_or(BatchError::BadLibrary)?,
            },
            tag::LIBRARY_REMOVE => Mutation::LibraryRemove { name: self.bytes()? },
            tag::JSON_SET => {
                let (key, expire_at_ms) = (self.bytes()?, self.expiry()?);
                Mutation::JsonSet { key, value: self.json()?, expire_at_ms }
            }
            json @ tag::JSON_REPLACE..=tag::JSON_APPEND => {
                let (key, place) = (self.bytes()?, self.json_place()?);
                Mutation::JsonChange { key, place, change: self.json_change(json)? }
            }
            tag::STREAM_ADD => {
                Mutation::StreamAdd { key: self.bytes()?, id: self.id()?, words: self.stream_words()? }
            }
            tag::STREAM_DELETE => {
                let (key, ids, references) = (self.bytes()?, self.ids()?, self.references()?);
                if references == References::None {
                    return Err(BatchError::BadReferences);
                }
                Mutation::StreamDelete { key, ids, references }
            }
            tag::STREAM_TRIM => Mutation::StreamTrim {
                key: self.bytes()?,
                count: self.number()?,
                references: self.references()?,
            },
            tag::STREAM_HEAD_SET => {
                let (key, last_id, entries_added) = (self.bytes()?, self.id()?, self.number()?);
                let head = StreamHead { last_id, entries_added, max_deleted_id: self.id()? };
                Mutation::StreamHeadSet { key, head }
            }
            tag::GROUP_SET => Mutation::GroupSet {
                key: self.bytes()?,
                group: self.bytes()?,
                last_id: self.id()?,
                entries_read: self.option()?,
            },
            tag::GROUP_REMOVE => Mutation::GroupRemove { key: self.bytes()?, group: self.bytes()? },
            tag::CONSUMER_SET => Mutation::ConsumerSet {
                key: self.bytes()?,
                group: self.bytes()?,
                consumer: self.bytes()?,
                seen_at_ms: self.number()?,
                active_at_ms: self.option()?,
            },
            tag::CONSUMER_REMOVE => {
                Mutation::ConsumerRemove { key: self.bytes()?, group: self.bytes()?, consumer: self.bytes()? }
            }
            tag::PENDING_SET => Mutation::PendingSet {
                key: self.bytes()?,
                group: self.bytes()?,
                consumer: self.bytes()?,
                entries: Deliveries::new(self.bytes()?).ok_or(BatchError::BadNumber)?,
            },
            tag::PENDING_REMOVE => {
                Mutation::PendingRemove { key: self.bytes()?, group: self.bytes()?, ids: self.ids()? }
            }
            tag::GROUP_DELIVER => Mutation::GroupDeliver {
                key: self.bytes()?,
                group: self.bytes()?,
                consumer: self.bytes()?,
                last_id: self.id()?,
                entries_read: self.option()?,
                now_ms: self.number()?,
            },
            unknown => return Err(BatchError::UnknownMutation(unknown)),
        };
        Ok(mutation)
    }

    fn byte(&mut self) -> Result<u8, BatchError> {
        let (first, rest) = self.rest.split_first().ok_or(BatchError::CutOff)?;
        self.rest = rest;
        Ok(*first)
    }

    fn number(&mut self) -> Result<u64, BatchError> {
        let (value, len) = varint::read(self.rest).ok_or(BatchError::BadNumber)?;
        self.rest = self.rest.get(len..).ok_or(BatchError::CutOff)?;
        Ok(value)
    }

    fn bytes(&mut self) -> Result<&'a [u8], BatchError> {
        let len = usize::try_from(self.number()?).map_err(|_| BatchError::CutOff)?;
        let (bytes, rest) = self.rest.split_at_checked(len).ok_or(BatchError::CutOff)?;
        self.rest = rest;
        Ok(bytes)
    }

    fn positions(&mut self) -> Result<Positions<'a>, BatchError> {
        Positions::new(self.bytes()?).ok_or(BatchError::BadNumber)
    }

    fn members(&mut self) -> Result<Members<'a>, BatchError> {
        Members::new(self.bytes()?).ok_or(BatchError::CutOff)
    }

    fn fields(&mut self) -> Result<Fields<'a>, BatchError> {
        Fields::new(self.bytes()?).ok_or(BatchError::CutOff)
    }

    fn scored_members(&mut self) -> Result<ScoredMembers<'a>, BatchError> {
        ScoredMembers::new(self.bytes()?).ok_or(BatchError::BadScore)
    }

    fn json_change(&mut self, tag: u8) -> Result<JsonChange<'a>, BatchError> {
        Ok(match tag {
            tag::JSON_REPLACE => JsonChange::Replace(self.json()?),
            tag::JSON_INSERT => {
                let index = self.number()?;
                let values = PackedValues::new(self.bytes()?).ok_or(BatchError::BadJson)?;
                JsonChange::Insert { index, values }
            }
            tag::JSON_PUT => JsonChange::Put { name: self.text()?, value: self.json()? },
            tag::JSON_REMOVE => JsonChange::Remove(Ranges::new(self.bytes()?).ok_or(BatchError::BadJson)?),
            tag::JSON_APPEND => JsonChange::Append(self.text()?),
            unknown => return Err(BatchError::UnknownMutation(unknown)),
        })
    }

    fn json(&mut self) -> Result<PackedJson<'a>, BatchError> {
        PackedJson::new(self.bytes()?).ok_or(BatchError::BadJson)
    }

    fn json_place(&mut self) -> Result<JsonPlace<'a>, BatchError> {
        JsonPlace::new(self.bytes()?).ok_or(BatchError::BadJson)
    }

    fn text(&mut self) -> Result<&'a str, BatchError> {
        std::str::from_utf8(self.bytes()?).map_err(|_| BatchError::BadJson)
    }

    fn expiry(&mut self) -> Result<Option<Milliseconds>, BatchError> {
        self.option()
    }

    fn option(&mut self) -> Result<Option<u64>, BatchError> {
        Ok(self.number()?.checked_sub(1))
    }

    fn id(&mut self) -> Result<StreamId, BatchError> {
        Ok(StreamId { ms: self.number()?, number: self.number()? })
    }

    fn ids(&mut self) -> Result<StreamIds<'a>, BatchError> {
        StreamIds::new(self.bytes()?).ok_or(BatchError::BadNumber)
    }

    fn stream_words(&mut self) -> Result<StreamWords<'a>, BatchError> {
        StreamWords::new(self.bytes()?).ok_or(BatchError::CutOff)
    }

    fn references(&mut self) -> Result<References, BatchError> {
        match self.byte()? {
            0 => Ok(References::Kept),
            1 => Ok(References::Dropped),
            2 => Ok(References::None),
            _ => Err(BatchError::BadReferences),
        }
    }

    fn end(&mut self) -> Result<End, BatchError> {
        match self.byte()? {
            0 => Ok(End::Front),
            1 => Ok(End::Back),
            _ => Err(BatchError::BadEnd),
        }
    }

    fn score(&mut self) -> Result<f64, BatchError> {
        let (bits, rest) = self.rest.split_first_chunk::<8>().ok_or(BatchError::CutOff)?;
        self.rest = rest;
        let score = f64::from_bits(u64::from_le_bytes(*bits));
        if score.is_nan() { Err(BatchError::BadScore) } else { Ok(score) }
    }

    fn seed(&mut self) -> Result<HashSeed, BatchError> {
        let (seed, rest) = self.rest.split_first_chunk::<16>().ok_or(BatchError::CutOff)?;
        self.rest = rest;
        Ok(*seed)
    }
}
