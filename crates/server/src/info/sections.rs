//! The sections of INFO.

use std::sync::atomic::Ordering;

use crate::info::{Lines, Section, process};
use crate::shared::Shared;
use selvedge_node::REDIS_VERSION;

/// All sections in their order.
pub(super) const SECTIONS: &[Section] = &[
    Section { name: "Server", is_default: true, lines: server },
    Section { name: "Clients", is_default: true, lines: clients },
    Section { name: "Memory", is_default: true, lines: memory },
    Section { name: "Persistence", is_default: true, lines: persistence },
    Section { name: "Stats", is_default: true, lines: statistics },
    Section { name: "Replication", is_default: true, lines: replication },
    Section { name: "CPU", is_default: true, lines: processor },
    Section { name: "Commandstats", is_default: false, lines: commands },
    Section { name: "Errorstats", is_default: true, lines: errors },
    Section { name: "Cluster", is_default: true, lines: |_| lines(&[("cluster_enabled", "0")]) },
    Section { name: "Keyspace", is_default: true, lines: keyspace },
];

fn lines(pairs: &[(&str, &str)]) -> Lines {
    pairs.iter().map(|(field, value)| ((*field).to_owned(), (*value).to_owned())).collect()
}

fn server(shared: &Shared) -> Lines {
    let uptime_s = shared.database.uptime().as_secs();
    lines(&[
        ("redis_version", REDIS_VERSION),
        ("selvedge_version", env!("CARGO_PKG_VERSION")),
        ("redis_mode", "standalone"),
        ("os", &format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)),
        ("arch_bits", &usize::BITS.to_string()),
        ("process_id", &std::process::id().to_string()),
        ("run_id", shared.database.log_id()),
        ("tcp_port", &shared.resp_port.to_string()),
        ("server_time_usec", &shared.database.now().us().to_string()),
        ("uptime_in_seconds", &uptime_s.to_string()),
        ("uptime_in_days", &(uptime_s / 86_400).to_string()),
    ])
}

fn clients(shared: &Shared) -> Lines {
    let blocked = shared.clients.blocked_count() + shared.database.statistics().blocked;
    lines(&[
        ("connected_clients", &shared.clients.count().to_string()),
        ("cluster_connections", "0"),
        ("maxclients", &shared.settings.connections_max.to_string()),
        ("blocked_clients", &blocked.to_string()),
        ("tracking_clients", &shared.database.tracking_counts().clients.to_string()),
    ])
}

fn memory(shared: &Shared) -> Lines {
    let memory = process::memory();
    let statistics = shared.database.statistics();
    let [resident, peak, system] =
        [memory.resident_bytes, memory.peak_bytes, memory.system_bytes].map(|bytes| bytes.to_string());
    lines(&[
        // What the process has of the machine: the allocator is not asked.
        ("used_memory", &resident),
        ("used_memory_human", &process::readable(memory.resident_bytes)),
        ("used_memory_rss", &resident),
        ("used_memory_rss_human", &process::readable(memory.resident_bytes)),
        ("used_memory_peak", &peak),
        ("used_memory_peak_human", &process::readable(memory.peak_bytes)),
        ("total_system_memory", &system),
        ("total_system_memory_human", &process::readable(memory.system_bytes)),
        ("used_memory_scripts_eval", &statistics.scripts_bytes.to_string()),
        ("number_of_cached_scripts", &statistics.scripts.to_string()),
        ("number_of_functions", &statistics.functions.to_string()),
        ("number_of_libraries", &statistics.libraries.to_string()),
        ("maxmemory", "0"),
        ("maxmemory_human", "0B"),
        ("maxmemory_policy", "noeviction"),
    ])
}

