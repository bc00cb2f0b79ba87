//! A transaction: queued commands under one lock, one instant and one batch.

use selvedge_engine::cx::{Lookup, ReadCx, WriteCx};
use selvedge_engine::keyspace::Scope;
use selvedge_engine::{Args, Command, CommandError, Run};
use selvedge_script::Stop;
use selvedge_wire::ReplySink;
use smallvec::SmallVec;

use crate::database::Database;
use crate::execute::{By, Executed, HashedKeys, log_bytes, scope, write_error};
use crate::outbox::Outbox;
use crate::script::{Pace, Within};
use crate::tracking::Reader;
use crate::watches::Watch;
use crate::write_lane::WriteLane;

/// A queued command. Its arguments are its own, since the request that brought it is long gone.
#[derive(Debug, Clone)]
pub struct Queued {
    /// The admitted command. Never a connection command.
    pub command: &'static Command,
    /// Its arguments, name first.
    pub arguments: Vec<Vec<u8>>,
}

/// Whether `next` may be queued behind others, of which these are the first and the last.
///
/// Guards come first, so that the reply of a transaction that did not run can end with the one that does not hold; and what
/// they guard is all of the transaction, so nothing may be in it that does not run in the one step.
///
/// # Errors
/// [`CommandError::GuardNotFirst`], [`CommandError::NotGuarded`].
pub fn check_place(
    ends: Option<(&'static Command, &'static Command)>,
    next: &'static Command,
) -> Result<(), CommandError> {
    let is_guard = |command: &Command| matches!(command.run, Run::Guard(_));
    match ends {
        Some((_, last)) if is_guard(next) && !is_guard(last) => Err(CommandError::GuardNotFirst),
        Some((first, _)) if is_guard(first) && matches!(next.run, Run::Connection(_)) => {
            Err(CommandError::NotGuarded { command: next.name })
        }
        _ => Ok(()),
    }
}

/// Called for each queued command in order, with its place and what writes its one reply.
pub type EachReply<'a> = &'a mut dyn FnMut(usize, &mut dyn FnMut(&mut dyn ReplySink));

/// What a transaction needs and will do.
struct Plan<'a> {
    commands: Vec<(&'static Command, SmallVec<[&'a [u8]; 8]>)>,
    scope: Scope,
    keys: HashedKeys<'a>,
    writes: bool,
    /// Room that its writes take in the log, as far as this can be said before they run.
    bytes: usize,
}

impl Database {
    /// Runs queued commands as one: nobody sees a state in between, and the log has all of it or nothing.
    ///
    /// A command that fails at run time leaves the others standing, as in Redis. Replies are void unless all of it is
    /// [`Executed::Done`]. Nothing runs if a key of `watch` has changed or a guard of the queue does not hold.
    pub fn execute_transaction(
        &self,
        queue: &[Queued],
        watch: Option<&Watch>,
        each: EachReply<'_>,
    ) -> Executed {
        self.execute_transaction_for(None, queue, watch, each)
    }

    /// [`Database::execute_transaction`] for a client that tracks keys.
    pub fn execute_transaction_for(
        &self,
        reader: Option<&Reader>,
        queue: &[Queued],
        watch: Option<&Watch>,
        each: EachReply<'_>,
    ) -> Executed {
        self.execute_transaction_at(By { pace: Pace::Shared, reader }, queue, watch, each)
    }

    /// [`Database::execute_transaction`] on a thread that nobody else waits for, where its scripts may take as long as any may.
    pub fn execute_long_transaction(
        &self,
        reader: Option<&Reader>,
        queue: &[Queued],
        watch: Option<&Watch>,
        each: EachReply<'_>,
    ) -> Executed {
        self.execute_transaction_at(By { pace: Pace::Own, reader }, queue, watch, each)
    }

