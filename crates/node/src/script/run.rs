//! Running a program: alone under the locks it needs, or within a transaction.

use selvedge_engine::batch::Batch;
use selvedge_engine::keyspace::{Keyspace, Scope, WriteGuards};
use selvedge_engine::time::Now;
use selvedge_engine::{Args, Script};
use selvedge_script::{Call, ScriptError, Stop};
use selvedge_wire::ReplySink;

use crate::database::Database;
use crate::execute::{By, Executed, HashedKeys, log_bytes, scope};
use crate::outbox::Outbox;
use crate::script::host::{Access, Host};
use crate::script::program::{Program, Source};
use crate::script::watch::Pace;

impl Database {
    /// Runs a command about scripts now.
    pub(crate) fn execute_script(
        &self,
        word: Script,
        args: Args<'_>,
        by: By<'_>,
        out: &mut dyn ReplySink,
    ) -> Executed {
        if is_program(word) {
            match self.program(word, args) {
                Err(refusal) => self.refuse(&refusal.to_string(), out),
                Ok(program) if by.pace == Pace::Own && program.locks_its_keys() => {
                    let beside = By { pace: Pace::Beside, ..by };
                    let ended = self.run_beside(&program, args, beside, out);
                    ended.unwrap_or_else(|| self.run_writing(&program, args, by, out))
                }
                Ok(program) if program.is_read_only => self.run_reading(&program, args, by, out),
                Ok(program) => self.run_writing(&program, args, by, out),
            }
        } else if loads_libraries(word) {
            self.load_libraries(word, args, by.pace, out)
        } else {
            match self.administer(word, args, out) {
                Ok(()) => Executed::Done { wait_for: 0, sequence: self.log.last_sequence(), is_error: false },
                Err(error) => self.refuse(&error.to_string(), out),
            }
        }
    }

