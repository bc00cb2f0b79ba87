//! The order of a large sorted set: a counted B+tree of scores and ids.
//!
//! A leaf holds scores and the ids of their members in order; an inner node holds for each child its first entry and how
//! many entries are below it. There are no links between leaves: a walk asks for the next leaf by its rank. A clone shares
//! all nodes; a change to a shared tree copies the nodes on its path. Members are looked at only where scores are equal.

use std::ops::Range;
use std::sync::Arc;

use smallvec::SmallVec;

use super::cut::Cut;
use super::members::Members;
use super::score::OrderedScore;
use crate::memory::allocated;

/// Entries of a leaf, or children of an inner node. A leaf fills an allocation of 768 bytes.
const NODE_MAX: usize = 60;

/// A node with less looks for a neighbour to be put together with.
const NODE_MIN: usize = NODE_MAX / 4;

/// What two nodes may have together to become one: leaves room, so that it does not split at once again.
const MERGED_MAX: usize = NODE_MAX * 3 / 4;

/// What a node holds lies in the node: a search meets no more pointers than there are levels.
type Row<T> = SmallVec<[T; NODE_MAX]>;

/// A score and whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) score: OrderedScore,
    pub(super) id: u32,
}

#[derive(Debug, Clone)]
pub(super) struct Tree {
    root: Node,
}

#[derive(Debug, Clone)]
enum Node {
    Leaf(Arc<Run>),
    Inner(Arc<Inner>),
}

/// Entries in order, as two lists: a search by score reads scores only.
#[derive(Debug, Clone, Default)]
struct Run {
    scores: Row<OrderedScore>,
    ids: Row<u32>,
}

/// Three lists that belong together place by place.
#[derive(Debug, Clone, Default)]
struct Inner {
    firsts: Run,
    counts: Row<u32>,
    children: Row<Node>,
}

impl Tree {
    pub(super) fn new() -> Self {
        Self { root: Node::Leaf(Arc::default()) }
    }

    /// Bytes that it takes: nodes are three quarters full, and the inner ones hardly count.
    pub(super) fn memory_bytes(&self) -> usize {
        self.root.count() * allocated(size_of::<Run>() + 2 * size_of::<usize>()) / MERGED_MAX
    }

    /// Inserts the entry of a member that has none.
    pub(super) fn insert(&mut self, entry: Entry, members: &Members) {
        let cut = Cut::BeforeEntry(entry.score, members.get(entry.id).0);
        if let Some(right) = self.root.insert(entry, cut, members) {
            let left = std::mem::replace(&mut self.root, Node::Leaf(Arc::default()));
            let mut root = Inner::default();
            root.insert_child(0, left);
            root.insert_child(1, right);
            self.root = Node::Inner(Arc::new(root));
        }
    }

    /// Removes the entry of a member.
    pub(super) fn remove(&mut self, entry: Entry, members: &Members) {
        let removed =
            self.root.remove(entry, Cut::BeforeEntry(entry.score, members.get(entry.id).0), members);
        debug_assert!(removed, "every member has its entry");
        while let Node::Inner(inner) = &self.root
            && let [child] = inner.children.as_slice()
        {
            self.root = child.clone();
        }
    }

    /// How many entries lie before a cut.
    pub(super) fn rank(&self, cut: Cut<'_>, members: &Members) -> usize {
        let mut node = &self.root;
        let mut rank = 0;
        loop {
            match node {
                Node::Leaf(leaf) => return rank + leaf.position(cut, members),
                Node::Inner(inner) => {
                    // What stands left of the last child that begins before the cut lies wholly before it.
                    let Some(last) = inner.firsts.position(cut, members).checked_sub(1) else { return rank };
                    rank += sum(inner.counts.iter().take(last));
                    let Some(child) = inner.children.get(last) else { return rank };
                    node = child;
                }
            }
        }
    }

    /// The entries with these ranks.
    pub(super) fn entries(&self, ranks: Range<usize>) -> Entries<'_> {
        Entries { tree: self, ranks, leaf: None, leaf_start: 0 }
    }

    /// Panics where a node breaks a rule. Returns the number of entries.
    #[cfg(test)]
    pub(super) fn check(&self) -> usize {
        self.root.check().1
    }

    /// The leaf that holds a rank, and the rank of its first entry.
    fn leaf_of(&self, rank: usize) -> Option<(&Run, usize)> {
        let mut node = &self.root;
        let mut start = 0;
        loop {
            match node {
                Node::Leaf(leaf) => return Some((leaf, start)),
                Node::Inner(inner) => {
                    let mut children = inner.counts.iter().zip(&inner.children);
                    node = children.find_map(|(count, child)| {
                        let holds = rank - start < *count as usize;
                        start += if holds { 0 } else { *count as usize };
                        holds.then_some(child)
                    })?;
                }
            }
        }
    }
}

/// A walk from either end.
#[derive(Debug, Clone)]
pub(super) struct Entries<'a> {
    tree: &'a Tree,
    ranks: Range<usize>,
    leaf: Option<&'a Run>,
    leaf_start: usize,
}

