//! A node of a large document: packed as long as it is small, a structure of its own beyond.

use std::sync::Arc;

use crate::limits::{JSON_PACKED_BYTES_MAX, PACKED_BYTES_MAX};
use crate::memory::{SHARED_VEC_BYTES, Samples, allocated};
use crate::types::json::packed::{self, Elements, Kind, Members, PackedJson};
use crate::types::json::sequence::Sequence;
use crate::types::json::tree::Object;
use crate::types::json::view::{JsonRef, JsonView};

/// Bytes of a packed value that lie in the node itself.
const INLINE_BYTES: usize = 22;

/// Bytes in front of what a counted pointer points to: two counts.
const COUNTS_BYTES: usize = 16;

const _: () = assert!(size_of::<Node>() == 24, "an element of a large array is 24 bytes");
const _: () =
    assert!(JSON_PACKED_BYTES_MAX <= PACKED_BYTES_MAX, "a packed document is copied by every change");

/// A value of a large document. A clone shares what is not in the node itself.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    /// A packed value of a few bytes.
    Inline(Inline),
    /// A packed value.
    Packed(Arc<[u8]>),
    /// A long string.
    Text(Arc<String>),
    /// A large array.
    Array(Arc<Sequence<Node>>),
    /// A large object.
    Object(Arc<Object>),
}

/// Up to 22 bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Inline {
    len: u8,
    bytes: [u8; INLINE_BYTES],
}

impl Inline {
    fn new(packed: &[u8]) -> Option<Self> {
        let mut bytes = [0; INLINE_BYTES];
        bytes.get_mut(..packed.len())?.copy_from_slice(packed);
        Some(Self { len: u8::try_from(packed.len()).ok()?, bytes })
    }

    fn as_slice(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

/// A member of a large object. A clone shares the name.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    name: Arc<[u8]>,
    value: Node,
}

impl Member {
    pub(super) fn new(name: &[u8], value: Node) -> Self {
        Self { name: name.into(), value }
    }

    pub(super) fn name(&self) -> &[u8] {
        &self.name
    }

    pub(super) fn value(&self) -> &Node {
        &self.value
    }

    pub(super) fn value_mut(&mut self) -> &mut Node {
        &mut self.value
    }
}

impl Node {
    /// A node of a packed value; whatever of it is large becomes a structure.
    pub(crate) fn new(value: PackedJson<'_>) -> Self {
        Self::of(value.as_bytes())
    }

    /// The document that is packed in a record.
    pub(crate) fn in_record(bytes: &[u8]) -> Self {
        Self::small(bytes)
    }

    fn of(bytes: &[u8]) -> Self {
        if bytes.len() <= JSON_PACKED_BYTES_MAX { Self::small(bytes) } else { Self::open(bytes) }
    }

    /// A node that is a structure wherever it can be one, however small.
    #[cfg(test)]
    pub(super) fn opened_wholly(value: PackedJson<'_>) -> Self {
        let mut node = Self::open(value.as_bytes());
        match &mut node {
            Self::Array(elements) => {
                let opened =
                    |element: &Self| element.packed().map(PackedJson::trusted).map(Self::opened_wholly);
                *elements = Arc::new(elements.iter().filter_map(opened).collect());
            }
            Self::Object(object) => {
                let opened = |member: &Member| {
                    let value = Self::opened_wholly(PackedJson::trusted(member.value.packed()?));
                    Some(Member::new(member.name(), value))
                };
                *object = Arc::new(Object::new(object.members().iter().filter_map(opened).collect()));
            }
            Self::Inline(_) | Self::Packed(_) | Self::Text(_) => {}
        }
        node
    }

    fn small(bytes: &[u8]) -> Self {
        match Inline::new(bytes) {
            Some(inline) => Self::Inline(inline),
            None => Self::Packed(bytes.into()),
        }
    }

    /// A structure of a packed value; only what has children, and long strings, can be one.
    fn open(bytes: &[u8]) -> Self {
        match packed::view(bytes) {
            JsonView::Array(_) => {
                let elements = Elements(packed::content(bytes)).map(Self::of);
                Self::Array(Arc::new(elements.collect()))
            }
            JsonView::Object(_) => {
                let members = Members(packed::content(bytes));
                let members = members.map(|(name, value)| Member::new(name, Self::of(value)));
                Self::Object(Arc::new(Object::new(members.collect())))
            }
            JsonView::String(text) if bytes.len() > JSON_PACKED_BYTES_MAX => {
                Self::Text(Arc::new(String::from_utf8_lossy(text).into_owned()))
            }
            _ => Self::Packed(bytes.into()),
        }
    }

    /// Its packed form, if it is in it.
    pub(super) fn packed(&self) -> Option<&[u8]> {
        match self {
            Self::Inline(inline) => Some(inline.as_slice()),
            Self::Packed(bytes) => Some(bytes),
            Self::Text(_) | Self::Array(_) | Self::Object(_) => None,
        }
    }

    /// Works on a structure of it. If that changed anything, it is packed again where it is small.
    pub(super) fn opened<T>(&mut self, work: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let Some(bytes) = self.packed() else { return work(self) };
        let mut opened = Self::open(bytes);
        let done = work(&mut opened)?;
        *self = opened.pack_if_small().map_or(opened, |bytes| Self::small(&bytes));
        Some(done)
    }

