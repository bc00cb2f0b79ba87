//! `cargo xtask docs`: documents that come out of the code.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::workspace::Workspace;
use crate::{compatibility, coverage};

/// Arguments of `cargo xtask docs`.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Writes nothing and fails when a generated document is stale.
    #[arg(long)]
    check: bool,
    /// Only prints which options and errors of each command no golden script shows.
    #[arg(long, conflicts_with = "check")]
    coverage: bool,
    /// Only asks a real Redis 8.2 for its commands, which `docs/compatibility.md` is compared with.
    #[arg(long, conflicts_with_all = ["check", "coverage"])]
    refresh_redis: bool,
}

impl Arguments {
    /// Those of `cargo xtask docs --check`.
    pub(crate) fn checking() -> Self {
        Self { check: true, coverage: false, refresh_redis: false }
    }
}

/// Folders that hold generated documents only: what is not generated any more is removed from them.
const GENERATED_FOLDERS: &[&str] = &["docs/commands"];

/// Writes or checks the generated documents.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    if arguments.coverage {
        return coverage::print(workspace);
    }
    if arguments.refresh_redis {
        return compatibility::refresh(workspace);
    }
    let stale = stale(workspace)?;
    if arguments.check {
        if stale.is_empty() {
            println!("docs: fresh");
            return Ok(());
        }
        for path in &stale {
            println!("stale: {}", path.display());
        }
        bail!("{} generated documents are stale: run `cargo xtask docs`", stale.len());
    }
    let pages = pages(workspace)?;
    for path in &stale {
        let file = workspace.root.join(path);
        match pages.get(path) {
            Some(text) => write(&file, text)?,
            None => std::fs::remove_file(&file).with_context(|| path.display().to_string())?,
        }
        println!("{}", path.display());
    }
    println!("docs: {} written or removed, {} fresh", stale.len(), pages.len().saturating_sub(stale.len()));
    Ok(())
}

fn write(file: &Path, text: &str) -> Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(file, text).with_context(|| file.display().to_string())
}

/// Generated documents that differ from what the code says, are missing, or are no longer generated.
pub(crate) fn stale(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let pages = pages(workspace)?;
    let differs = |(path, text): &(&PathBuf, &String)| {
        std::fs::read_to_string(workspace.root.join(path)).ok().as_ref() != Some(*text)
    };
    let mut stale: Vec<PathBuf> = pages.iter().filter(differs).map(|(path, _)| path.clone()).collect();
    let is_leftover = |path: &PathBuf| {
        GENERATED_FOLDERS.iter().any(|folder| path.starts_with(folder)) && !pages.contains_key(path)
    };
    stale.extend(workspace.files()?.into_iter().filter(is_leftover));
    Ok(stale)
}

/// Every generated document: path and text.
fn pages(workspace: &Workspace) -> Result<BTreeMap<PathBuf, String>> {
    let commands = Path::new("docs/commands");
    let mut pages: BTreeMap<PathBuf, String> =
        selvedge_engine::docs::pages().into_iter().map(|(name, text)| (commands.join(name), text)).collect();
    pages.insert(PathBuf::from("docs/configuration.md"), selvedge_server::settings::page());
    pages.insert(PathBuf::from("docs/compatibility.md"), compatibility::page(workspace)?);
    Ok(pages)
}