fn persistence(shared: &Shared) -> Lines {
    let statistics = shared.database.statistics();
    let status = if shared.database.health().is_ok() { "ok" } else { "err" };
    lines(&[
        ("loading", "0"),
        ("async_loading", "0"),
        // Nothing is ever saved as in Redis, so that every change is one since.
        ("rdb_changes_since_last_save", &statistics.last_sequence.to_string()),
        ("aof_enabled", "1"),
        ("aof_last_write_status", status),
        ("log_last_sequence", &statistics.last_sequence.to_string()),
        ("log_committed_sequence", &statistics.committed.to_string()),
        ("log_synced_sequence", &statistics.log.synced.to_string()),
        ("log_written_bytes", &statistics.log.written_bytes.to_string()),
        ("log_buffered_bytes", &statistics.log.buffered_bytes.to_string()),
    ])
}

fn statistics(shared: &Shared) -> Lines {
    let totals = shared.statistics.since_reset();
    let traffic = shared.metrics.since_reset();
    let rates = shared.rate.latest();
    let expired = shared.database.statistics().expired_total;
    let expired = expired.saturating_sub(shared.expired_at_reset.load(Ordering::Relaxed));
    let tracking = shared.database.tracking_counts();
    let kibibytes = |bytes: f64| format!("{:.2}", bytes / 1024.0);
    lines(&[
        ("total_connections_received", &traffic.connections.to_string()),
        ("total_commands_processed", &totals.calls().to_string()),
        ("instantaneous_ops_per_sec", &format!("{:.0}", rates.commands)),
        ("total_net_input_bytes", &traffic.received_bytes.to_string()),
        ("total_net_output_bytes", &traffic.sent_bytes.to_string()),
        ("instantaneous_input_kbps", &kibibytes(rates.received_bytes)),
        ("instantaneous_output_kbps", &kibibytes(rates.sent_bytes)),
        ("rejected_connections", &traffic.refused.to_string()),
        ("expired_keys", &expired.to_string()),
        ("evicted_keys", "0"),
        ("evicted_clients", "0"),
        ("tracking_total_keys", &tracking.keys.to_string()),
        ("tracking_total_items", &tracking.items.to_string()),
        ("tracking_total_prefixes", &tracking.prefixes.to_string()),
        ("total_error_replies", &totals.error_count().to_string()),
    ])
}

fn replication(shared: &Shared) -> Lines {
    lines(&[
        ("role", "master"),
        ("connected_slaves", "0"),
        ("master_replid", shared.database.log_id()),
        ("master_repl_offset", &shared.database.last_sequence().to_string()),
    ])
}

fn processor(_shared: &Shared) -> Lines {
    let (system, user) = process::processor_time();
    let seconds = |time: std::time::Duration| format!("{:.6}", time.as_secs_f64());
    lines(&[("used_cpu_sys", &seconds(system)), ("used_cpu_user", &seconds(user))])
}

fn commands(shared: &Shared) -> Lines {
    let totals = shared.statistics.since_reset();
    let line = |(command, totals): (&selvedge_node::Command, &crate::statistics::CommandTotals)| {
        let calls = totals.call_count();
        let us = totals.total_ns / 1000;
        let us_per_call = totals.total_ns as f64 / 1000.0 / calls.max(1) as f64;
        let value = format!(
            "calls={calls},usec={us},usec_per_call={us_per_call:.2},rejected_calls={},failed_calls={}",
            totals.rejected, totals.failed
        );
        (format!("cmdstat_{}", command.name), value)
    };
    totals.commands().map(line).collect()
}

fn errors(shared: &Shared) -> Lines {
    let errors = shared.statistics.since_reset().errors;
    errors.into_iter().map(|(word, count)| (format!("errorstat_{word}"), format!("count={count}"))).collect()
}

fn keyspace(shared: &Shared) -> Lines {
    let statistics = shared.database.statistics();
    if statistics.keys == 0 {
        return Lines::new();
    }
    let value = format!("keys={},expires={},avg_ttl=0", statistics.keys, statistics.keys_with_expiry);
    lines(&[("db0", &value)])
}
