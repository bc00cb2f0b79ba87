//! What bad input takes from others: one client sends it again and again, another asks for a small key on a steady beat, and
//! how late its answers are is what the first one costs.
//!
//! The server has one core and one serving thread, the clients have the other core.

use std::fmt::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::sampling;
use super::servers::{Peer, Running};
use crate::process;
use crate::workspace::Workspace;

mod abuses;
mod client;
mod observer;

use abuses::{Abuse, Answer};
use client::Client;
use observer::{Lateness, Observer};

/// Other clients' 99th percentile, in milliseconds, that no abuse may take them beyond.
const P99_MS_MAX: f64 = 5.0;

/// How long each abuse goes on at least.
const LASTS: Duration = Duration::from_secs(2);

/// What came of one abuse.
struct Outcome {
    abuse: &'static str,
    answer: String,
    times: usize,
    slowest_ms: f64,
    others: Lateness,
}

/// Measures every abuse whose name contains `only`, prints the table and writes it to `docs/benchmarks/tails.md`.
pub(super) fn run(workspace: &Workspace, only: &str, dry_run: bool) -> Result<()> {
    let peer = Peer::selvedge_of(workspace, "fast")?;
    prefer(std::process::id(), "0")?;
    let mut outcomes = Vec::new();
    for group in abuses::GROUPS {
        let chosen: Vec<&Abuse> = group.abuses.iter().filter(|abuse| abuse.name.contains(only)).collect();
        if chosen.is_empty() {
            continue;
        }
        let server = peer.start()?;
        prefer(server.id(), "1")?;
        println!("--- {}", group.name);
        (group.prepare)(&mut Client::connect(server.resp_port())?)?;
        for abuse in chosen {
            let outcome = measure(&server, abuse).with_context(|| abuse.name)?;
            println!("{}", row(&outcome).trim_end());
            outcomes.push(outcome);
        }
    }
    let page = page(&outcomes);
    if !dry_run {
        std::fs::write(workspace.root.join("docs/benchmarks/tails.md"), &page)?;
    }
    let late: Vec<&str> = outcomes
        .iter()
        .filter(|outcome| outcome.others.percentile_ms(99) > P99_MS_MAX)
        .map(|outcome| outcome.abuse)
        .collect();
    if !late.is_empty() {
        bail!("others wait more than {P99_MS_MAX} ms at the 99th percentile: {}", late.join("; "));
    }
    Ok(())
}

/// Leaves a process, with all its threads, one core, and prefers it to what else runs there.
fn prefer(process: u32, core: &str) -> Result<()> {
    let taskset = process::program_or_debian("taskset", "util-linux")?;
    process::output(Command::new(taskset).args(["-a", "-c", "-p", core, &process.to_string()]))?;
    // Only root may, and not every kernel has groups of processes: without it the machine should be quiet.
    let _ = std::fs::write(format!("/proc/{process}/autogroup"), "-20");
    Ok(())
}

fn measure(server: &Running, abuse: &Abuse) -> Result<Outcome> {
    let observer = Observer::start(server.resp_port())?;
    let measured = std::thread::scope(|scope| scope.spawn(|| commit(server, abuse)).join());
    let (times, slowest_ms, answer) = measured.unwrap_or_else(|_| bail!("the client panicked"))?;
    let others = observer.stop()?;
    Ok(Outcome { abuse: abuse.name, answer: answer.to_string(), times, slowest_ms, others })
}

/// Sends the abuse again and again. How often, how long the slowest took in milliseconds, and the last answer.
fn commit(server: &Running, abuse: &Abuse) -> Result<(usize, f64, Answer)> {
    // Reading what it gets is work, and must not keep the observer from the core that they share.
    if let Ok(thread) = std::fs::read_link("/proc/thread-self") {
        let _ = Command::new("renice").args(["-n", "10", "-p"]).args(thread.file_name()).output();
    }
    let mut client = Client::connect(server.resp_port())?;
    let begun = Instant::now();
    let (mut times, mut slowest_ms, mut answer) = (0, 0.0_f64, Answer::default());
    while begun.elapsed() < LASTS {
        for line in (abuse.before)() {
            client.call(&line)?;
        }
        let sent = Instant::now();
        answer = client.call(&(abuse.line)())?;
        slowest_ms = slowest_ms.max(sent.elapsed().as_secs_f64() * 1e3);
        times += 1;
    }
    Ok((times, slowest_ms, answer))
}

const HEAD: &str = "| abuse | answered | times | slowest ms | others: p50 ms | p99 ms | worst ms |\n\
                    |---|---|---|---|---|---|---|\n";

fn row(outcome: &Outcome) -> String {
    let others = &outcome.others;
    format!(
        "| {} | {} | {} | {:.1} | {:.2} | {:.2} | {:.1} |\n",
        outcome.abuse,
        outcome.answer,
        outcome.times,
        outcome.slowest_ms,
        others.percentile_ms(50),
        others.percentile_ms(99),
        others.percentile_ms(100),
    )
}

fn page(outcomes: &[Outcome]) -> String {
    let machine = sampling::machine();
    let mut page = String::new();
    page.push_str("<!-- Written by `cargo xtask bench --tails`. -->\n# What bad input takes from others\n\n");
    let _ = writeln!(
        page,
        "One client sends the abuse again and again for {} s. Another asks on a beat of {} ms, by turns with GET and SET of \
         small keys; an answer is late by the time since its beat, so that waiting counts for everyone who would have asked \
         meanwhile. The server has one core and one serving thread, the clients have the other core of a {} with kernel {}, \
         which others use at the same time. The line to keep: a p99 of {P99_MS_MAX} ms.\n",
        LASTS.as_secs(),
        observer::BEAT.as_millis(),
        machine.cpu,
        machine.kernel,
    );
    page.push_str(HEAD);
    outcomes.iter().for_each(|outcome| page.push_str(&row(outcome)));
    page
}
