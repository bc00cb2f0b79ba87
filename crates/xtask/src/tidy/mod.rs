//! `cargo xtask tidy`: what the compiler does not check.
//!
//! Each rule is a function from what it looks at to a list of [`Finding`]s, with a test that plants an example.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::conformance::EXPECTED_PATH;
use crate::docs;
use crate::workspace::Workspace;

mod conformance;
mod documents;
mod edges;
mod manifests;
mod sources;

/// One place that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The file, relative to the root.
    pub(crate) path: PathBuf,
    /// The line, counted from 1; 0 for the whole file.
    pub(crate) line: usize,
    /// What is wrong and what to do.
    pub(crate) message: String,
    /// Whether it only warns.
    pub(crate) is_warning: bool,
}

impl Finding {
    fn new(path: &Path, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_path_buf(), line, message: message.into(), is_warning: false }
    }

    fn warning(path: &Path, line: usize, message: impl Into<String>) -> Self {
        Self { is_warning: true, ..Self::new(path, line, message) }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let word = if self.is_warning { "warning" } else { "error" };
        match self.line {
            0 => write!(f, "{word}: {}: {}", self.path.display(), self.message),
            line => write!(f, "{word}: {}:{line}: {}", self.path.display(), self.message),
        }
    }
}

/// Checks the whole workspace and prints the findings.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let files = workspace.files()?;
    let mut findings = Vec::new();
    for path in &files {
        let bytes = std::fs::read(workspace.root.join(path)).with_context(|| path.display().to_string())?;
        // Saved inputs of fuzz targets are bytes, even where they look like text.
        if bytes.contains(&0) || path.starts_with("fuzz/corpus") {
            continue;
        }
        let text = String::from_utf8_lossy(&bytes);
        findings.extend(sources::check(path, &text));
        if path == Path::new(EXPECTED_PATH) {
            findings.extend(conformance::check(&text));
        }
        if path.ends_with("Cargo.toml") && path.starts_with("crates") {
            findings.extend(manifests::check(path, &text));
        }
        if path.extension().is_some_and(|extension| extension == "md") {
            findings.extend(documents::links(path, &text, |target| workspace.root.join(target).exists()));
        }
    }
    findings.extend(documents::missing(&files));
    findings.extend(documents::rfcs(&files, |path| {
        std::fs::read_to_string(workspace.root.join(path)).unwrap_or_default()
    }));
    findings.extend(edges::check(workspace)?);
    for stale in docs::stale(workspace)? {
        findings.push(Finding::new(&stale, 0, "is stale: run `cargo xtask docs`"));
    }
    for finding in &findings {
        println!("{finding}");
    }
    let errors = findings.iter().filter(|finding| !finding.is_warning).count();
    println!("tidy: {} files, {errors} errors, {} warnings", files.len(), findings.len() - errors);
    if errors > 0 {
        bail!("tidy found {errors} errors");
    }
    Ok(())
}
