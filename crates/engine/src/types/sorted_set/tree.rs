//! The order of a large sorted set: a counted B+tree of scores and ids.
//!
//! A leaf holds scores and the ids of their members in order; an inner node holds for each child its first entry and how
//! many entries are below it. There are no links between leaves: a walk asks for the next leaf by its rank. A clone shares
//! all nodes; a change to a shared tree copies the nodes on its path. The tree knows no members, so who searches hands in
//! the comparison.

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

use super::score::OrderedScore;

/// Entries of a leaf, or children of an inner node. One more, and it splits in two.
const NODE_MAX: usize = 64;

/// A node with less looks for a neighbour to be put together with.
const NODE_MIN: usize = NODE_MAX / 4;

/// What two nodes may have together to become one: leaves room, so that it does not split at once again.
const MERGED_MAX: usize = NODE_MAX * 3 / 4;

/// Entries by which the room of a leaf grows: keeps nearly all of it in use.
const GROWTH: usize = 8;

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
    Leaf(Arc<Leaf>),
    Inner(Arc<Inner>),
}

/// Two lists that belong together place by place.
#[derive(Debug, Clone, Default)]
struct Leaf {
    scores: Vec<OrderedScore>,
    ids: Vec<u32>,
}

/// Three lists that belong together place by place.
#[derive(Debug, Clone)]
struct Inner {
    firsts: Vec<Entry>,
    counts: Vec<usize>,
    children: Vec<Node>,
}

impl Tree {
    pub(super) fn new() -> Self {
        Self { root: Node::Leaf(Arc::default()) }
    }

    /// Inserts an entry. `order` compares an entry of the tree with it, and finds none equal.
    pub(super) fn insert(&mut self, entry: Entry, order: &impl Fn(Entry) -> Ordering) {
        if let Some(right) = self.root.insert(entry, order) {
            let left = std::mem::replace(&mut self.root, Node::Leaf(Arc::default()));
            let mut root = Inner::new();
            root.insert_child(0, left);
            root.insert_child(1, right);
            self.root = Node::Inner(Arc::new(root));
        }
    }

    /// Removes the entry that `order` finds equal, if there is one.
    pub(super) fn remove(&mut self, order: &impl Fn(Entry) -> Ordering) {
        self.root.remove(order);
        while let Node::Inner(inner) = &self.root
            && let [child] = inner.children.as_slice()
        {
            self.root = child.clone();
        }
    }

