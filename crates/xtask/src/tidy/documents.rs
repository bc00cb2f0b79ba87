//! Rules for documents: those that must be there, and links that lead somewhere.

use std::path::{Component, Path, PathBuf};

use super::Finding;

/// Documents every checkout has.
const REQUIRED: &[&str] = &[
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "deny.toml",
    "docs/architecture.md",
    "docs/configuration.md",
    "docs/format.md",
    "docs/glossary.md",
    "docs/tenets.md",
    "docs/rfcs/README.md",
    "docs/rfcs/0000-template.md",
];

/// Those of the required documents that are not among `files`.
pub(super) fn missing(files: &[PathBuf]) -> Vec<Finding> {
    let is_missing = |name: &&&str| !files.iter().any(|file| file == Path::new(**name));
    REQUIRED.iter().filter(is_missing).map(|name| Finding::new(Path::new(name), 0, "is missing")).collect()
}

/// Relative links of a Markdown file whose target is not there.
pub(super) fn links(path: &Path, text: &str, exists: impl Fn(&Path) -> bool) -> Vec<Finding> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for target in line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next()) {
            let target = target.split('#').next().unwrap_or_default();
            if target.is_empty() || target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            if !exists(&normal(&folder.join(target))) {
                findings.push(Finding::new(
                    path,
                    index + 1,
                    format!("links to `{target}`, which is not there"),
                ));
            }
        }
    }
    findings
}

/// The path without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                out.pop();
            }
            Component::CurDir => {}
            Component::Normal(_) | Component::RootDir | Component::Prefix(_) => out.push(component),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_document_is_found() {
        let mut files: Vec<PathBuf> = REQUIRED.iter().map(PathBuf::from).collect();
        assert_eq!(missing(&files), []);
        files.retain(|file| file != Path::new("docs/glossary.md"));
        assert_eq!(missing(&files).len(), 1);
    }

    #[test]
    fn a_dead_link_is_found() {
        let text = "see [a](../README.md) and\n[b](gone.md#part), [c](https://example.com), [d](#here)\n";
        let findings = links(Path::new("docs/x.md"), text, |target| target == Path::new("README.md"));
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].line, 2);
    }
}
