//! Node suites: their modules live under the target directory, the tests in the repository.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::workspace::Workspace;

/// First Node version, major and minor, that has what the suites use: the test runner, and `--env-file`.
const NODE_MIN: (u32, u32) = (20, 6);

/// The suite on the published SDKs.
pub(super) fn sdk(workspace: &Workspace) -> Result<()> {
    let folder = workspace.root.join("tests/sdk");
    install(workspace, &folder, "sdk")?;
    let binary = workspace.build_selvedge("fast")?;
    process::run(
        Command::new("npm").args(["test", "--silent"]).current_dir(&folder).env("SELVEDGE_BIN", binary),
    )
}

/// Installs what the lock file of `folder` names under the target directory and links it beside the tests.
pub(super) fn install(workspace: &Workspace, folder: &Path, name: &str) -> Result<()> {
    check_node()?;
    let place = workspace.target.join("node").join(name);
    std::fs::create_dir_all(&place)?;
    let mut is_same = place.join("node_modules").is_dir();
    for file in ["package.json", "package-lock.json"] {
        let wanted =
            std::fs::read(folder.join(file)).with_context(|| format!("{}/{file}", folder.display()))?;
        is_same &= std::fs::read(place.join(file)).is_ok_and(|there| there == wanted);
        std::fs::write(place.join(file), wanted)?;
    }
    if !is_same {
        // Taken away first: an install that is cut off must not look whole the next time.
        let _ = std::fs::remove_dir_all(place.join("node_modules"));
        process::run(
            Command::new("npm").args(["ci", "--silent", "--no-audit", "--no-fund"]).current_dir(&place),
        )
        .context("installing from npm")?;
    }
    link(&place.join("node_modules"), &folder.join("node_modules"))
}

/// Makes `link` point at `modules`; a real folder in its place is the user's and stays.
fn link(modules: &Path, link: &PathBuf) -> Result<()> {
    match std::fs::read_link(link) {
        Ok(there) if there == *modules => return Ok(()),
        Ok(_) => std::fs::remove_file(link)?,
        Err(_) if link.exists() => {
            bail!("{} is a folder: remove it, the modules live under target", link.display())
        }
        Err(_) => {}
    }
    symlink(modules, link).with_context(|| format!("linking {}", link.display()))
}

fn check_node() -> Result<()> {
    let (major_min, minor_min) = NODE_MIN;
    let missing: Vec<&str> =
        ["node", "npm"].into_iter().filter(|name| process::find_program(name).is_none()).collect();
    if !missing.is_empty() {
        bail!("missing: {} (Node {major_min}.{minor_min} or newer)", missing.join(" and "));
    }
    let version = process::output(Command::new("node").arg("--version"))?;
    let mut parts = version.trim().trim_start_matches('v').split('.').map(|part| part.parse().unwrap_or(0));
    if (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) < NODE_MIN {
        bail!("node is {}, the suites need {major_min}.{minor_min} or newer", version.trim());
    }
    Ok(())
}
