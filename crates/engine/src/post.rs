//! Messages: what PUBLISH posts while a command runs, and what becomes of keys. Who gets them is the node's to know.

use crate::events::{Event, Events};

/// Which subscriptions a message is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ChannelKind {
    /// Channels, and patterns of them.
    Global,
    /// Channels of SPUBLISH and SSUBSCRIBE, which no pattern covers.
    Sharded,
}

/// Takes messages that are delivered once the command, transaction or script is done.
pub trait Post: std::fmt::Debug {
    /// Takes one. Returns how many subscriptions it reaches.
    fn post(&self, kind: ChannelKind, channel: &[u8], message: &[u8]) -> usize;

    /// Which keyspace events anybody wants: the same for as long as the command runs.
    fn events(&self) -> Events;

    /// Takes word of what happened to a key.
    fn notify(&self, event: Event, key: &[u8]);
}
