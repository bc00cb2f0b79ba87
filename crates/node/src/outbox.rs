//! Messages on their way out: what a command posted waits until it is done, and leaves in the order of the changes.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};

use parking_lot::Mutex;
use selvedge_engine::Args;
use selvedge_engine::events::{Event, Events};
use selvedge_engine::post::{ChannelKind, Post};
use selvedge_engine::time::Now;

use crate::database::Database;
use crate::hub::Hub;
use crate::monitor::line;

/// A message to a channel.
#[derive(Debug)]
pub(crate) struct Posted {
    kind: ChannelKind,
    channel: Box<[u8]>,
    message: Box<[u8]>,
}

/// Messages that were handed over by whoever held the write lane, and which keyspace events are wanted.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    events: AtomicU16,
    /// How many wait; read without the lock, because often none does.
    count: AtomicUsize,
    waiting: Mutex<VecDeque<Posted>>,
    /// Held while messages are delivered, so that they arrive in their order. Locked before `waiting`.
    delivering: Mutex<()>,
}

impl Hub {
    /// Delivers what was handed over. When it returns, all that the caller handed over has arrived.
    pub(crate) fn deliver_outgoing(&self) {
        let outgoing = &self.outgoing;
        if outgoing.count.load(Ordering::Acquire) == 0 {
            return;
        }
        let _delivering = outgoing.delivering.lock();
        loop {
            let taken = std::mem::take(&mut *outgoing.waiting.lock());
            if taken.is_empty() {
                return;
            }
            let count = taken.len();
            taken.iter().for_each(|posted| posted.deliver(self));
            // Only now: whoever sees 0 may go on, and what he handed over has to be there.
            outgoing.count.fetch_sub(count, Ordering::AcqRel);
        }
    }
}

impl Posted {
    fn deliver(&self, hub: &Hub) {
        hub.deliver(self.kind, &self.channel, &self.message);
    }
}

/// Messages that a command posted. Dropped, they reach nobody.
#[derive(Debug)]
pub(crate) struct Outbox<'a> {
    hub: &'a Hub,
    events: Events,
    posted: RefCell<Vec<Posted>>,
}

impl<'a> Outbox<'a> {
    pub(crate) fn new(hub: &'a Hub) -> Self {
        let events = Events::from_bits(hub.outgoing.events.load(Ordering::Relaxed));
        Self { hub, events, posted: RefCell::default() }
    }

    /// How many messages there are, to go back to if what posts more is undone.
    pub(crate) fn len(&self) -> usize {
        self.posted.borrow().len()
    }

    /// Forgets the messages that came after the first `len`.
    pub(crate) fn truncate(&self, len: usize) {
        self.posted.borrow_mut().truncate(len);
    }

    /// The command is done, and nobody waits for its messages to be in order with those of others.
    pub(crate) fn deliver(self) {
        self.posted.into_inner().iter().for_each(|posted| posted.deliver(self.hub));
    }

    /// What the holder of the write lane did is done. Its messages leave when the lane is free.
    pub(crate) fn hand_over(&self) {
        let mut posted = self.posted.borrow_mut();
        if posted.is_empty() {
            return;
        }
        let outgoing = &self.hub.outgoing;
        let mut waiting = outgoing.waiting.lock();
        outgoing.count.fetch_add(posted.len(), Ordering::AcqRel);
        waiting.extend(posted.drain(..));
    }

    /// Shows a command of a script to those who monitor, at once.
    pub(crate) fn show_command(&self, now: Now, args: Args<'_>) {
        if self.hub.is_monitored() {
            self.hub.show(line(now, "lua", args));
        }
    }

    fn push(&self, kind: ChannelKind, channel: Box<[u8]>, message: &[u8]) {
        self.posted.borrow_mut().push(Posted { kind, channel, message: message.into() });
    }
}

impl Post for Outbox<'_> {
    fn post(&self, kind: ChannelKind, channel: &[u8], message: &[u8]) -> usize {
        let reached = self.hub.reach(kind, channel);
        if reached > 0 {
            self.push(kind, channel.into(), message);
        }
        reached
    }

    fn events(&self) -> Events {
        self.events
    }

    /// The channels of keyspace events in Redis; there is one database, number 0.
    fn notify(&self, event: Event, key: &[u8]) {
        if self.hub.is_idle() {
            return;
        }
        if self.events.on_keyspace() {
            let channel = [b"__keyspace@0__:", key].concat();
            self.push(ChannelKind::Global, channel.into(), event.name().as_bytes());
        }
        if self.events.on_keyevent() {
            let channel = [b"__keyevent@0__:", event.name().as_bytes()].concat();
            self.push(ChannelKind::Global, channel.into(), key);
        }
    }
}

impl Database {
    /// Which keyspace events are told of from now on.
    pub fn set_events(&self, events: Events) {
        self.hub.outgoing.events.store(events.to_bits(), Ordering::Relaxed);
    }

    /// Which keyspace events are told of.
    #[must_use]
    pub fn events(&self) -> Events {
        Events::from_bits(self.hub.outgoing.events.load(Ordering::Relaxed))
    }
}
