//! `cargo xtask differ`: random command lines, the same bytes to our server and to a real Redis 8.2, and every reply compared.
//!
//! Lines come from the grammar of the command table. They run in sessions: a few hundred lines on fresh connections to
//! empty keyspaces, in RESP2 and RESP3 by turns, with a look at everything at the end. A difference that the list
//! `tests/differ/explained.txt` does not know is made as short as it gets and written down as a golden script.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::Args;
use selvedge_engine::Command;
use selvedge_engine::table;

use crate::oracle::Oracle;
use crate::workspace::Workspace;

mod compare;
mod explained;
mod generate;
mod pair;
mod pools;
mod random;
mod rules;
mod script;
mod shrink;

use compare::{Difference, differences};
use explained::Explained;
use generate::{Generator, Line};
use pair::Pair;

/// The differences that are known.
const EXPLAINED_PATH: &str = "tests/differ/explained.txt";

/// What one run of the suite does, in a few seconds.
const COMMANDS: usize = 200_000;

/// How many kinds of differences a run writes down before it gives up.
const KINDS_MAX: usize = 25;

/// Arguments of `cargo xtask differ`.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// How many lines to run.
    #[arg(long, default_value_t = COMMANDS, value_name = "N")]
    commands: usize,
    /// Where chance begins. A session that shows a difference names the seed that begins with it.
    #[arg(long, default_value_t = 1, value_name = "S")]
    seed: u64,
}

impl Arguments {
    /// Those of a run of the suite.
    pub(crate) fn short() -> Self {
        Self { commands: COMMANDS, seed: 1 }
    }
}

/// Runs the sessions.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let list = std::fs::read_to_string(workspace.root.join(EXPLAINED_PATH)).context(EXPLAINED_PATH)?;
    let oracle = Oracle::install(workspace)?;
    let selvedge = workspace.build_selvedge("fast")?;
    let mut run = Run {
        pair: Pair::start(oracle, selvedge)?,
        explained: Explained::parse(&list).context(EXPLAINED_PATH)?,
        kinds: BTreeSet::new(),
        folder: workspace.target.join("differ"),
        deaths: 0,
    };
    let _ = std::fs::remove_dir_all(&run.folder);
    let sessions = arguments.commands.div_ceil(Generator::lines_per_session());
    let started = Instant::now();
    for seed in (arguments.seed..).take(sessions) {
        run.session(seed)?;
        if run.kinds.len() >= KINDS_MAX {
            println!("{KINDS_MAX} kinds of differences are enough for one run");
            break;
        }
    }
    let lines = sessions * Generator::lines_per_session();
    println!("{lines} lines in {:.1} s, seed {}", started.elapsed().as_secs_f64(), arguments.seed);
    for (reason, met) in run.explained.met() {
        println!("explained {met} times: {reason}");
    }
    if run.deaths > 0 {
        println!("Redis died {} times", run.deaths);
    }
    if !run.kinds.is_empty() {
        bail!("{} kinds of differences; their scripts are in {}", run.kinds.len(), run.folder.display());
    }
    Ok(())
}

/// A run and what it found.
struct Run {
    pair: Pair,
    explained: Explained,
    /// What tells one kind of difference from another.
    kinds: BTreeSet<(String, String, String)>,
    folder: PathBuf,
    deaths: usize,
}

impl Run {
    fn session(&mut self, seed: u64) -> Result<()> {
        let resp3 = seed % 2 == 1;
        let lines = Generator::new(seed).session();
        let replies = self.pair.run(&lines, resp3).with_context(|| format!("seed {seed}"))?;
        if replies.redis_died {
            self.deaths += 1;
            let count = replies.redis.len();
            let last = lines.get(count).map(script::command_line).unwrap_or_default();
            println!("seed {seed}: Redis died after {count} replies, perhaps of: {last}");
        }
        let Some(found) = self.unexplained(differences(&lines, &replies)) else { return Ok(()) };
        if !self.kinds.insert(kind(&found)) {
            return Ok(());
        }
        let lines = lines.get(..=found.index).unwrap_or_default();
        let lines = self.shrink(lines, &found, resp3)?;
        let text = script::write(&mut self.pair, &lines, resp3, seed, &found)?;
        std::fs::create_dir_all(&self.folder)?;
        let path = self.folder.join(format!("{:02}_{}.script", self.kinds.len(), found.command));
        std::fs::write(&path, &text)?;
        println!("--- {}\n{text}", path.display());
        Ok(())
    }

    /// The first difference that is not on the list. What follows one in what a write does may be its consequence, be it
    /// explained or not.
    fn unexplained(&mut self, differences: Vec<Difference>) -> Option<Difference> {
        for difference in differences {
            if !self.explained.covers(&difference) {
                return Some(difference);
            }
            if table::find(difference.command.as_bytes()).is_some_and(Command::is_write) {
                return None;
            }
        }
        None
    }

    /// Fewer lines whose last one shows the same kind of difference.
    fn shrink(&mut self, lines: &[Line], found: &Difference, resp3: bool) -> Result<Vec<Line>> {
        let wanted = kind(found);
        let pair = &mut self.pair;
        shrink::shrink(lines, |candidate| {
            let replies = pair.run(candidate, resp3)?;
            let last = candidate.len() - 1;
            Ok(differences(candidate, &replies)
                .iter()
                .any(|other| other.index == last && kind(other) == wanted))
        })
    }
}

/// What two differences of the same cause have in common: the command and how the replies begin.
fn kind(difference: &Difference) -> (String, String, String) {
    let start = |text: &str| {
        let word = text.split(['"', ' ']).next().unwrap_or_default();
        if word == "(error)" { text.chars().take(60).collect() } else { word.to_owned() }
    };
    (difference.command.clone(), start(&difference.redis), start(&difference.ours))
}
