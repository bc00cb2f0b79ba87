//! WAIT and WAITAOF.

use std::time::Duration;

use selvedge_node::{Args, Durability, Sequence};
use selvedge_wire::ReplySink;
use tokio::time::{Instant, sleep};

use crate::limits::SYNC_POLL_INTERVAL;
use crate::shared::Shared;

const NOT_AN_INTEGER: &str = "ERR value is not an integer or out of range";

/// WAIT: there are no replicas, and none to wait for.
pub(super) fn replicas(args: Args<'_>, sink: &mut dyn ReplySink) {
    let [_, count, timeout] = args else { return };
    if number(count).is_none() {
        sink.error(NOT_AN_INTEGER);
    } else {
        match timeout_ms(timeout) {
            Ok(_) => sink.integer(0),
            Err(text) => sink.error(text),
        }
    }
}

/// The reply of WAITAOF: 1 if the disk has what was written up to `sequence`, and 0 replicas.
pub(crate) fn synced(shared: &Shared, args: Args<'_>, sequence: Sequence, sink: &mut dyn ReplySink) {
    match SyncWait::parse(shared, args) {
        Err(text) => sink.error(text),
        Ok(_) => {
            sink.array(2);
            sink.integer(i64::from(shared.database.synced() >= sequence));
            sink.integer(0);
        }
    }
}

/// The reply of WAITAOF where it does not wait: in a transaction, and over REST.
pub(super) fn synced_at_once(shared: &Shared, args: Args<'_>, sink: &mut dyn ReplySink) {
    // With `always` no reply leaves before the disk has what was written in front of it.
    let sequence = match shared.database.settings().durability {
        Durability::Always => 0,
        Durability::Interval { .. } | Durability::None => shared.database.last_sequence(),
    };
    synced(shared, args, sequence, sink);
}

/// Waits for what WAITAOF asks for, and no longer than it says. Replicas are not waited for: there are none. Returns the
/// sequence of what was written before.
pub(crate) async fn wait_for_sync(shared: &Shared, args: Args<'_>) -> Sequence {
    let sequence = shared.database.last_sequence();
    let Ok(SyncWait { is_local: true, timeout_ms }) = SyncWait::parse(shared, args) else { return sequence };
    let deadline = (timeout_ms > 0).then(|| Instant::now() + Duration::from_millis(timeout_ms));
    // Nobody is woken by a sync as such. With `always` a reply that waits for its commit does the same; with `interval` it
    // comes within the interval.
    while !is_over(shared, sequence) && deadline.is_none_or(|deadline| Instant::now() < deadline) {
        sleep(SYNC_POLL_INTERVAL).await;
    }
    sequence
}

/// Whether the disk has it, or never will.
fn is_over(shared: &Shared, sequence: Sequence) -> bool {
    shared.database.synced() >= sequence || !shared.database.health().is_ok()
}

/// The arguments of WAITAOF.
struct SyncWait {
    /// Whether this node's disk is waited for.
    is_local: bool,
    /// 0: as long as it takes.
    timeout_ms: u64,
}

impl SyncWait {
    fn parse(shared: &Shared, args: Args<'_>) -> Result<Self, &'static str> {
        let [_, local, replicas, timeout] = args else { return Err("ERR syntax error") };
        let is_local = match number(local) {
            None => return Err(NOT_AN_INTEGER),
            Some(0) => false,
            Some(1) => true,
            Some(_) => return Err("ERR value is out of range, value must between 0 and 1"),
        };
        if number(replicas).is_none_or(|count| count < 0) {
            return Err("ERR value is out of range, must be positive");
        }
        let timeout_ms = timeout_ms(timeout)?;
        if is_local && matches!(shared.database.settings().durability, Durability::None) {
            return Err("ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.");
        }
        Ok(Self { is_local, timeout_ms })
    }
}

fn timeout_ms(word: &[u8]) -> Result<u64, &'static str> {
    let timeout = number(word).ok_or("ERR timeout is not an integer or out of range")?;
    u64::try_from(timeout).map_err(|_| "ERR timeout is negative")
}

fn number(word: &[u8]) -> Option<i64> {
    std::str::from_utf8(word).ok()?.parse().ok()
}
