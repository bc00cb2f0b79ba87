//! Filters: conditions on a child.

use std::cmp::Ordering;
use std::ops::ControlFlow;

use regex::bytes::{Regex, RegexBuilder};

use super::Step;
use super::evaluate::{Stop, Walk};
use crate::limits::{JSON_REGEX_BYTES_MAX, JSON_REGEX_COMPILE_STEPS, JSON_REGEX_STEPS_PER_BYTE};
use crate::types::json::number::Amount;
use crate::types::json::text::JsonText;
use crate::types::json::view::{JsonRef, JsonView};

/// A condition.
#[derive(Debug, Clone)]
pub(super) enum Filter {
    /// One of them holds.
    Any(Vec<Filter>),
    /// All of them hold.
    All(Vec<Filter>),
    /// The operand is a literal, or a path that leads to one value.
    Is(Operand),
    /// Both operands are values, and compare so.
    Compares(Operand, Comparison, Operand),
    /// The operand is a string in which the pattern, if it is one, is found.
    Matches(Operand, Option<Regex>),
    /// The same with a pattern that a path leads to.
    MatchesFound(Operand, Operand),
}

/// What is compared.
#[derive(Debug, Clone)]
pub(super) enum Operand {
    /// A value that stands in the path.
    Literal(JsonText),
    /// The value that steps lead to, from the document or from the child.
    Path {
        /// From the document.
        is_root: bool,
        /// How.
        steps: Vec<Step>,
    },
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

/// A pattern as a filter compiles it: one that is none, or too large, matches nothing.
pub(super) fn pattern(text: &[u8]) -> Option<Regex> {
    let text = std::str::from_utf8(text).ok()?;
    let mut builder = RegexBuilder::new(text);
    builder.size_limit(JSON_REGEX_BYTES_MAX).dfa_size_limit(JSON_REGEX_BYTES_MAX).build().ok()
}

impl<'a> Walk<'a> {
    /// Whether a child passes.
    pub(super) fn passes(&mut self, filter: &Filter, child: JsonRef<'a>) -> Result<bool, Stop> {
        Ok(match filter {
            Filter::Any(filters) => {
                for filter in filters {
                    if self.passes(filter, child)? {
                        return Ok(true);
                    }
                }
                false
            }
            Filter::All(filters) => {
                for filter in filters {
                    if !self.passes(filter, child)? {
                        return Ok(false);
                    }
                }
                true
            }
            Filter::Is(Operand::Literal(_)) => true,
            Filter::Is(operand) => self.value(operand, child)?.is_some(),
            Filter::Compares(left, comparison, right) => {
                let (left, right) = (self.value(left, child)?, self.value(right, child)?);
                self.compare(left, *comparison, right)?
            }
            Filter::Matches(operand, pattern) => match (string(self.value(operand, child)?), pattern) {
                (Some(text), Some(pattern)) => self.is_match(pattern, text)?,
                _ => false,
            },
            Filter::MatchesFound(operand, found) => {
                let (text, found) = (self.value(operand, child)?, self.value(found, child)?);
                let (Some(text), Some(found)) = (string(text), string(found)) else { return Ok(false) };
                self.spend(JSON_REGEX_COMPILE_STEPS)?;
                match pattern(found) {
                    Some(pattern) => self.is_match(&pattern, text)?,
                    None => false,
                }
            }
        })
    }

    fn is_match(&mut self, pattern: &Regex, text: &[u8]) -> Result<bool, Stop> {
        self.spend(text.len().saturating_mul(JSON_REGEX_STEPS_PER_BYTE))?;
        Ok(pattern.is_match(text))
    }

    /// The one value that an operand stands for.
    fn value<'o>(&mut self, operand: &'o Operand, child: JsonRef<'a>) -> Result<Option<JsonRef<'o>>, Stop>
    where
        'a: 'o,
    {
        let (is_root, steps) = match operand {
            Operand::Literal(literal) => return Ok(Some(literal.packed().get())),
            Operand::Path { is_root, steps } => (*is_root, steps),
        };
        let mut found = None;
        let mut count = 0;
        let outcome = self.follow(if is_root { self.root } else { child }, steps, &mut |one| {
            found = Some(one.value);
            count += 1;
            if count > 1 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        match outcome {
            Err(Stop::TooCostly) => Err(Stop::TooCostly),
            Ok(()) | Err(Stop::Enough) => Ok(found.filter(|_| count == 1)),
        }
    }

    /// Whether two values compare so. What is not there is unequal to everything, and so is another type.
    fn compare(
        &mut self,
        left: Option<JsonRef<'_>>,
        comparison: Comparison,
        right: Option<JsonRef<'_>>,
    ) -> Result<bool, Stop> {
        let ordering = match (left, right) {
            (Some(left), Some(right)) => self.ordering(left, comparison, right)?,
            _ => None,
        };
        Ok(ordering.map_or(comparison == Comparison::NotEqual, |ordering| comparison.holds(ordering)))
    }

    fn ordering(
        &mut self,
        left: JsonRef<'_>,
        comparison: Comparison,
        right: JsonRef<'_>,
    ) -> Result<Option<Ordering>, Stop> {
        let (a, b) = (left.view(), right.view());
        if let (Some(a), Some(b)) = (Amount::of(a), Amount::of(b)) {
            return Ok(match (a, b) {
                (Amount::Integer(a), Amount::Integer(b)) => Some(a.cmp(&b)),
                _ => a.to_f64().partial_cmp(&b.to_f64()),
            });
        }
        Ok(match (a, b) {
            (JsonView::Null, JsonView::Null) => Some(Ordering::Equal),
            (JsonView::Boolean(a), JsonView::Boolean(b)) => Some(a.cmp(&b)),
            (JsonView::String(a), JsonView::String(b)) => {
                self.spend(a.len().min(b.len()) / 64)?;
                Some(a.cmp(b))
            }
            (JsonView::Array(_), JsonView::Array(_)) | (JsonView::Object(_), JsonView::Object(_)) => {
                let has_order = !matches!(comparison, Comparison::Equal | Comparison::NotEqual);
                if has_order {
                    return Ok(None);
                }
                self.spend(count(left) + count(right))?;
                (left == right).then_some(Ordering::Equal)
            }
            _ => None,
        })
    }
}

fn string(value: Option<JsonRef<'_>>) -> Option<&[u8]> {
    match value?.view() {
        JsonView::String(text) => Some(text),
        _ => None,
    }
}

/// How many values a value consists of.
fn count(value: JsonRef<'_>) -> usize {
    match value.view() {
        JsonView::Array(array) => 1 + array.iter().map(count).sum::<usize>(),
        JsonView::Object(object) => 1 + object.iter().map(|(_, value)| count(value)).sum::<usize>(),
        _ => 1,
    }
}
