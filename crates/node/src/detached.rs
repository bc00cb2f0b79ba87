//! Reads that look at much: on entries of their own, so that nobody waits for them.

use selvedge_engine::cx::{Lookup, ReadCx};
use selvedge_engine::keyspace::ReadGuards;
use selvedge_engine::table::ReadHandler;
use selvedge_engine::{Args, Command};
use selvedge_wire::ReplySink;
use smallvec::SmallVec;

use crate::database::Database;
use crate::execute::{By, Executed, HashedKeys, scope, write_error};
use crate::limits::READ_INLINE_ELEMENTS_MAX;
use crate::outbox::Outbox;

impl Database {
    /// Whether a read that is about to run under `guards` looks at more than others should wait for, and could do so on entries
    /// of its own.
    pub(crate) fn looks_at_much(
        &self,
        command: &Command,
        guards: &ReadGuards<'_>,
        keys: &HashedKeys<'_>,
        args: Args<'_>,
    ) -> bool {
        let Some(work) = command.work else { return false };
        let keys: SmallVec<[&[u8]; 4]> = keys.iter().map(|(key, _)| *key).collect();
        // A context of its own: what it misses is no event.
        let cx = ReadCx::new(&self.keyspace, guards, self.clock.now());
        work(&cx, &keys, args) > READ_INLINE_ELEMENTS_MAX && !command.needs_all_shards(args)
    }

    /// Runs a read on its keys' entries as they are now. Their shards are locked only while the entries are shared.
    pub(crate) fn read_detached(
        &self,
        by: By<'_>,
        handler: ReadHandler,
        command: &Command,
        args: Args<'_>,
        out: &mut dyn ReplySink,
    ) -> Executed {
        let keys = self.keys(command, args);
        let detached = self.keyspace.detach(&keys, || by.remember_read(command, args));
        // Whatever the entries hold, and whatever made keys absent, is not younger than this.
        let (sequence, mut wait_for) = (self.log.last_sequence(), self.sequence_of_all());
        let guards = detached.read(&scope(false, &keys));
        let outbox = Outbox::new(&self.hub);
        let (result, seen) = {
            let cx = ReadCx::new(&detached, &guards, self.clock.now()).with_post(&outbox);
            (handler(&cx, args, out), cx.seen())
        };
        if seen.expired && self.removes_met() {
            self.remove_met(&keys);
            wait_for = self.sequence_of_all();
        }
        outbox.deliver();
        let is_error = write_error(result, out);
        Executed::Done { wait_for, sequence, is_error }
    }
}
