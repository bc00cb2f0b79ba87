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

/// The index of the RFCs.
const RFC_INDEX: &str = "docs/rfcs/README.md";

/// RFCs that the index does not name, and such whose status is none of the three.
pub(super) fn rfcs(files: &[PathBuf], read: impl Fn(&Path) -> String) -> Vec<Finding> {
    let index = read(Path::new(RFC_INDEX));
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.starts_with("docs/rfcs")) {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name == "README.md" || name.starts_with("0000") {
            continue;
        }
        if !index.contains(&format!("]({name})")) {
            findings.push(Finding::new(file, 0, format!("is not listed in {RFC_INDEX}")));
        }
        let text = read(file);
        let status = text.lines().find_map(|line| line.strip_prefix("Status: ")).unwrap_or_default();
        if !(matches!(status, "draft" | "accepted") || status.starts_with("replaced by RFC ")) {
            findings.push(Finding::new(file, 0, format!("has the status {status:?}")));
        }
    }
    findings
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
    fn an_rfc_that_is_not_listed_is_found() {
        let files = ["docs/rfcs/README.md", "docs/rfcs/0001-a.md", "docs/rfcs/0002-b.md"].map(PathBuf::from);
        let read = |path: &Path| match path.file_name().unwrap().to_str().unwrap() {
            "README.md" => "| 0001 | [A](0001-a.md) |".to_owned(),
            "0001-a.md" => "# A\n\nStatus: accepted\n".to_owned(),
            _ => "# B\n\nStatus: perhaps\n".to_owned(),
        };
        let messages: Vec<String> = rfcs(&files, read).into_iter().map(|finding| finding.message).collect();
        assert_eq!(messages, ["is not listed in docs/rfcs/README.md", "has the status \"perhaps\""]);
    }

    #[test]
    fn a_dead_link_is_found() {
        let text = "see [a](../README.md) and\n[b](gone.md#part), [c](https://example.com), [d](#here)\n";
        let findings = links(Path::new("docs/x.md"), text, |target| target == Path::new("README.md"));
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].line, 2);
    }
}
