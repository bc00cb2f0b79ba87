//! Execution: one command, on the caller's task, under the locks of the shards of its keys.

use selvedge_engine::cx::{Lookup, ReadCx, Seen, WriteCx};
use selvedge_engine::hash::KeyHash;
use selvedge_engine::keyspace::{Scope, WriteGuards};
use selvedge_engine::table::{BlockingHandler, BlockingReadHandler, ReadHandler, WriteHandler};
use selvedge_engine::{Args, Command, CommandError, Run, Traits};
use selvedge_log::{Refused, Sequence};
use selvedge_wire::ReplySink;
use smallvec::SmallVec;

use crate::database::Database;
use crate::limits::{LANE_PATIENCE, MUTATION_OVERHEAD_BYTES};
use crate::outbox::Outbox;
use crate::script::Pace;
use crate::tracking::Reader;
use crate::waiters::{Blocked, Waiter};
use crate::write_lane::{HeldLane, WriteLane};

/// What became of a command.
#[derive(Debug)]
pub enum Executed {
    /// It ran and its reply is written.
    Done {
        /// The reply must not leave before this sequence is committed. 0: it may leave at once.
        wait_for: Sequence,
        /// What the state included when it ran, for the sync token.
        sequence: Sequence,
        /// The reply is an error.
        is_error: bool,
    },
    /// Nothing happened: drop what was written to the sink, wait for [`Database::room`], then call again.
    NeedsRoom {
        /// What to wait for.
        bytes: usize,
    },
    /// It found nothing to take and waits; nothing was written.
    Blocked(Blocked),
    /// It takes longer than the threads that serve can wait: nothing happened, or everything was undone. Drop what was written to
    /// the sink, and run it again with [`Database::execute_long`] or [`Database::execute_long_transaction`] on a thread of its own.
    TakesLong,
    /// A watched or guarded key has changed: nothing ran. The reply must not leave before this sequence is committed.
    Outdated {
        /// What the state included.
        sequence: Sequence,
        /// The place in the queue of the guard that does not hold. None: a watched key has changed.
        guard: Option<usize>,
    },
    /// Nothing ran, or all that ran was undone. The caller drops what was written to the sink and answers with this error.
    Undone {
        /// The refusal, ready for the reply.
        error: String,
    },
}

impl Database {
    /// Runs one admitted command now. Never waits.
    ///
    /// An error of the handler is written as the reply.
    pub fn execute(&self, command: &'static Command, args: Args<'_>, out: &mut dyn ReplySink) -> Executed {
        self.execute_for(None, command, args, out)
    }

    /// [`Database::execute`] for a client that tracks keys.
    pub fn execute_for(
        &self,
        reader: Option<&Reader>,
        command: &'static Command,
        args: Args<'_>,
        out: &mut dyn ReplySink,
    ) -> Executed {
        self.execute_at(By { pace: Pace::Shared, reader }, command, args, out)
    }

    /// [`Database::execute`] on a thread that nobody else waits for, where a script may take as long as any may, and a read
    /// looks at what its keys held when it began.
    pub fn execute_long(
        &self,
        reader: Option<&Reader>,
        command: &'static Command,
        args: Args<'_>,
        out: &mut dyn ReplySink,
    ) -> Executed {
        self.execute_at(By { pace: Pace::Own, reader }, command, args, out)
    }

    fn execute_at(
        &self,
        by: By<'_>,
        command: &'static Command,
        args: Args<'_>,
        out: &mut dyn ReplySink,
    ) -> Executed {
        if self.scripts.watches.is_busy() && !command.traits.contains(Traits::ALLOW_BUSY) {
            return self.busy();
        }
        let command = command.as_read(args);
        match command.run {
            Run::Read(handler) if by.pace == Pace::Own => self.read_detached(by, handler, command, args, out),
            Run::Read(handler) => self.execute_read(by, command, handler, args, out),
            Run::Write(handler) => self.execute_write(by, command, handler, args, out),
            Run::Blocking(handler) => self.execute_blocking(by, command, handler, args, out),
            Run::BlockingRead(handler) => self.execute_blocking_read(by, command, handler, args, out),
            Run::Script(word) => self.execute_script(word, args, by, out),
            Run::Guard(_) => self.refuse(&CommandError::GuardAlone.to_string(), out),
            Run::Connection(_) | Run::Container => {
                debug_assert!(false, "connection commands are the server's");
                self.refuse(&CommandError::unknown_command(args).to_string(), out)
            }
        }
    }

