//! Blocked commands: who waits for which keys, in the order of arrival, and serving them.
//!
//! A command that found nothing to take enters here under the write lane, so that no change of its keys is missed. Whoever
//! changes such a key runs the command again on behalf of those who wait, the longest-waiting first, before anybody else may
//! write: an element goes to the one who came first, as if that command had been sent right after the change.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use selvedge_engine::table::Group;
use selvedge_engine::types::DataType;
use selvedge_engine::{Args, Attempt, Command, Lookup as _, Patience, ReadCx, Run, Scope, WriteCx};
use selvedge_log::Sequence;
use selvedge_wire::{Protocol, Value, ValueSink};
use smallvec::SmallVec;
use tokio::sync::oneshot;

use crate::database::Database;
use crate::execute::{HashedKeys, log_bytes, scope};
use crate::write_lane::WriteLane;

/// The reply to a blocked command.
#[derive(Debug)]
pub struct Woken {
    /// The reply.
    pub reply: Value,
    /// It must not leave before this sequence is committed.
    pub wait_for: Sequence,
}

/// A command that waits. Dropping it gives its place up.
#[derive(Debug)]
pub struct Blocked {
    /// How long to wait, and what to answer then.
    pub patience: Patience,
    /// What the state included when the wait began.
    pub sequence: Sequence,
    waiters: Arc<Waiters>,
    id: u64,
    woken: oneshot::Receiver<Woken>,
}

impl Blocked {
    /// Waits until the command is served. None if it never will be.
    ///
    /// Cancelling the wait loses nothing: it may be waited for again, or given up.
    pub async fn woken(&mut self) -> Option<Woken> {
        (&mut self.woken).await.ok()
    }

    /// Stops waiting. The reply if it came at the last moment.
    #[must_use]
    pub fn give_up(mut self) -> Option<Woken> {
        self.waiters.leave(self.id);
        self.woken.try_recv().ok()
    }

    /// Stops waiting and answers with this, unless the reply came at the last moment.
    #[must_use]
    pub fn give_up_with(self, reply: Value) -> Option<Woken> {
        let wait_for = self.sequence;
        Some(self.give_up().unwrap_or(Woken { reply, wait_for }))
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        self.waiters.leave(self.id);
    }
}

/// A command that waits, as those who serve it see it.
#[derive(Debug)]
pub(crate) struct Waiter {
    command: &'static Command,
    arguments: Vec<Vec<u8>>,
    keys: Vec<Box<[u8]>>,
    protocol: Protocol,
}

impl Waiter {
    /// A command that wants to wait, as this attempt of it said.
    pub(crate) fn new(
        command: &'static Command,
        attempt: &Attempt,
        args: Args<'_>,
        keys: &HashedKeys<'_>,
        protocol: Protocol,
    ) -> Self {
        let arguments = match attempt {
            Attempt::BlockedAs(_, words) => words.clone(),
            Attempt::Served | Attempt::Blocked(_) => args.iter().map(|arg| arg.to_vec()).collect(),
        };
        Self { command, arguments, keys: keys.iter().map(|(key, _)| Box::from(*key)).collect(), protocol }
    }
}

impl Waiter {
    /// Whether it has a use for an entry of this type, or for its absence. Others leave it waiting, as in Redis.
    fn takes(&self, data_type: Option<DataType>) -> bool {
        match self.command.group {
            Group::List => data_type == Some(DataType::List),
            Group::SortedSet => data_type == Some(DataType::SortedSet),
            Group::Stream => self.reads_for_group() || data_type == Some(DataType::Stream),
            _ => data_type.is_some(),
        }
    }

    /// Whether it reads for a group of consumers: it is told when that goes, with its stream or alone.
    fn reads_for_group(&self) -> bool {
        self.command.group == Group::Stream && self.command.is_write()
    }
}

/// All commands that wait.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    /// How many; read without the lock, because nearly always nobody waits.
    count: AtomicUsize,
    /// Held while commands are run for those who wait: nobody leaves between the moment an element is taken for him and the
    /// moment he has it. Locked before `queues`.
    serving: Mutex<()>,
    queues: Mutex<Queues>,
}

#[derive(Debug, Default)]
struct Queues {
    next_id: u64,
    /// How many of those that wait read for a group.
    group_readers: usize,
    waiting: HashMap<u64, (Arc<Waiter>, oneshot::Sender<Woken>)>,
    /// Ids rise in the order of arrival.
    by_key: HashMap<Box<[u8]>, BTreeSet<u64>>,
    /// Keys that could not be served for want of room in the log.
    put_off: VecDeque<Box<[u8]>>,
}

impl Waiters {
    /// Called under the write lane.
    pub(crate) fn enter(self: &Arc<Self>, waiter: Waiter, patience: Patience, sequence: Sequence) -> Blocked {
        let (sender, woken) = oneshot::channel();
        let mut queues = self.queues.lock();
        queues.next_id += 1;
        let id = queues.next_id;
        for key in &waiter.keys {
            queues.by_key.entry(key.clone()).or_default().insert(id);
        }
        queues.group_readers += usize::from(waiter.reads_for_group());
        queues.waiting.insert(id, (Arc::new(waiter), sender));
        self.count.store(queues.waiting.len(), Ordering::Release);
        Blocked { patience, sequence, waiters: Arc::clone(self), id, woken }
    }

