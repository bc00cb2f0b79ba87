//! A turn: commands that are executed in one go, and whose replies leave together once all are committed.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use selvedge_node::{
    Args, Blocked, Caller, Command, CommitError, Executed, Reader, Sequence, Walking, Watch, Woken, table,
};
use selvedge_wire::{Protocol, ReplySink};
use smallvec::SmallVec;
use tokio::task::yield_now;

use crate::elsewhere;
use crate::limits::{LONG_REPLY_STEP_BYTES, POOLED_BUFFER_BYTES, POOLED_BUFFERS, TURN_OUTPUT_BYTES};
use crate::shared::Shared;
use crate::statistics::{Counters, Measured, Meter, Sender};
use crate::transaction::Prepared;

/// The replies of a turn.
#[derive(Debug)]
pub(crate) struct Turn {
    pub(crate) out: Vec<u8>,
    pub(crate) meter: Meter,
    /// Commands that were answered since the last write.
    pub(crate) commands: u64,
    /// The replies that wait for a commit.
    waiting: Vec<(Range<usize>, u64)>,
    /// What the turn's last command saw.
    pub(crate) sequence: u64,
    /// What its commands are run as, if the client tracks keys.
    pub(crate) reader: Option<Reader>,
    /// What became of the commands of the transaction that runs.
    transaction: Vec<(Duration, Option<String>)>,
}

/// How one command ended.
pub(crate) enum Ended {
    /// Its reply is in `out`.
    Replied,
    /// It was undone; the error is still to be written.
    Undone(String),
    /// It waits; the reply is still to come.
    Blocked(Blocked),
    /// A watched or guarded key has changed. The reply is still to be written, and [`Turn::replied`] told.
    Outdated {
        /// What the reply waits for.
        sequence: Sequence,
        /// The place of the guard that does not hold.
        guard: Option<usize>,
    },
}

impl Turn {
    /// An empty turn whose output is that buffer.
    pub(crate) fn begin(out: Vec<u8>) -> Self {
        Self {
            out,
            meter: Meter::begin(),
            commands: 0,
            waiting: Vec::new(),
            sequence: 0,
            reader: None,
            transaction: Vec::new(),
        }
    }

    /// Executes a command that was admitted, waiting for room in the log where it must. One that meets every entry lets
    /// the thread's other connections run between its steps.
    ///
    /// `run` makes the sink that writes to the end of the turn's output. It is called again for a reply that comes in pieces.
    pub(crate) async fn execute(
        &mut self,
        shared: &Shared,
        command: &'static Command,
        args: Args<'_>,
        mut run: impl FnMut(&mut Vec<u8>, &mut dyn FnMut(&mut dyn ReplySink)),
    ) -> Ended {
        let start = self.out.len();
        if let Some(mut walking) = shared.database.begin_walk(command, args) {
            let executed = self.walk(shared, &mut walking, run).await;
            return self.note(shared, start, executed).await.unwrap_or(Ended::Replied);
        }
        loop {
            let mut executed = None;
            let mut protocol = Protocol::Resp2;
            run(&mut self.out, &mut |sink| {
                protocol = sink.protocol();
                executed = Some(shared.database.execute_for(self.reader.as_ref(), command, args, sink));
            });
            if matches!(executed, Some(Executed::TakesLong)) {
                self.out.truncate(start);
                let (long, reply) =
                    elsewhere::execute(shared, self.reader.clone(), command, args, protocol).await;
                executed = Some(long);
                if let Some(mut reply) = reply {
                    self.out.reserve(reply.bytes());
                    let mut more = true;
                    while more {
                        run(&mut self.out, &mut |sink| more = reply.play(LONG_REPLY_STEP_BYTES, sink));
                        yield_now().await;
                    }
                    elsewhere::free(reply);
                }
            }
            match self.note(shared, start, executed).await {
                Some(ended) => return ended,
                None => self.out.truncate(start),
            }
        }
    }

