//! MULTI, its queue, and EXEC.

use std::sync::Arc;

use selvedge_node::{Args, Command, Connection as Word, Database, Queued, Run, Traits, check_place};
use selvedge_wire::resp::RespSink;
use selvedge_wire::{Protocol, ReplySink};
use smallvec::SmallVec;
use tokio::task::yield_now;

use crate::connection::{Connection, error_text};
use crate::limits::{WATCHED_AT_ONCE, WATCHED_BYTES_MAX, WATCHED_KEYS_MAX};
use crate::statistics::{Counters, Measured};
use crate::transaction::Prepared;
use crate::turn::{Ended, Turn};

/// What MULTI began.
#[derive(Debug, Default)]
pub(super) struct Transaction {
    queue: Vec<Queued>,
    bytes: usize,
    /// A command was refused: EXEC discards all.
    is_broken: bool,
}

impl Transaction {
    /// Whether that command would run something that may change data.
    pub(super) fn writes(&self, database: &Database, command: &Command) -> bool {
        let may_write = |queued: &Queued| {
            let args: SmallVec<[&[u8]; 8]> = queued.arguments.iter().map(Vec::as_slice).collect();
            database.is_held_with_writes(queued.command, &args)
        };
        matches!(command.run, Run::Connection(Word::Exec)) && self.queue.iter().any(may_write)
    }

    /// Makes EXEC discard all.
    pub(super) fn break_off(&mut self) {
        self.is_broken = true;
        self.queue = Vec::new();
    }
}

/// Commands that a transaction does not queue but that act on it, or on the connection at once.
pub(super) fn acts_at_once(word: Word) -> bool {
    matches!(word, Word::Exec | Word::Discard | Word::Multi | Word::Quit | Word::Reset | Word::Watch)
}

impl Connection {
    pub(super) fn multi(&mut self, turn: &mut Turn) {
        if self.transaction.is_some() {
            self.sink(turn).error("ERR MULTI calls can not be nested");
        } else {
            self.transaction = Some(Transaction::default());
            self.client.live.queues(Some((0, 0)));
            self.sink(turn).status("OK");
        }
    }

    pub(super) fn discard(&mut self, turn: &mut Turn) {
        match self.transaction.take() {
            Some(_) => {
                self.client.live.queues(None);
                self.unwatch();
                self.sink(turn).status("OK");
            }
            None => self.sink(turn).error("ERR DISCARD without MULTI"),
        }
    }

    /// WATCH, a few keys at a time: the thread's other connections have their turns in between.
    pub(super) async fn watch(&mut self, args: Args<'_>, turn: &mut Turn) {
        if self.transaction.is_some() {
            self.sink(turn).error("ERR WATCH inside MULTI is not allowed");
            return;
        }
        let keys = args.get(1..).unwrap_or_default();
        let bytes = keys.iter().map(|key| key.len()).sum::<usize>();
        let refusal = if self.watch.len() + keys.len() > WATCHED_KEYS_MAX {
            Some(format!("LIMIT a connection watches at most {WATCHED_KEYS_MAX} keys"))
        } else if self.watch.bytes() + bytes > WATCHED_BYTES_MAX {
            Some(format!("LIMIT a connection watches keys of at most {WATCHED_BYTES_MAX} bytes together"))
        } else {
            None
        };
        if let Some(text) = refusal {
            self.sink(turn).error(&text);
            return;
        }
        let mut watching = Ok(());
        for few in keys.chunks(WATCHED_AT_ONCE) {
            watching = watching.and_then(|()| self.shared.database.watch(&mut self.watch, few));
            if keys.len() > WATCHED_AT_ONCE {
                yield_now().await;
            }
        }
        self.client.live.watches(self.watch.len());
        match watching {
            Ok(()) => self.sink(turn).status("OK"),
            Err(error) => self.sink(turn).error(&error.to_string()),
        }
    }

    pub(super) fn unwatch(&mut self) {
        self.watch.clear();
        self.client.live.watches(0);
    }

    /// What a command that admission refused means for the transaction, and the text of its reply.
    pub(super) fn refused(&mut self, args: Args<'_>, error: String) -> String {
        if args.first().is_some_and(|name| name.eq_ignore_ascii_case(b"exec")) {
            self.transaction = None;
            self.unwatch();
            let reason = error.strip_prefix("ERR ").unwrap_or(&error);
            return format!("EXECABORT Transaction discarded because of: {reason}");
        }
        if let Some(transaction) = &mut self.transaction {
            transaction.break_off();
        }
        error
    }