    /// How many commands wait.
    pub(crate) fn len(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    /// Whether somebody waits for this key.
    pub(crate) fn has(&self, key: &[u8]) -> bool {
        self.queues.lock().by_key.contains_key(key)
    }

    /// All keys that somebody waits for.
    pub(crate) fn keys(&self) -> Vec<Box<[u8]>> {
        self.queues.lock().by_key.keys().cloned().collect()
    }

    fn leave(&self, id: u64) {
        let _serving = self.serving.lock();
        self.take(id);
    }

    fn take(&self, id: u64) -> Option<oneshot::Sender<Woken>> {
        let mut queues = self.queues.lock();
        let (waiter, sender) = queues.waiting.remove(&id)?;
        queues.group_readers -= usize::from(waiter.reads_for_group());
        for key in &waiter.keys {
            if let Some(ids) = queues.by_key.get_mut(key) {
                ids.remove(&id);
                if ids.is_empty() {
                    queues.by_key.remove(key);
                }
            }
        }
        self.count.store(queues.waiting.len(), Ordering::Release);
        Some(sender)
    }

    /// The next one behind `after` who waits for this key and has a use for what is there now.
    fn next(&self, key: &[u8], after: u64, data_type: Option<DataType>) -> Option<(u64, Arc<Waiter>)> {
        let queues = self.queues.lock();
        if data_type.is_none() && queues.group_readers == 0 {
            // Gone, or taken whole by those who came first.
            return None;
        }
        let behind = queues.by_key.get(key)?.range(after + 1..);
        let mut waiting = behind.filter_map(|id| queues.waiting.get(id).map(|(waiter, _)| (*id, waiter)));
        waiting.find(|(_, waiter)| waiter.takes(data_type)).map(|(id, waiter)| (id, Arc::clone(waiter)))
    }

    fn put_off(&self, key: Box<[u8]>) {
        self.queues.lock().put_off.push_back(key);
    }

    fn take_put_off(&self) -> VecDeque<Box<[u8]>> {
        std::mem::take(&mut self.queues.lock().put_off)
    }
}

impl Database {
    /// Serves those who wait for these keys, and for what they change in turn.
    pub(crate) fn serve(&self, lane: &mut WriteLane, mut ready: VecDeque<Box<[u8]>>) {
        if ready.is_empty() {
            return;
        }
        let _serving = self.waiters.serving.lock();
        while let Some(key) = ready.pop_front() {
            let mut after = 0;
            while let Some((id, waiter)) = self.waiters.next(&key, after, self.data_type(&key)) {
                after = id;
                match self.attempt(lane, &waiter) {
                    Ok(Some(woken)) => {
                        if waiter.command.is_write() {
                            ready.extend(self.touched_and_awaited(lane, None));
                        }
                        if let Some(sender) = self.waiters.take(id) {
                            // Fails only if the connection ended without a word: as if it had ended after the reply.
                            let _ = sender.send(woken);
                        }
                    }
                    Ok(None) => {}
                    Err(NoRoom) => {
                        self.waiters.put_off(key.clone());
                        break;
                    }
                }
            }
        }
    }

    /// Serves those who had to be put off.
    pub(crate) fn serve_put_off(&self) {
        if self.waiters.len() == 0 {
            return;
        }
        let ready = self.waiters.take_put_off();
        if !ready.is_empty() {
            let mut lane = self.wait_for_lane();
            self.serve(&mut lane, ready);
        }
    }

    /// Runs the command of somebody who waits. None: there is still nothing to take.
    fn attempt(&self, lane: &mut WriteLane, waiter: &Waiter) -> Result<Option<Woken>, NoRoom> {
        let args: SmallVec<[&[u8]; 8]> = waiter.arguments.iter().map(Vec::as_slice).collect();
        if self.failure().is_some() || self.log.admit(log_bytes(&args)).is_err() {
            return Err(NoRoom);
        }
        let keys = self.keys(waiter.command, &args);
        let mut sink = ValueSink::new(waiter.protocol);
        let attempt = match waiter.command.run {
            Run::Blocking(handler) => {
                let run = |cx: &mut WriteCx<'_>| handler(cx, &args, &mut sink);
                self.run_write(lane, waiter.command, &args, &keys, run).map_err(|_refused| NoRoom)?.result
            }
            Run::BlockingRead(handler) => {
                let guards = self.keyspace.read(&scope(false, &keys));
                handler(&ReadCx::new(&self.keyspace, &guards, self.clock.now()), &args, &mut sink)
            }
            _ => return Ok(None),
        };
        let wait_for = lane.last_sequence();
        match attempt {
            Ok(Attempt::Blocked(_) | Attempt::BlockedAs(..)) => Ok(None),
            Ok(Attempt::Served) => {
                Ok(sink.into_values().into_iter().next().map(|reply| Woken { reply, wait_for }))
            }
            Err(error) => Ok(Some(Woken { reply: Value::Error(error.to_string()), wait_for })),
        }
    }

    fn data_type(&self, key: &[u8]) -> Option<DataType> {
        let guards = self.keyspace.read(&Scope::key(self.keyspace.hash(key)));
        ReadCx::new(&self.keyspace, &guards, self.clock.now()).data_type(key)
    }
}

/// The log has no room at the moment, or takes nothing any more.
struct NoRoom;
