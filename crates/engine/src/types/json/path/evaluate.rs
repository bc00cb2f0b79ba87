//! Following a path.

use std::ops::ControlFlow;

use super::filter::Filter;
use super::{Path, Selector, Step};
use crate::limits::JSON_PATH_STEPS_MAX;
use crate::types::json::view::{ArrayRef, JsonRef, JsonView, ObjectRef};

/// The path takes more steps than a command may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooCostly;

/// A value that a path leads to, and the positions that lead there.
#[derive(Debug)]
pub(crate) struct Found<'a, 'p> {
    pub(crate) value: JsonRef<'a>,
    pub(crate) at: &'p [u32],
}

/// What is done with each value; it may say that it has seen enough.
type Visit<'a, 'v> = &'v mut dyn FnMut(Found<'a, '_>) -> ControlFlow<()>;

/// Why a walk ended early.
pub(super) enum Stop {
    Enough,
    TooCostly,
}

impl Path {
    /// Hands out the values that it leads to. What lies below a value comes before it, so that changing one after the other
    /// moves none that is still to come.
    ///
    /// # Errors
    /// [`TooCostly`], perhaps after some were handed out.
    pub(crate) fn visit<'a>(&self, root: JsonRef<'a>, visit: Visit<'a, '_>) -> Result<(), TooCostly> {
        self.visit_within(JSON_PATH_STEPS_MAX, root, visit)
    }

    /// The same in so many steps at the most.
    pub(crate) fn visit_within<'a>(
        &self,
        steps_max: usize,
        root: JsonRef<'a>,
        visit: Visit<'a, '_>,
    ) -> Result<(), TooCostly> {
        let mut walk = Walk { root, steps_left: steps_max, at: Vec::new() };
        match walk.follow(root, &self.steps, visit) {
            Err(Stop::TooCostly) => Err(TooCostly),
            Ok(()) | Err(Stop::Enough) => Ok(()),
        }
    }

    /// The first of them.
    ///
    /// # Errors
    /// [`TooCostly`].
    pub(crate) fn first<'a>(&self, root: JsonRef<'a>) -> Result<Option<JsonRef<'a>>, TooCostly> {
        let mut first = None;
        self.visit(root, &mut |found| {
            first = Some(found.value);
            ControlFlow::Break(())
        })?;
        Ok(first)
    }

    /// All of them.
    ///
    /// # Errors
    /// [`TooCostly`].
    pub(crate) fn all<'a>(&self, root: JsonRef<'a>) -> Result<Vec<JsonRef<'a>>, TooCostly> {
        let mut all = Vec::new();
        self.visit(root, &mut |found| {
            all.push(found.value);
            ControlFlow::Continue(())
        })?;
        Ok(all)
    }

    /// Where they all are.
    ///
    /// # Errors
    /// [`TooCostly`].
    pub(crate) fn places(&self, root: JsonRef<'_>) -> Result<Vec<Box<[u32]>>, TooCostly> {
        let mut places = Vec::new();
        self.visit(root, &mut |found| {
            places.push(found.at.into());
            ControlFlow::Continue(())
        })?;
        Ok(places)
    }
}

/// One walk through a document.
pub(super) struct Walk<'a> {
    pub(super) root: JsonRef<'a>,
    steps_left: usize,
    at: Vec<u32>,
}

impl<'a> Walk<'a> {
    /// Pays for work.
    pub(super) fn spend(&mut self, steps: usize) -> Result<(), Stop> {
        self.steps_left = self.steps_left.checked_sub(steps).ok_or(Stop::TooCostly)?;
        Ok(())
    }