    /// The keys of a program where only those are locked; none where everything is.
    pub(super) fn locked_keys<'a>(&self, program: &Program<'a>) -> Option<HashedKeys<'a>> {
        let hashed = || program.keys.iter().map(|key| (*key, self.keyspace.hash(key))).collect();
        program.locks_its_keys().then(hashed)
    }

    fn run_reading(
        &self,
        program: &Program<'_>,
        args: Args<'_>,
        by: By<'_>,
        out: &mut dyn ReplySink,
    ) -> Executed {
        let keys = self.locked_keys(program);
        let scope = keys.as_ref().map_or(Scope::All, |keys| scope(false, keys));
        // One that may take long holds the lane, so that writers wait where they can give up, not at a shard.
        let lane = match by.pace {
            Pace::Shared | Pace::Beside => None,
            Pace::Own => match self.lock_lane() {
                Ok(lane) => Some(lane),
                Err(busy) => return busy,
            },
        };
        let gives_up = || self.scripts.watches.is_busy();
        let Some(guards) = self.keyspace.read_unless(&scope, &gives_up) else {
            return self.busy();
        };
        let now = self.clock.now();
        let outbox = Outbox::new(&self.hub);
        let mut host = Host {
            keyspace: &self.keyspace,
            access: Access::Read(&guards),
            is_read_only: true,
            declared: keys.as_ref().map(|_| program.keys),
            outbox: &outbox,
            now,
            random: now.us(),
            by,
            read: Vec::new(),
            met_expired: Vec::new(),
        };
        let result = self.interpret(program, args, by.pace, &mut host, out);
        host.remember(program.keys);
        let met_expired = host.met_expired;
        drop(guards);
        drop(lane);
        self.remove_met_by_script(&met_expired);
        if result.is_ok() {
            outbox.deliver();
        }
        let is_error = match result {
            Ok(()) => false,
            Err(ScriptError::Stopped(Stop::TakesLong)) => return Executed::TakesLong,
            Err(error) => {
                out.error(&error.to_string());
                true
            }
        };
        Executed::Done { wait_for: self.sequence_of_all(), sequence: self.log.last_sequence(), is_error }
    }

    fn run_writing(
        &self,
        program: &Program<'_>,
        args: Args<'_>,
        by: By<'_>,
        out: &mut dyn ReplySink,
    ) -> Executed {
        let keys = self.locked_keys(program);
        let scope = keys.as_ref().map_or(Scope::All, |keys| scope(false, keys));
        let mut lane = match self.lock_lane() {
            Ok(lane) => lane,
            Err(busy) => return busy,
        };
        if let Err(answer) = self.admit_bytes(log_bytes(args)) {
            return answer;
        }
        let mut guards = self.keyspace.write(&scope);
        let now = self.clock.now();
        lane.begin(now, self.log.committed());
        lane.batch.record_inverses(true);
        let random = lane.random();
        let poison = self.poison_on_panic();
        let outbox = Outbox::new(&self.hub);
        let declared = keys.as_ref().map(|_| program.keys);
        let within = Within { keyspace: &self.keyspace, now, random, by, declared, outbox: &outbox };
        let (result, met_expired) = self.run_within(program, args, within, &mut guards, &mut lane.batch, out);
        if let Err(answer) = self.admit_batch(&mut guards, &mut lane) {
            poison.disarm();
            return answer;
        }
        let unlogged = lane.batch.is_empty();
        let mut last = self.log_batch(&mut lane);
        outbox.hand_over();
        poison.disarm();
        drop(guards);
        self.take_garbage(&mut lane);
        self.after_batch(&mut lane, by.writer());
        drop(lane);
        if unlogged && !met_expired.is_empty() {
            self.remove_met_by_script(&met_expired);
            last = self.log.last_sequence();
        }
        let is_error = match result {
            Ok(()) => false,
            Err(ScriptError::Stopped(Stop::TakesLong)) => return Executed::TakesLong,
            Err(error) => {
                out.error(&error.to_string());
                true
            }
        };
        Executed::Done { wait_for: last, sequence: last, is_error }
    }

    /// Runs a program in a batch that records inverses. What fails is undone to where it began.
    ///
    /// Also returns the keys at which something expired was met.
    pub(super) fn run_within(
        &self,
        program: &Program<'_>,
        args: Args<'_>,
        within: Within<'_>,
        guards: &mut WriteGuards<'_>,
        batch: &mut Batch,
        out: &mut dyn ReplySink,
    ) -> (Result<(), ScriptError>, Vec<Box<[u8]>>) {
        let (mark, posted) = (batch.mark(), within.outbox.len());
        let mut host = Host {
            keyspace: within.keyspace,
            access: Access::Write { guards: &mut *guards, batch: &mut *batch },
            is_read_only: program.is_read_only,
            declared: within.declared,
            outbox: within.outbox,
            now: within.now,
            random: within.random,
            by: within.by,
            read: Vec::new(),
            met_expired: Vec::new(),
        };
        let result = self.interpret(program, args, within.by.pace, &mut host, out);
        host.remember(program.keys);
        let met_expired = host.met_expired;
        if result.is_err() {
            selvedge_engine::undo_to(within.keyspace, guards, batch, mark);
            within.outbox.truncate(posted);
        }
        (result, met_expired)
    }

    /// Runs a command about scripts within a transaction, which holds all shards and records inverses. Returns the keys at
    /// which something expired was met.
    ///
    /// # Errors
    /// [`Stop::TakesLong`]: all of the transaction is to run again elsewhere.
    pub(crate) fn script_in_transaction(
        &self,
        word: Script,
        args: Args<'_>,
        within: Within<'_>,
        guards: &mut WriteGuards<'_>,
        batch: &mut Batch,
        out: &mut dyn ReplySink,
    ) -> Result<Vec<Box<[u8]>>, Stop> {
        let mut met_expired = Vec::new();
        let result = if is_program(word) {
            match self.program(word, args) {
                Ok(program) => {
                    let (result, met) = self.run_within(&program, args, within, guards, batch, out);
                    met_expired = met;
                    result
                }
                Err(refusal) => {
                    out.error(&refusal.to_string());
                    Ok(())
                }
            }
        } else {
            let answered = if loads_libraries(word) {
                self.load_libraries_within(word, args, within, guards, batch, out)
            } else {
                self.administer(word, args, out).map_err(|error| error.to_string())
            };
            if let Err(text) = answered {
                out.error(&text);
            }
            Ok(())
        };
        match result {
            Err(ScriptError::Stopped(Stop::TakesLong)) => return Err(Stop::TakesLong),
            Err(error) => out.error(&error.to_string()),
            Ok(()) => {}
        }
        Ok(met_expired)
    }

    fn interpret(
        &self,
        program: &Program<'_>,
        args: Args<'_>,
        pace: Pace,
        host: &mut Host<'_, '_>,
        out: &mut dyn ReplySink,
    ) -> Result<(), ScriptError> {
        let mut interpreter = self.scripts.take()?;
        let watched = self.scripts.watches.begin(&program.name, args, program.kind(), pace);
        let watch = watched.watch();
        let call = Call {
            name: &program.name,
            keys: program.keys,
            arguments: program.arguments,
            random: host.random,
        };
        let result = match &program.source {
            Source::Function(library) => interpreter.call(library, call, host, &watch, out),
            Source::Script(text) => {
                let compiled = interpreter.compile(&program.name, text);
                if compiled.is_ok() {
                    self.scripts.learn(&program.name, text);
                }
                compiled.and_then(|()| interpreter.eval(text, call, host, &watch, out))
            }
        };
        self.scripts.give(interpreter);
        result
    }

    /// The answer to a command that would wait for a script that takes long.
    pub(crate) fn busy(&self) -> Executed {
        Executed::Undone { error: self.scripts.watches.busy().to_string() }
    }

    /// Removes what scripts met that had expired.
    pub(crate) fn remove_met_by_script(&self, keys: &[Box<[u8]>]) {
        if !keys.is_empty() && self.removes_met() {
            self.remove_met(&keys.iter().map(|key| (&**key, self.keyspace.hash(key))).collect());
        }
    }
}

/// Where a program runs.
#[derive(Clone, Copy)]
pub(crate) struct Within<'a> {
    /// The entries that it sees: the database, or copies.
    pub(crate) keyspace: &'a Keyspace,
    pub(crate) now: Now,
    pub(crate) random: u64,
    pub(crate) by: By<'a>,
    /// The keys that it may touch, if not all.
    pub(crate) declared: Option<&'a [&'a [u8]]>,
    /// Where what it publishes waits until it is done.
    pub(crate) outbox: &'a Outbox<'a>,
}

fn is_program(word: Script) -> bool {
    matches!(
        word,
        Script::Eval | Script::EvalRo | Script::Evalsha | Script::EvalshaRo | Script::Fcall | Script::FcallRo
    )
}

fn loads_libraries(word: Script) -> bool {
    matches!(word, Script::FunctionLoad | Script::FunctionRestore)
}
