//! Settings: one struct, from flags, environment, file and defaults, in that order.

mod error;
mod file;
mod page;
mod secret;
mod values;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::BoolishValueParser;

pub use error::SettingsError;
pub use file::{parse, parse_with, with_file};
pub use page::page;
pub use secret::Secret;
pub use values::{DebugCommand, DurabilityMode};

use crate::limits::{PUBLIC_TOKEN_BYTES_MIN, TOKEN_BYTES_MAX};
use values::parse_bytes;

/// What an operator decides. Every flag is also an environment variable and a key of the TOML file.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Places")]
pub struct Settings {
    /// A TOML file with settings. Flags and environment variables override it.
    #[arg(long, env = "SELVEDGE_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Where the data live. Made on the first start; one process at a time may use it.
    #[arg(long, env = "SELVEDGE_DATA_DIR", default_value = "selvedge-data", value_name = "DIR")]
    pub data_dir: PathBuf,

    /// Where the REST door listens (the dialect of Upstash and Vercel KV), also for /health and /metrics.
    #[arg(long, env = "SELVEDGE_HTTP_ADDR", default_value = "127.0.0.1:8079", value_name = "ADDR:PORT")]
    pub http_addr: SocketAddr,

    /// Where the RESP door listens (redis-cli and every Redis client).
    #[arg(long, env = "SELVEDGE_RESP_ADDR", default_value = "127.0.0.1:6379", value_name = "ADDR:PORT")]
    pub resp_addr: SocketAddr,

    /// Listen on addresses that other machines can reach.
    ///
    /// Traffic is not encrypted: put a proxy with TLS in front, or keep to a private network.
    #[arg(long, env = "SELVEDGE_ALLOW_PUBLIC_BIND", value_parser = BoolishValueParser::new(), help_heading = "Access")]
    pub allow_public_bind: bool,

