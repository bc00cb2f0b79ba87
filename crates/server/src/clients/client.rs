//! One connection, as others may see it.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU8, AtomicU16, AtomicU64, AtomicUsize, Ordering};

use parking_lot::Mutex;
use selvedge_node::{Command, Inbox, table};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use crate::limits::TRACKING_INBOX_BYTES_MAX;

/// What others may know of a connection, and do to it.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) id: u64,
    pub(crate) ends: Ends,
    /// Milliseconds since the server's start.
    pub(crate) connected_ms: u64,
    pub(crate) about: Mutex<About>,
    pub(crate) live: Live,
    /// Set while a command of it waits: ends the wait.
    waiting: Mutex<Option<oneshot::Sender<WaitEnd>>>,
    /// What it is to be told about keys that it, or another for it, caches.
    pub(crate) inbox: Arc<Inbox>,
}

/// How somebody else ends the wait of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WaitEnd {
    /// As if its time were over.
    Timeout,
    /// With an error.
    Error,
}

/// Which CLIENT TYPE a connection is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Ordinary.
    Normal,
    /// Listens to messages.
    PubSub,
    /// Another server: there are none.
    Server,
}

/// Both ends of a connection, and the task that serves it.
#[derive(Debug, Default)]
pub(crate) struct Ends {
    pub(crate) peer: String,
    pub(crate) local: String,
    /// The host of the peer.
    pub(crate) host: Option<IpAddr>,
    /// The number of its file descriptor.
    pub(crate) descriptor: i32,
    pub(crate) task: Option<AbortHandle>,
}

/// What a connection says of itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct About {
    pub(crate) name: String,
    pub(crate) library_name: String,
    pub(crate) library_version: String,
    pub(crate) user: &'static str,
}

/// What changes all the time. The connection's own thread stores, others read what may be a moment old.
#[derive(Debug)]
pub(crate) struct Live {
    /// The number of the last command; more than any before the first.
    command: AtomicU16,
    flags: AtomicU8,
    /// Milliseconds since the server's start.
    active_ms: AtomicU64,
    /// Commands in its transaction; -1 without one.
    queued: AtomicI64,
    queued_bytes: AtomicUsize,
    /// Where notices about keys go: the number of a connection, 0 for this one, -1 if there are none.
    redirect: AtomicI64,
    watched: AtomicUsize,
    /// Channels, patterns and sharded channels that it listens to.
    subscriptions: [AtomicUsize; 3],
    input_bytes: AtomicUsize,
    input_capacity_bytes: AtomicUsize,
    output_bytes: AtomicUsize,
    received_bytes: AtomicU64,
    sent_bytes: AtomicU64,
    commands: AtomicU64,
}

/// A property of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Flag {
    Resp3 = 1,
    NoEvict = 1 << 1,
    NoTouch = 1 << 2,
    /// A command waits.
    Blocked = 1 << 3,
    /// It is told about keys that change.
    Tracking = 1 << 4,
    /// By prefixes.
    Broadcast = 1 << 5,
    /// It is shown every command.
    Monitor = 1 << 6,
}

impl Client {
    pub(super) fn new(id: u64, ends: Ends, now_ms: u64) -> Self {
        Self {
            id,
            ends,
            connected_ms: now_ms,
            about: Mutex::default(),
            live: Live::new(now_ms),
            waiting: Mutex::default(),
            inbox: Arc::new(Inbox::new(TRACKING_INBOX_BYTES_MAX)),
        }
    }

    /// Ends the connection at once, in whatever it is doing. What it has executed stays executed.
    pub(crate) fn kill(&self) {
        if let Some(task) = &self.ends.task {
            task.abort();
        }
    }

    /// A command of it waits from now on. Resolves when somebody ends the wait; dropping it says that the wait is over.
    pub(crate) fn wait_begins(&self) -> oneshot::Receiver<WaitEnd> {
        let (sender, end) = oneshot::channel();
        *self.waiting.lock() = Some(sender);
        end
    }

    /// Ends the wait of its command. False if none waits.
    pub(crate) fn end_wait(&self, how: WaitEnd) -> bool {
        self.waiting.lock().take().is_some_and(|waiting| waiting.send(how).is_ok())
    }

    /// The line of CLIENT INFO and CLIENT LIST.
    pub(crate) fn line(&self, now_ms: u64) -> String {
        let about = self.about.lock().clone();
        let live = &self.live;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let size = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
        let queued = live.queued.load(Ordering::Relaxed);
        let [channels, patterns, sharded] = live.subscriptions.each_ref().map(size);
        let (input, capacity) = (size(&live.input_bytes), size(&live.input_capacity_bytes));
        let memory = size_of::<Self>() + capacity + size(&live.output_bytes) + size(&live.queued_bytes);
        format!(
            "id={} addr={} laddr={} fd={} name={} age={} idle={} flags={} db=0 sub={} psub={} ssub={} multi={queued} \
             watch={} qbuf={input} qbuf-free={} argv-mem=0 multi-mem={} rbs=0 rbp=0 obl={} oll=0 omem=0 \
             tot-mem={memory} events=r cmd={} user={} redir={} resp={} lib-name={} lib-ver={} io-thread=0 \
             tot-net-in={} tot-net-out={} tot-cmds={}\n",
            self.id,
            self.ends.peer,
            self.ends.local,
            self.ends.descriptor,
            about.name,
            now_ms.saturating_sub(self.connected_ms) / 1000,
            now_ms.saturating_sub(read(&live.active_ms)) / 1000,
            live.flags_text(queued >= 0),
            channels,
            patterns,
            sharded,
            size(&live.watched),
            capacity.saturating_sub(input),
            size(&live.queued_bytes),
            size(&live.output_bytes),
            table::numbered(live.command.load(Ordering::Relaxed)).map_or("NULL", |command| command.name),
            about.user,
            live.redirect.load(Ordering::Relaxed),
            if live.has(Flag::Resp3) { 3 } else { 2 },
            about.library_name,
            about.library_version,
            read(&live.received_bytes),
            read(&live.sent_bytes),
            read(&live.commands),
        )
    }
}

