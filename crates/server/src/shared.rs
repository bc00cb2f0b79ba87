//! What all connections share.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use selvedge_node::{Args, Command, Database, Traits};
use tokio::sync::{Notify, Semaphore};
use tokio::time::sleep;

use crate::clients::{Clients, Pause};
use crate::configuration::{self, Configuration};
use crate::failures::Failures;
use crate::limits::LONG_READS_MAX;
use crate::metrics::Metrics;
use crate::resp::Running;
use crate::settings::Settings;
use crate::statistics::{LatencyMonitor, Rate, Sender, SlowLog, Statistics, without_secrets};
use crate::tokens::Tokens;

/// What stands for the address of a command that came over REST.
const NO_ADDRESS: &str = "0.0.0.0:0";

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) database: Arc<Database>,
    pub(crate) settings: Settings,
    pub(crate) configuration: Configuration,
    pub(crate) tokens: Tokens,
    pub(crate) failures: Failures,
    pub(crate) metrics: Metrics,
    pub(crate) statistics: Statistics,
    pub(crate) rate: Rate,
    pub(crate) slow_log: SlowLog,
    pub(crate) latency: LatencyMonitor,
    pub(crate) clients: Clients,
    pub(crate) pause: Pause,
    /// Told by a client that may: the server is to stop.
    pub(crate) stop: Notify,
    /// Turns that are running: they are waited for when the server stops.
    pub(crate) turns: AtomicUsize,
    /// Who reads much at a time.
    pub(crate) long_reads: Semaphore,
    pub(crate) resp_port: u16,
    pub(crate) started: Instant,
    /// Entries that had expired at CONFIG RESETSTAT.
    pub(crate) expired_at_reset: AtomicU64,
}

impl Shared {
    pub(crate) fn new(database: Arc<Database>, settings: Settings, tokens: Tokens, resp_port: u16) -> Self {
        let shared = Self {
            database,
            settings,
            configuration: Configuration::default(),
            tokens,
            failures: Failures::default(),
            metrics: Metrics::default(),
            statistics: Statistics::default(),
            rate: Rate::default(),
            slow_log: SlowLog::default(),
            latency: LatencyMonitor::default(),
            clients: Clients::default(),
            pause: Pause::default(),
            stop: Notify::new(),
            turns: AtomicUsize::new(0),
            long_reads: Semaphore::new(LONG_READS_MAX),
            resp_port,
            started: Instant::now(),
            expired_at_reset: AtomicU64::new(0),
        };
        configuration::apply_defaults(&shared);
        shared
    }

    /// Shows a command to those who monitor. Those for operators are nobody else's business. One load while nobody does.
    pub(crate) fn show_command(&self, command: &Command, args: Args<'_>, sender: Sender<'_>) {
        if self.database.is_monitored() && !command.traits.contains(Traits::ADMIN) {
            let (peer, _name) = sender();
            let source = if peer.is_empty() { NO_ADDRESS } else { &peer };
            self.database.show_command(source, &without_secrets(args));
        }
    }

    /// Waits while a pause holds up all commands, or those of which `writes` is true. One load while there is none.
    pub(crate) async fn wait_for_the_end_of_a_pause(&self, writes: impl FnOnce() -> bool) {
        if !self.pause.is_on() {
            return;
        }
        let writes = writes();
        if self.pause.holds(writes) {
            let blocked = self.clients.block();
            // Who waits must not hold up a stop.
            let waits = Running::pause(self);
            self.pause.wait(writes).await;
            drop((blocked, waits));
        }
    }

    /// Lets the answer to a wrong token wait, the longer the more of them its host has shown.
    pub(crate) async fn punish(&self, host: Option<IpAddr>) {
        let delay = host.map_or(Duration::ZERO, |host| self.failures.note(host, Instant::now()));
        if !delay.is_zero() {
            let waits = Running::pause(self);
            sleep(delay).await;
            drop(waits);
        }
    }

    /// Notes how far the counts that have a rate are now.
    pub(crate) fn sample_rates(&self) {
        let received = self.metrics.received_bytes.load(Ordering::Relaxed);
        let sent = self.metrics.sent_bytes.load(Ordering::Relaxed);
        self.rate.sample(Instant::now(), [self.statistics.since_start().calls(), received, sent]);
    }

    /// Sets back what INFO counts.
    pub(crate) fn reset_statistics(&self) {
        self.statistics.reset();
        self.metrics.reset();
        self.expired_at_reset.store(self.database.statistics().expired_total, Ordering::Relaxed);
    }

    /// The database's time in seconds.
    pub(crate) fn now_s(&self) -> i64 {
        i64::try_from(self.database.now().ms() / 1000).unwrap_or(i64::MAX)
    }

    /// Milliseconds from the start to that instant.
    pub(crate) fn ms_until(&self, instant: Instant) -> u64 {
        u64::try_from(instant.saturating_duration_since(self.started).as_millis()).unwrap_or(u64::MAX)
    }
}