    fn execute_read(
        &self,
        by: By<'_>,
        command: &Command,
        handler: ReadHandler,
        args: Args<'_>,
        out: &mut dyn ReplySink,
    ) -> Executed {
        let keys = self.keys(command, args);
        let whole = command.needs_all_shards(args);
        let outbox = Outbox::new(&self.hub);
        if command.traits.contains(Traits::SETTLES) {
            self.remove_met(&keys);
        }
        let (result, seen) = if command.traits.contains(Traits::ROAMING) {
            if let Err(busy) = self.wait_for_scripts() {
                return busy;
            }
            let cx = ReadCx::roaming(&self.keyspace, self.clock.now());
            (handler(&cx, args, out), cx.seen())
        } else {
            let gives_up = || self.scripts.watches.is_busy();
            let Some(guards) = self.keyspace.read_unless(&scope(whole, &keys), &gives_up) else {
                return self.busy();
            };
            if self.looks_at_much(command, &guards, &keys, args) {
                return Executed::TakesLong;
            }
            let cx = ReadCx::new(&self.keyspace, &guards, self.clock.now()).with_post(&outbox);
            let cx = match keys.first() {
                Some((key, hash)) => cx.with_key(key, *hash),
                None => cx,
            };
            let result = handler(&cx, args, out);
            let seen = cx.seen();
            by.remember_read(command, args);
            (result, seen)
        };
        self.answered(&keys, whole, result, seen, outbox, out)
    }

    /// Runs a read under the locks of its keys' shards. None if a script holds one of them that takes long.
    fn look<T>(
        &self,
        keys: &HashedKeys<'_>,
        whole: bool,
        outbox: &Outbox<'_>,
        run: impl FnOnce(&ReadCx<'_>) -> T,
    ) -> Option<(T, Seen)> {
        let gives_up = || self.scripts.watches.is_busy();
        let guards = self.keyspace.read_unless(&scope(whole, keys), &gives_up)?;
        let cx = ReadCx::new(&self.keyspace, &guards, self.clock.now()).with_post(outbox);
        let cx = match keys.first() {
            Some((key, hash)) => cx.with_key(key, *hash),
            None => cx,
        };
        let result = run(&cx);
        Some((result, cx.seen()))
    }

    /// How a read ended that has seen this.
    fn answered(
        &self,
        keys: &HashedKeys<'_>,
        whole: bool,
        result: Result<(), CommandError>,
        seen: Seen,
        outbox: Outbox<'_>,
        out: &mut dyn ReplySink,
    ) -> Executed {
        if seen.expired && self.removes_met() {
            self.remove_met(keys);
        }
        outbox.deliver();
        let wait_for = if self.tracks_uncommitted && !whole && !seen.expired {
            seen.highest_version
        } else {
            self.sequence_of_all()
        };
        let is_error = write_error(result, out);
        Executed::Done { wait_for, sequence: self.log.last_sequence(), is_error }
    }

    /// Runs a read that may wait for a write. Only if it has to wait does it take the lane, and looks once more under it, so that
    /// no change slips by between the look and the wait.
    fn execute_blocking_read(
        &self,
        by: By<'_>,
        command: &'static Command,
        handler: BlockingReadHandler,
        args: Args<'_>,
        out: &mut dyn ReplySink,
    ) -> Executed {
        let keys = self.keys(command, args);
        let mut run = |cx: &ReadCx<'_>| {
            let attempt = handler(cx, args, out);
            by.remember_read(command, args);
            attempt
        };
        let outbox = Outbox::new(&self.hub);
        let Some((attempt, seen)) = self.look(&keys, false, &outbox, &mut run) else {
            return self.busy();
        };
        if !matches!(&attempt, Ok(attempt) if attempt.patience().is_some()) {
            return self.answered(&keys, false, attempt.map(|_| ()), seen, outbox, out);
        }
        let lane = match self.lock_lane() {
            Ok(lane) => lane,
            Err(busy) => return busy,
        };
        let outbox = Outbox::new(&self.hub);
        let Some((attempt, seen)) = self.look(&keys, false, &outbox, run) else {
            return self.busy();
        };
        if let Ok(attempt) = &attempt
            && let Some(patience) = attempt.patience()
        {
            let waiter = Waiter::new(command, attempt, args, &keys, out.protocol());
            return Executed::Blocked(self.waiters.enter(waiter, patience, lane.last_sequence()));
        }
        drop(lane);
        self.answered(&keys, false, attempt.map(|_| ()), seen, outbox, out)
    }

