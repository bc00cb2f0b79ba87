//! BY and GET: names of other keys, made from an element.

use std::borrow::Cow;

use selvedge_wire::ReplySink;

use crate::cx::Lookup;
use crate::types::StringRef;

/// Which value belongs to an element.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pattern<'a> {
    /// `#`: the element itself.
    Element,
    /// `before*after` or `before*after->field`: the string at a key, or a field of the hash there.
    Key { before: &'a [u8], after: &'a [u8], field: Option<&'a [u8]> },
    /// A name without a star: nothing.
    Nothing,
}

/// A value that a pattern led to.
#[derive(Debug)]
pub(super) enum Text<'a> {
    Bytes(&'a [u8]),
    String(StringRef<'a>),
}

impl<'a> Pattern<'a> {
    pub(super) fn new(word: &'a [u8]) -> Self {
        if word == b"#" {
            return Self::Element;
        }
        let Some((before, after)) = split_at(word, b"*") else { return Self::Nothing };
        match split_at(after, b"->").filter(|(_, field)| !field.is_empty()) {
            Some((after, field)) => Self::Key { before, after, field: Some(field) },
            None => Self::Key { before, after, field: None },
        }
    }

    /// Whether there is a place for the element in the name of a key.
    pub(super) fn has_place(self) -> bool {
        matches!(self, Self::Key { .. })
    }

    /// The value for an element; None where the key or the field is not there, or is of another type.
    pub(super) fn value<'c>(self, cx: &'c impl Lookup, element: &'c [u8]) -> Option<Text<'c>> {
        match self {
            Self::Element => Some(Text::Bytes(element)),
            Self::Key { before, after, field } => {
                let key = [before, element, after].concat();
                match field {
                    Some(field) => cx.hash(&key).ok()??.get(field).map(Text::Bytes),
                    None => cx.string(&key).ok()?.map(Text::String),
                }
            }
            Self::Nothing => None,
        }
    }
}

impl<'a> Text<'a> {
    pub(super) fn to_bytes(&self) -> Cow<'a, [u8]> {
        match self {
            Self::Bytes(bytes) => Cow::Borrowed(bytes),
            Self::String(string) => string.to_cow(),
        }
    }

    pub(super) fn into_vec(self) -> Vec<u8> {
        self.to_bytes().into_owned()
    }

    /// Replies with it.
    pub(super) fn write(&self, out: &mut dyn ReplySink) {
        match self {
            Self::Bytes(bytes) => out.bulk(bytes),
            Self::String(string) => out.bulk_chunks(string.len(), &mut string.chunks()),
        }
    }
}

/// What stands in front of the first `separator` and behind it.
fn split_at<'a>(text: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = memchr::memmem::find(text, separator)?;
    Some((text.get(..at)?, text.get(at + separator.len()..)?))
}
