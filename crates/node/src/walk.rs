//! Walks: reads of the whole keyspace in steps, so that others run in between.

use selvedge_engine::cx::{Lookup, ReadCx};
use selvedge_engine::table::Walk;
use selvedge_engine::{Args, Command, Now};
use selvedge_wire::ReplySink;

use crate::database::Database;
use crate::execute::{Executed, HashedKeys, write_error};
use crate::limits::{WALK_STEP_ENTRIES, WALK_STEP_REPLY_ITEMS};

/// A command under way that meets every entry.
#[derive(Debug)]
pub struct Walking<'a> {
    walk: Box<dyn Walk + Send + 'a>,
    /// One instant for the whole command: it decides what has expired.
    now: Now,
    cursor: u64,
    /// It left out something that has expired.
    met_expired: bool,
}

impl Database {
    /// Begins an admitted command in steps, if it is one that can be run so. The caller takes all steps, then
    /// writes the reply in steps, and lets others run between any two.
    #[must_use]
    pub fn begin_walk<'a>(&self, command: &Command, args: Args<'a>) -> Option<Walking<'a>> {
        command.walk.map(|begin| Walking {
            walk: begin(args),
            now: self.clock.now(),
            cursor: 0,
            met_expired: false,
        })
    }

    /// Meets the next entries, with one shard locked at a time. False after the last.
    ///
    /// # Errors
    /// [`Executed::Undone`]: a script holds everything for long.
    pub fn step_walk(&self, walking: &mut Walking<'_>) -> Result<bool, Executed> {
        self.wait_for_scripts()?;
        let Walking { walk, now, cursor, met_expired } = walking;
        let cx = ReadCx::roaming(&self.keyspace, *now);
        *cursor = cx.scan(*cursor, WALK_STEP_ENTRIES, &mut |entry| walk.visit(entry));
        *met_expired |= cx.seen().expired;
        Ok(*cursor != 0)
    }

    /// Begins the reply, after the last step. Also says whether more follows, which [`Walking::reply_items`] writes.
    pub fn begin_walk_reply(&self, walking: &mut Walking<'_>, out: &mut dyn ReplySink) -> (Executed, bool) {
        if walking.met_expired && self.removes_met() {
            self.remove_met(&HashedKeys::new());
        }
        let (sequence, wait_for) = (self.log.last_sequence(), self.sequence_of_all());
        let begun = walking.walk.begin_reply(out);
        let more = matches!(begun, Ok(true));
        let is_error = write_error(begun.map(drop), out);
        (Executed::Done { wait_for, sequence, is_error }, more)
    }
}

impl Walking<'_> {
    /// Writes more of the reply. Whether anything is left.
    pub fn reply_items(&mut self, out: &mut dyn ReplySink) -> bool {
        self.walk.reply_items(WALK_STEP_REPLY_ITEMS, out)
    }
}