    fn execute_write(
        &self,
        by: By<'_>,
        command: &Command,
        handler: WriteHandler,
        args: Args<'_>,
        out: &mut dyn ReplySink,
    ) -> Executed {
        let keys = self.keys(command, args);
        let run = |cx: &mut WriteCx<'_>| handler(cx, args, out);
        let (lane, ran) = match self.write_in_lane(by, command, args, &keys, run) {
            Ok(written) => written,
            Err(answer) => return answer,
        };
        drop(lane);
        self.written(self.settled(&keys, &ran), ran.result, out)
    }

    fn execute_blocking(
        &self,
        by: By<'_>,
        command: &'static Command,
        handler: BlockingHandler,
        args: Args<'_>,
        out: &mut dyn ReplySink,
    ) -> Executed {
        let keys = self.keys(command, args);
        let run = |cx: &mut WriteCx<'_>| handler(cx, args, out);
        // Also where it waits, what follows a batch is done: it may have removed what had expired.
        let (lane, ran) = match self.write_in_lane(by, command, args, &keys, run) {
            Ok(written) => written,
            Err(answer) => return answer,
        };
        if let Ok(attempt) = &ran.result
            && let Some(patience) = attempt.patience()
        {
            let waiter = Waiter::new(command, attempt, args, &keys, out.protocol());
            return Executed::Blocked(self.waiters.enter(waiter, patience, ran.last));
        }
        drop(lane);
        self.written(self.settled(&keys, &ran), ran.result.map(|_| ()), out)
    }

    /// Runs one write as soon as there is room for it, and what follows its batch. The lane is still held.
    fn write_in_lane<T>(
        &self,
        by: By<'_>,
        command: &Command,
        args: Args<'_>,
        keys: &HashedKeys<'_>,
        run: impl FnOnce(&mut WriteCx<'_>) -> T,
    ) -> Result<(HeldLane<'_>, Ran<T>), Executed> {
        let mut lane = self.lock_lane()?;
        self.admit_bytes(log_bytes(args))?;
        let ran = self.run_write(&mut lane, command, args, keys, run)?;
        self.after_batch(&mut lane, by.writer());
        Ok((lane, ran))
    }

    /// A write whose reply waits for `last` has ended.
    fn written(&self, last: Sequence, result: Result<(), CommandError>, out: &mut dyn ReplySink) -> Executed {
        let is_error = write_error(result, out);
        Executed::Done { wait_for: last, sequence: last, is_error }
    }

    /// Takes the write lane, unless a script holds it that takes long.
    pub(crate) fn lock_lane(&self) -> Result<HeldLane<'_>, Executed> {
        loop {
            if let Some(lane) = self.lane.try_lock_for(LANE_PATIENCE) {
                return Ok(HeldLane::new(lane, &self.hub));
            }
            if self.scripts.watches.is_busy() {
                return Err(self.busy());
            }
        }
    }