impl Live {
    fn new(now_ms: u64) -> Self {
        Self {
            command: AtomicU16::new(u16::MAX),
            flags: AtomicU8::new(0),
            active_ms: AtomicU64::new(now_ms),
            queued: AtomicI64::new(-1),
            queued_bytes: AtomicUsize::new(0),
            redirect: AtomicI64::new(-1),
            watched: AtomicUsize::new(0),
            subscriptions: Default::default(),
            input_bytes: AtomicUsize::new(0),
            input_capacity_bytes: AtomicUsize::new(0),
            output_bytes: AtomicUsize::new(0),
            received_bytes: AtomicU64::new(0),
            sent_bytes: AtomicU64::new(0),
            commands: AtomicU64::new(0),
        }
    }

    /// Notes the command that runs now.
    pub(crate) fn runs(&self, command: &Command) {
        self.command.store(command.number, Ordering::Relaxed);
    }

    /// Notes that bytes came, and what now lies in the buffer.
    pub(crate) fn received(&self, count: usize, buffer: &Vec<u8>, now_ms: u64) {
        raise(&self.received_bytes, count as u64);
        self.active_ms.store(now_ms, Ordering::Relaxed);
        self.holds(buffer);
    }

    /// Notes what lies in the buffer of requests.
    pub(crate) fn holds(&self, buffer: &Vec<u8>) {
        self.input_bytes.store(buffer.len(), Ordering::Relaxed);
        self.input_capacity_bytes.store(buffer.capacity(), Ordering::Relaxed);
    }

    /// Notes that replies are about to leave.
    pub(crate) fn sends(&self, count: usize) {
        self.output_bytes.store(count, Ordering::Relaxed);
    }

    /// Notes that replies to that many commands have left.
    pub(crate) fn sent(&self, count: usize, commands: u64) {
        self.output_bytes.store(0, Ordering::Relaxed);
        raise(&self.sent_bytes, count as u64);
        raise(&self.commands, commands);
    }

    /// Notes the commands in the transaction and their bytes. `None`: there is no transaction.
    pub(crate) fn queues(&self, queue: Option<(usize, usize)>) {
        let (count, bytes) =
            queue.map_or((-1, 0), |(count, bytes)| (i64::try_from(count).unwrap_or(i64::MAX), bytes));
        self.queued.store(count, Ordering::Relaxed);
        self.queued_bytes.store(bytes, Ordering::Relaxed);
    }

    /// Notes where notices about keys go: a connection, 0 for its own, -1 for nowhere.
    pub(crate) fn redirects(&self, to: i64) {
        self.redirect.store(to, Ordering::Relaxed);
    }

    /// Notes how many keys are watched.
    pub(crate) fn watches(&self, count: usize) {
        self.watched.store(count, Ordering::Relaxed);
    }

    /// Notes how many channels, patterns and sharded channels it listens to.
    pub(crate) fn listens(&self, counts: [usize; 3]) {
        for (place, count) in self.subscriptions.iter().zip(counts) {
            place.store(count, Ordering::Relaxed);
        }
    }

    /// Which CLIENT TYPE it is of.
    pub(crate) fn kind(&self) -> Kind {
        let listens = self.subscriptions.iter().any(|count| count.load(Ordering::Relaxed) > 0);
        if listens { Kind::PubSub } else { Kind::Normal }
    }

    /// Sets or takes away a property.
    pub(crate) fn set(&self, flag: Flag, is_set: bool) {
        let flags = self.flags.load(Ordering::Relaxed);
        let flags = if is_set { flags | flag as u8 } else { flags & !(flag as u8) };
        self.flags.store(flags, Ordering::Relaxed);
    }

    fn has(&self, flag: Flag) -> bool {
        self.flags.load(Ordering::Relaxed) & flag as u8 != 0
    }

    /// The letters of `flags=`.
    fn flags_text(&self, is_in_transaction: bool) -> String {
        let letters = [
            (self.has(Flag::Monitor), 'O'),
            (self.kind() == Kind::PubSub, 'P'),
            (is_in_transaction, 'x'),
            (self.has(Flag::Blocked), 'b'),
            (self.has(Flag::Tracking), 't'),
            (self.has(Flag::Broadcast), 'B'),
            (self.has(Flag::NoEvict), 'e'),
            (self.has(Flag::NoTouch), 'T'),
        ];
        let text: String = letters.iter().filter(|(is_set, _)| *is_set).map(|(_, letter)| letter).collect();
        if text.is_empty() { "N".to_owned() } else { text }
    }
}

/// Adds to a counter that only this thread writes.
fn raise(counter: &AtomicU64, by: u64) {
    counter.store(counter.load(Ordering::Relaxed) + by, Ordering::Relaxed);
}
