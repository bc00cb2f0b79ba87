//! The database: what it is made of, how it starts and how it stops.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use parking_lot::Mutex;
use selvedge_engine::CommandError;
use selvedge_engine::hash::HashSeed;
use selvedge_engine::keyspace::{Digest, Garbage, Keyspace};
use selvedge_engine::mutation::Mutation;
use selvedge_engine::time::Now;
use selvedge_log::{Disk, Durability, Log, LogId, Options, Sequence};

use crate::clock::{Clock, DatabaseClock};
use crate::entropy::Entropy;
use crate::error::OpenError;
use crate::hub::Hub;
use crate::maintenance;
use crate::recovery::{Progress, Recovery};
use crate::script::Scripts;
use crate::tracking::Tracking;
use crate::waiters::Waiters;
use crate::watches::Watches;
use crate::write_lane::WriteLane;

/// What an operator decides about a database.
#[derive(Debug, Clone)]
pub struct NodeSettings {
    /// What an acknowledged write has survived.
    pub durability: Durability,
    /// The size of a log segment in bytes.
    pub segment_bytes: u64,
    /// How long a script runs before others are told that it does, instead of waiting for it.
    pub busy_reply_threshold_ms: u64,
    /// How long a script may run. Then it is ended and undone.
    pub script_time_ms_max: u64,
}

impl Default for NodeSettings {
    fn default() -> Self {
        Self {
            durability: Durability::Always,
            segment_bytes: selvedge_log::limits::SEGMENT_BYTES,
            busy_reply_threshold_ms: 5_000,
            script_time_ms_max: 30_000,
        }
    }
}

/// One running database.
#[derive(Debug)]
pub struct Database {
    pub(crate) keyspace: Keyspace,
    pub(crate) log: Log,
    pub(crate) lane: Mutex<WriteLane>,
    pub(crate) clock: DatabaseClock,
    pub(crate) scripts: Scripts,
    pub(crate) garbage: Sender<Vec<Garbage>>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) waiters: Arc<Waiters>,
    pub(crate) watches: Arc<Watches>,
    pub(crate) tracking: Arc<Tracking>,
    pub(crate) expired_total: AtomicU64,
    pub(crate) expired_fields_total: AtomicU64,
    /// Whether what has expired is removed although nobody asks for it.
    pub(crate) removes_due: AtomicBool,
    /// Until then nothing that has expired is removed.
    pub(crate) removals_held_until_us: AtomicU64,
    /// `always`: reads of what is not committed wait for it.
    pub(crate) tracks_uncommitted: bool,
    /// `interval`: the caller's thread hands the buffer to the kernel.
    pub(crate) writes_out_itself: bool,
    settings: NodeSettings,
    log_name: String,
    failed: AtomicBool,
    failure: Mutex<Option<String>>,
    started_us: u64,
}