    /// Takes the write lane, however long that takes.
    pub(crate) fn wait_for_lane(&self) -> HeldLane<'_> {
        HeldLane::new(self.lane.lock(), &self.hub)
    }

    /// Waits while a script holds all shards, unless it takes long. For what then locks shards where it cannot give up.
    pub(crate) fn wait_for_scripts(&self) -> Result<(), Executed> {
        // Whoever holds all holds this one.
        let one = Scope::key(self.keyspace.hash(b""));
        let gives_up = || self.scripts.watches.is_busy();
        self.keyspace.read_unless(&one, &gives_up).map(drop).ok_or_else(|| self.busy())
    }

    /// Runs one write under the locks of its keys' shards and logs what it changed.
    pub(crate) fn run_write<T>(
        &self,
        lane: &mut WriteLane,
        command: &Command,
        args: Args<'_>,
        keys: &HashedKeys<'_>,
        run: impl FnOnce(&mut WriteCx<'_>) -> T,
    ) -> Result<Ran<T>, Executed> {
        let whole = command.needs_all_shards(args);
        let mut guards = self.keyspace.write(&scope(whole, keys));
        let now = self.clock.now();
        lane.begin(now, self.log.committed());
        let copies_stored = command.traits.contains(Traits::COPIES_STORED);
        lane.batch.record_inverses(copies_stored);
        let random = lane.random();
        let poison = self.poison_on_panic();
        let outbox = Outbox::new(&self.hub);
        let (result, seen) = {
            let mut cx =
                WriteCx::new(&self.keyspace, &mut guards, &mut lane.batch, now, random).with_post(&outbox);
            if let Some((key, hash)) = keys.first() {
                cx = cx.with_key(key, *hash);
            }
            (run(&mut cx), cx.seen())
        };
        if copies_stored && let Err(answer) = self.admit_batch(&mut guards, lane) {
            poison.disarm();
            return Err(answer);
        }
        let met_expired = seen.expired && lane.batch.is_empty() && self.removes_met();
        let last = self.log_batch(lane);
        outbox.hand_over();
        poison.disarm();
        drop(guards);
        self.take_garbage(lane);
        Ok(Ran { result, last, met_expired })
    }

    /// The sequence that the reply of a write waits for, when the lane is free again.
    fn settled<T>(&self, keys: &HashedKeys<'_>, ran: &Ran<T>) -> Sequence {
        if !ran.met_expired {
            return ran.last;
        }
        self.remove_met(keys);
        self.log.last_sequence()
    }

    /// Appends what the lane's batch holds, while the shards are still locked. Returns the log's last sequence.
    pub(crate) fn log_batch(&self, lane: &mut WriteLane) -> Sequence {
        if lane.batch.is_empty() {
            return lane.last_sequence();
        }
        let sequence = lane.batch.header().sequence;
        if let Err(error) = self.log.append(sequence, &[lane.batch.payload()]) {
            // Admission reserved the room, so the log can only have failed meanwhile. The state in memory holds a
            // change that no log has: nothing may be written after it, and its version is never committed.
            self.fail(&error.to_string());
        }
        lane.logged();
        sequence
    }

    /// Whether a write of `bytes` may run now; otherwise the answer to give.
    pub(crate) fn admit_bytes(&self, bytes: usize) -> Result<(), Executed> {
        if let Some(reason) = self.failure() {
            return Err(Executed::Undone {
                error: format!("NOTAPPLIED the database takes no writes: {reason}"),
            });
        }
        match self.log.admit(bytes) {
            Ok(()) => Ok(()),
            Err(Refused::Wait) => Err(Executed::NeedsRoom { bytes }),
            Err(refused) => Err(Executed::Undone { error: refusal_text(&refused) }),
        }
    }

    /// Asks for the room that a batch came to, where nobody could tell before it ran. Without room everything is undone.
    pub(crate) fn admit_batch(
        &self,
        guards: &mut WriteGuards<'_>,
        lane: &mut WriteLane,
    ) -> Result<(), Executed> {
        lane.batch.record_inverses(false);
        let bytes = lane.batch.payload().len();
        let Err(refused) = self.log.admit(bytes) else { return Ok(()) };
        selvedge_engine::undo(&self.keyspace, guards, &mut lane.batch);
        Err(match refused {
            Refused::Wait => Executed::NeedsRoom { bytes },
            refused => Executed::Undone { error: refusal_text(&refused) },
        })
    }

    /// The keys of a command with their hashes. None where the arguments do not hold as many keys as they say: then the
    /// handler refuses them, in its own words, before it looks any key up.
    pub(crate) fn keys<'a>(&self, command: &Command, args: Args<'a>) -> HashedKeys<'a> {
        let positions = command.key_positions(args).unwrap_or_default();
        let keys = positions.into_iter().filter_map(|position| args.get(position).copied());
        keys.map(|key| (key, self.keyspace.hash(key))).collect()
    }

    /// What a read waits for when it may have seen anything.
    pub(crate) fn sequence_of_all(&self) -> Sequence {
        // With `interval` nobody tracks which keys are still in the buffer. It is nearly always empty, and then this waits
        // for nothing.
        if self.tracks_uncommitted || self.writes_out_itself { self.log.last_sequence() } else { 0 }
    }

    /// Answers with an error before anything ran.
    pub(crate) fn refuse(&self, text: &str, out: &mut dyn ReplySink) -> Executed {
        out.error(text);
        Executed::Done { wait_for: 0, sequence: self.log.last_sequence(), is_error: true }
    }

    /// Whether what commands met that had expired is removed at once. Where replies wait for it, no pause puts it off.
    pub(crate) fn removes_met(&self) -> bool {
        self.tracks_uncommitted || !self.holds_removals()
    }

    /// A command met something expired at these keys, and nothing of it is in the log yet: a removal goes through the log
    /// before the reply, so that no clock that goes back and no restart can bring to life again what somebody was told is gone.
    ///
    /// One batch with some of the removals does, even where a hash holds more: it carries the time, and a clock never goes
    /// back behind the last batch.
    ///
    /// A command over the whole keyspace names none of them: then anything that has expired does as well.
    pub(crate) fn remove_met(&self, keys: &HashedKeys<'_>) {
        let now_ms = self.clock.now().ms();
        let mut expired = self.keyspace.expired_of(keys.iter().copied(), now_ms);
        if expired.is_empty() {
            expired = self.any_expired(now_ms);
        }
        if !expired.is_empty() {
            // Without room in the log the expiry slices remove it later.
            self.remove_expired(&expired);
        }
    }
}