    /// How many entries lie before a place: `is_before` holds for these and for no others.
    pub(super) fn rank(&self, is_before: &impl Fn(Entry) -> bool) -> usize {
        let mut node = &self.root;
        let mut rank = 0;
        loop {
            match node {
                Node::Leaf(leaf) => return rank + leaf.partition(is_before),
                Node::Inner(inner) => {
                    // What stands left of the last child that begins before the place lies wholly before it.
                    let begun = inner.firsts.partition_point(|first| is_before(*first));
                    let Some(last) = begun.checked_sub(1) else { return rank };
                    rank += inner.counts.iter().take(last).sum::<usize>();
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
    fn leaf_of(&self, rank: usize) -> Option<(&Leaf, usize)> {
        let mut node = &self.root;
        let mut start = 0;
        loop {
            match node {
                Node::Leaf(leaf) => return Some((leaf, start)),
                Node::Inner(inner) => {
                    let mut children = inner.counts.iter().zip(&inner.children);
                    node = children.find_map(|(count, child)| {
                        let holds = rank - start < *count;
                        start += if holds { 0 } else { *count };
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
    leaf: Option<&'a Leaf>,
    leaf_start: usize,
}

impl Entries<'_> {
    fn at(&mut self, rank: usize) -> Option<Entry> {
        let in_leaf = |leaf: &Leaf, start: usize| leaf.get(rank.checked_sub(start)?);
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
            Self::Leaf(leaf) => leaf.ids.len(),
            Self::Inner(inner) => inner.children.len(),
        }
    }

    /// All entries below.
    fn count(&self) -> usize {
        match self {
            Self::Leaf(leaf) => leaf.ids.len(),
            Self::Inner(inner) => inner.counts.iter().sum(),
        }
    }

    fn first(&self) -> Option<Entry> {
        match self {
            Self::Leaf(leaf) => leaf.get(0),
            Self::Inner(inner) => inner.firsts.first().copied(),
        }
    }

    /// Returns the upper half as a node of its own when it got too large.
    fn insert(&mut self, entry: Entry, order: &impl Fn(Entry) -> Ordering) -> Option<Self> {
        match self {
            Self::Leaf(leaf) => {
                Arc::make_mut(leaf).insert(entry, order).map(|right| Self::Leaf(Arc::new(right)))
            }
            Self::Inner(inner) => {
                Arc::make_mut(inner).insert(entry, order).map(|right| Self::Inner(Arc::new(right)))
            }
        }
    }

    fn remove(&mut self, order: &impl Fn(Entry) -> Ordering) -> bool {
        match self {
            Self::Leaf(leaf) => Arc::make_mut(leaf).remove(order),
            Self::Inner(inner) => Arc::make_mut(inner).remove(order),
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
        assert!(below.iter().map(|(_, count)| *count).eq(inner.counts.iter().copied()));
        assert!(inner.children.iter().filter_map(Self::first).eq(inner.firsts.iter().copied()));
        (below[0].0 + 1, inner.counts.iter().sum())
    }

    /// Takes over all of a right neighbour of the same height.
    fn append(&mut self, right: Self) {
        match (self, right) {
            (Self::Leaf(left), Self::Leaf(right)) => {
                let left = Arc::make_mut(left);
                left.scores.extend_from_slice(&right.scores);
                left.ids.extend_from_slice(&right.ids);
            }
            (Self::Inner(left), Self::Inner(right)) => {
                let left = Arc::make_mut(left);
                left.firsts.extend_from_slice(&right.firsts);
                left.counts.extend_from_slice(&right.counts);
                left.children.extend_from_slice(&right.children);
            }
            (Self::Leaf(_), Self::Inner(_)) | (Self::Inner(_), Self::Leaf(_)) => {
                debug_assert!(false, "all leaves have the same depth");
            }
        }
    }
}

impl Leaf {
    fn get(&self, at: usize) -> Option<Entry> {
        Some(Entry { score: *self.scores.get(at)?, id: *self.ids.get(at)? })
    }

    fn partition(&self, is_before: &impl Fn(Entry) -> bool) -> usize {
        let (mut low, mut high) = (0, self.ids.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.get(middle).is_some_and(is_before) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    fn insert(&mut self, entry: Entry, order: &impl Fn(Entry) -> Ordering) -> Option<Self> {
        let at = self.partition(&|entry| order(entry) == Ordering::Less);
        if self.ids.len() == self.ids.capacity() {
            self.scores.reserve_exact(GROWTH);
            self.ids.reserve_exact(GROWTH);
        }
        self.scores.insert(at, entry.score);
        self.ids.insert(at, entry.id);
        if self.ids.len() <= NODE_MAX {
            return None;
        }
        let half = self.ids.len() / 2;
        let right = Self { scores: self.scores.split_off(half), ids: self.ids.split_off(half) };
        self.shrink();
        Some(right)
    }

    fn remove(&mut self, order: &impl Fn(Entry) -> Ordering) -> bool {
        let at = self.partition(&|entry| order(entry) == Ordering::Less);
        if self.get(at).is_none_or(|entry| order(entry) != Ordering::Equal) {
            return false;
        }
        self.scores.remove(at);
        self.ids.remove(at);
        if self.ids.capacity() >= self.ids.len() + 2 * GROWTH {
            self.shrink();
        }
        true
    }

    fn shrink(&mut self) {
        let room = self.ids.len().next_multiple_of(GROWTH);
        self.scores.shrink_to(room);
        self.ids.shrink_to(room);
    }
}

impl Inner {
    fn new() -> Self {
        let room = NODE_MAX + 1;
        Self {
            firsts: Vec::with_capacity(room),
            counts: Vec::with_capacity(room),
            children: Vec::with_capacity(room),
        }
    }

    fn insert_child(&mut self, at: usize, child: Node) {
        let Some(first) = child.first() else { return };
        self.firsts.insert(at, first);
        self.counts.insert(at, child.count());
        self.children.insert(at, child);
    }

    fn take_child(&mut self, at: usize) -> Node {
        self.firsts.remove(at);
        self.counts.remove(at);
        self.children.remove(at)
    }

    /// The child that an entry belongs to: the last one that does not begin behind it, or the first.
    fn child_of(&self, order: &impl Fn(Entry) -> Ordering) -> usize {
        self.firsts.partition_point(|first| order(*first) != Ordering::Greater).saturating_sub(1)
    }

    /// Brings what is noted of a child up to date.
    fn note(&mut self, at: usize, count: usize) {
        if let Some(first) = self.children.get(at).and_then(Node::first)
            && let Some(place) = self.firsts.get_mut(at)
        {
            *place = first;
        }
        if let Some(place) = self.counts.get_mut(at) {
            *place = count;
        }
    }

    fn count_of(&self, at: usize) -> usize {
        self.counts.get(at).copied().unwrap_or_default()
    }

    fn insert(&mut self, entry: Entry, order: &impl Fn(Entry) -> Ordering) -> Option<Self> {
        let at = self.child_of(order);
        let split = self.children.get_mut(at)?.insert(entry, order);
        let count = self.count_of(at) + 1;
        let Some(right) = split else {
            self.note(at, count);
            return None;
        };
        self.note(at, count - right.count());
        self.insert_child(at + 1, right);
        (self.children.len() > NODE_MAX).then(|| self.split())
    }

    fn split(&mut self) -> Self {
        let half = self.children.len() / 2;
        let mut right = Self::new();
        right.firsts.extend(self.firsts.drain(half..));
        right.counts.extend(self.counts.drain(half..));
        right.children.extend(self.children.drain(half..));
        right
    }

    fn remove(&mut self, order: &impl Fn(Entry) -> Ordering) -> bool {
        let at = self.child_of(order);
        let Some(child) = self.children.get_mut(at) else { return false };
        if !child.remove(order) {
            return false;
        }
        let len = child.len();
        if len == 0 {
            self.take_child(at);
            return true;
        }
        self.note(at, self.count_of(at) - 1);
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
        let count = self.count_of(left) + self.count_of(left + 1);
        let right = self.take_child(left + 1);
        if let Some(left) = self.children.get_mut(left) {
            left.append(right);
        }
        self.note(left, count);
    }
}
