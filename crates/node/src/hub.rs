//! Messages between clients: who listens to what, and the mailbox of each.
//!
//! Nothing here is stored: a message reaches those who listen in the moment its command is done, and nobody else.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::{Mutex, RwLock};
use selvedge_engine::glob;
use selvedge_engine::post::ChannelKind;
use tokio::sync::Notify;

use crate::database::Database;
use crate::outbox::Outgoing;

/// What can be listened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Topic {
    /// One channel.
    Channel,
    /// All channels that match a pattern.
    Pattern,
    /// One sharded channel.
    Sharded,
    /// Every command that runs, whatever the name.
    Monitor,
}

/// A message that reached a subscriber.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Through which kind of subscription.
    pub topic: Topic,
    /// The pattern that matched, where it came through one.
    pub pattern: Option<Arc<[u8]>>,
    /// The channel it was posted to.
    pub channel: Arc<[u8]>,
    /// What it says: of a command, the line that MONITOR shows.
    pub payload: Arc<[u8]>,
}

/// The subscriber did not take its messages, and now lost them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the subscriber did not read its messages, which were more than {bytes_max} bytes")]
pub struct Overflow {
    /// The limit.
    pub bytes_max: usize,
}

/// Bytes that a waiting message takes beside its text.
const DELIVERY_OVERHEAD_BYTES: usize = 64;

#[derive(Debug)]
struct Mailbox {
    bytes_max: usize,
    state: Mutex<MailboxState>,
    arrived: Notify,
}

#[derive(Debug, Default)]
struct MailboxState {
    deliveries: VecDeque<Delivery>,
    bytes: usize,
    overflown: bool,
}

impl Mailbox {
    fn put(&self, delivery: Delivery) {
        let bytes = DELIVERY_OVERHEAD_BYTES + delivery.channel.len() + delivery.payload.len();
        let mut state = self.state.lock();
        if state.overflown {
            return;
        }
        if state.bytes + bytes > self.bytes_max {
            *state = MailboxState { overflown: true, ..MailboxState::default() };
        } else {
            state.bytes += bytes;
            state.deliveries.push_back(delivery);
        }
        drop(state);
        self.arrived.notify_one();
    }
}

/// Mailboxes by what they listen to.
type Listeners = HashMap<Arc<[u8]>, Vec<Arc<Mailbox>>>;

/// Who listens to what.
#[derive(Debug, Default)]
pub(crate) struct Hub {
    /// How many subscriptions there are; read without the lock, because often there is none.
    count: AtomicUsize,
    listeners: RwLock<BTreeMap<Topic, Listeners>>,
    pub(crate) outgoing: Outgoing,
    /// How many monitor; read without the lock by every command.
    monitors: AtomicUsize,
}

impl Hub {
    /// Whether nobody listens to anything.
    pub(crate) fn is_idle(&self) -> bool {
        self.count.load(Ordering::Acquire) == 0
    }

    /// Whether somebody wants to see every command. One relaxed load.
    pub(crate) fn is_monitored(&self) -> bool {
        self.monitors.load(Ordering::Relaxed) > 0
    }

    /// Shows a line to those who monitor.
    pub(crate) fn show(&self, line: Vec<u8>) {
        let (channel, payload): (Arc<[u8]>, Arc<[u8]>) = (Arc::default(), line.into());
        let listeners = self.listeners.read();
        let monitors = listeners.get(&Topic::Monitor).into_iter().flat_map(HashMap::values).flatten();
        for mailbox in monitors {
            let (channel, payload) = (Arc::clone(&channel), Arc::clone(&payload));
            mailbox.put(Delivery { topic: Topic::Monitor, pattern: None, channel, payload });
        }
    }

    /// How many subscriptions a message to this channel reaches now.
    pub(crate) fn reach(&self, kind: ChannelKind, channel: &[u8]) -> usize {
        let mut reached = 0;
        self.each_listener(kind, channel, |_, _, mailboxes| reached += mailboxes.len());
        reached
    }

    pub(crate) fn deliver(&self, kind: ChannelKind, channel: &[u8], message: &[u8]) {
        let (channel, payload): (Arc<[u8]>, Arc<[u8]>) = (channel.into(), message.into());
        self.each_listener(kind, &channel, |topic, name, mailboxes| {
            let pattern = (topic == Topic::Pattern).then(|| Arc::clone(name));
            for mailbox in mailboxes {
                mailbox.put(Delivery {
                    topic,
                    pattern: pattern.clone(),
                    channel: Arc::clone(&channel),
                    payload: Arc::clone(&payload),
                });
            }
        });
    }

