//! Writing a value to a path: what JSON.SET, MSET and MERGE share.

use crate::commands::json::places::{Places, check_fit, outermost};
use crate::cx::{Lookup, WriteCx};
use crate::error::{CommandError, DocumentError};
use crate::mutation::JsonChange;
use crate::types::json::path::{LastStep, Path};
use crate::types::json::{JsonView, Node};
use crate::types::{JsonRef, PackedJson};

/// On what a value may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition {
    /// NX: only where nothing is.
    Absent,
    /// XX: only where something is.
    Present,
}

/// What writing a value to a path comes to.
#[derive(Debug)]
pub(super) enum Plan {
    /// Nothing is written.
    Nothing,
    /// The value becomes the document.
    Root,
    /// The value takes the place of what is at these places.
    At(Places),
    /// The value becomes a new member of the object at the place.
    Member(Box<[u32]>, String),
}

/// Plans to write `value` to a path of `root`.
///
/// # Errors
/// The path is refused, leads to nothing that could be made, or the value does not fit there.
pub(super) fn plan(
    root: Option<JsonRef<'_>>,
    path: &Path,
    value: PackedJson<'_>,
    condition: Option<Condition>,
) -> Result<Plan, CommandError> {
    let Some(root) = root else {
        return match (path.is_root(), condition) {
            (_, Some(Condition::Present)) => Ok(Plan::Nothing),
            (true, _) => Ok(Plan::Root),
            (false, _) => Err(DocumentError::NewDocument.into()),
        };
    };
    let places = outermost(path.places(root)?);
    match (places.is_empty(), condition) {
        (false, Some(Condition::Absent)) | (true, Some(Condition::Present)) => return Ok(Plan::Nothing),
        _ if path.is_root() => return Ok(Plan::Root),
        (false, _) => {
            check_fit(&places, 0, value.get().depth(), value.as_bytes().len())?;
            return Ok(Plan::At(places));
        }
        (true, _) => {}
    }
    let (parent, last) = path.parent().ok_or(DocumentError::NotStatic)?;
    let LastStep::Name(name) = last else { return Err(DocumentError::IndexOutOfRange.into()) };
    let Some(place) = parent.places(root)?.pop() else { return Ok(Plan::Nothing) };
    if !root.at(&place).is_some_and(|parent| matches!(parent.view(), JsonView::Object(_))) {
        return Ok(Plan::Nothing);
    }
    let places = vec![place];
    check_fit(&places, 1, value.get().depth(), 0)?;
    let name = String::from_utf8_lossy(name).into_owned();
    Ok(places.into_iter().next().map_or(Plan::Nothing, |place| Plan::Member(place, name)))
}

impl Plan {
    /// Carries it out. Whether anything was written.
    pub(super) fn carry_out(&self, cx: &mut WriteCx<'_>, key: &[u8], value: PackedJson<'_>) -> bool {
        match self {
            Self::Nothing => return false,
            Self::Root => {
                let expire_at_ms = cx.entry(key).and_then(|entry| entry.expire_at_ms());
                cx.json_set(key, value, expire_at_ms);
            }
            Self::At(places) => {
                for place in places {
                    cx.json_change(key, place, JsonChange::Replace(value));
                }
            }
            Self::Member(place, name) => {
                cx.json_change(key, place, JsonChange::Put { name, value });
            }
        }
        true
    }

    /// Carries it out on a copy.
    pub(super) fn carry_out_on(&self, copy: &mut Option<Node>, value: PackedJson<'_>) {
        match (self, copy) {
            (Self::Root, copy) => *copy = Some(Node::new(value)),
            (Self::At(places), Some(node)) => {
                for place in places {
                    node.work_at(place, &mut |node| Some(node.replace(value)));
                }
            }
            (Self::Member(place, name), Some(node)) => {
                node.work_at(place, &mut |node| node.put(name.as_bytes(), value));
            }
            (Self::Nothing | Self::At(_) | Self::Member(..), _) => {}
        }
    }
}
