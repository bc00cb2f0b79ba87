//! Commands about the process: they need no connection, so both doors take them.

mod config;
mod debug;
mod latency;
mod memory;
mod pubsub;
mod slow_log;
mod waiting;

pub(crate) use waiting::{synced, wait_for_sync};

use selvedge_node::{Args, Connection as Word};
use selvedge_wire::ReplySink;

use crate::info;
use crate::shared::Shared;

/// Whether [`answer`] knows a command.
pub(crate) fn is_about_process(word: Word) -> bool {
    matches!(
        word,
        Word::ConfigGet
            | Word::ConfigResetstat
            | Word::ConfigRewrite
            | Word::ConfigSet
            | Word::Debug
            | Word::Info
            | Word::LatencyDoctor
            | Word::LatencyGraph
            | Word::LatencyHistogram
            | Word::LatencyHistory
            | Word::LatencyLatest
            | Word::LatencyReset
            | Word::PubsubChannels
            | Word::PubsubNumpat
            | Word::PubsubNumsub
            | Word::PubsubShardchannels
            | Word::PubsubShardnumsub
            | Word::MemoryDoctor
            | Word::MemoryStats
            | Word::SlowlogGet
            | Word::SlowlogLen
            | Word::SlowlogReset
            | Word::Wait
            | Word::Waitaof
    )
}

/// Runs one of them.
pub(crate) fn answer(shared: &Shared, word: Word, args: Args<'_>, sink: &mut dyn ReplySink) {
    let rest = args.get(2..).unwrap_or_default();
    match word {
        Word::ConfigGet => config::get(shared, rest, sink),
        Word::ConfigResetstat => config::reset_statistics(shared, sink),
        Word::ConfigRewrite => config::rewrite(shared, sink),
        Word::ConfigSet => config::set(shared, rest, sink),
        Word::Debug => debug::answer(shared, args, sink),
        Word::Info => {
            let page = info::page(shared, args.get(1..).unwrap_or_default());
            sink.verbatim(b"txt", page.as_bytes());
        }
        Word::LatencyDoctor => latency::doctor(shared, sink),
        Word::LatencyGraph => latency::graph(shared, rest, sink),
        Word::LatencyHistogram => latency::histogram(shared, rest, sink),
        Word::LatencyHistory => latency::history(shared, rest, sink),
        Word::LatencyLatest => latency::latest(shared, sink),
        Word::LatencyReset => latency::reset(shared, rest, sink),
        Word::PubsubChannels | Word::PubsubShardchannels => pubsub::channels(shared, word, rest, sink),
        Word::PubsubNumpat => pubsub::patterns(shared, sink),
        Word::PubsubNumsub | Word::PubsubShardnumsub => pubsub::listeners(shared, word, rest, sink),
        Word::MemoryDoctor => memory::doctor(shared, sink),
        Word::MemoryStats => memory::statistics(shared, sink),
        Word::SlowlogGet => slow_log::get(shared, args, sink),
        Word::SlowlogLen => sink.integer(integer(shared.slow_log.len())),
        Word::SlowlogReset => {
            shared.slow_log.clear();
            sink.status("OK");
        }
        Word::Wait => waiting::replicas(args, sink),
        Word::Waitaof => waiting::synced_at_once(shared, args, sink),
        _ => debug_assert!(false, "{word:?} is about a connection"),
    }
}

/// The text for a subcommand whose arguments are too many or unknown. `args` begins with the container's name.
pub(crate) fn bad_subcommand(container: &str, args: Args<'_>) -> String {
    let name = String::from_utf8_lossy(args.get(1).copied().unwrap_or_default());
    format!("ERR unknown subcommand or wrong number of arguments for '{name}'. Try {container} HELP.")
}

fn integer(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