/// How a command is run: on which thread, and for whom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct By<'a> {
    pub(crate) pace: Pace,
    /// The client, if it tracks keys.
    pub(crate) reader: Option<&'a Reader>,
}

impl By<'_> {
    /// The number of the client, if it tracks keys.
    pub(crate) fn writer(self) -> Option<u64> {
        self.reader.map(Reader::client)
    }

    /// Notes what a command read. Called while the shards of its keys are still locked.
    pub(crate) fn remember_read(self, command: &Command, args: Args<'_>) {
        if let Some(reader) = self.reader.filter(|_| command.is_read()) {
            let positions = command.key_positions(args).unwrap_or_default();
            reader.remember(positions.into_iter().filter_map(|position| args.get(position).copied()));
        }
    }
}

/// How a write went.
pub(crate) struct Ran<T> {
    /// What the handler returned.
    pub(crate) result: T,
    /// The log's last sequence.
    pub(crate) last: Sequence,
    /// It met something expired, and nothing of that is in the log yet.
    met_expired: bool,
}

/// Keys with their hashes, in the order of the arguments.
pub(crate) type HashedKeys<'a> = SmallVec<[(&'a [u8], KeyHash); 4]>;

pub(crate) fn scope(whole: bool, keys: &HashedKeys<'_>) -> Scope {
    if whole {
        Scope::All
    } else if keys.is_empty() {
        Scope::None
    } else {
        Scope::Keys(keys.iter().map(|(_, hash)| *hash).collect())
    }
}

/// What a command can log at most: each argument may be repeated with its key once.
pub(crate) fn log_bytes(args: Args<'_>) -> usize {
    let key = args.get(1).map_or(0, |key| key.len());
    args.iter().map(|arg| arg.len() + key + MUTATION_OVERHEAD_BYTES / 4).sum::<usize>()
        + MUTATION_OVERHEAD_BYTES
}

pub(crate) fn write_error(result: Result<(), CommandError>, out: &mut dyn ReplySink) -> bool {
    match result {
        Ok(()) => false,
        Err(error) => {
            out.error(&error.to_string());
            true
        }
    }
}

pub(crate) fn refusal_text(refused: &Refused) -> String {
    match refused {
        Refused::TooLarge { max } => {
            format!("LIMIT the change is larger than batch_bytes_max ({max} bytes)")
        }
        other => format!("NOTAPPLIED {other}"),
    }
}
