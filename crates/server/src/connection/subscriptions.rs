//! SUBSCRIBE and its kin, and what RESP2 allows beside them.

use selvedge_node::{Args, Command, Connection as Word, Delivery, Run, Subscriber, Topic};
use selvedge_wire::{Protocol, ReplySink};

use crate::clients::Flag;
use crate::connection::Connection;
use crate::limits::{SUBSCRIBER_BYTES_MAX, SUBSCRIPTIONS_MAX};
use crate::turn::Turn;

impl Connection {
    /// Why a connection that listens may not run a command: RESP2 cannot tell a message from a reply, and who is shown all
    /// commands looks on.
    pub(super) fn refusal(&self, command: &Command) -> Option<String> {
        let looks_on =
            self.subscriber.as_ref().is_some_and(|subscriber| subscriber.count(Topic::Monitor) > 0);
        if looks_on && (command.is_read() || command.may_write()) {
            return Some("ERR Replica can't interact with the keyspace".to_owned());
        }
        let is_allowed = !self.listens_in_resp2()
            || match command.run {
                Run::Connection(word) => topic_of(word).is_some() || matches!(word, Word::Quit | Word::Reset),
                _ => is_ping(command),
            };
        (!is_allowed).then(|| {
            format!(
                "ERR Can't execute '{}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in \
                 this context",
                command.name
            )
        })
    }

    /// Is shown every command from now on.
    pub(super) fn monitor(&mut self, turn: &mut Turn) {
        self.subscriber().subscribe(Topic::Monitor, b"");
        self.client.live.set(Flag::Monitor, true);
        self.sink(turn).status("OK");
    }

    fn subscriber(&mut self) -> &mut Subscriber {
        let shared = &self.shared;
        self.subscriber.get_or_insert_with(|| shared.database.new_subscriber(SUBSCRIBER_BYTES_MAX))
    }

    pub(super) fn listens_in_resp2(&self) -> bool {
        self.protocol == Protocol::Resp2
            && self.subscriber.as_ref().is_some_and(|subscriber| subscriber.total() > 0)
    }

    /// PING on a connection that listens, in RESP2: its reply has the form of a message.
    pub(super) fn ping_listener(&self, args: Args<'_>, turn: &mut Turn) {
        let mut sink = self.sink(turn);
        sink.array(2);
        sink.bulk(b"pong");
        sink.bulk(args.get(1).copied().unwrap_or_default());
    }

    pub(super) fn subscribe(&mut self, topic: Topic, args: Args<'_>, turn: &mut Turn) {
        // Confirmations are messages, not replies.
        self.speaks_again = true;
        for name in args.iter().skip(1) {
            let subscriber = self.subscriber();
            if subscriber.total() >= SUBSCRIPTIONS_MAX {
                let text = format!("LIMIT a connection has at most {SUBSCRIPTIONS_MAX} subscriptions");
                self.sink(turn).error(&text);
                return;
            }
            subscriber.subscribe(topic, name);
            self.confirm(topic, "subscribe", Some(name), turn);
        }
    }

    pub(super) fn unsubscribe(&mut self, topic: Topic, args: Args<'_>, turn: &mut Turn) {
        self.speaks_again = true;
        let named = args.get(1..).unwrap_or_default();
        if named.is_empty() {
            let all = self.subscriber.as_ref().map_or_else(Vec::new, |subscriber| subscriber.names(topic));
            if all.is_empty() {
                self.confirm(topic, "unsubscribe", None, turn);
            }
            for name in all {
                self.end_subscription(topic, &name, turn);
            }
        }
        for name in named {
            self.end_subscription(topic, name, turn);
        }
    }

    fn end_subscription(&mut self, topic: Topic, name: &[u8], turn: &mut Turn) {
        if let Some(subscriber) = &mut self.subscriber {
            subscriber.unsubscribe(topic, name);
        }
        self.confirm(topic, "unsubscribe", Some(name), turn);
    }

    fn confirm(&self, topic: Topic, verb: &str, name: Option<&[u8]>, turn: &mut Turn) {
        let count = self.subscriber.as_ref().map_or(0, |subscriber| counted_with(subscriber, topic));
        let topics = [Topic::Channel, Topic::Pattern, Topic::Sharded];
        let counts = topics.map(|topic| self.subscriber.as_ref().map_or(0, |it| it.count(topic)));
        self.client.live.listens(counts);
        let mut sink = self.sink(turn);
        sink.push(3);
        sink.bulk(format!("{}{verb}", prefix(topic)).as_bytes());
        match name {
            Some(name) => sink.bulk(name),
            None => sink.null(),
        }
        sink.integer(i64::try_from(count).unwrap_or(i64::MAX));
    }
}

/// Writes a message as a push.
pub(crate) fn write_delivery(delivery: &Delivery, sink: &mut dyn ReplySink) {
    if delivery.topic == Topic::Monitor {
        // Quotes leave nothing in a line that is no text.
        sink.status(&String::from_utf8_lossy(&delivery.payload));
        return;
    }
    sink.push(if delivery.pattern.is_some() { 4 } else { 3 });
    sink.bulk(format!("{}message", prefix(delivery.topic)).as_bytes());
    if let Some(pattern) = &delivery.pattern {
        sink.bulk(pattern);
    }
    sink.bulk(&delivery.channel);
    sink.bulk(&delivery.payload);
}

pub(super) fn is_ping(command: &Command) -> bool {
    command.name == "ping"
}

/// What a word subscribes to, or ends a subscription of.
pub(super) fn topic_of(word: Word) -> Option<Topic> {
    match word {
        Word::Subscribe | Word::Unsubscribe => Some(Topic::Channel),
        Word::Psubscribe | Word::Punsubscribe => Some(Topic::Pattern),
        Word::Ssubscribe | Word::Sunsubscribe => Some(Topic::Sharded),
        _ => None,
    }
}

/// What stands in front of `message`, `subscribe` and `unsubscribe`.
fn prefix(topic: Topic) -> &'static str {
    match topic {
        Topic::Channel | Topic::Monitor => "",
        Topic::Pattern => "p",
        Topic::Sharded => "s",
    }
}

/// Channels and patterns are counted together, sharded channels on their own.
fn counted_with(subscriber: &Subscriber, topic: Topic) -> usize {
    match topic {
        Topic::Channel | Topic::Pattern => {
            subscriber.count(Topic::Channel) + subscriber.count(Topic::Pattern)
        }
        Topic::Sharded | Topic::Monitor => subscriber.count(topic),
    }
}