    fn execute_transaction_at(
        &self,
        by: By<'_>,
        queue: &[Queued],
        watch: Option<&Watch>,
        each: EachReply<'_>,
    ) -> Executed {
        if self.scripts.watches.is_busy() {
            return self.busy();
        }
        let plan = self.plan(queue);
        let outbox = Outbox::new(&self.hub);
        let watch = watch.filter(|watch| !watch.is_empty());
        // Under the lane nothing changes any more between the look at the watched keys and the commands.
        let mut lane = match (plan.writes || watch.is_some()).then(|| self.lock_lane()).transpose() {
            Ok(lane) => lane,
            Err(busy) => return busy,
        };
        if watch.is_some_and(|watch| !self.holds(watch)) {
            return Executed::Outdated { sequence: self.log.last_sequence(), guard: None };
        }
        let ran = match lane.as_mut().filter(|_| plan.writes) {
            Some(lane) => self.run_writes(lane, by, &plan, &outbox, each),
            None => self.run_reads(by, &plan, &outbox, each),
        };
        let met = match ran {
            Ok(met) => met,
            Err(answer) => return answer,
        };
        drop(lane);
        if met.unlogged && self.removes_met() {
            self.remove_met(&plan.keys);
            self.remove_met_by_script(&met.by_scripts);
        }
        outbox.deliver();
        let last = self.log.last_sequence();
        let waits = plan.writes || self.tracks_uncommitted || self.writes_out_itself;
        Executed::Done { wait_for: if waits { last } else { 0 }, sequence: last, is_error: false }
    }