    /// Takes a walk to its end and writes its reply, the thread's other connections having their turns between the steps.
    async fn walk(
        &mut self,
        shared: &Shared,
        walking: &mut Walking<'_>,
        mut run: impl FnMut(&mut Vec<u8>, &mut dyn FnMut(&mut dyn ReplySink)),
    ) -> Option<Executed> {
        loop {
            match shared.database.step_walk(walking) {
                Ok(true) => yield_now().await,
                Ok(false) => break,
                Err(busy) => return Some(busy),
            }
        }
        let mut begun = None;
        run(&mut self.out, &mut |sink| begun = Some(shared.database.begin_walk_reply(walking, sink)));
        let (executed, mut more) = begun?;
        while more {
            yield_now().await;
            run(&mut self.out, &mut |sink| more = walking.reply_items(sink));
        }
        Some(executed)
    }

    /// Executes a transaction, likewise. `each` writes the reply of one of its commands, and gives the text of an error.
    pub(crate) async fn execute_transaction(
        &mut self,
        shared: &Shared,
        prepared: &Arc<Prepared>,
        watch: Option<&Arc<Watch>>,
        sender: Sender<'_>,
        mut each: impl FnMut(&mut Vec<u8>, usize, &mut dyn FnMut(&mut dyn ReplySink)) -> Option<String>,
    ) -> Ended {
        let start = self.out.len();
        let ended = loop {
            self.transaction.clear();
            let Self { out, meter, transaction, reader, .. } = self;
            let mut protocols: SmallVec<[Protocol; 8]> = SmallVec::new();
            let mut noted = |index: usize, write: &mut dyn FnMut(&mut dyn ReplySink)| {
                out.extend_from_slice(prepared.head(index));
                prepared.show(shared, index, sender);
                let error = each(out, index, &mut |sink| {
                    protocols.push(sink.protocol());
                    write(sink);
                });
                transaction.push((meter.lap(), error));
            };
            let watched = watch.map(Arc::as_ref);
            let mut executed = shared.database.execute_transaction_for(
                reader.as_ref(),
                prepared.queue(),
                watched,
                &mut noted,
            );
            if matches!(executed, Executed::TakesLong) {
                self.out.truncate(start);
                self.transaction.clear();
                let replies;
                (executed, replies) =
                    elsewhere::execute_transaction(shared, self.reader.clone(), prepared, watch, &protocols)
                        .await;
                let Self { out, meter, transaction, .. } = self;
                for (index, reply) in replies.iter().enumerate() {
                    out.extend_from_slice(prepared.head(index));
                    let error = each(out, index, &mut |sink| reply.write(sink));
                    transaction.push((meter.lap(), error));
                }
            }
            self.out.extend_from_slice(prepared.tail());
            match self.note(shared, start, Some(executed)).await {
                Some(ended) => break ended,
                None => self.out.truncate(start),
            }
        };
        if matches!(ended, Ended::Replied) {
            for (queued, (took, error)) in prepared.queue().iter().zip(self.transaction.drain(..)) {
                let args: SmallVec<[&[u8]; 8]> = queued.arguments.iter().map(Vec::as_slice).collect();
                let measured =
                    Measured { command: queued.command, args: &args, took, error: error.as_deref() };
                measured.note(shared, sender);
            }
        }
        ended
    }

    async fn note(&mut self, shared: &Shared, start: usize, executed: Option<Executed>) -> Option<Ended> {
        match executed? {
            Executed::Done { wait_for, sequence, .. } => {
                self.sequence = self.sequence.max(sequence);
                self.replied(shared, start, wait_for);
                Some(Ended::Replied)
            }
            Executed::Blocked(blocked) => {
                self.out.truncate(start);
                self.sequence = self.sequence.max(blocked.sequence);
                Some(Ended::Blocked(blocked))
            }
            Executed::Outdated { sequence, guard } => {
                self.out.truncate(start);
                self.sequence = self.sequence.max(sequence);
                Some(Ended::Outdated { sequence, guard })
            }
            Executed::Undone { error } => {
                self.out.truncate(start);
                Some(Ended::Undone(error))
            }
            // What runs on a thread of its own is never given up for taking long.
            Executed::TakesLong => {
                self.out.truncate(start);
                Some(Ended::Undone(elsewhere::LOST.to_owned()))
            }
            Executed::NeedsRoom { bytes } => {
                // A refusal is met again by the next attempt, which words it.
                let _ = shared.database.room(bytes).await;
                None
            }
        }
    }