impl Database {
    /// Opens a database, recovering what its log holds, or founds a new one on an empty disk.
    ///
    /// # Errors
    /// [`OpenError`]: damage is named by file and offset, and nothing is served.
    pub fn open(
        settings: NodeSettings,
        disk: Arc<dyn Disk>,
        clock: Arc<dyn Clock>,
        mut entropy: Box<dyn Entropy>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Arc<Self>, OpenError> {
        let scripts =
            Scripts::new(Arc::clone(&clock), settings.busy_reply_threshold_ms, settings.script_time_ms_max);
        let clock = DatabaseClock::new(clock);
        let log_id = LogId(draw(&mut *entropy)?);
        let seed: HashSeed = draw(&mut *entropy)?;
        let origin = u64::from_le_bytes(draw(&mut *entropy)?);
        let random = u64::from_le_bytes(draw(&mut *entropy)?);
        let mut segment_ids = entropy;
        let draw_id = Box::new(move || draw(&mut *segment_ids).map_err(std::io::Error::other));
        let options = Options {
            segment_bytes: settings.segment_bytes,
            ..Options::new(settings.durability, log_id, draw_id)
        };
        let mut recovery = Recovery::new(progress);
        let log = match Log::open(disk, options, &mut recovery) {
            Ok(log) => log,
            Err(error) => return Err(recovery.error.take().unwrap_or(OpenError::Log(error))),
        };
        let last_time = recovery.last_time;
        clock.witness_us((last_time.ms() + 1).saturating_mul(1000));
        let recovered = recovery.keyspace.take();
        let mut lane = WriteLane::new(origin, log.last_sequence(), last_time, random);
        let tracks_uncommitted = matches!(settings.durability, Durability::Always);
        let mut keyspace = match recovered {
            Some(keyspace) => keyspace,
            None => found(seed, &log, &mut lane, clock.now())?,
        };
        if !tracks_uncommitted {
            // Replies do not wait until a crash can take back nothing that they show.
            keyspace.begin_start(random);
        }
        let (garbage, dropped) = channel();
        let log_name = log.log_id().0.iter().fold(String::with_capacity(32), |mut name, byte| {
            let _ = write!(name, "{byte:02x}");
            name
        });
        let database = Arc::new(Self {
            keyspace,
            lane: Mutex::new(lane),
            garbage,
            hub: Arc::default(),
            waiters: Arc::default(),
            watches: Arc::default(),
            tracking: Arc::default(),
            expired_total: AtomicU64::new(0),
            expired_fields_total: AtomicU64::new(0),
            removes_due: AtomicBool::new(true),
            removals_held_until_us: AtomicU64::new(0),
            tracks_uncommitted,
            writes_out_itself: matches!(settings.durability, Durability::Interval { .. }),
            settings,
            log_name,
            failed: AtomicBool::new(false),
            failure: Mutex::new(None),
            started_us: clock.monotonic_us(),
            clock,
            scripts,
            log,
        });
        let weak = Arc::downgrade(&database);
        std::thread::Builder::new()
            .name("selvedge-maintenance".to_owned())
            .spawn(move || maintenance::run(&weak, &dropped))
            .map_err(OpenError::Thread)?;
        Ok(database)
    }

    /// The last sequence appended to the log.
    #[must_use]
    pub fn last_sequence(&self) -> Sequence {
        self.log.last_sequence()
    }

    /// The last sequence that the disk has for sure.
    #[must_use]
    pub fn synced(&self) -> Sequence {
        self.log.synced()
    }

    /// The identity of this database's history, 32 hexadecimal digits.
    #[must_use]
    pub fn log_id(&self) -> &str {
        &self.log_name
    }

    /// The token of a state: `<log id>.<sequence>`.
    #[must_use]
    pub fn sync_token(&self, sequence: Sequence) -> String {
        format!("{}.{sequence}", self.log_name)
    }

    /// The database's time. It never goes back.
    #[must_use]
    pub fn now(&self) -> Now {
        self.clock.now()
    }

    /// How long this database has been open.
    #[must_use]
    pub fn uptime(&self) -> Duration {
        Duration::from_micros(self.clock.monotonic_us().saturating_sub(self.started_us))
    }

    /// Sets how long a script runs before others are told that it does, in milliseconds. 0: they always wait.
    pub fn set_busy_reply_threshold_ms(&self, threshold_ms: u64) {
        self.scripts.watches.set_busy_ms(threshold_ms);
    }

    /// What [`Database::set_busy_reply_threshold_ms`] set, or the settings.
    #[must_use]
    pub fn busy_reply_threshold_ms(&self) -> u64 {
        self.scripts.watches.busy_ms()
    }

    /// What commands are answered while a script holds everything for long.
    #[must_use]
    pub fn busy_error(&self) -> Option<CommandError> {
        self.scripts.watches.is_busy().then(|| self.scripts.watches.busy())
    }

    /// Asks all scripts that run to end, undone: nobody waits for them any more.
    pub fn end_scripts(&self) {
        self.scripts.watches.kill_all();
    }

    /// What the operator decided.
    #[must_use]
    pub fn settings(&self) -> &NodeSettings {
        &self.settings
    }

    /// A digest of every entry: equal states have equal digests. Walks everything.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.keyspace.digest()
    }

    /// A digest of one entry, expired or not. `None`: there is none.
    #[must_use]
    pub fn entry_digest(&self, key: &[u8]) -> Option<Digest> {
        self.keyspace.entry_digest(key)
    }

    /// Writes and syncs everything and stops the log. Later writes are refused.
    ///
    /// # Errors
    /// The last sync failed: what was not yet acknowledged may be lost.
    pub fn close(&self) -> Result<(), crate::CommitError> {
        self.scripts.watches.kill_all();
        let lane = self.lane.lock();
        let closed = self.log.close().map_err(|error| crate::CommitError { reason: error.to_string() });
        self.fail("the server is shutting down");
        drop(lane);
        closed
    }

    /// Why no write is taken, if none is.
    pub(crate) fn failure(&self) -> Option<String> {
        if !self.failed.load(Ordering::Acquire) {
            return None;
        }
        self.failure.lock().clone()
    }

    /// Takes no write from now on. The first reason stands.
    pub(crate) fn fail(&self, reason: &str) {
        self.failure.lock().get_or_insert_with(|| reason.to_owned());
        self.failed.store(true, Ordering::Release);
    }

    /// Stops writes if the holder is dropped by a panic: what it had begun is neither whole nor logged.
    pub(crate) fn poison_on_panic(&self) -> Poison<'_> {
        Poison { database: self, armed: true }
    }
}

/// See [`Database::poison_on_panic`].
pub(crate) struct Poison<'a> {
    database: &'a Database,
    armed: bool,
}

impl Poison<'_> {
    pub(crate) fn disarm(mut self) {
        self.armed = false;
    }
}

impl Drop for Poison<'_> {
    fn drop(&mut self) {
        if self.armed && std::thread::panicking() {
            self.database.fail("a command panicked while it changed data; restart to recover");
        }
    }
}

/// Founds a database: its first record holds the seed of its hash.
fn found(seed: HashSeed, log: &Log, lane: &mut WriteLane, now: Now) -> Result<Keyspace, OpenError> {
    let sequence = lane.begin(now, 0);
    lane.batch.record(&Mutation::Genesis { hash_seed: seed });
    log.append(sequence, &[lane.batch.payload()]).map_err(OpenError::Founding)?;
    lane.logged();
    Ok(Keyspace::new(seed))
}

fn draw<const N: usize>(entropy: &mut dyn Entropy) -> Result<[u8; N], OpenError> {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes).map_err(OpenError::Entropy)?;
    Ok(bytes)
}
