//! A large object: members in order, and an index of their names.

use std::ops::Range;
use std::sync::Arc;

use crate::memory::{Samples, allocated};
use crate::types::json::node::Member;
use crate::types::json::sequence::Sequence;

/// Members in the order in which they came. A name is found by a binary search; nobody who chooses names can slow it down.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    members: Sequence<Member>,
    /// The positions of all members, in the order of their names.
    by_name: Arc<Vec<u32>>,
}

impl Object {
    /// An object of members with different names.
    pub(super) fn new(members: Sequence<Member>) -> Self {
        let mut object = Self { members, by_name: Arc::default() };
        object.index();
        object
    }

    /// Makes the index anew.
    fn index(&mut self) {
        let names: Vec<&[u8]> = self.members.iter().map(Member::name).collect();
        let mut positions: Vec<u32> = (0..).take(names.len()).collect();
        positions.sort_unstable_by_key(|position| names.get(*position as usize));
        self.by_name = Arc::new(positions);
    }

    pub(super) fn members(&self) -> &Sequence<Member> {
        &self.members
    }

    /// The value of the member at a position.
    pub(super) fn get_mut(&mut self, position: usize) -> Option<&mut super::node::Node> {
        self.members.get_mut(position).map(Member::value_mut)
    }

    /// Where that name is in the index, or would be.
    fn search(&self, name: &[u8]) -> Result<usize, usize> {
        self.by_name.binary_search_by(|position| {
            self.members.get(*position as usize).map_or(&[][..], Member::name).cmp(name)
        })
    }

    /// The position of the member of that name.
    pub(super) fn find(&self, name: &[u8]) -> Option<usize> {
        self.by_name.get(self.search(name).ok()?).map(|position| *position as usize)
    }

    /// Puts a member behind all others. False if there is one of that name.
    pub(super) fn push(&mut self, member: Member) -> bool {
        let Err(place) = self.search(member.name()) else { return false };
        let Ok(position) = u32::try_from(self.members.len()) else { return false };
        Arc::make_mut(&mut self.by_name).insert(place, position);
        self.members.insert(self.members.len(), vec![member]);
        true
    }

    /// Takes out the members of ranges that ascend and do not touch, each with the position it had.
    pub(super) fn remove(&mut self, ranges: &[Range<usize>]) -> Vec<(usize, Member)> {
        let removed = self.members.remove(ranges);
        // How many members before the end of each range are gone.
        let mut gone = 0;
        let ends: Vec<(usize, usize)> = ranges
            .iter()
            .map(|range| {
                gone += range.len();
                (range.end, gone)
            })
            .collect();
        let positions = Arc::make_mut(&mut self.by_name);
        positions.retain(|position| {
            let position = *position as usize;
            let next = ranges.partition_point(|range| range.end <= position);
            ranges.get(next).is_none_or(|range| position < range.start)
        });
        for position in positions {
            let before = ends.partition_point(|(end, _)| *end <= *position as usize);
            let gone = before.checked_sub(1).and_then(|before| ends.get(before)).map_or(0, |(_, gone)| *gone);
            *position = position.saturating_sub(u32::try_from(gone).unwrap_or(u32::MAX));
        }
        removed
    }

    /// Puts members back to where [`Object::remove`] took them from.
    pub(super) fn restore(&mut self, removed: Vec<(usize, Member)>) {
        self.members.restore(removed);
        self.index();
    }

    /// Bytes that it takes.
    pub(super) fn memory_bytes(&self, samples: Samples) -> usize {
        let sizes = self.members.iter().map(|member| member.memory_bytes(samples));
        self.members.memory_bytes()
            + allocated(self.by_name.capacity() * size_of::<u32>())
            + samples.sum(self.members.len(), sizes)
    }
}