    pub(super) fn follow(
        &mut self,
        value: JsonRef<'a>,
        steps: &[Step],
        visit: Visit<'a, '_>,
    ) -> Result<(), Stop> {
        let Some((step, rest)) = steps.split_first() else {
            return match visit(Found { value, at: &self.at }) {
                ControlFlow::Continue(()) => Ok(()),
                ControlFlow::Break(()) => Err(Stop::Enough),
            };
        };
        match value.view() {
            JsonView::Array(array) => {
                if step.is_deep {
                    for (position, element) in array.iter().enumerate() {
                        self.descend(position, element, steps, visit)?;
                    }
                }
                self.elements(array, &step.selector, rest, visit)
            }
            JsonView::Object(object) => {
                if step.is_deep {
                    for (position, (_, value)) in object.iter().enumerate() {
                        self.descend(position, value, steps, visit)?;
                    }
                }
                self.members(object, &step.selector, rest, visit)
            }
            _ => Ok(()),
        }
    }

    /// Goes to the child at a position, and on from there.
    fn descend(
        &mut self,
        position: usize,
        child: JsonRef<'a>,
        steps: &[Step],
        visit: Visit<'a, '_>,
    ) -> Result<(), Stop> {
        self.spend(1)?;
        self.at.push(u32::try_from(position).map_err(|_| Stop::TooCostly)?);
        let outcome = self.follow(child, steps, visit);
        self.at.pop();
        outcome
    }

    fn elements(
        &mut self,
        array: ArrayRef<'a>,
        selector: &Selector,
        rest: &[Step],
        visit: Visit<'a, '_>,
    ) -> Result<(), Stop> {
        match selector {
            Selector::Names(_) => Ok(()),
            Selector::All => {
                for (position, element) in array.iter().enumerate() {
                    self.descend(position, element, rest, visit)?;
                }
                Ok(())
            }
            Selector::Indexes(indexes) => {
                let len = array.len();
                for index in indexes {
                    self.spend(1)?;
                    let position = position(*index, len);
                    if let Some(element) = array.get(position) {
                        self.descend(position, element, rest, visit)?;
                    }
                }
                Ok(())
            }
            Selector::Slice { start, end, step } => {
                let len = array.len();
                let start = start.map_or(0, |start| position(start, len)).min(len);
                let end = end.map_or(len, |end| position(end, len)).min(len);
                // The elements in front of a slice are passed by one after the other.
                self.spend(start)?;
                let slice = array.iter().enumerate().take(end).skip(start).step_by(*step);
                for (position, element) in slice {
                    self.descend(position, element, rest, visit)?;
                }
                Ok(())
            }
            Selector::Filter(filter) => {
                for (position, element) in array.iter().enumerate() {
                    self.filtered(filter, position, element, rest, visit)?;
                }
                Ok(())
            }
        }
    }

    fn members(
        &mut self,
        object: ObjectRef<'a>,
        selector: &Selector,
        rest: &[Step],
        visit: Visit<'a, '_>,
    ) -> Result<(), Stop> {
        match selector {
            Selector::Indexes(_) | Selector::Slice { .. } => Ok(()),
            Selector::All => {
                for (position, (_, value)) in object.iter().enumerate() {
                    self.descend(position, value, rest, visit)?;
                }
                Ok(())
            }
            Selector::Names(names) => {
                for name in names {
                    self.spend(1)?;
                    if let Some((position, value)) = object.find(name.as_bytes()) {
                        self.descend(position, value, rest, visit)?;
                    }
                }
                Ok(())
            }
            Selector::Filter(filter) => {
                for (position, (_, value)) in object.iter().enumerate() {
                    self.filtered(filter, position, value, rest, visit)?;
                }
                Ok(())
            }
        }
    }

    fn filtered(
        &mut self,
        filter: &Filter,
        position: usize,
        child: JsonRef<'a>,
        rest: &[Step],
        visit: Visit<'a, '_>,
    ) -> Result<(), Stop> {
        self.spend(1)?;
        if self.passes(filter, child)? { self.descend(position, child, rest, visit) } else { Ok(()) }
    }
}

/// The position that an index means; one that lies before the first element means the first, as in RedisJSON.
fn position(index: i64, len: usize) -> usize {
    let magnitude = usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX);
    if index < 0 { len.saturating_sub(magnitude) } else { magnitude }
}
