//! Merging values, by the rules of RFC 7396.

use crate::commands::json::places::push_position;
use crate::cx::WriteCx;
use crate::mutation::{JsonChange, Ranges};
use crate::types::JsonRef;
use crate::types::json::{JsonText, JsonView};

/// A change of a merge that is still to be made.
#[derive(Debug)]
pub(super) enum Edit {
    /// The place becomes this value.
    Replace(JsonText),
    /// A member comes.
    Put(String, JsonText),
    /// Members go: ranges as a mutation carries them.
    Remove(Vec<u8>),
}

/// The places of changes, in the order in which they are made.
pub(super) type Edits = Vec<(Box<[u32]>, Edit)>;

/// Finds what has to change at `place` so that `patch` is merged into `target`.
pub(super) fn merge(target: JsonRef<'_>, patch: JsonRef<'_>, place: &mut Vec<u32>, edits: &mut Edits) {
    let (JsonView::Object(old), JsonView::Object(new)) = (target.view(), patch.view()) else {
        edits.push((place.as_slice().into(), Edit::Replace(JsonText::without_nulls(patch))));
        return;
    };
    let mut gone = Vec::new();
    let mut come = Vec::new();
    for (name, value) in new.iter() {
        let is_null = matches!(value.view(), JsonView::Null);
        match old.find(name) {
            Some((position, _)) if is_null => gone.push(position),
            Some((position, target)) => {
                place.push(u32::try_from(position).unwrap_or(u32::MAX));
                merge(target, value, place, edits);
                place.pop();
            }
            None if is_null => {}
            None => come.push((name, value)),
        }
    }
    for (name, value) in come {
        let name = String::from_utf8_lossy(name).into_owned();
        edits.push((place.as_slice().into(), Edit::Put(name, JsonText::without_nulls(value))));
    }
    if !gone.is_empty() {
        gone.sort_unstable();
        let mut ranges = Vec::new();
        gone.into_iter().for_each(|position| push_position(&mut ranges, position));
        edits.push((place.as_slice().into(), Edit::Remove(Ranges::pack(&ranges))));
    }
}

impl Edit {
    /// Makes the change.
    pub(super) fn carry_out(&self, cx: &mut WriteCx<'_>, key: &[u8], place: &[u32]) {
        let change = match self {
            Self::Replace(value) => JsonChange::Replace(value.packed()),
            Self::Put(name, value) => JsonChange::Put { name, value: value.packed() },
            Self::Remove(ranges) => match Ranges::new(ranges) {
                Some(ranges) => JsonChange::Remove(ranges),
                None => return,
            },
        };
        cx.json_change(key, place, change);
    }
}