    /// Notes that the reply from `start` on must not leave before a sequence is committed.
    pub(crate) fn replied(&mut self, shared: &Shared, start: usize, wait_for: Sequence) {
        if shared.database.needs_commit(wait_for) {
            self.waiting.push((start..self.out.len(), wait_for));
        }
    }

    /// Writes the reply that a blocked command got, or a null array when its time is over.
    pub(crate) fn woken(
        &mut self,
        shared: &Shared,
        woken: Option<Woken>,
        run: impl FnOnce(&mut Vec<u8>, &mut dyn FnMut(&mut dyn ReplySink)),
    ) {
        let start = self.out.len();
        match woken {
            Some(woken) => {
                run(&mut self.out, &mut |sink| woken.reply.write(sink));
                self.sequence = self.sequence.max(woken.wait_for);
                self.replied(shared, start, woken.wait_for);
            }
            None => run(&mut self.out, &mut |sink| sink.null_array()),
        }
    }

    /// Waits until every reply may leave. Those that never may are replaced by what `write_error` writes.
    pub(crate) async fn commit(
        &mut self,
        shared: &Shared,
        write_error: impl Fn(&mut Vec<u8>, &str),
    ) -> Result<(), CommitError> {
        let Some(wait_for) = self.waiting.iter().map(|(_, sequence)| *sequence).max() else { return Ok(()) };
        let committed = shared.database.commit(wait_for).await;
        if let Err(error) = &committed {
            let text = error.to_string();
            let before = std::mem::take(&mut self.out);
            let mut copied = 0;
            for (range, sequence) in &self.waiting {
                self.out.extend_from_slice(before.get(copied..range.start).unwrap_or_default());
                if shared.database.needs_commit(*sequence) {
                    write_error(&mut self.out, &text);
                } else {
                    self.out.extend_from_slice(before.get(range.clone()).unwrap_or_default());
                }
                copied = range.end;
            }
            self.out.extend_from_slice(before.get(copied..).unwrap_or_default());
        }
        self.waiting.clear();
        committed
    }
}

/// Checks that a caller may run a command. A refusal is counted.
pub(crate) fn admit(
    shared: &Shared,
    caller: Caller,
    args: Args<'_>,
) -> Result<&'static Command, selvedge_node::CommandError> {
    shared.database.admit(caller, args).inspect_err(|error| count_refusal(args, error))
}

#[cold]
fn count_refusal(args: Args<'_>, error: &selvedge_node::CommandError) {
    let name = args.first().copied().unwrap_or_default();
    let sub = args.get(1).copied().unwrap_or_default();
    let command = table::find(&[name, b"|", sub].concat()).or_else(|| table::find(name));
    Counters::own(|counters| counters.rejected(command, &error.to_string()));
}

thread_local! {
    static POOL: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// A buffer for one turn: idle connections own none.
pub(crate) fn take_buffer() -> Vec<u8> {
    POOL.with_borrow_mut(|pool| pool.pop().unwrap_or_default())
}

/// Gives a buffer back.
pub(crate) fn give_buffer(mut buffer: Vec<u8>) {
    if buffer.capacity() == 0 {
        return;
    }
    if buffer.capacity() > POOLED_BUFFER_BYTES {
        if buffer.capacity() > TURN_OUTPUT_BYTES {
            elsewhere::free(buffer);
        }
        return;
    }
    buffer.clear();
    POOL.with_borrow_mut(|pool| {
        if pool.len() < POOLED_BUFFERS {
            pool.push(buffer);
        }
    });
}
