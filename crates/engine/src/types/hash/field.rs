//! One field of a hash.

use crate::time::Milliseconds;

/// A field with its value and expiry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// Its name.
    pub name: &'a [u8],
    /// Its value.
    pub value: &'a [u8],
    /// The last millisecond at which it is alive, if it expires at all.
    pub expire_at_ms: Option<Milliseconds>,
}

impl<'a> Field<'a> {
    /// A field that does not expire.
    pub(crate) fn lasting(name: &'a [u8], value: &'a [u8]) -> Self {
        Self { name, value, expire_at_ms: None }
    }

    /// Alive while `now <= expire_at_ms`.
    pub(crate) fn is_expired(&self, now_ms: Milliseconds) -> bool {
        self.expire_at_ms.is_some_and(|at| now_ms > at)
    }
}
