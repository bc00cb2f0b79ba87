//! Entries too big to pack.

use crate::buckets::Table;
use crate::keyspace::Sequence;
use crate::limits::GARBAGE_PARTS_MIN;
use crate::memory::{Samples, allocated};
use crate::time::Milliseconds;
use crate::types::json::Node;
use crate::types::sorted_set::SortedSet;
use crate::types::stream::Stream;
use crate::types::{Chunked, DataType, LargeHash, List, Member};

/// An entry whose value has a structure of its own.
#[derive(Debug, Clone)]
pub(crate) struct Large {
    pub(crate) version: Sequence,
    pub(crate) expire_at_ms: Option<Milliseconds>,
    pub(crate) key: Box<[u8]>,
    pub(crate) value: LargeValue,
}

/// The value of a large entry.
#[derive(Debug, Clone)]
pub(crate) enum LargeValue {
    String(Chunked),
    Hash(LargeHash),
    List(List),
    Set(Table<Member>),
    SortedSet(Box<SortedSet>),
    Json(Box<Node>),
    Stream(Box<Stream>),
}

impl LargeValue {
    pub(crate) fn data_type(&self) -> DataType {
        match self {
            Self::String(_) => DataType::String,
            Self::Hash(_) => DataType::Hash,
            Self::List(_) => DataType::List,
            Self::Set(_) => DataType::Set,
            Self::SortedSet(_) => DataType::SortedSet,
            Self::Json(_) => DataType::Json,
            Self::Stream(_) => DataType::Stream,
        }
    }

    /// Whether freeing it takes long enough to be done in the background.
    pub(crate) fn is_garbage(&self) -> bool {
        let parts = match self {
            Self::String(string) => string.chunk_count(),
            Self::Hash(hash) => hash.table().len(),
            Self::List(list) => list.chunk_count(),
            Self::Set(table) => table.len(),
            Self::SortedSet(set) => set.len(),
            Self::Json(node) => return node.has_parts(GARBAGE_PARTS_MIN),
            Self::Stream(stream) => stream.part_count(),
        };
        parts >= GARBAGE_PARTS_MIN
    }

    /// Its elements, fields or members, expired ones included. A string has none.
    pub(crate) fn elements(&self) -> usize {
        match self {
            Self::String(_) => 0,
            Self::Hash(hash) => hash.table().len(),
            Self::List(list) => list.len(),
            Self::Set(table) => table.len(),
            Self::SortedSet(set) => set.len(),
            Self::Json(node) => node.children(),
            Self::Stream(stream) => stream.len(),
        }
    }

    /// A copy in bounded time: it shares chunks with this value until either changes them.
    pub(crate) fn share(&mut self) -> Self {
        match self {
            Self::String(string) => Self::String(string.clone()),
            Self::Hash(hash) => Self::Hash(hash.share()),
            Self::List(list) => Self::List(list.clone()),
            Self::Set(table) => Self::Set(table.share()),
            Self::SortedSet(set) => Self::SortedSet(Box::new(set.share())),
            Self::Json(node) => Self::Json(node.clone()),
            Self::Stream(stream) => Self::Stream(stream.clone()),
        }
    }

    /// Bytes that it takes outside of itself.
    pub(crate) fn memory_bytes(&self, samples: Samples) -> usize {
        match self {
            Self::String(string) => string.memory_bytes(),
            Self::Hash(hash) => hash.memory_bytes(samples),
            Self::List(list) => list.memory_bytes(samples),
            Self::Set(table) => table.memory_bytes(samples, |member| allocated(member.0.len())),
            Self::SortedSet(set) => set.memory_bytes(samples),
            Self::Json(node) => allocated(size_of::<Node>()) + node.memory_bytes(samples),
            Self::Stream(stream) => allocated(size_of::<Stream>()) + stream.memory_bytes(samples),
        }
    }
}
