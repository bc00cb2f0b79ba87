//! Counters, and the page that Prometheus reads.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use selvedge_node::SYNC_LATENCY_BUCKETS_US;

use crate::shared::Shared;

/// What the doors count.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    pub(crate) commands: AtomicU64,
    pub(crate) errors: AtomicU64,
    pub(crate) connections: AtomicUsize,
    pub(crate) connections_total: AtomicU64,
    pub(crate) connections_refused: AtomicU64,
    pub(crate) http_requests: AtomicU64,
    pub(crate) received_bytes: AtomicU64,
    pub(crate) sent_bytes: AtomicU64,
}

pub(crate) fn add(counter: &AtomicU64, by: u64) {
    counter.fetch_add(by, Ordering::Relaxed);
}

/// The page of `GET /metrics`, in Prometheus' text format.
pub(crate) fn page(shared: &Shared) -> String {
    let metrics = &shared.metrics;
    let database = shared.database.statistics();
    let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let healthy = u64::from(shared.database.health().is_ok());
    let mut page = String::new();
    for (name, kind, help, value) in [
        ("selvedge_up", "gauge", "Whether writes are taken.", healthy),
        ("selvedge_commands_total", "counter", "Commands executed.", read(&metrics.commands)),
        (
            "selvedge_command_errors_total",
            "counter",
            "Commands answered with an error.",
            read(&metrics.errors),
        ),
        (
            "selvedge_connections",
            "gauge",
            "Open connections.",
            metrics.connections.load(Ordering::Relaxed) as u64,
        ),
        ("selvedge_connections_total", "counter", "Connections accepted.", read(&metrics.connections_total)),
        (
            "selvedge_connections_refused_total",
            "counter",
            "Connections over the limit.",
            read(&metrics.connections_refused),
        ),
        ("selvedge_http_requests_total", "counter", "Requests over REST.", read(&metrics.http_requests)),
        ("selvedge_received_bytes_total", "counter", "Bytes of requests.", read(&metrics.received_bytes)),
        ("selvedge_sent_bytes_total", "counter", "Bytes of replies.", read(&metrics.sent_bytes)),
        ("selvedge_keys", "gauge", "Entries.", database.keys as u64),
        ("selvedge_keys_with_expiry", "gauge", "Entries with an expiry.", database.keys_with_expiry as u64),
        (
            "selvedge_expired_keys_total",
            "counter",
            "Entries removed because their time was over.",
            database.expired_total,
        ),
        ("selvedge_log_last_sequence", "gauge", "The last sequence appended.", database.last_sequence),
        ("selvedge_log_committed_sequence", "gauge", "The last sequence committed.", database.committed),
        ("selvedge_log_synced_sequence", "gauge", "The last sequence synced.", database.log.synced),
        (
            "selvedge_log_written_bytes_total",
            "counter",
            "Bytes written to the log.",
            database.log.written_bytes,
        ),
        (
            "selvedge_log_buffered_bytes",
            "gauge",
            "Bytes that wait to be written.",
            database.log.buffered_bytes,
        ),
    ] {
        let _ = write!(page, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n");
    }
    let name = "selvedge_log_sync_seconds";
    let _ = write!(page, "# HELP {name} Time of a sync of the log.\n# TYPE {name} histogram\n");
    let mut sum = 0;
    for (bound, count) in SYNC_LATENCY_BUCKETS_US.iter().zip(database.log.sync_latency) {
        sum += count;
        let bound = if *bound == u64::MAX { "+Inf".to_owned() } else { seconds(*bound) };
        let _ = writeln!(page, "{name}_bucket{{le=\"{bound}\"}} {sum}");
    }
    let _ = writeln!(
        page,
        "{name}_sum {}\n{name}_count {}",
        seconds(database.log.sync_us_total),
        database.log.syncs
    );
    page
}

fn seconds(us: u64) -> String {
    format!("{}.{:06}", us / 1_000_000, us % 1_000_000)
}
