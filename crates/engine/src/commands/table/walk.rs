//! Reads of the whole keyspace in steps.

use std::fmt::Debug;

use selvedge_wire::ReplySink;

use crate::commands::table::Args;
use crate::entry::EntryRef;
use crate::error::CommandError;

/// Begins a walk for a command line that has passed [`lookup`](super::lookup).
pub type WalkHandler = for<'a> fn(Args<'a>) -> Box<dyn Walk + Send + 'a>;

/// A read of every entry. Between its steps no shard is locked, so that others write meanwhile: what is there from the
/// first step to the last is met once, what comes or goes meanwhile may be met or not. The reply is written in steps, too.
pub trait Walk: Debug {
    /// Meets a live entry.
    fn visit(&mut self, entry: EntryRef<'_>);

    /// Begins the reply, when every entry was met. Whether items follow, which [`Walk::reply_items`] writes.
    ///
    /// # Errors
    /// What the command is refused with: then nothing was written, and nothing follows.
    fn begin_reply(&mut self, out: &mut dyn ReplySink) -> Result<bool, CommandError>;

    /// Writes up to `items_max` more items of the reply. Whether any are left.
    fn reply_items(&mut self, items_max: usize, out: &mut dyn ReplySink) -> bool;

    /// The whole reply at once.
    ///
    /// # Errors
    /// What the command is refused with.
    fn reply(&mut self, out: &mut dyn ReplySink) -> Result<(), CommandError> {
        let mut more = self.begin_reply(out)?;
        while more {
            more = self.reply_items(usize::MAX, out);
        }
        Ok(())
    }
}
