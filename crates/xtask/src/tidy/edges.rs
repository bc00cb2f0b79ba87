//! Which room may import which.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

use super::Finding;
use crate::process;
use crate::workspace::Workspace;

/// The edges, room by room; the table of [`PAGE`] says the same. A new edge is an RFC first.
const EDGES: &[(&str, &[&str])] = &[
    ("wire", &[]),
    ("log", &[]),
    // `wire` for `Value` and the reply sink that handlers write into.
    ("engine", &["wire"]),
    // `wire` because replies pass through on their way from the engine.
    ("script", &["engine", "wire"]),
    ("node", &["engine", "log", "script", "wire"]),
    ("server", &["node", "wire"]),
    ("cli", &["server"]),
    // Development only: the runner of the golden scripts reads replies as `Value`.
    ("golden", &["wire"]),
];

/// The page that shows the edges to a reader.
const PAGE: &str = "docs/architecture.md";

/// The room that may import anything, because nothing imports it.
const FREE: &str = "xtask";

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    /// `None` for a normal dependency, else "dev" or "build".
    kind: Option<String>,
}

/// Asks cargo for the edges that are there and compares.
pub(super) fn check(workspace: &Workspace) -> Result<Vec<Finding>> {
    let text = process::output(&mut workspace.cargo(&["metadata", "--no-deps", "--format-version", "1"]))?;
    let mut findings = compare(&text)?;
    let page = std::fs::read_to_string(workspace.root.join(PAGE)).context(PAGE)?;
    findings.extend(compare_page(&page));
    Ok(findings)
}

/// Compares the table of [`PAGE`] with [`EDGES`].
fn compare_page(page: &str) -> Vec<Finding> {
    let finding = |message: String| Finding::new(Path::new(PAGE), 0, message);
    let mut findings = Vec::new();
    for (room, allowed) in EDGES {
        let start = format!("| `{room}` |");
        let Some(row) = page.lines().find(|line| line.starts_with(&start)) else {
            findings.push(finding(format!("the room {room} has no row in the table")));
            continue;
        };
        let cell = row.trim_end_matches('|').rsplit('|').next().unwrap_or_default();
        let mut shown: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
        let mut expected = allowed.to_vec();
        shown.sort_unstable();
        expected.sort_unstable();
        if shown != expected {
            findings.push(finding(format!("the table lets {room} import {shown:?}, the rule {expected:?}")));
        }
    }
    findings
}

fn compare(metadata: &str) -> Result<Vec<Finding>> {
    let metadata: Metadata = serde_json::from_str(metadata).context("reading `cargo metadata`")?;
    let mut findings = Vec::new();
    for package in &metadata.packages {
        let Some(room) = room(&package.name) else {
            let message = format!("the package {} is not named selvedge-<folder>", package.name);
            findings.push(Finding::new(Path::new("Cargo.toml"), 0, message));
            continue;
        };
        if room == FREE {
            continue;
        }
        let manifest = PathBuf::from(format!("crates/{room}/Cargo.toml"));
        let Some((_, allowed)) = EDGES.iter().find(|(name, _)| *name == room) else {
            findings.push(Finding::new(
                &manifest,
                0,
                format!("the room {room} has no row in the table of edges"),
            ));
            continue;
        };
        for dependency in
            package.dependencies.iter().filter(|dependency| dependency.kind.as_deref() != Some("dev"))
        {
            let Some(imported) = self::room(&dependency.name) else { continue };
            if !allowed.contains(&imported) {
                findings.push(Finding::new(&manifest, 0, format!("{room} may not import {imported}")));
            }
        }
    }
    Ok(findings)
}

fn room(package: &str) -> Option<&str> {
    package.strip_prefix("selvedge-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(metadata: &str) -> Vec<String> {
        compare(metadata).unwrap().into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn a_new_edge_is_found() {
        let planted =
            r#"{"packages":[{"name":"selvedge-log","dependencies":[{"name":"selvedge-wire","kind":null}]}]}"#;
        assert_eq!(messages(planted), ["log may not import wire"]);
    }

    #[test]
    fn allowed_edges_dev_dependencies_and_strangers_pass() {
        let fine = r#"{"packages":[
            {"name":"selvedge-engine","dependencies":[{"name":"selvedge-wire","kind":null},{"name":"memchr","kind":null}]},
            {"name":"selvedge-log","dependencies":[{"name":"selvedge-engine","kind":"dev"}]},
            {"name":"selvedge-xtask","dependencies":[{"name":"selvedge-server","kind":null}]}]}"#;
        assert_eq!(messages(fine), Vec::<String>::new());
    }

    #[test]
    fn a_page_that_shows_other_edges_is_found() {
        let page: String = EDGES
            .iter()
            .map(|(room, allowed)| format!("| `{room}` | what it is | `{}` |\n", allowed.join("`, `")))
            .collect();
        let page = page.replace("``", "nothing of ours");
        assert_eq!(compare_page(&page), []);
        assert_eq!(compare_page(&page.replace("`node`, `wire`", "`node`")).len(), 1);
        assert_eq!(compare_page("").len(), EDGES.len());
    }

    #[test]
    fn unknown_rooms_are_found() {
        let planted = r#"{"packages":[{"name":"selvedge-cellar","dependencies":[]},{"name":"other","dependencies":[]}]}"#;
        assert_eq!(messages(planted).len(), 2);
    }
}