    fn each_listener(
        &self,
        kind: ChannelKind,
        channel: &[u8],
        mut visit: impl FnMut(Topic, &Arc<[u8]>, &[Arc<Mailbox>]),
    ) {
        if self.is_idle() {
            return;
        }
        let listeners = self.listeners.read();
        let topic = match kind {
            ChannelKind::Global => Topic::Channel,
            ChannelKind::Sharded => Topic::Sharded,
        };
        if let Some((name, mailboxes)) = listeners.get(&topic).and_then(|all| all.get_key_value(channel)) {
            visit(topic, name, mailboxes);
        }
        if kind == ChannelKind::Global {
            for (pattern, mailboxes) in listeners.get(&Topic::Pattern).into_iter().flatten() {
                if glob::matches(pattern, channel) {
                    visit(Topic::Pattern, pattern, mailboxes);
                }
            }
        }
    }

    fn counter(&self, topic: Topic) -> &AtomicUsize {
        if topic == Topic::Monitor { &self.monitors } else { &self.count }
    }

    fn add(&self, topic: Topic, name: &Arc<[u8]>, mailbox: &Arc<Mailbox>) {
        let mut listeners = self.listeners.write();
        listeners.entry(topic).or_default().entry(Arc::clone(name)).or_default().push(Arc::clone(mailbox));
        self.counter(topic).fetch_add(1, Ordering::AcqRel);
    }

    fn remove(&self, topic: Topic, name: &[u8], mailbox: &Arc<Mailbox>) {
        let mut listeners = self.listeners.write();
        let Some(all) = listeners.get_mut(&topic) else { return };
        let Some(mailboxes) = all.get_mut(name) else { return };
        let before = mailboxes.len();
        mailboxes.retain(|other| !Arc::ptr_eq(other, mailbox));
        self.counter(topic).fetch_sub(before - mailboxes.len(), Ordering::AcqRel);
        if mailboxes.is_empty() {
            all.remove(name);
        }
    }
}

/// One client that listens. Dropping it ends its subscriptions.
#[derive(Debug)]
pub struct Subscriber {
    hub: Arc<Hub>,
    mailbox: Arc<Mailbox>,
    topics: BTreeMap<Topic, BTreeSet<Arc<[u8]>>>,
}

impl Subscriber {
    /// Listens to one more. Nothing changes if it already does.
    pub fn subscribe(&mut self, topic: Topic, name: &[u8]) {
        let name: Arc<[u8]> = name.into();
        if self.topics.entry(topic).or_default().insert(Arc::clone(&name)) {
            self.hub.add(topic, &name, &self.mailbox);
        }
    }

    /// Listens to it no more.
    pub fn unsubscribe(&mut self, topic: Topic, name: &[u8]) {
        if self.topics.get_mut(&topic).is_some_and(|names| names.remove(name)) {
            self.hub.remove(topic, name, &self.mailbox);
        }
    }

    /// What it listens to, in order.
    #[must_use]
    pub fn names(&self, topic: Topic) -> Vec<Arc<[u8]>> {
        self.topics.get(&topic).into_iter().flatten().cloned().collect()
    }

    /// How many subscriptions of a kind it has.
    #[must_use]
    pub fn count(&self, topic: Topic) -> usize {
        self.topics.get(&topic).map_or(0, BTreeSet::len)
    }

    /// How many subscriptions it has. Monitoring is none.
    #[must_use]
    pub fn total(&self) -> usize {
        let subscriptions = self.topics.iter().filter(|(topic, _)| **topic != Topic::Monitor);
        subscriptions.map(|(_, names)| names.len()).sum()
    }

    /// Whether anything may come to it.
    #[must_use]
    pub fn listens(&self) -> bool {
        self.topics.values().any(|names| !names.is_empty())
    }

    /// Something to wait for that does not borrow the subscriber.
    #[must_use]
    pub fn arrivals(&self) -> Arrivals {
        Arrivals(Arc::clone(&self.mailbox))
    }

    /// Takes what has arrived.
    ///
    /// # Errors
    /// [`Overflow`]: messages were lost, and the subscriber must be told so by the end of its connection.
    pub fn take(&mut self) -> Result<VecDeque<Delivery>, Overflow> {
        let mut state = self.mailbox.state.lock();
        if state.overflown {
            return Err(Overflow { bytes_max: self.mailbox.bytes_max });
        }
        state.bytes = 0;
        Ok(std::mem::take(&mut state.deliveries))
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        for (topic, names) in &self.topics {
            for name in names {
                self.hub.remove(*topic, name, &self.mailbox);
            }
        }
    }
}

/// See [`Subscriber::arrivals`].
#[derive(Debug, Clone)]
pub struct Arrivals(Arc<Mailbox>);

impl Arrivals {
    /// Waits until there is something to take, or the mailbox has overflown. Cancelling it loses nothing.
    pub async fn next(&self) {
        loop {
            {
                let state = self.0.state.lock();
                if state.overflown || !state.deliveries.is_empty() {
                    return;
                }
            }
            self.0.arrived.notified().await;
        }
    }

    /// Waits until the mailbox has overflown.
    pub async fn overflow(&self) {
        while !self.0.state.lock().overflown {
            self.0.arrived.notified().await;
        }
    }
}

