//! Where things are: the root of the workspace, its target directory and its tracked files.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;

/// The workspace this program was started in.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    /// The folder of the root `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Where cargo builds, and where chores install what they need.
    pub(crate) target: PathBuf,
}

impl Workspace {
    /// Asks cargo where the workspace of the current directory is.
    pub(crate) fn find() -> Result<Self> {
        let manifest = process::output(Command::new(cargo()).args([
            "locate-project",
            "--workspace",
            "--message-format",
            "plain",
        ]))
        .context("no cargo workspace here")?;
        let root = Path::new(manifest.trim()).parent().context("the manifest has no folder")?.to_path_buf();
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
        let target = if target.is_absolute() { target } else { root.join(target) };
        Ok(Self { root, target })
    }

    /// A cargo command that runs in the root.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(cargo());
        command.args(arguments).current_dir(&self.root);
        command
    }

    /// Every file that git tracks or would track, relative to the root, sorted.
    pub(crate) fn files(&self) -> Result<Vec<PathBuf>> {
        let mut git = Command::new("git");
        git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(&self.root);
        let listing = process::output(&mut git).context("listing the files of the repository")?;
        let mut files: Vec<PathBuf> =
            listing.split('\0').filter(|path| !path.is_empty()).map(PathBuf::from).collect();
        files.retain(|path| self.root.join(path).is_file());
        files.sort();
        files.dedup();
        Ok(files)
    }

    /// Builds the binary `selvedge` in `profile` and says where it is.
    pub(crate) fn build_selvedge(&self, profile: &str) -> Result<PathBuf> {
        process::run(&mut self.cargo(&["build", "--package", "selvedge-cli", "--profile", profile]))?;
        let folder = if profile == "dev" { "debug" } else { profile };
        Ok(self.target.join(folder).join("selvedge"))
    }
}

/// The cargo that started us, so that a pinned toolchain stays pinned.
fn cargo() -> std::ffi::OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}
