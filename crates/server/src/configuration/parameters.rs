//! The list of parameters.

use selvedge_node::Events;

use crate::configuration::value::Kind;
use crate::settings::DurabilityMode;
use crate::shared::Shared;

/// A parameter of CONFIG.
#[derive(Debug)]
pub(super) struct Parameter {
    /// Its name, and older ones.
    pub(super) names: &'static [&'static str],
    pub(super) source: Source,
}

/// Where its value comes from.
#[derive(Debug)]
pub(super) enum Source {
    /// A setting of ours or a fact: it cannot be changed, and `refusal` says so.
    Setting { show: fn(&Shared) -> String, refusal: &'static str },
    /// Likewise, but a value is taken, without effect, if it promises no more than is kept: clients and suites set it.
    Promise { kind: Kind, show: fn(&Shared) -> String, allow: fn(&Shared, &str) -> Result<(), &'static str> },
    /// What the database itself keeps, of which `show` may hide something. `apply` gets the value as it was sent.
    Live { kind: Kind, show: fn(&Shared) -> String, apply: fn(&Shared, &str) },
    /// What CONFIG SET said last. `apply` makes it count.
    Kept { kind: Kind, default: &'static str, apply: fn(&Shared, &str) },
}

impl Parameter {
    pub(super) fn has_name(&self, name: &[u8]) -> bool {
        self.names.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(name))
    }
}

const IMMUTABLE: &str = "can't set immutable config";
const PROTECTED: &str = "can't set protected config";
const I32_MAX: i64 = i32::MAX as i64;

/// One that shows a setting.
const fn shows(names: &'static [&'static str], show: fn(&Shared) -> String) -> Parameter {
    Parameter { names, source: Source::Setting { show, refusal: IMMUTABLE } }
}

/// One that nothing depends on.
const fn echoes(names: &'static [&'static str], kind: Kind, default: &'static str) -> Parameter {
    changes(names, kind, default, |_, _| {})
}

/// One that changes how this process works.
const fn changes(
    names: &'static [&'static str],
    kind: Kind,
    default: &'static str,
    apply: fn(&Shared, &str),
) -> Parameter {
    Parameter { names, source: Source::Kept { kind, default, apply } }
}

const fn number(min: i64, max: i64) -> Kind {
    Kind::Number { min, max }
}

fn zero(value: &str, reason: &'static str) -> Result<(), &'static str> {
    if value == "0" { Ok(()) } else { Err(reason) }
}

/// The word of `appendfsync` for a durability.
fn append_fsync(durability: DurabilityMode) -> &'static str {
    match durability {
        DurabilityMode::Always => "always",
        DurabilityMode::Interval => "everysec",
        DurabilityMode::None => "no",
    }
}

const SIZES: Kind = Kind::Memory { min: 0, max: i64::MAX as u64 };

