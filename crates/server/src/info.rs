//! INFO, in Redis' sections and names.

use std::fmt::Write as _;
use std::sync::atomic::Ordering;

use selvedge_node::Args;

use crate::connection::REDIS_VERSION;
use crate::shared::Shared;

/// The sections that were asked for; all when none is named.
pub(crate) fn page(shared: &Shared, wanted: Args<'_>) -> String {
    let everything = wanted.is_empty()
        || wanted.iter().any(|word| {
            [&b"all"[..], b"default", b"everything"].iter().any(|all| word.eq_ignore_ascii_case(all))
        });
    let mut page = String::new();
    for (name, lines) in sections(shared) {
        if everything || wanted.iter().any(|word| word.eq_ignore_ascii_case(name.as_bytes())) {
            if !page.is_empty() {
                page.push_str("\r\n");
            }
            let _ = write!(page, "# {name}\r\n");
            for (field, value) in lines {
                let _ = write!(page, "{field}:{value}\r\n");
            }
        }
    }
    page
}

type Section = (&'static str, Vec<(&'static str, String)>);

fn sections(shared: &Shared) -> Vec<Section> {
    let database = &shared.database;
    let statistics = database.statistics();
    let health = database.health();
    let uptime = database.uptime().as_secs();
    let metrics = &shared.metrics;
    let mut keyspace = Vec::new();
    if statistics.keys > 0 {
        keyspace.push((
            "db0",
            format!("keys={},expires={},avg_ttl=0", statistics.keys, statistics.keys_with_expiry),
        ));
    }
    vec![
        (
            "Server",
            vec![
                ("redis_version", REDIS_VERSION.to_owned()),
                ("selvedge_version", env!("CARGO_PKG_VERSION").to_owned()),
                ("redis_mode", "standalone".to_owned()),
                ("os", std::env::consts::OS.to_owned()),
                ("arch_bits", usize::BITS.to_string()),
                ("process_id", std::process::id().to_string()),
                ("run_id", database.log_id().to_owned()),
                ("tcp_port", shared.resp_port.to_string()),
                ("uptime_in_seconds", uptime.to_string()),
                ("uptime_in_days", (uptime / 86_400).to_string()),
            ],
        ),
        (
            "Clients",
            vec![
                ("connected_clients", shared.clients.count().to_string()),
                ("maxclients", shared.settings.connections_max.to_string()),
                ("blocked_clients", statistics.blocked.to_string()),
            ],
        ),
        (
            "Memory",
            vec![
                ("used_memory", resident_bytes().to_string()),
                ("used_memory_rss", resident_bytes().to_string()),
                ("maxmemory", "0".to_owned()),
                ("maxmemory_policy", "noeviction".to_owned()),
            ],
        ),
        (
            "Persistence",
            vec![
                ("loading", "0".to_owned()),
                ("aof_enabled", "1".to_owned()),
                ("aof_last_write_status", if health.is_ok() { "ok" } else { "err" }.to_owned()),
                ("log_last_sequence", statistics.last_sequence.to_string()),
                ("log_committed_sequence", statistics.committed.to_string()),
                ("log_synced_sequence", statistics.log.synced.to_string()),
            ],
        ),
        (
            "Stats",
            vec![
                ("total_connections_received", metrics.connections_total.load(Ordering::Relaxed).to_string()),
                ("total_commands_processed", metrics.commands.load(Ordering::Relaxed).to_string()),
                ("total_net_input_bytes", metrics.received_bytes.load(Ordering::Relaxed).to_string()),
                ("total_net_output_bytes", metrics.sent_bytes.load(Ordering::Relaxed).to_string()),
                ("rejected_connections", metrics.connections_refused.load(Ordering::Relaxed).to_string()),
                ("expired_keys", statistics.expired_total.to_string()),
                ("evicted_keys", "0".to_owned()),
                ("total_error_replies", metrics.errors.load(Ordering::Relaxed).to_string()),
            ],
        ),
        ("Replication", vec![("role", "master".to_owned()), ("connected_slaves", "0".to_owned())]),
        ("Keyspace", keyspace),
    ]
}

/// The process' resident memory, where the system tells.
fn resident_bytes() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm")
        .ok()
        .and_then(|text| text.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok()));
    pages.unwrap_or(0) * 4096
}
