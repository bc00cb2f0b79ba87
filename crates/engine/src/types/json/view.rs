//! Looking at a JSON value, whether it is packed or a tree.

use crate::memory::Samples;
use crate::types::json::node::{Member, Node};
use crate::types::json::packed::{self, Elements};
use crate::types::json::sequence::Sequence;
use crate::types::json::tree::Object;
use crate::types::json::{number, packed::Members};

/// A JSON value in the keyspace.
#[derive(Debug, Clone, Copy)]
pub struct JsonRef<'a>(Form<'a>);

#[derive(Debug, Clone, Copy)]
enum Form<'a> {
    Packed(&'a [u8]),
    Tree(&'a Node),
}

/// What a JSON value is. Text is UTF-8.
#[derive(Debug, Clone, Copy)]
pub enum JsonView<'a> {
    /// Nothing.
    Null,
    /// True or false.
    Boolean(bool),
    /// An integer of 64 bits.
    Integer(i64),
    /// Any other number, as it was written.
    Number(&'a [u8]),
    /// Text.
    String(&'a [u8]),
    /// Values in order.
    Array(ArrayRef<'a>),
    /// Names with values, in the order in which they came.
    Object(ObjectRef<'a>),
}

impl<'a> JsonRef<'a> {
    pub(super) fn packed(bytes: &'a [u8]) -> Self {
        Self(Form::Packed(bytes))
    }

    pub(crate) fn tree(node: &'a Node) -> Self {
        Self(match node.packed() {
            Some(bytes) => Form::Packed(bytes),
            None => Form::Tree(node),
        })
    }

    /// The document that is packed in a record.
    pub(crate) fn in_record(bytes: &'a [u8]) -> Self {
        Self::packed(bytes)
    }

    /// What it is.
    #[must_use]
    pub fn view(self) -> JsonView<'a> {
        match self.0 {
            Form::Packed(bytes) => packed::view(bytes),
            Form::Tree(node) => match node {
                Node::Inline(_) | Node::Packed(_) => JsonView::Null,
                Node::Text(text) => JsonView::String(text.as_bytes()),
                Node::Array(elements) => JsonView::Array(ArrayRef(ArrayForm::Tree(elements))),
                Node::Object(object) => JsonView::Object(ObjectRef(ObjectForm::Tree(object))),
            },
        }
    }

    /// The name of its type.
    #[must_use]
    pub fn type_name(self) -> &'static str {
        match self.view() {
            JsonView::Null => "null",
            JsonView::Boolean(_) => "boolean",
            JsonView::Integer(_) => "integer",
            JsonView::Number(text) if number::is_integer_text(text) => "integer",
            JsonView::Number(_) => "number",
            JsonView::String(_) => "string",
            JsonView::Array(_) => "array",
            JsonView::Object(_) => "object",
        }
    }

    /// The value that positions lead to, each that of an element or a member.
    #[must_use]
    pub fn at(self, path: &[u32]) -> Option<Self> {
        path.iter().try_fold(self, |value, position| value.child(*position as usize))
    }

    /// Bytes that it takes.
    #[must_use]
    pub fn memory_bytes(self) -> usize {
        match self.0 {
            Form::Packed(bytes) => bytes.len(),
            Form::Tree(node) => size_of::<Node>() + node.memory_bytes(Samples::ALL),
        }
    }

    fn child(self, position: usize) -> Option<Self> {
        match self.view() {
            JsonView::Array(array) => array.get(position),
            JsonView::Object(object) => object.get(position).map(|(_, value)| value),
            _ => None,
        }
    }

    /// How many containers lie within each other at the deepest place.
    #[must_use]
    pub fn depth(self) -> usize {
        let deepest = |children: &mut dyn Iterator<Item = Self>| children.map(Self::depth).max().unwrap_or(0);
        match self.view() {
            JsonView::Array(array) => 1 + deepest(&mut array.iter()),
            JsonView::Object(object) => 1 + deepest(&mut object.iter().map(|(_, value)| value)),
            _ => 0,
        }
    }
}

/// An array in the keyspace.
#[derive(Debug, Clone, Copy)]
pub struct ArrayRef<'a>(ArrayForm<'a>);

#[derive(Debug, Clone, Copy)]
enum ArrayForm<'a> {
    Packed(&'a [u8]),
    Tree(&'a Sequence<Node>),
}

impl<'a> ArrayRef<'a> {
    pub(super) fn packed(content: &'a [u8]) -> Self {
        Self(ArrayForm::Packed(content))
    }

    /// The number of elements.
    #[must_use]
    pub fn len(self) -> usize {
        match self.0 {
            ArrayForm::Packed(content) => Elements(content).count(),
            ArrayForm::Tree(elements) => elements.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.iter().next().is_none()
    }

    /// The element at an index.
    #[must_use]
    pub fn get(self, index: usize) -> Option<JsonRef<'a>> {
        match self.0 {
            ArrayForm::Packed(content) => Elements(content).nth(index).map(JsonRef::packed),
            ArrayForm::Tree(elements) => elements.get(index).map(JsonRef::tree),
        }
    }

    /// The elements in order.
    pub fn iter(self) -> impl Iterator<Item = JsonRef<'a>> {
        let (packed, tree) = match self.0 {
            ArrayForm::Packed(content) => (content, None),
            ArrayForm::Tree(elements) => (&[][..], Some(elements)),
        };
        let nodes = tree.into_iter().flat_map(Sequence::iter);
        Elements(packed).map(JsonRef::packed).chain(nodes.map(JsonRef::tree))
    }
}

/// An object in the keyspace.
#[derive(Debug, Clone, Copy)]
pub struct ObjectRef<'a>(ObjectForm<'a>);