    /// The token with all rights: the bearer of the REST door and the password of the RESP user `default`.
    ///
    /// Without one the first start draws it and keeps it in the data directory. Prefer the environment variable or the
    /// file: other users of this machine can see command lines.
    #[arg(
        long,
        env = "SELVEDGE_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN",
        help_heading = "Access"
    )]
    pub token: Option<Secret>,

    /// The token that may only read: for browsers, and the password of the RESP user `default_ro`.
    #[arg(
        long,
        env = "SELVEDGE_READ_ONLY_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN",
        help_heading = "Access"
    )]
    pub read_only_token: Option<Secret>,

    /// Ask for no token at all. Only with loopback addresses.
    #[arg(long, env = "SELVEDGE_INSECURE_NO_AUTH", value_parser = BoolishValueParser::new(), help_heading = "Access")]
    pub insecure_no_auth: bool,

    /// Who may use the command DEBUG, which can hold up the server. For test suites.
    #[arg(
        long,
        env = "SELVEDGE_ENABLE_DEBUG_COMMAND",
        default_value = "no",
        value_enum,
        value_name = "WHO",
        help_heading = "Access"
    )]
    pub enable_debug_command: DebugCommand,

    /// What an acknowledged write has survived.
    #[arg(
        long,
        env = "SELVEDGE_DURABILITY",
        default_value = "always",
        value_enum,
        help_heading = "Durability"
    )]
    pub durability: DurabilityMode,

    /// How often the log is synced with `--durability interval`, in milliseconds.
    #[arg(
        long,
        env = "SELVEDGE_SYNC_INTERVAL_MS",
        default_value_t = 100,
        value_parser = clap::value_parser!(u64).range(1..=60_000),
        value_name = "MS",
        help_heading = "Durability"
    )]
    pub sync_interval_ms: u64,

    /// The size of a segment of the log. A batch of changes must fit in one.
    #[arg(
        long,
        env = "SELVEDGE_SEGMENT_BYTES",
        default_value = "64MiB",
        value_parser = parse_bytes,
        value_name = "BYTES",
        help_heading = "Durability"
    )]
    pub segment_bytes: u64,

    /// Threads that serve connections. 0: one on a machine of up to two cores, else one per two cores.
    #[arg(
        long,
        env = "SELVEDGE_THREADS",
        default_value_t = 0,
        value_name = "COUNT",
        help_heading = "Limits"
    )]
    pub threads: usize,

    /// Open connections, both doors together. More are told so and closed.
    #[arg(
        long,
        env = "SELVEDGE_CONNECTIONS_MAX",
        default_value_t = 10_000,
        value_name = "COUNT",
        help_heading = "Limits"
    )]
    pub connections_max: usize,

    /// Arguments of one command over REST, in bytes.
    #[arg(
        long,
        env = "SELVEDGE_REQUEST_BYTES_MAX",
        default_value = "10MiB",
        value_parser = parse_bytes,
        value_name = "BYTES",
        help_heading = "Limits"
    )]
    pub request_bytes_max: u64,

    /// Body of one HTTP request, in bytes: bounds a whole pipeline.
    #[arg(
        long,
        env = "SELVEDGE_BODY_BYTES_MAX",
        default_value = "128MiB",
        value_parser = parse_bytes,
        value_name = "BYTES",
        help_heading = "Limits"
    )]
    pub body_bytes_max: u64,

    /// One argument over RESP, in bytes.
    #[arg(
        long,
        env = "SELVEDGE_BULK_BYTES_MAX",
        default_value_t = selvedge_wire::limits::BULK_BYTES_MAX as u64,
        value_parser = parse_bytes,
        value_name = "BYTES",
        help_heading = "Limits"
    )]
    pub bulk_bytes_max: u64,

    /// Commands that one MULTI may queue, in bytes.
    #[arg(
        long,
        env = "SELVEDGE_TRANSACTION_BYTES_MAX",
        default_value = "64MiB",
        value_parser = parse_bytes,
        value_name = "BYTES",
        help_heading = "Limits"
    )]
    pub transaction_bytes_max: u64,

    /// Closes a RESP connection that has been silent this long, in milliseconds. 0: never.
    #[arg(
        long,
        env = "SELVEDGE_IDLE_TIMEOUT_MS",
        default_value_t = 0,
        value_name = "MS",
        help_heading = "Timeouts"
    )]
    pub idle_timeout_ms: u64,

    /// Closes a connection whose request has begun and does not end, in milliseconds.
    #[arg(
        long,
        env = "SELVEDGE_REQUEST_TIMEOUT_MS",
        default_value_t = 60_000,
        value_parser = clap::value_parser!(u64).range(1..),
        value_name = "MS",
        help_heading = "Timeouts"
    )]
    pub request_timeout_ms: u64,

    /// Closes a connection whose client reads nothing of its replies, in milliseconds.
    #[arg(
        long,
        env = "SELVEDGE_WRITE_TIMEOUT_MS",
        default_value_t = 60_000,
        value_parser = clap::value_parser!(u64).range(1..),
        value_name = "MS",
        help_heading = "Timeouts"
    )]
    pub write_timeout_ms: u64,

    /// Closes an HTTP connection between requests, or in the middle of a request's head, in milliseconds.
    #[arg(
        long,
        env = "SELVEDGE_HTTP_IDLE_TIMEOUT_MS",
        default_value_t = 65_000,
        value_parser = clap::value_parser!(u64).range(1..),
        value_name = "MS",
        help_heading = "Timeouts"
    )]
    pub http_idle_timeout_ms: u64,

    /// The longest that a blocking command (BLPOP and its like) waits over REST, in milliseconds, whatever it asks for.
    #[arg(
        long,
        env = "SELVEDGE_REST_BLOCKING_MS_MAX",
        default_value_t = 30_000,
        value_name = "MS",
        help_heading = "Timeouts"
    )]
    pub rest_blocking_ms_max: u64,

    /// How long a script runs, in milliseconds, before others are answered with BUSY instead of waiting for it.
    #[arg(
        long,
        env = "SELVEDGE_BUSY_REPLY_THRESHOLD_MS",
        default_value_t = 5_000,
        value_name = "MS",
        help_heading = "Timeouts"
    )]
    pub busy_reply_threshold_ms: u64,

    /// How long a script may run, in milliseconds. Then it is ended, and everything it did is undone.
    #[arg(
        long,
        env = "SELVEDGE_SCRIPT_TIME_MS_MAX",
        default_value_t = 30_000,
        value_name = "MS",
        help_heading = "Timeouts"
    )]
    pub script_time_ms_max: u64,

    /// How long requests in progress may take to finish when the server stops, in milliseconds.
    #[arg(
        long,
        env = "SELVEDGE_SHUTDOWN_TIMEOUT_MS",
        default_value_t = 10_000,
        value_name = "MS",
        help_heading = "Timeouts"
    )]
    pub shutdown_timeout_ms: u64,

    /// Seconds of silence after which the kernel asks whether a peer is still there. 0: never.
    #[arg(
        long,
        env = "SELVEDGE_TCP_KEEPALIVE_S",
        default_value_t = 300,
        value_name = "S",
        help_heading = "Timeouts"
    )]
    pub tcp_keepalive_s: u64,
}

