//! Running what takes long on a thread of its own, so that the connections of the thread that serves have their turns.

use std::sync::Arc;

use selvedge_node::{Args, Command, Executed, Reader, Run, Watch};
use selvedge_wire::{Protocol, Tape, Value, ValueSink};
use tokio::task::spawn_blocking;

use crate::shared::Shared;
use crate::transaction::Prepared;

/// The answer when the thread was lost with what it ran.
pub(crate) const LOST: &str = "UNKNOWN the outcome of this command is unknown: it panicked";

/// Executes a command as [`Database::execute_long`](selvedge_node::Database::execute_long) does. What it wrote, if anything.
pub(crate) async fn execute(
    shared: &Shared,
    reader: Option<Reader>,
    command: &'static Command,
    args: Args<'_>,
    protocol: Protocol,
) -> (Executed, Option<Tape>) {
    let database = Arc::clone(&shared.database);
    let words: Vec<Vec<u8>> = args.iter().map(|word| word.to_vec()).collect();
    let run = move || {
        let args: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        let mut tape = Tape::new(protocol);
        let executed = database.execute_long(reader.as_ref(), command, &args, &mut tape);
        (executed, Some(tape).filter(|tape| !tape.is_empty()))
    };
    // A permit is only missing where the server is gone, which it is not while it serves.
    let _permit = match command.as_read(args).run {
        Run::Read(_) => shared.long_reads.acquire().await.ok(),
        _ => None,
    };
    spawn_blocking(run).await.unwrap_or_else(|_| (Executed::Undone { error: LOST.to_owned() }, None))
}

/// Frees what is large where nobody waits for it: giving megabytes back to the system takes milliseconds.
pub(crate) fn free(large: impl Send + 'static) {
    drop(spawn_blocking(move || drop(large)));
}

/// Executes a transaction likewise, with its replies in the protocol that each of its first commands was answered in.
pub(crate) async fn execute_transaction(
    shared: &Shared,
    reader: Option<Reader>,
    prepared: &Arc<Prepared>,
    watch: Option<&Arc<Watch>>,
    protocols: &[Protocol],
) -> (Executed, Vec<Value>) {
    let database = Arc::clone(&shared.database);
    let (prepared, watch) = (Arc::clone(prepared), watch.map(Arc::clone));
    let protocols = protocols.to_vec();
    let run = move || {
        let mut replies = Vec::new();
        let executed = database.execute_long_transaction(
            reader.as_ref(),
            prepared.queue(),
            watch.as_deref(),
            &mut |index, write| {
                // Those behind the one that took long were not answered yet.
                let protocol = protocols.get(index).or(protocols.last()).copied();
                let mut sink = ValueSink::new(protocol.unwrap_or(Protocol::Resp2));
                write(&mut sink);
                replies.extend(sink.into_values().pop());
            },
        );
        (executed, replies)
    };
    spawn_blocking(run).await.unwrap_or_else(|_| (Executed::Undone { error: LOST.to_owned() }, Vec::new()))
}