    pub(super) fn queue(&mut self, command: &'static Command, args: Args<'_>, turn: &mut Turn) {
        let Some(transaction) = &mut self.transaction else { return };
        let queue = &transaction.queue;
        let ends = queue.first().zip(queue.last()).map(|(first, last)| (first.command, last.command));
        let refusal = if command.traits.contains(Traits::NO_MULTI) {
            Some("ERR Command not allowed inside a transaction".to_owned())
        } else {
            check_place(ends, command).err().map(|error| error.to_string())
        };
        if let Some(text) = refusal {
            transaction.break_off();
            Counters::own(|counters| counters.rejected(Some(command), &text));
            self.sink(turn).error(&text);
            return;
        }
        transaction.bytes += args.iter().map(|arg| arg.len() + size_of::<Vec<u8>>()).sum::<usize>();
        let bytes_max = self.shared.settings.transaction_bytes_max;
        if transaction.bytes as u64 > bytes_max {
            transaction.break_off();
            let text =
                format!("LIMIT the transaction is larger than transaction_bytes_max ({bytes_max} bytes)");
            Counters::own(|counters| counters.rejected(Some(command), &text));
            self.sink(turn).error(&text);
            return;
        }
        if !transaction.is_broken {
            transaction
                .queue
                .push(Queued { command, arguments: args.iter().map(|arg| arg.to_vec()).collect() });
        }
        self.client.live.queues(Some((transaction.queue.len(), transaction.bytes)));
        self.sink(turn).status("QUEUED");
    }

    pub(super) async fn exec(&mut self, turn: &mut Turn) {
        let Some(transaction) = self.transaction.take() else {
            self.sink(turn).error("ERR EXEC without MULTI");
            return;
        };
        if transaction.is_broken {
            self.client.live.queues(None);
            self.unwatch();
            self.sink(turn).error("EXECABORT Transaction discarded because of previous errors.");
            return;
        }
        if !self.shared.database.is_unchanged(&self.watch) {
            // Before the commands about the connection run; the node looks again where nothing can change any more.
            let start = turn.out.len();
            self.client.live.queues(None);
            self.unwatch();
            self.sink(turn).null_array();
            turn.replied(&self.shared, start, self.shared.database.last_sequence());
            return;
        }
        let (prepared, protocols) = self.prepare(transaction.queue, turn);
        self.client.live.queues(None);
        // What is watched ends with EXEC, whatever becomes of it.
        let watch = Arc::new(std::mem::replace(&mut self.watch, self.shared.database.new_watch()));
        let prepared = Arc::new(prepared);
        let sender = || self.sender();
        let ended = turn
            .execute_transaction(&self.shared, &prepared, Some(&watch), &sender, |out, index, run| {
                let protocol = protocols.get(index).copied().unwrap_or(Protocol::Resp2);
                let start = out.len();
                run(&mut RespSink::new(out, protocol));
                error_text(out, start)
            })
            .await;
        self.unwatch();
        match ended {
            Ended::Replied | Ended::Blocked(_) => {}
            Ended::Undone(error) => self.sink(turn).error(&error),
            // As Redis' clients know it from WATCH.
            Ended::Outdated { sequence, .. } => {
                let start = turn.out.len();
                self.sink(turn).null_array();
                turn.replied(&self.shared, start, sequence);
            }
        }
    }

    /// Runs the commands about the connection. With it, what each of the others is answered in: HELLO may be among them.
    fn prepare(&mut self, queue: Vec<Queued>, turn: &mut Turn) -> (Prepared, Vec<Protocol>) {
        let mut prepared = Prepared::default();
        let mut protocols = Vec::new();
        RespSink::new(prepared.between(), self.protocol).array(queue.len());
        for queued in queue {
            let Run::Connection(word) = queued.command.run else {
                protocols.push(self.protocol);
                prepared.push(queued);
                continue;
            };
            let args: SmallVec<[&[u8]; 8]> = queued.arguments.iter().map(Vec::as_slice).collect();
            let start = turn.out.len();
            self.client.live.runs(queued.command);
            if word == Word::ClientReply {
                // The array has one reply for each command, so none can be left out.
                self.sink(turn).error("ERR CLIENT REPLY is not allowed inside a transaction");
            } else if word == Word::Monitor {
                self.sink(turn).error("ERR MONITOR isn't allowed for DENY BLOCKING client");
            } else {
                self.own(word, &args, turn);
            }
            let (took, error) = (turn.meter.lap(), error_text(&turn.out, start));
            let measured = Measured { command: queued.command, args: &args, took, error: error.as_deref() };
            measured.note(&self.shared, &|| self.sender());
            self.shared.show_command(queued.command, &args, &|| self.sender());
            prepared.between().extend(turn.out.drain(start..));
        }
        (prepared, protocols)
    }
}