impl Entries<'_> {
    fn at(&mut self, rank: usize) -> Option<Entry> {
        let in_leaf = |leaf: &Run, start: usize| leaf.get(rank.checked_sub(start)?);
        if let Some(entry) = self.leaf.and_then(|leaf| in_leaf(leaf, self.leaf_start)) {
            return Some(entry);
        }
        let (leaf, start) = self.tree.leaf_of(rank)?;
        (self.leaf, self.leaf_start) = (Some(leaf), start);
        in_leaf(leaf, start)
    }
}

impl Iterator for Entries<'_> {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        let rank = self.ranks.next()?;
        self.at(rank)
    }
}

impl DoubleEndedIterator for Entries<'_> {
    fn next_back(&mut self) -> Option<Entry> {
        let rank = self.ranks.next_back()?;
        self.at(rank)
    }
}

impl Node {
    /// Entries of a leaf, children of an inner node.
    fn len(&self) -> usize {
        match self {
            Self::Leaf(leaf) => leaf.len(),
            Self::Inner(inner) => inner.children.len(),
        }
    }

    /// All entries below.
    fn count(&self) -> usize {
        match self {
            Self::Leaf(leaf) => leaf.len(),
            Self::Inner(inner) => sum(inner.counts.iter()),
        }
    }

    fn first(&self) -> Option<Entry> {
        match self {
            Self::Leaf(leaf) => leaf.get(0),
            Self::Inner(inner) => inner.firsts.get(0),
        }
    }

    /// Returns the upper half as a node of its own when it was full.
    fn insert(&mut self, entry: Entry, cut: Cut<'_>, members: &Members) -> Option<Self> {
        match self {
            Self::Leaf(leaf) => {
                let leaf = Arc::make_mut(leaf);
                let at = leaf.position(cut, members);
                let mut right = (leaf.len() == NODE_MAX).then(|| leaf.split());
                match (&mut right, at.checked_sub(leaf.len())) {
                    (Some(right), Some(at)) => right.insert(at, entry),
                    _ => leaf.insert(at, entry),
                }
                right.map(|right| Self::Leaf(Arc::new(right)))
            }
            Self::Inner(inner) => {
                Arc::make_mut(inner).insert(entry, cut, members).map(|right| Self::Inner(Arc::new(right)))
            }
        }
    }

    fn remove(&mut self, entry: Entry, cut: Cut<'_>, members: &Members) -> bool {
        match self {
            Self::Leaf(leaf) => {
                let at = leaf.position(cut, members);
                let found = leaf.get(at) == Some(entry);
                if found {
                    Arc::make_mut(leaf).remove(at);
                }
                found
            }
            Self::Inner(inner) => Arc::make_mut(inner).remove(entry, cut, members),
        }
    }

    /// The height of the node and its number of entries.
    #[cfg(test)]
    fn check(&self) -> (usize, usize) {
        assert!(self.len() <= NODE_MAX);
        let Self::Inner(inner) = self else { return (0, self.len()) };
        assert_eq!(inner.firsts.len(), inner.children.len());
        assert_eq!(inner.counts.len(), inner.children.len());
        let below: Vec<_> = inner.children.iter().map(Self::check).collect();
        assert!(below.iter().all(|(height, count)| *height == below[0].0 && *count > 0));
        assert!(below.iter().map(|(_, count)| *count).eq(inner.counts.iter().map(|count| *count as usize)));
        let firsts = (0..inner.firsts.len()).filter_map(|at| inner.firsts.get(at));
        assert!(inner.children.iter().filter_map(Self::first).eq(firsts));
        (below[0].0 + 1, sum(inner.counts.iter()))
    }

    /// Takes over all of a right neighbour of the same height.
    fn append(&mut self, right: Self) {
        match (self, right) {
            (Self::Leaf(left), Self::Leaf(right)) => {
                Arc::make_mut(left).append(&right);
            }
            (Self::Inner(left), Self::Inner(right)) => {
                let left = Arc::make_mut(left);
                left.firsts.append(&right.firsts);
                left.counts.extend_from_slice(&right.counts);
                left.children.extend(right.children.iter().cloned());
            }
            (Self::Leaf(_), Self::Inner(_)) | (Self::Inner(_), Self::Leaf(_)) => {
                debug_assert!(false, "all leaves have the same depth");
            }
        }
    }
}

impl Run {
    fn len(&self) -> usize {
        self.ids.len()
    }

    fn get(&self, at: usize) -> Option<Entry> {
        Some(Entry { score: *self.scores.get(at)?, id: *self.ids.get(at)? })
    }