    fn plan<'a>(&self, queue: &'a [Queued]) -> Plan<'a> {
        let mut commands = Vec::with_capacity(queue.len());
        let mut keys = HashedKeys::new();
        let (mut whole, mut writes, mut bytes) = (false, false, 0);
        for queued in queue {
            let args: SmallVec<[&[u8]; 8]> = queued.arguments.iter().map(Vec::as_slice).collect();
            // The plan's slices are those of the queue, not of this list of them.
            let positions = queued.command.key_positions(&args).unwrap_or_default();
            let named = positions.into_iter().filter_map(|position| queued.arguments.get(position));
            keys.extend(named.map(|key| (key.as_slice(), self.keyspace.hash(key))));
            // A script may touch anything, and is undone if it fails.
            let is_script = matches!(queued.command.run, Run::Script(_));
            whole |= is_script || queued.command.needs_all_shards(&args);
            writes |= is_script || queued.command.is_write();
            bytes += if queued.command.may_write() { log_bytes(&args) } else { 0 };
            commands.push((queued.command, args));
        }
        Plan { commands, scope: scope(whole, &keys), keys, writes, bytes }
    }

    fn run_reads(
        &self,
        by: By<'_>,
        plan: &Plan<'_>,
        outbox: &Outbox<'_>,
        each: EachReply<'_>,
    ) -> Result<Met, Executed> {
        let gives_up = || self.scripts.watches.is_busy();
        let guards = self.keyspace.read_unless(&plan.scope, &gives_up).ok_or_else(|| self.busy())?;
        let now = self.clock.now();
        self.check_guards(plan, &ReadCx::new(&self.keyspace, &guards, now))?;
        let mut met_expired = false;
        for (index, (command, args)) in plan.commands.iter().enumerate() {
            let random = now.us().wrapping_add(index as u64);
            let cx = ReadCx::new(&self.keyspace, &guards, now).with_random(random).with_post(outbox);
            each(index, &mut |out| {
                write_error(run_read(command, &cx, args, out), out);
            });
            met_expired |= cx.seen().expired;
            by.remember_read(command, args);
        }
        Ok(Met { unlogged: met_expired, by_scripts: Vec::new() })
    }

    /// Looks at all guards, before anything runs.
    fn check_guards(&self, plan: &Plan<'_>, cx: &ReadCx<'_>) -> Result<(), Executed> {
        for (index, (command, args)) in plan.commands.iter().enumerate() {
            let Run::Guard(handler) = command.run else { continue };
            match handler(cx, args) {
                Ok(true) => {}
                Ok(false) => {
                    let sequence = self.log.last_sequence();
                    return Err(Executed::Outdated { sequence, guard: Some(index) });
                }
                Err(error) => {
                    let error = format!("EXECABORT Transaction discarded because of: {error}");
                    return Err(Executed::Undone { error });
                }
            }
        }
        Ok(())
    }

    fn run_writes(
        &self,
        lane: &mut WriteLane,
        by: By<'_>,
        plan: &Plan<'_>,
        outbox: &Outbox<'_>,
        each: EachReply<'_>,
    ) -> Result<Met, Executed> {
        self.admit_bytes(plan.bytes)?;
        let mut guards = self.keyspace.write(&plan.scope);
        let now = self.clock.now();
        self.check_guards(plan, &ReadCx::within(&self.keyspace, &guards, now))?;
        lane.begin(now, self.log.committed());
        lane.batch.record_inverses(true);
        let poison = self.poison_on_panic();
        let mut met_expired = false;
        let mut met_by_scripts = Vec::new();
        let mut takes_long = false;
        for (index, (command, args)) in plan.commands.iter().enumerate() {
            if takes_long {
                break;
            }
            let random = lane.random();
            each(index, &mut |out| {
                let result = match command.run {
                    Run::Write(handler) => {
                        let cx = WriteCx::new(&self.keyspace, &mut guards, &mut lane.batch, now, random);
                        let mut cx = cx.with_post(outbox);
                        let result = handler(&mut cx, args, out);
                        met_expired |= cx.seen().expired;
                        result
                    }
                    Run::Blocking(handler) => {
                        let cx = WriteCx::new(&self.keyspace, &mut guards, &mut lane.batch, now, random);
                        let mut cx = cx.with_post(outbox);
                        let attempt = handler(&mut cx, args, out);
                        met_expired |= cx.seen().expired;
                        // A transaction never waits: nobody else could put anything in.
                        attempt.map(|attempt| attempt.settle(out))
                    }
                    Run::Read(_) | Run::BlockingRead(_) => {
                        let cx = ReadCx::within(&self.keyspace, &guards, now)
                            .with_random(random)
                            .with_post(outbox);
                        let result = run_read(command, &cx, args, out);
                        met_expired |= cx.seen().expired;
                        by.remember_read(command, args);
                        result
                    }
                    Run::Script(word) => {
                        let within =
                            Within { keyspace: &self.keyspace, now, random, by, declared: None, outbox };
                        let batch = &mut lane.batch;
                        match self.script_in_transaction(word, args, within, &mut guards, batch, out) {
                            Ok(met) => met_by_scripts.extend(met),
                            Err(Stop::TakesLong | Stop::Killed | Stop::OutOfTime) => takes_long = true,
                        }
                        Ok(())
                    }
                    Run::Guard(_) => {
                        out.integer(1);
                        Ok(())
                    }
                    Run::Connection(_) | Run::Container => Ok(()),
                };
                write_error(result, out);
            });
        }
        if takes_long {
            selvedge_engine::undo(&self.keyspace, &mut guards, &mut lane.batch);
            poison.disarm();
            return Err(Executed::TakesLong);
        }
        if let Err(answer) = self.admit_batch(&mut guards, lane) {
            poison.disarm();
            return Err(answer);
        }
        let met_expired = met_expired || !met_by_scripts.is_empty();
        let met = Met { unlogged: met_expired && lane.batch.is_empty(), by_scripts: met_by_scripts };
        self.log_batch(lane);
        outbox.hand_over();
        poison.disarm();
        drop(guards);
        self.take_garbage(lane);
        self.after_batch(lane, by.writer());
        Ok(met)
    }
}

/// Runs a command that only looks, and does not wait.
fn run_read(
    command: &Command,
    cx: &ReadCx<'_>,
    args: Args<'_>,
    out: &mut dyn ReplySink,
) -> Result<(), CommandError> {
    match command.run {
        Run::Read(handler) => handler(cx, args, out),
        Run::BlockingRead(handler) => handler(cx, args, out).map(|attempt| attempt.settle(out)),
        // It was looked at before anything ran.
        Run::Guard(_) => {
            out.integer(1);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// What expired a transaction met.
struct Met {
    /// There was some, and nothing was logged.
    unlogged: bool,
    /// The keys at which scripts met it.
    by_scripts: Vec<Box<[u8]>>,
}
