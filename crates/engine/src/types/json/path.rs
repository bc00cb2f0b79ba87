//! Paths into documents: JSONPath, and the older dialect of paths without `$`.

mod evaluate;
mod filter;
mod parse;

use filter::Filter;

pub(crate) use evaluate::TooCostly;
pub(crate) use parse::PathError;

/// A path.
#[derive(Debug, Clone)]
pub(crate) struct Path {
    /// Whether it is of the older dialect, in which one value is wanted instead of all.
    pub(crate) is_legacy: bool,
    /// Its text in JSONPath.
    pub(crate) text: String,
    steps: Vec<Step>,
}

/// A step of a path, from values to their children or everything below them.
#[derive(Debug, Clone)]
struct Step {
    /// Whether everything below counts, whatever its depth.
    is_deep: bool,
    selector: Selector,
}

/// Which children a step goes to.
#[derive(Debug, Clone)]
enum Selector {
    /// All of them.
    All,
    /// The members of these names.
    Names(Vec<String>),
    /// The elements with these indexes, from the end if negative.
    Indexes(Vec<i64>),
    /// Elements from `start` on, up to but without `end`, one in `step`.
    Slice { start: Option<i64>, end: Option<i64>, step: usize },
    /// Those that pass.
    Filter(Filter),
}

/// The last step of a path that can lead to one place only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LastStep<'a> {
    /// The member of that name.
    Name(&'a [u8]),
    /// The element with an index.
    Index,
}

impl Path {
    /// Whether it is the whole document.
    pub(crate) fn is_root(&self) -> bool {
        self.steps.is_empty()
    }

    /// The path to what holds the last step's value, and that step. None if the path is the root, or can lead to several
    /// places.
    pub(crate) fn parent(&self) -> Option<(Self, LastStep<'_>)> {
        let (last, before) = self.steps.split_last()?;
        if self.steps.iter().any(|step| step.is_deep || !step.selector.is_single()) {
            return None;
        }
        let last = match &last.selector {
            Selector::Names(names) => LastStep::Name(names.first()?.as_bytes()),
            _ => LastStep::Index,
        };
        let parent = Self { is_legacy: false, text: String::new(), steps: before.to_vec() };
        Some((parent, last))
    }
}

impl Selector {
    fn is_single(&self) -> bool {
        match self {
            Self::Names(names) => names.len() == 1,
            Self::Indexes(indexes) => indexes.len() == 1,
            Self::All | Self::Slice { .. } | Self::Filter(_) => false,
        }
    }
}
