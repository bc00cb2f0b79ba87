//! Counters, and the page that Prometheus reads.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use parking_lot::Mutex;
use selvedge_node::SYNC_LATENCY_BUCKETS_US;

use crate::shared::Shared;
use crate::statistics::{CommandTotals, LATENCY_BUCKETS, Totals, bucket_bound_us};

/// What the doors count.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    pub(crate) connections: AtomicUsize,
    pub(crate) connections_total: AtomicU64,
    pub(crate) connections_refused: AtomicU64,
    pub(crate) http_requests: AtomicU64,
    pub(crate) received_bytes: AtomicU64,
    pub(crate) sent_bytes: AtomicU64,
    /// What INFO leaves out since CONFIG RESETSTAT.
    reset: Mutex<Traffic>,
}

/// What INFO tells of the doors, and CONFIG RESETSTAT sets back.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Traffic {
    pub(crate) connections: u64,
    pub(crate) refused: u64,
    pub(crate) received_bytes: u64,
    pub(crate) sent_bytes: u64,
}

impl Metrics {
    /// The counts since CONFIG RESETSTAT.
    pub(crate) fn since_reset(&self) -> Traffic {
        let reset = self.reset.lock();
        let now = self.since_start();
        Traffic {
            connections: now.connections - reset.connections,
            refused: now.refused - reset.refused,
            received_bytes: now.received_bytes - reset.received_bytes,
            sent_bytes: now.sent_bytes - reset.sent_bytes,
        }
    }

    /// Begins to count anew, for INFO.
    pub(crate) fn reset(&self) {
        let mut reset = self.reset.lock();
        *reset = self.since_start();
    }

    fn since_start(&self) -> Traffic {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Traffic {
            connections: read(&self.connections_total),
            refused: read(&self.connections_refused),
            received_bytes: read(&self.received_bytes),
            sent_bytes: read(&self.sent_bytes),
        }
    }
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
    let log = &database.log;
    histogram(
        &mut page,
        "selvedge_log_sync_seconds",
        "Time of a sync of the log.",
        SYNC_LATENCY_BUCKETS_US
            .iter()
            .map(|bound| (*bound < u64::MAX).then_some(*bound))
            .zip(log.sync_latency),
        log.sync_us_total,
    );
    commands(&mut page, &shared.statistics.since_start());
    page
}

/// What the commands' own counters say. Commands that nobody sent have no lines.
fn commands(page: &mut String, totals: &Totals) {
    let mut family = |name: &str, help: &str, value: fn(&CommandTotals) -> u64| {
        let _ = write!(page, "# HELP {name} {help}\n# TYPE {name} counter\n");
        for (command, totals) in totals.commands() {
            let _ = writeln!(page, "{name}{{command=\"{}\"}} {}", command.name, value(totals));
        }
    };
    family("selvedge_commands_total", "Commands executed.", CommandTotals::call_count);
    family("selvedge_commands_failed_total", "Commands executed and answered with an error.", |totals| {
        totals.failed
    });
    family("selvedge_commands_rejected_total", "Commands refused before they ran.", |totals| totals.rejected);
    let name = "selvedge_errors_total";
    let _ = write!(page, "# HELP {name} Errors by their first word.\n# TYPE {name} counter\n");
    for (word, count) in &totals.errors {
        let word = word.replace(['\\', '"', '\n'], "_");
        let _ = writeln!(page, "{name}{{error=\"{word}\"}} {count}");
    }
    let (calls, total_ns) = totals.latency();
    histogram(
        page,
        "selvedge_command_seconds",
        "Time of a command, without the wait for its commit.",
        (0..LATENCY_BUCKETS).map(bucket_bound_us).zip(calls),
        total_ns / 1000,
    );
}

/// A histogram out of counts by their upper bounds.
fn histogram(
    page: &mut String,
    name: &str,
    help: &str,
    buckets: impl Iterator<Item = (Option<u64>, u64)>,
    total_us: u64,
) {
    let _ = write!(page, "# HELP {name} {help}\n# TYPE {name} histogram\n");
    let mut sum = 0;
    for (bound_us, count) in buckets {
        sum += count;
        let bound = bound_us.map_or_else(|| "+Inf".to_owned(), seconds);
        let _ = writeln!(page, "{name}_bucket{{le=\"{bound}\"}} {sum}");
    }
    let _ = writeln!(page, "{name}_sum {}\n{name}_count {sum}", seconds(total_us));
}

fn seconds(us: u64) -> String {
    format!("{}.{:06}", us / 1_000_000, us % 1_000_000)
}