    /// How many entries lie before a cut.
    fn position(&self, cut: Cut<'_>, members: &Members) -> usize {
        let name = |id: &u32| members.get(*id).0;
        match cut {
            Cut::Start => 0,
            Cut::End => self.len(),
            Cut::BeforeScore(limit) => self.scores.partition_point(|score| *score < limit),
            Cut::AfterScore(limit) => self.scores.partition_point(|score| *score <= limit),
            Cut::BeforeMember(limit) => self.ids.partition_point(|id| name(id) < limit),
            Cut::AfterMember(limit) => self.ids.partition_point(|id| name(id) <= limit),
            Cut::BeforeEntry(limit, member) => {
                let below = self.scores.partition_point(|score| *score < limit);
                let rest = self.scores.get(below..).unwrap_or_default();
                if rest.first() != Some(&limit) {
                    return below;
                }
                let ties = below..below + rest.partition_point(|score| *score == limit);
                let ties = self.ids.get(ties).unwrap_or_default();
                below + ties.partition_point(|id| name(id) < member)
            }
        }
    }

    fn set(&mut self, at: usize, entry: Entry) {
        if let (Some(score), Some(id)) = (self.scores.get_mut(at), self.ids.get_mut(at)) {
            (*score, *id) = (entry.score, entry.id);
        }
    }

    fn insert(&mut self, at: usize, entry: Entry) {
        self.scores.insert(at, entry.score);
        self.ids.insert(at, entry.id);
    }

    fn remove(&mut self, at: usize) {
        self.scores.remove(at);
        self.ids.remove(at);
    }

    /// Takes off the upper half.
    fn split(&mut self) -> Self {
        let half = self.len() / 2;
        Self { scores: self.scores.drain(half..).collect(), ids: self.ids.drain(half..).collect() }
    }

    fn append(&mut self, right: &Self) {
        self.scores.extend_from_slice(&right.scores);
        self.ids.extend_from_slice(&right.ids);
    }
}

impl Inner {
    fn insert_child(&mut self, at: usize, child: Node) {
        let Some(first) = child.first() else { return };
        self.firsts.insert(at, first);
        self.counts.insert(at, count_of(child.count()));
        self.children.insert(at, child);
    }

    fn take_child(&mut self, at: usize) -> Node {
        self.firsts.remove(at);
        self.counts.remove(at);
        self.children.remove(at)
    }

    /// Brings what is noted of a child up to date.
    fn note(&mut self, at: usize, count: u32) {
        if let Some(first) = self.children.get(at).and_then(Node::first) {
            self.firsts.set(at, first);
        }
        if let Some(place) = self.counts.get_mut(at) {
            *place = count;
        }
    }

    fn count(&self, at: usize) -> u32 {
        self.counts.get(at).copied().unwrap_or_default()
    }

    /// Returns the upper half when there was no room for one more child.
    fn insert(&mut self, entry: Entry, cut: Cut<'_>, members: &Members) -> Option<Self> {
        // The last child that begins before the entry, or the first child.
        let at = self.firsts.position(cut, members).saturating_sub(1);
        let split = self.children.get_mut(at)?.insert(entry, cut, members);
        let count = self.count(at) + 1;
        let Some(child) = split else {
            self.note(at, count);
            return None;
        };
        self.note(at, count - count_of(child.count()));
        let mut right = (self.children.len() == NODE_MAX).then(|| self.split());
        match (&mut right, (at + 1).checked_sub(self.children.len())) {
            (Some(right), Some(at)) => right.insert_child(at, child),
            _ => self.insert_child(at + 1, child),
        }
        right
    }

    /// Takes off the upper half.
    fn split(&mut self) -> Self {
        let half = self.children.len() / 2;
        Self {
            firsts: self.firsts.split(),
            counts: self.counts.drain(half..).collect(),
            children: self.children.drain(half..).collect(),
        }
    }

    fn remove(&mut self, entry: Entry, cut: Cut<'_>, members: &Members) -> bool {
        let begun = self.firsts.position(cut, members);
        let at = if self.firsts.get(begun) == Some(entry) { begun } else { begun.saturating_sub(1) };
        let Some(child) = self.children.get_mut(at) else { return false };
        if !child.remove(entry, cut, members) {
            return false;
        }
        let len = child.len();
        if len == 0 {
            self.take_child(at);
            return true;
        }
        self.note(at, self.count(at) - 1);
        if len < NODE_MIN {
            self.merge(at);
        }
        true
    }

    /// Puts a small child together with a neighbour, if one is small enough.
    fn merge(&mut self, at: usize) {
        let len = |at: usize| self.children.get(at).map_or(NODE_MAX, Node::len);
        let fits = |left: usize| len(left) + len(left + 1) <= MERGED_MAX;
        let left = if fits(at) {
            at
        } else if at > 0 && fits(at - 1) {
            at - 1
        } else {
            return;
        };
        let count = self.count(left) + self.count(left + 1);
        let right = self.take_child(left + 1);
        if let Some(left) = self.children.get_mut(left) {
            left.append(right);
        }
        self.note(left, count);
    }
}

fn sum<'a>(counts: impl Iterator<Item = &'a u32>) -> usize {
    counts.map(|count| *count as usize).sum()
}

/// A count of entries: their ids have 32 bits.
fn count_of(entries: usize) -> u32 {
    u32::try_from(entries).unwrap_or(u32::MAX)
}