#[derive(Debug, Clone, Copy)]
enum ObjectForm<'a> {
    Packed(&'a [u8]),
    Tree(&'a Object),
}

impl<'a> ObjectRef<'a> {
    pub(super) fn packed(content: &'a [u8]) -> Self {
        Self(ObjectForm::Packed(content))
    }

    /// The number of members.
    #[must_use]
    pub fn len(self) -> usize {
        match self.0 {
            ObjectForm::Packed(content) => Members(content).count(),
            ObjectForm::Tree(object) => object.members().len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.iter().next().is_none()
    }

    /// The member of that name: its position and its value.
    #[must_use]
    pub fn find(self, name: &[u8]) -> Option<(usize, JsonRef<'a>)> {
        match self.0 {
            ObjectForm::Packed(content) => {
                let mut members = Members(content).enumerate();
                let (position, (_, value)) = members.find(|(_, (found, _))| *found == name)?;
                Some((position, JsonRef::packed(value)))
            }
            ObjectForm::Tree(object) => {
                let position = object.find(name)?;
                Some((position, JsonRef::tree(object.members().get(position)?.value())))
            }
        }
    }

    /// The member at a position: its name and its value.
    #[must_use]
    pub fn get(self, position: usize) -> Option<(&'a [u8], JsonRef<'a>)> {
        match self.0 {
            ObjectForm::Packed(content) => {
                Members(content).nth(position).map(|(name, value)| (name, JsonRef::packed(value)))
            }
            ObjectForm::Tree(object) => object.members().get(position).map(member),
        }
    }

    /// Names and values in order.
    pub fn iter(self) -> impl Iterator<Item = (&'a [u8], JsonRef<'a>)> {
        let (packed, tree) = match self.0 {
            ObjectForm::Packed(content) => (content, None),
            ObjectForm::Tree(object) => (&[][..], Some(object)),
        };
        let members = tree.into_iter().flat_map(|object| object.members().iter());
        Members(packed).map(|(name, value)| (name, JsonRef::packed(value))).chain(members.map(member))
    }
}

fn member(member: &Member) -> (&[u8], JsonRef<'_>) {
    (member.name(), JsonRef::tree(member.value()))
}

/// Two values are equal if they are the same but for the order of members and the way numbers are written.
impl PartialEq for JsonRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self.view(), other.view()) {
            (JsonView::Null, JsonView::Null) => true,
            (JsonView::Boolean(a), JsonView::Boolean(b)) => a == b,
            (JsonView::String(a), JsonView::String(b)) => a == b,
            (JsonView::Array(a), JsonView::Array(b)) => a.iter().eq(b.iter()),
            (JsonView::Object(a), JsonView::Object(b)) => {
                a.len() == b.len()
                    && a.iter().all(|(name, value)| b.find(name).is_some_and(|(_, other)| value == other))
            }
            (JsonView::Integer(a), JsonView::Integer(b)) => a == b,
            (JsonView::Number(a), JsonView::Number(b)) => a == b || number::to_f64(a) == number::to_f64(b),
            _ => false,
        }
    }
}