impl Default for Settings {
    /// The settings of a start without flags, environment and file.
    fn default() -> Self {
        file::defaults()
    }
}

impl Settings {
    /// Checks what no single setting can see.
    ///
    /// # Errors
    /// [`SettingsError`] names the setting and says what to do.
    pub fn validate(&self) -> Result<(), SettingsError> {
        for (name, address) in [("--http-addr", self.http_addr), ("--resp-addr", self.resp_addr)] {
            if address.ip().is_loopback() {
                continue;
            }
            if self.insecure_no_auth {
                return Err(SettingsError::OpenToAll { name, address });
            }
            if !self.allow_public_bind {
                return Err(SettingsError::PublicBind { name, address });
            }
        }
        let public = !self.is_local();
        for (name, token) in
            [("SELVEDGE_TOKEN", &self.token), ("SELVEDGE_READ_ONLY_TOKEN", &self.read_only_token)]
        {
            let Some(token) = token else { continue };
            let text = token.expose();
            // The SDKs send these words when their own setting is missing.
            if text.is_empty() || matches!(text, "undefined" | "null" | "None") {
                return Err(SettingsError::NoToken { name });
            }
            if text.len() > TOKEN_BYTES_MAX || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(SettingsError::BadToken { name });
            }
            if public && text.len() < PUBLIC_TOKEN_BYTES_MIN {
                return Err(SettingsError::ShortToken { name });
            }
        }
        if let (Some(all), Some(read)) = (&self.token, &self.read_only_token)
            && all.expose() == read.expose()
        {
            return Err(SettingsError::EqualTokens);
        }
        let at_least = [
            ("--connections-max", self.connections_max as u64, 1),
            ("--request-bytes-max", self.request_bytes_max, 1024),
            ("--body-bytes-max", self.body_bytes_max, 1024),
            ("--bulk-bytes-max", self.bulk_bytes_max, 1024),
            ("--transaction-bytes-max", self.transaction_bytes_max, 1024),
        ];
        for (name, value, min) in at_least {
            if value < min {
                return Err(SettingsError::TooSmall { name, value, min });
            }
        }
        let bulk_max = selvedge_wire::limits::BULK_BYTES_MAX as u64;
        if self.bulk_bytes_max > bulk_max {
            return Err(SettingsError::TooLarge {
                name: "--bulk-bytes-max",
                value: self.bulk_bytes_max,
                max: bulk_max,
            });
        }
        if self.threads > 1024 {
            return Err(SettingsError::TooLarge { name: "--threads", value: self.threads as u64, max: 1024 });
        }
        Ok(())
    }

    /// Whether no other machine can reach a door.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.http_addr.ip().is_loopback() && self.resp_addr.ip().is_loopback()
    }

    /// Threads that serve connections.
    #[must_use]
    pub fn thread_count(&self) -> usize {
        match self.threads {
            0 => (std::thread::available_parallelism().map_or(1, usize::from) / 2).max(1),
            count => count,
        }
    }

    /// What an acknowledged write has survived, as the log wants it.
    #[must_use]
    pub fn log_durability(&self) -> selvedge_node::Durability {
        match self.durability {
            DurabilityMode::Always => selvedge_node::Durability::Always,
            DurabilityMode::Interval => selvedge_node::Durability::Interval {
                sync_every: Duration::from_millis(self.sync_interval_ms),
            },
            DurabilityMode::None => selvedge_node::Durability::None,
        }
    }
}
