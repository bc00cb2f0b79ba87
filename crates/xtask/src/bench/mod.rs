//! `cargo xtask bench`: Selvedge beside the Redis of this machine, in shots that take turns.
//!
//! The two servers run side by side; in each round every shot is fired once at each of them, in shuffled order, so
//! that what else happens on the machine hits both. Figures are medians over rounds, ratios are medians of the
//! ratios within a round. With one client thread a run at `P=1` is bound by the client: judge it by the server's
//! CPU time per operation.

use std::path::Path;

use anyhow::{Context, Result};
use clap::Args;
use serde::Serialize;

use crate::workspace::Workspace;

mod load;
mod memory;
mod report;
mod sampling;
mod servers;
mod shots;
mod tails;

use memory::MemoryFigure;
use servers::Peer;
use shots::{Measurement, Shot};

/// Arguments of `cargo xtask bench`.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Three short rounds: for a look, not for the record.
    #[arg(long)]
    quick: bool,
    /// Leaves out the bytes per key.
    #[arg(long)]
    no_memory: bool,
    /// Writes nothing to `docs/benchmarks/`.
    #[arg(long)]
    dry_run: bool,
    /// Measures instead what bad input takes from other clients; those abuses whose names contain the text, or all.
    #[arg(long, value_name = "TEXT", num_args = 0..=1, default_missing_value = "")]
    tails: Option<String>,
}

/// How long a run is.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Scale {
    /// How often every shot is fired at every server.
    rounds: usize,
    /// Operations of a shot without pipelining.
    operations: u64,
    /// Operations of a shot with pipelining.
    operations_pipelined: u64,
    /// Seconds of a shot over HTTP.
    http_seconds: u64,
    /// String keys of the memory measurement; hashes are a fifth of it.
    memory_keys: u64,
    /// Seconds between the load and the look at the memory.
    settle_seconds: u64,
}

const FULL: Scale = Scale {
    rounds: 7,
    operations: 50_000,
    operations_pipelined: 400_000,
    http_seconds: 2,
    memory_keys: 1_000_000,
    settle_seconds: 10,
};

const QUICK: Scale = Scale {
    rounds: 3,
    operations: 20_000,
    operations_pipelined: 150_000,
    http_seconds: 1,
    memory_keys: 1_000_000,
    settle_seconds: 3,
};

/// Everything a run found out; this is `docs/benchmarks/latest.json`.
#[derive(Debug, Serialize)]
pub(crate) struct Results {
    machine: sampling::Machine,
    scale: Scale,
    versions: Vec<String>,
    measurements: Vec<Measurement>,
    memory: Vec<MemoryFigure>,
}

/// Measures, prints the tables and writes them to `docs/benchmarks/`.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    if let Some(only) = &arguments.tails {
        return tails::run(workspace, only, arguments.dry_run);
    }
    let scale = if arguments.quick { QUICK } else { FULL };
    let peers = [Peer::selvedge(workspace)?, Peer::redis()?];
    let versions = peers.iter().map(Peer::version).collect::<Result<Vec<_>>>()?;
    let measurements = throughput(&peers, scale)?;
    let memory = if arguments.no_memory { Vec::new() } else { memory::measure(&peers, scale)? };
    let results = Results { machine: sampling::machine(), scale, versions, measurements, memory };
    let page = report::markdown(&results);
    println!("\n{page}");
    if !arguments.dry_run {
        let folder = workspace.root.join("docs/benchmarks");
        std::fs::create_dir_all(&folder)?;
        write(&folder.join("latest.json"), &(serde_json::to_string_pretty(&results)? + "\n"))?;
        write(&folder.join("latest.md"), &page)?;
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).with_context(|| path.display().to_string())
}

fn throughput(peers: &[Peer], scale: Scale) -> Result<Vec<Measurement>> {
    let running = peers.iter().map(Peer::start).collect::<Result<Vec<_>>>()?;
    for server in &running {
        println!("filling {}", server.name());
        shots::fill(server)?;
    }
    let wrk = shots::Wrk::find();
    if wrk.is_none() {
        println!("wrk is not installed: REST is left out (Debian: wrk)");
    }
    let mut random = sampling::Shuffle::from_time();
    let mut measurements = Vec::new();
    for round in 0..scale.rounds {
        let mut volley: Vec<(usize, &Shot)> = Vec::new();
        for shot in shots::RESP {
            volley.extend((0..running.len()).map(|server| (server, shot)));
        }
        random.shuffle(&mut volley);
        for (server, shot) in volley {
            let Some(server) = running.get(server) else { continue };
            measurements.push(shots::fire(server, shot, round, scale)?);
        }
        let rest = wrk.as_ref().zip(running.iter().find(|server| server.http_port().is_some()));
        if let Some((wrk, server)) = rest {
            measurements.push(wrk.fire(server, round, scale)?);
        }
        println!("round {} of {}", round + 1, scale.rounds);
    }
    Ok(measurements)
}
