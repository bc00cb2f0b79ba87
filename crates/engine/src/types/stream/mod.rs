//! Streams: entries under rising ids, and the groups of consumers that read them.

mod block;
mod entries;
mod group;
mod id;
mod large;
mod packed;
mod progress;
#[cfg(test)]
mod tests;

pub use block::StreamEntry;
pub use group::{Consumer, Group, Pending};
pub use id::StreamId;
pub use large::References;
pub(crate) use large::{Stream, StreamInverses, StreamUndo};
use packed::PackedStream;
pub use progress::Progress;

/// Ids between which entries are looked for, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The smallest id.
    pub start: StreamId,
    /// The largest id.
    pub end: StreamId,
}

impl Bounds {
    /// Every id.
    pub const ALL: Self = Self { start: StreamId::MIN, end: StreamId::MAX };

    /// Every id behind this one. None if there is none.
    #[must_use]
    pub fn behind(id: StreamId) -> Option<Self> {
        id.next().map(|start| Self { start, ..Self::ALL })
    }

    /// Those of `entries`, which are in order, that lie within.
    fn of<'a>(
        self,
        entries: impl Iterator<Item = StreamEntry<'a>> + Clone,
    ) -> impl Iterator<Item = StreamEntry<'a>> + Clone {
        entries.skip_while(move |entry| entry.id < self.start).take_while(move |entry| entry.id <= self.end)
    }

    /// Those of the few `entries` that lie within, the last one first: they know the way forward only.
    fn back_of<'a>(
        self,
        entries: impl Iterator<Item = StreamEntry<'a>> + Clone,
    ) -> impl Iterator<Item = StreamEntry<'a>> + Clone {
        self.of(entries).collect::<Vec<_>>().into_iter().rev()
    }
}

/// What a stream knows besides its entries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StreamHead {
    /// The largest id there was, and the lower bound of the next one.
    pub last_id: StreamId,
    /// How many entries there were.
    pub entries_added: u64,
    /// The largest id among the entries that were taken out from among others.
    pub max_deleted_id: StreamId,
}

/// A stream in the keyspace. It may have no entries.
#[derive(Debug, Clone, Copy)]
pub struct StreamRef<'a>(Form<'a>);

#[derive(Debug, Clone, Copy)]
enum Form<'a> {
    Packed(PackedStream<'a>),
    Large(&'a Stream),
}

impl<'a> StreamRef<'a> {
    pub(crate) fn packed(bytes: &'a [u8]) -> Self {
        Self(Form::Packed(PackedStream::new(bytes)))
    }

    pub(crate) fn large(stream: &'a Stream) -> Self {
        Self(Form::Large(stream))
    }

    /// The number of its entries.
    #[must_use]
    pub fn len(self) -> usize {
        match self.0 {
            Form::Packed(stream) => stream.count,
            Form::Large(stream) => stream.len(),
        }
    }

    /// Whether it has no entries.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// What it knows besides its entries.
    #[must_use]
    pub fn head(self) -> StreamHead {
        match self.0 {
            Form::Packed(stream) => stream.head,
            Form::Large(stream) => stream.head(),
        }
    }

    /// The number of blocks that its entries are kept in.
    #[must_use]
    pub fn block_count(self) -> usize {
        match self.0 {
            Form::Packed(stream) => usize::from(stream.count > 0),
            Form::Large(stream) => stream.block_count(),
        }
    }

    /// The entry of this id.
    #[must_use]
    pub fn get(self, id: StreamId) -> Option<StreamEntry<'a>> {
        match self.0 {
            Form::Packed(stream) => stream.entries().find(|entry| entry.id == id),
            Form::Large(stream) => stream.get(id),
        }
    }

    /// The entries within bounds, in order.
    pub fn range(self, bounds: Bounds) -> impl Iterator<Item = StreamEntry<'a>> + Clone {
        let (packed, large) = self.forms();
        let packed = packed.into_iter().flat_map(move |stream| bounds.of(stream.entries()));
        packed.chain(large.into_iter().flat_map(move |stream| stream.range(bounds)))
    }

    /// The entries within bounds, the last one first.
    pub fn range_back(self, bounds: Bounds) -> impl Iterator<Item = StreamEntry<'a>> + Clone {
        let (packed, large) = self.forms();
        let packed = packed.into_iter().flat_map(move |stream| bounds.back_of(stream.entries()));
        packed.chain(large.into_iter().flat_map(move |stream| stream.range_back(bounds)))
    }

    /// The first entry.
    #[must_use]
    pub fn first(self) -> Option<StreamEntry<'a>> {
        self.range(Bounds::ALL).next()
    }

    /// The last entry.
    #[must_use]
    pub fn last(self) -> Option<StreamEntry<'a>> {
        self.range_back(Bounds::ALL).next()
    }

    /// The number of its groups.
    #[must_use]
    pub fn group_count(self) -> usize {
        self.forms().1.map_or(0, Stream::group_count)
    }

    /// A group of consumers.
    #[must_use]
    pub fn group(self, name: &[u8]) -> Option<&'a Group> {
        self.forms().1.and_then(|stream| stream.group(name))
    }

    /// All groups in the order of their names.
    pub fn groups(self) -> impl Iterator<Item = (&'a [u8], &'a Group)> + Clone {
        self.forms().1.into_iter().flat_map(Stream::groups)
    }

    /// Whether every group was given this entry and none waits for it any more.
    #[must_use]
    pub fn is_done(self, id: StreamId) -> bool {
        self.groups().all(|(_, group)| group.is_done(id))
    }

    fn forms(self) -> (Option<PackedStream<'a>>, Option<&'a Stream>) {
        match self.0 {
            Form::Packed(stream) => (Some(stream), None),
            Form::Large(stream) => (None, Some(stream)),
        }
    }
}