/// All parameters, by name.
pub(super) const PARAMETERS: &[Parameter] = &[
    echoes(&["active-expire-effort"], number(1, 10), "1"),
    echoes(&["activerehashing"], Kind::YesNo, "yes"),
    echoes(&["aof-use-rdb-preamble"], Kind::YesNo, "yes"),
    Parameter {
        names: &["appendfsync"],
        source: Source::Promise {
            kind: Kind::OneOf(&["everysec", "always", "no"]),
            show: |shared| append_fsync(shared.settings.durability).to_owned(),
            allow: |shared, value| {
                let strength =
                    |word: &str| ["no", "everysec", "always"].iter().position(|known| *known == word);
                if strength(value) > strength(append_fsync(shared.settings.durability)) {
                    return Err("--durability decides what a write has survived");
                }
                Ok(())
            },
        },
    },
    Parameter {
        names: &["appendonly"],
        source: Source::Promise { kind: Kind::YesNo, show: |_| "yes".to_owned(), allow: |_, _| Ok(()) },
    },
    shows(&["bind"], |shared| shared.settings.resp_addr.ip().to_string()),
    Parameter {
        names: &["busy-reply-threshold", "lua-time-limit"],
        source: Source::Live {
            kind: number(0, i64::MAX),
            show: |shared| shared.database.busy_reply_threshold_ms().to_string(),
            apply: |shared, value| {
                shared.database.set_busy_reply_threshold_ms(value.parse().unwrap_or_default());
            },
        },
    },
    shows(&["databases"], |_| "1".to_owned()),
    Parameter {
        names: &["dir"],
        source: Source::Setting {
            show: |shared| shared.settings.data_dir.display().to_string(),
            refusal: PROTECTED,
        },
    },
    shows(&["enable-debug-command"], |shared| shared.settings.enable_debug_command.word().to_owned()),
    echoes(&["hash-max-listpack-entries", "hash-max-ziplist-entries"], number(0, i64::MAX), "512"),
    echoes(&["hash-max-listpack-value", "hash-max-ziplist-value"], SIZES, "64"),
    echoes(&["hll-sparse-max-bytes"], SIZES, "3000"),
    echoes(&["hz"], number(0, I32_MAX), "10"),
    changes(&["latency-monitor-threshold"], number(0, i64::MAX), "0", |shared, value| {
        shared.latency.set_threshold_ms(value.parse().unwrap_or_default());
    }),
    echoes(&["latency-tracking"], Kind::YesNo, "yes"),
    echoes(&["latency-tracking-info-percentiles"], Kind::Percentiles, "50 99 99.9"),
    echoes(&["lazyfree-lazy-eviction"], Kind::YesNo, "no"),
    echoes(&["lazyfree-lazy-expire"], Kind::YesNo, "no"),
    echoes(&["lazyfree-lazy-server-del"], Kind::YesNo, "no"),
    echoes(&["lazyfree-lazy-user-del"], Kind::YesNo, "no"),
    echoes(&["lazyfree-lazy-user-flush"], Kind::YesNo, "no"),
    echoes(&["list-compress-depth"], number(0, I32_MAX), "0"),
    echoes(&["list-max-listpack-size", "list-max-ziplist-size"], number(i32::MIN as i64, I32_MAX), "-2"),
    shows(&["maxclients"], |shared| shared.settings.connections_max.to_string()),
    Parameter {
        names: &["maxmemory"],
        source: Source::Promise {
            kind: SIZES,
            show: |_| "0".to_owned(),
            allow: |_, value| zero(value, "memory is not limited by the server"),
        },
    },
    echoes(
        &["maxmemory-policy"],
        Kind::OneOf(&[
            "volatile-lru",
            "volatile-lfu",
            "volatile-random",
            "volatile-ttl",
            "allkeys-lru",
            "allkeys-lfu",
            "allkeys-random",
            "noeviction",
        ]),
        "noeviction",
    ),
    echoes(&["maxmemory-samples"], number(1, 64), "5"),
    echoes(&["min-replicas-max-lag", "min-slaves-max-lag"], number(0, I32_MAX), "10"),
    Parameter {
        names: &["min-replicas-to-write", "min-slaves-to-write"],
        source: Source::Promise {
            kind: number(0, I32_MAX),
            show: |_| "0".to_owned(),
            allow: |_, value| zero(value, "there are no replicas"),
        },
    },
    Parameter {
        names: &["notify-keyspace-events"],
        source: Source::Live {
            kind: Kind::KeyspaceEvents,
            show: |shared| shared.database.events().to_string(),
            apply: |shared, value| shared.database.set_events(Events::parse(value).unwrap_or_default()),
        },
    },
    shows(&["port"], |shared| shared.resp_port.to_string()),
    Parameter {
        names: &["proto-max-bulk-len"],
        source: Source::Promise {
            kind: Kind::Memory { min: 1 << 20, max: i64::MAX as u64 },
            show: |shared| shared.settings.bulk_bytes_max.to_string(),
            allow: |shared, value| match value.parse::<u64>() {
                Ok(bytes) if bytes > shared.settings.bulk_bytes_max => Err("--bulk-bytes-max is smaller"),
                _ => Ok(()),
            },
        },
    },
    echoes(&["replica-serve-stale-data", "slave-serve-stale-data"], Kind::YesNo, "yes"),
    // Payloads are always looked at as if this said yes.
    echoes(&["sanitize-dump-payload"], Kind::OneOf(&["no", "yes", "clients"]), "no"),
    echoes(&["save"], Kind::SavePoints, ""),
    echoes(&["set-max-intset-entries"], number(0, i64::MAX), "512"),
    echoes(&["set-max-listpack-entries"], number(0, i64::MAX), "128"),
    echoes(&["set-max-listpack-value"], number(0, i64::MAX), "64"),
    changes(&["slowlog-log-slower-than"], number(-1, i64::MAX), "10000", |shared, value| {
        shared.slow_log.set_threshold_us(value.parse().unwrap_or(-1));
    }),
    changes(&["slowlog-max-len"], number(0, i64::MAX), "128", |shared, value| {
        shared.slow_log.set_length_max(value.parse().unwrap_or_default());
    }),
    echoes(&["stream-node-max-bytes"], SIZES, "4096"),
    echoes(&["stream-node-max-entries"], number(0, i64::MAX), "100"),
    shows(&["tcp-keepalive"], |shared| shared.settings.tcp_keepalive_s.to_string()),
    shows(&["timeout"], |shared| (shared.settings.idle_timeout_ms / 1000).to_string()),
    Parameter {
        names: &["tracking-table-max-keys"],
        source: Source::Live {
            kind: number(0, i64::MAX),
            show: |shared| shared.database.tracked_keys_max().to_string(),
            apply: |shared, value| shared.database.set_tracked_keys_max(value.parse().unwrap_or_default()),
        },
    },
    echoes(&["zset-max-listpack-entries", "zset-max-ziplist-entries"], number(0, i64::MAX), "128"),
    echoes(&["zset-max-listpack-value", "zset-max-ziplist-value"], SIZES, "64"),
];
