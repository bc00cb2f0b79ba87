//! PUBSUB: who listens to what.

use selvedge_node::{Args, Connection as Word, Topic};
use selvedge_wire::ReplySink;

use crate::shared::Shared;

/// Answers NUMPAT.
pub(super) fn patterns(shared: &Shared, sink: &mut dyn ReplySink) {
    length(sink, shared.database.topics(Topic::Pattern, None).len());
}

/// Answers NUMSUB and SHARDNUMSUB about the names given.
pub(super) fn listeners(shared: &Shared, word: Word, names: Args<'_>, sink: &mut dyn ReplySink) {
    let topic = if word == Word::PubsubNumsub { Topic::Channel } else { Topic::Sharded };
    sink.array(names.len() * 2);
    for name in names {
        sink.bulk(name);
        length(sink, shared.database.listeners(topic, name));
    }
}

/// Answers CHANNELS and SHARDCHANNELS, for a pattern or without.
pub(super) fn channels(shared: &Shared, word: Word, pattern: Args<'_>, sink: &mut dyn ReplySink) {
    let (topic, subcommand) = match word {
        Word::PubsubChannels => (Topic::Channel, "CHANNELS"),
        _ => (Topic::Sharded, "SHARDCHANNELS"),
    };
    if pattern.len() > 1 {
        sink.error(&format!(
            "ERR unknown subcommand or wrong number of arguments for '{subcommand}'. Try PUBSUB HELP."
        ));
        return;
    }
    let names = shared.database.topics(topic, pattern.first().copied());
    sink.array(names.len());
    names.iter().for_each(|name| sink.bulk(name));
}

fn length(sink: &mut dyn ReplySink, length: usize) {
    sink.integer(i64::try_from(length).unwrap_or(i64::MAX));
}