impl Database {
    /// Somebody who listens to nothing yet. Messages that are not taken wait, up to `bytes_max` in all.
    #[must_use]
    pub fn new_subscriber(&self, bytes_max: usize) -> Subscriber {
        let mailbox = Mailbox { bytes_max, state: Mutex::default(), arrived: Notify::new() };
        Subscriber { hub: Arc::clone(&self.hub), mailbox: Arc::new(mailbox), topics: BTreeMap::new() }
    }

    /// The names of a kind that somebody listens to, those that match `pattern` if there is one.
    #[must_use]
    pub fn topics(&self, topic: Topic, pattern: Option<&[u8]>) -> Vec<Arc<[u8]>> {
        let listeners = self.hub.listeners.read();
        let names = listeners.get(&topic).into_iter().flat_map(HashMap::keys);
        names.filter(|name| pattern.is_none_or(|pattern| glob::matches(pattern, name))).cloned().collect()
    }

    /// How many listen to this name.
    #[must_use]
    pub fn listeners(&self, topic: Topic, name: &[u8]) -> usize {
        let listeners = self.hub.listeners.read();
        listeners.get(&topic).and_then(|all| all.get(name)).map_or(0, Vec::len)
    }
}

#[cfg(test)]
mod tests {
    use selvedge_engine::post::Post as _;

    use super::*;
    use crate::outbox::Outbox;

    fn subscriber(hub: &Arc<Hub>, bytes_max: usize) -> Subscriber {
        let mailbox = Mailbox { bytes_max, state: Mutex::default(), arrived: Notify::new() };
        Subscriber { hub: Arc::clone(hub), mailbox: Arc::new(mailbox), topics: BTreeMap::new() }
    }

    fn publish(hub: &Hub, kind: ChannelKind, channel: &str, message: &str) -> usize {
        let outbox = Outbox::new(hub);
        let reached = outbox.post(kind, channel.as_bytes(), message.as_bytes());
        outbox.deliver();
        reached
    }

    fn texts(subscriber: &mut Subscriber) -> Vec<String> {
        let deliveries = subscriber.take().unwrap().into_iter();
        deliveries.map(|delivery| String::from_utf8(delivery.payload.to_vec()).unwrap()).collect()
    }

    #[test]
    fn messages_reach_those_who_listen() {
        let hub = Arc::new(Hub::default());
        let mut both = subscriber(&hub, 1 << 20);
        both.subscribe(Topic::Channel, b"news");
        both.subscribe(Topic::Channel, b"news");
        both.subscribe(Topic::Pattern, b"n*");
        let mut sharded = subscriber(&hub, 1 << 20);
        sharded.subscribe(Topic::Sharded, b"news");
        assert_eq!(publish(&hub, ChannelKind::Global, "news", "a"), 2);
        assert_eq!(publish(&hub, ChannelKind::Global, "nothing", "b"), 1);
        assert_eq!(publish(&hub, ChannelKind::Global, "other", "c"), 0);
        assert_eq!(publish(&hub, ChannelKind::Sharded, "news", "d"), 1);
        assert_eq!(texts(&mut both), ["a", "a", "b"]);
        assert_eq!(texts(&mut sharded), ["d"]);
        both.unsubscribe(Topic::Channel, b"news");
        assert_eq!(publish(&hub, ChannelKind::Global, "news", "e"), 1);
        drop(both);
        assert_eq!(publish(&hub, ChannelKind::Global, "news", "f"), 0);
        drop(sharded);
        assert_eq!(hub.count.load(Ordering::Acquire), 0);
        assert!(hub.listeners.read().values().all(HashMap::is_empty), "no name stays behind");
    }

    #[test]
    fn a_mailbox_that_nobody_empties_is_given_up() {
        let hub = Arc::new(Hub::default());
        let mut slow = subscriber(&hub, 10_000);
        slow.subscribe(Topic::Channel, b"c");
        let message = "x".repeat(1_000);
        for _ in 0..9 {
            assert_eq!(publish(&hub, ChannelKind::Global, "c", &message), 1);
        }
        assert_eq!(texts(&mut slow).len(), 9);
        for _ in 0..20 {
            publish(&hub, ChannelKind::Global, "c", &message);
        }
        assert_eq!(slow.take().unwrap_err(), Overflow { bytes_max: 10_000 });
        assert_eq!(slow.mailbox.state.lock().bytes, 0, "what it lost is freed");
    }

    #[test]
    fn what_is_not_done_is_not_delivered() {
        let hub = Arc::new(Hub::default());
        let mut listener = subscriber(&hub, 1 << 20);
        listener.subscribe(Topic::Channel, b"c");
        let outbox = Outbox::new(&hub);
        assert_eq!(outbox.post(ChannelKind::Global, b"c", b"undone"), 1);
        drop(outbox);
        assert_eq!(texts(&mut listener), Vec::<String>::new());
    }
}
