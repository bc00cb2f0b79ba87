//! One burst of one kind of request at one server, and what it cost.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Serialize;

use super::Scale;
use super::sampling::{self, Ticks};
use super::servers::{Running, TOKEN};
use crate::process;

/// Keys that the requests draw from.
const KEYS: u64 = 100_000;

/// Writes before the first shot: so many that nearly all keys are there.
const FILL_OPERATIONS: u64 = 700_000;

/// Connections of a RESP shot.
const CONNECTIONS: &str = "50";

/// A kind of request.
#[derive(Debug)]
pub(super) struct Shot {
    name: &'static str,
    test: &'static str,
    pipeline: u32,
}

impl Shot {
    /// The name in tables.
    pub(super) fn name(&self) -> &'static str {
        self.name
    }
}

/// The kinds of requests over RESP.
pub(super) const RESP: &[Shot] = &[
    Shot { name: "GET P=1", test: "get", pipeline: 1 },
    Shot { name: "SET P=1", test: "set", pipeline: 1 },
    Shot { name: "INCR P=1", test: "incr", pipeline: 1 },
    Shot { name: "GET P=16", test: "get", pipeline: 16 },
    Shot { name: "SET P=16", test: "set", pipeline: 16 },
    Shot { name: "INCR P=16", test: "incr", pipeline: 16 },
];

/// What one shot measured.
#[derive(Debug, Serialize)]
pub(crate) struct Measurement {
    pub(super) shot: String,
    pub(super) server: &'static str,
    pub(super) round: usize,
    pub(super) per_second: f64,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
    /// CPU time of the server for one operation, in microseconds.
    pub(super) cpu_us: f64,
    /// Share of all cores that strangers used meanwhile.
    pub(super) foreign: f64,
}

/// Writes the keys that the shots read.
pub(super) fn fill(server: &Running) -> Result<()> {
    benchmark(server, "set", FILL_OPERATIONS, 64).map(|_| ())
}

/// Fires one shot over RESP.
pub(super) fn fire(server: &Running, shot: &Shot, round: usize, scale: Scale) -> Result<Measurement> {
    let operations = if shot.pipeline == 1 { scale.operations } else { scale.operations_pipelined };
    let (csv, cpu_us, foreign) = sampled(server, || benchmark(server, shot.test, operations, shot.pipeline))?;
    let figures = figures(&csv).with_context(|| format!("the output of redis-benchmark: {csv}"))?;
    Ok(Measurement {
        shot: shot.name.to_owned(),
        server: server.name(),
        round,
        per_second: figures.per_second,
        p50_ms: figures.p50_ms,
        p99_ms: figures.p99_ms,
        cpu_us: cpu_us / operations as f64,
        foreign,
    })
}

/// Runs `load` and says what the server's CPU time and the strangers' share were meanwhile.
fn sampled<T>(server: &Running, load: impl FnOnce() -> Result<T>) -> Result<(T, f64, f64)> {
    let ticks = Ticks::now()?;
    let before = sampling::cpu_us(server.id())?;
    let value = load()?;
    let cpu_us = sampling::cpu_us(server.id())? - before;
    Ok((value, cpu_us, ticks.foreign_since(cpu_us)?))
}

fn benchmark(server: &Running, test: &str, operations: u64, pipeline: u32) -> Result<String> {
    let output = process::output(
        Command::new("redis-benchmark")
            .args(["-h", "127.0.0.1", "-p", &server.resp_port().to_string(), "-a", TOKEN])
            .args(["-t", test, "-n", &operations.to_string(), "-c", CONNECTIONS, "-P", &pipeline.to_string()])
            .args(["-d", "64", "-r", &KEYS.to_string(), "--csv", "--precision", "3"]),
    )?;
    if output.contains("rror") {
        bail!("redis-benchmark against {}: {output}", server.name());
    }
    Ok(output)
}

#[derive(Debug, PartialEq)]
struct Figures {
    per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
}

/// Reads `"test","rps","avg","min","p50","p95","p99","max"` and the line under it.
fn figures(csv: &str) -> Option<Figures> {
    let mut lines = csv.lines().filter(|line| line.starts_with('"'));
    let columns = cells(lines.next()?);
    let values = cells(lines.next()?);
    let value = |name: &str| {
        let at = columns.iter().position(|column| column.starts_with(name))?;
        values.get(at)?.parse::<f64>().ok()
    };
    Some(Figures { per_second: value("rps")?, p50_ms: value("p50")?, p99_ms: value("p99")? })
}

fn cells(line: &str) -> Vec<String> {
    line.split(',').map(|cell| cell.trim().trim_matches('"').to_owned()).collect()
}

/// The HTTP load generator.
#[derive(Debug)]
pub(super) struct Wrk {
    program: PathBuf,
}

/// Posts a GET of one key and prints the figures in one line of JSON.
const WRK_SCRIPT: &str = r#"
wrk.method = "POST"
wrk.body = '["GET","key:000000000001"]'
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer " .. os.getenv("TOKEN")
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('RESULT {"requests":%d,"us":%d,"p50":%d,"p99":%d,"errors":%d}\n', summary.requests,
    summary.duration, latency:percentile(50), latency:percentile(99), e.status + e.connect + e.read + e.write + e.timeout))
end
"#;

/// The figures as the script prints them.
#[derive(serde::Deserialize)]
struct WrkResult {
    requests: f64,
    us: f64,
    p50: f64,
    p99: f64,
    errors: u64,
}

impl Wrk {
    /// The one on the PATH.
    pub(super) fn find() -> Option<Self> {
        process::find_program("wrk").map(|program| Self { program })
    }

    /// GETs over REST on 32 connections.
    pub(super) fn fire(&self, server: &Running, round: usize, scale: Scale) -> Result<Measurement> {
        let port = server.http_port().context("the server has no HTTP port")?;
        let script = tempfile::NamedTempFile::new()?;
        std::fs::write(script.path(), WRK_SCRIPT)?;
        let mut command = Command::new(&self.program);
        command
            .args(["-t1", "-c32", &format!("-d{}s", scale.http_seconds), "-s"])
            .arg(script.path())
            .arg(format!("http://127.0.0.1:{port}/"))
            .env("TOKEN", TOKEN);
        let (text, cpu_us, foreign) = sampled(server, || process::output(&mut command))?;
        let line =
            text.lines().find_map(|line| line.strip_prefix("RESULT ")).context("no result from wrk")?;
        let result: WrkResult = serde_json::from_str(line)?;
        if result.errors > 0 {
            bail!("{} errors over REST", result.errors);
        }
        Ok(Measurement {
            shot: "REST GET c=32".to_owned(),
            server: server.name(),
            round,
            per_second: result.requests / (result.us / 1e6),
            p50_ms: result.p50 / 1e3,
            p99_ms: result.p99 / 1e3,
            cpu_us: cpu_us / result.requests,
            foreign,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_redis_benchmark_is_read_by_column_name() {
        let csv = "\"test\",\"rps\",\"avg_latency_ms\",\"min_latency_ms\",\"p50_latency_ms\",\"p95_latency_ms\",\
                   \"p99_latency_ms\",\"max_latency_ms\"\n\"GET\",\"1000.5\",\"0.1\",\"0.2\",\"0.3\",\"0.4\",\"0.5\",\"0.6\"\n";
        assert_eq!(figures(csv), Some(Figures { per_second: 1000.5, p50_ms: 0.3, p99_ms: 0.5 }));
        assert_eq!(figures("ERR\n"), None);
    }
}
