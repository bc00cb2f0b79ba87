//! Running a script that takes long beside the database: on copies of its keys, while nobody waits for it.
//!
//! A script with the flag `allow-key-locking` sees nothing but its keys, so copies of them are all it needs. When it is done and its
//! keys are as they were, what it changed becomes a batch, as if it had run just then; otherwise it runs again.

use selvedge_engine::Args;
use selvedge_engine::batch::Batch;
use selvedge_engine::cx::{Lookup, ReadCx, WriteCx};
use selvedge_engine::keyspace::{Excerpt, Scope, WriteGuards};
use selvedge_engine::time::HybridTime;
use selvedge_log::Sequence;
use selvedge_wire::{ReplySink, ValueSink};

use crate::database::Database;
use crate::execute::{By, Executed, HashedKeys, scope};
use crate::limits::BESIDE_ATTEMPTS_MAX;
use crate::outbox::Outbox;
use crate::script::program::Program;
use crate::script::run::Within;

/// How an attempt ended.
enum Attempt {
    Ended(Executed),
    /// A key has changed meanwhile.
    Outdated,
}

impl Database {
    /// Runs a program beside the database. None: its keys changed too often meanwhile.
    pub(super) fn run_beside(
        &self,
        program: &Program<'_>,
        args: Args<'_>,
        by: By<'_>,
        out: &mut dyn ReplySink,
    ) -> Option<Executed> {
        let keys = self.locked_keys(program)?;
        for _ in 0..BESIDE_ATTEMPTS_MAX {
            match self.attempt_beside(program, args, by, &keys, out) {
                Attempt::Ended(executed) => return Some(executed),
                Attempt::Outdated => {}
            }
        }
        None
    }

    fn attempt_beside(
        &self,
        program: &Program<'_>,
        args: Args<'_>,
        by: By<'_>,
        keys: &HashedKeys<'_>,
        out: &mut dyn ReplySink,
    ) -> Attempt {
        let scope = scope(false, keys);
        let gives_up = || self.scripts.watches.is_busy();
        let Some(guards) = self.keyspace.read_unless(&scope, &gives_up) else {
            return Attempt::Ended(self.busy());
        };
        let Excerpt { keyspace, versions } = self.keyspace.excerpt(&guards, keys);
        if let Some(reader) = by.reader {
            reader.remember(program.keys.iter().copied());
        }
        drop(guards);
        let (now, outbox) = (self.clock.now(), Outbox::new(&self.hub));
        let mut batch = Batch::new(0);
        batch.begin(self.log.last_sequence() + 1, HybridTime::new(now.ms(), 0), 0);
        batch.record_inverses(true);
        let within = Within {
            keyspace: &keyspace,
            now,
            random: now.us(),
            by,
            declared: Some(program.keys),
            outbox: &outbox,
        };
        let mut sink = ValueSink::new(out.protocol());
        let (result, _) =
            self.run_within(program, args, within, &mut keyspace.write(&Scope::All), &mut batch, &mut sink);
        if let Err(error) = result {
            // It did nothing, so that it does not matter whether its keys have changed.
            out.error(&error.to_string());
            return Attempt::Ended(self.done(true));
        }
        let payload = (!batch.is_empty()).then(|| batch.payload());
        let executed = match self.commit_beside(keys, &versions, payload, &scope, &outbox, by) {
            Ok(Some(executed)) => executed,
            Ok(None) => return Attempt::Outdated,
            Err(answer) => return Attempt::Ended(answer),
        };
        if payload.is_none() {
            outbox.deliver();
        }
        sink.into_values().iter().for_each(|reply| reply.write(out));
        Attempt::Ended(executed)
    }

    /// Applies what the program changed, if its keys are as they were. None: they are not.
    fn commit_beside(
        &self,
        keys: &HashedKeys<'_>,
        versions: &[Sequence],
        payload: Option<&[u8]>,
        scope: &Scope,
        outbox: &Outbox<'_>,
        by: By<'_>,
    ) -> Result<Option<Executed>, Executed> {
        let mut lane = self.lock_lane()?;
        let mut guards = self.keyspace.write(scope);
        if !self.have_versions(&guards, keys, versions) {
            return Ok(None);
        }
        let Some(payload) = payload else {
            drop((guards, lane));
            return Ok(Some(self.done(false)));
        };
        self.admit_bytes(payload.len())?;
        let now = self.clock.now();
        lane.begin(now, self.log.committed());
        lane.batch.record_inverses(false);
        let poison = self.poison_on_panic();
        WriteCx::new(&self.keyspace, &mut guards, &mut lane.batch, now, 0).adopt(payload);
        let last = self.log_batch(&mut lane);
        outbox.hand_over();
        poison.disarm();
        drop(guards);
        self.take_garbage(&mut lane);
        self.after_batch(&mut lane, by.writer());
        Ok(Some(Executed::Done { wait_for: last, sequence: last, is_error: false }))
    }

    fn have_versions(&self, guards: &WriteGuards<'_>, keys: &HashedKeys<'_>, versions: &[Sequence]) -> bool {
        let cx = ReadCx::within(&self.keyspace, guards, self.clock.now());
        keys.iter().zip(versions).all(|((key, _), version)| cx.version(key) == *version)
    }

    fn done(&self, is_error: bool) -> Executed {
        Executed::Done { wait_for: self.sequence_of_all(), sequence: self.log.last_sequence(), is_error }
    }
}
