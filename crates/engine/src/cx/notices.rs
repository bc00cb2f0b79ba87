//! What a context tells of while its command runs.

use crate::events::{Event, Events};
use crate::post::Post;

/// Where messages and events go, and which events anybody wants. By default nowhere and none.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Notices<'a> {
    events: Events,
    pub(super) post: Option<&'a dyn Post>,
    /// A value is being put in the place of another in several steps: none of them brings a key that is new.
    pub(super) replaces: bool,
}

impl<'a> Notices<'a> {
    pub(super) fn new(post: &'a dyn Post) -> Self {
        Self { events: post.events(), post: Some(post), replaces: false }
    }

    /// Whether somebody wants to hear of it.
    #[inline]
    pub(super) fn wants(self, event: Event) -> bool {
        self.events.wants(event.class())
    }

    #[inline]
    pub(super) fn notify(self, event: Event, key: &[u8]) {
        if let Some(post) = self.post
            && self.wants(event)
        {
            post.notify(event, key);
        }
    }
}