    /// Its packed form, if that is small.
    pub(crate) fn pack_if_small(&self) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        self.pack_within(JSON_PACKED_BYTES_MAX, &mut out).then_some(out)
    }

    /// Appends its packed form, until that is longer than `bytes_max` with what is there; false then.
    fn pack_within(&self, bytes_max: usize, out: &mut Vec<u8>) -> bool {
        let start = out.len();
        match self {
            Self::Inline(_) | Self::Packed(_) => out.extend_from_slice(self.packed().unwrap_or_default()),
            Self::Text(text) => packed::put_bytes(out, Kind::String, text.as_bytes()),
            Self::Array(elements) => {
                packed::put_head(out, Kind::Array, 0);
                if !elements.iter().all(|element| element.pack_within(bytes_max, out)) {
                    return false;
                }
                packed::close(out, start, Kind::Array);
            }
            Self::Object(object) => {
                packed::put_head(out, Kind::Object, 0);
                for member in object.members().iter() {
                    packed::put_name(out, member.name());
                    if !member.value.pack_within(bytes_max, out) {
                        return false;
                    }
                }
                packed::close(out, start, Kind::Object);
            }
        }
        out.len() <= bytes_max
    }

    /// How many elements or members it has that are nodes themselves.
    pub(crate) fn children(&self) -> usize {
        match self {
            Self::Inline(_) | Self::Packed(_) | Self::Text(_) => 0,
            Self::Array(elements) => elements.len(),
            Self::Object(object) => object.members().len(),
        }
    }

    /// Whether it consists of that many parts: what freeing it costs.
    pub(crate) fn has_parts(&self, mut count: usize) -> bool {
        self.count_down(&mut count);
        count == 0
    }

    fn count_down(&self, left: &mut usize) {
        *left = left.saturating_sub(1);
        match self {
            Self::Inline(_) | Self::Packed(_) | Self::Text(_) => {}
            Self::Array(elements) => Self::count_down_all(&mut elements.iter(), left),
            Self::Object(object) => {
                Self::count_down_all(&mut object.members().iter().map(Member::value), left);
            }
        }
    }

    fn count_down_all(nodes: &mut dyn Iterator<Item = &Self>, left: &mut usize) {
        while *left > 0
            && let Some(node) = nodes.next()
        {
            node.count_down(left);
        }
    }

    /// Bytes that it takes outside of itself; of the parts of arrays and objects only some are looked at.
    pub(crate) fn memory_bytes(&self, samples: Samples) -> usize {
        match self {
            Self::Inline(_) => 0,
            Self::Packed(bytes) => allocated(COUNTS_BYTES + bytes.len()),
            Self::Text(text) => SHARED_VEC_BYTES + allocated(text.capacity()),
            Self::Array(elements) => {
                let sizes = elements.iter().map(|element| size_of::<Self>() + element.memory_bytes(samples));
                elements.memory_bytes() + samples.sum(elements.len(), sizes)
            }
            Self::Object(object) => object.memory_bytes(samples),
        }
    }
}

impl Member {
    /// Bytes that it takes, its place in the object included.
    pub(super) fn memory_bytes(&self, samples: Samples) -> usize {
        size_of::<Self>() + allocated(COUNTS_BYTES + self.name.len()) + self.value.memory_bytes(samples)
    }
}

/// Appends the packed form of a value.
pub(crate) fn pack(value: JsonRef<'_>, out: &mut Vec<u8>) {
    let start = out.len();
    match value.view() {
        JsonView::Null => packed::put_head(out, Kind::Word, packed::NULL),
        JsonView::Boolean(false) => packed::put_head(out, Kind::Word, packed::FALSE),
        JsonView::Boolean(true) => packed::put_head(out, Kind::Word, packed::TRUE),
        JsonView::Integer(value) => packed::put_integer(out, value),
        JsonView::Number(text) => packed::put_bytes(out, Kind::Number, text),
        JsonView::String(text) => packed::put_bytes(out, Kind::String, text),
        JsonView::Array(array) => {
            packed::put_head(out, Kind::Array, 0);
            array.iter().for_each(|element| pack(element, out));
            packed::close(out, start, Kind::Array);
        }
        JsonView::Object(object) => {
            packed::put_head(out, Kind::Object, 0);
            for (name, value) in object.iter() {
                packed::put_name(out, name);
                pack(value, out);
            }
            packed::close(out, start, Kind::Object);
        }
    }
}

/// The packed form of a value without the members, of it and of the objects in it, that are null.
pub(crate) fn pack_without_nulls(value: JsonRef<'_>, out: &mut Vec<u8>) {
    let JsonView::Object(object) = value.view() else { return pack(value, out) };
    let start = out.len();
    packed::put_head(out, Kind::Object, 0);
    for (name, value) in object.iter().filter(|(_, value)| !matches!(value.view(), JsonView::Null)) {
        packed::put_name(out, name);
        pack_without_nulls(value, out);
    }
    packed::close(out, start, Kind::Object);
}
