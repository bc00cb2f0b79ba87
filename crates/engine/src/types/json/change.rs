//! Changes inside a document, each at a place that positions lead to, and their inverses.

use std::ops::Range;
use std::sync::Arc;

use crate::types::json::node::{Member, Node};
use crate::types::json::packed::{self, Kind, PackedJson, PackedValues};
use crate::types::json::view::{JsonRef, JsonView};

/// What makes a change of a large document not have happened, at the same place.
#[derive(Debug)]
pub(crate) enum JsonInverse {
    /// This stood here.
    Replace(Node),
    /// These children came.
    Remove(Range<usize>),
    /// These children went.
    Restore(Removed),
    /// The string had this many bytes.
    Truncate(usize),
}

/// Children that were taken out, each with the position it had.
#[derive(Debug)]
pub(crate) enum Removed {
    /// Of an array.
    Elements(Vec<(usize, Node)>),
    /// Of an object.
    Members(Vec<(usize, Member)>),
}

impl Node {
    /// Works on the node that positions lead to; None if they lead nowhere, or the work does.
    pub(crate) fn work_at<T>(
        &mut self,
        path: &[u32],
        work: &mut dyn FnMut(&mut Self) -> Option<T>,
    ) -> Option<T> {
        let Some((first, rest)) = path.split_first() else { return work(self) };
        let position = *first as usize;
        self.opened(|node| match node {
            Self::Array(elements) => Arc::make_mut(elements).get_mut(position)?.work_at(rest, work),
            Self::Object(object) => Arc::make_mut(object).get_mut(position)?.work_at(rest, work),
            Self::Inline(_) | Self::Packed(_) | Self::Text(_) => None,
        })
    }

    /// Becomes another value.
    pub(crate) fn replace(&mut self, value: PackedJson<'_>) -> JsonInverse {
        JsonInverse::Replace(std::mem::replace(self, Self::new(value)))
    }

    /// Puts elements into an array, in front of the one at `index` or at the end.
    pub(crate) fn insert(&mut self, index: usize, values: PackedValues<'_>) -> Option<JsonInverse> {
        self.opened(|node| {
            let Self::Array(elements) = node else { return None };
            if index > elements.len() {
                return None;
            }
            let values: Vec<Self> = values.iter().map(PackedJson::trusted).map(Self::new).collect();
            let end = index + values.len();
            Arc::make_mut(elements).insert(index, values);
            Some(JsonInverse::Remove(index..end))
        })
    }

    /// Puts a member into an object, behind the others, unless there is one of that name.
    pub(crate) fn put(&mut self, name: &[u8], value: PackedJson<'_>) -> Option<JsonInverse> {
        self.opened(|node| {
            let Self::Object(object) = node else { return None };
            let position = object.members().len();
            let is_new = Arc::make_mut(object).push(Member::new(name, Self::new(value)));
            is_new.then_some(JsonInverse::Remove(position..position + 1))
        })
    }

    /// Takes children out of an array or an object: ranges of positions that ascend and do not touch.
    pub(crate) fn remove(&mut self, ranges: &[Range<usize>]) -> Option<JsonInverse> {
        let end = ranges.last()?.end;
        let removed = self.opened(|node| match node {
            Self::Array(elements) if end <= elements.len() => {
                Some(Removed::Elements(Arc::make_mut(elements).remove(ranges)))
            }
            Self::Object(object) if end <= object.members().len() => {
                Some(Removed::Members(Arc::make_mut(object).remove(ranges)))
            }
            _ => None,
        })?;
        Some(JsonInverse::Restore(removed))
    }

    /// Makes a string longer.
    pub(crate) fn append(&mut self, more: &str) -> Option<JsonInverse> {
        if let Self::Text(text) = self {
            let len = text.len();
            Arc::make_mut(text).push_str(more);
            return Some(JsonInverse::Truncate(len));
        }
        let JsonView::String(text) = JsonRef::tree(self).view() else { return None };
        let mut packed = Vec::new();
        packed::put_bytes(&mut packed, Kind::String, &[text, more.as_bytes()].concat());
        let len = text.len();
        *self = Self::new(PackedJson::trusted(&packed));
        Some(JsonInverse::Truncate(len))
    }

    fn truncate(&mut self, len: usize) {
        let JsonView::String(text) = JsonRef::tree(self).view() else { return };
        let mut packed = Vec::new();
        packed::put_bytes(&mut packed, Kind::String, text.get(..len).unwrap_or(text));
        *self = Self::new(PackedJson::trusted(&packed));
    }

    /// Takes a change of this node back.
    pub(crate) fn undo(&mut self, inverse: JsonInverse) {
        match inverse {
            JsonInverse::Replace(node) => *self = node,
            JsonInverse::Truncate(len) => self.truncate(len),
            JsonInverse::Remove(range) => {
                self.remove(&[range]);
            }
            JsonInverse::Restore(removed) => {
                self.opened(|node| {
                    match (node, removed) {
                        (Self::Array(elements), Removed::Elements(removed)) => {
                            Arc::make_mut(elements).restore(removed);
                        }
                        (Self::Object(object), Removed::Members(removed)) => {
                            Arc::make_mut(object).restore(removed);
                        }
                        _ => {}
                    }
                    Some(())
                });
            }
        }
    }
}
