//! Rules for the `Cargo.toml` of a room: lints and versions come from the workspace.

use std::path::Path;

use toml::{Table, Value};

use super::Finding;

/// Checks one manifest below `crates/`.
pub(super) fn check(path: &Path, text: &str) -> Vec<Finding> {
    let Ok(manifest) = text.parse::<Table>() else {
        return vec![Finding::new(path, 0, "is not TOML")];
    };
    let mut findings = Vec::new();
    if !inherits(manifest.get("lints")) {
        findings.push(Finding::new(path, 0, "needs `[lints] workspace = true`"));
    }
    for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
        let Some(Value::Table(dependencies)) = manifest.get(section) else { continue };
        for (name, value) in dependencies {
            if !inherits(Some(value)) {
                let message = format!(
                    "{section}: `{name}` must take its version from the root (`{name}.workspace = true`)"
                );
                findings.push(Finding::new(path, 0, message));
            }
        }
    }
    findings
}

fn inherits(value: Option<&Value>) -> bool {
    value.and_then(|value| value.get("workspace")).and_then(Value::as_bool) == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_lints_and_own_versions_are_found() {
        let planted = "[package]\nname = 'selvedge-x'\n[dependencies]\nserde = '1'\nitoa.workspace = true\n";
        let findings = check(Path::new("crates/x/Cargo.toml"), planted);
        assert_eq!(findings.len(), 2);
        assert!(findings[1].message.contains("`serde`"));
    }

    #[test]
    fn inherited_ones_pass() {
        let fine = "[lints]\nworkspace = true\n[dev-dependencies]\ntempfile.workspace = true\n";
        assert_eq!(check(Path::new("crates/x/Cargo.toml"), fine), []);
    }
}
