//! Rules for the text of files: leftovers, forbidden calls, lengths, characters.

use std::path::Path;

use super::Finding;

/// From here on a file of code is probably two things.
const CODE_LINES_WARN: usize = 400;
/// A file of code may not be longer than this, tests apart.
const CODE_LINES_MAX: usize = 600;

/// Files that were longer than [`CODE_LINES_MAX`] when they were written down here, with the lines they may have.
/// The numbers only ever go down.
const LENGTH_RATCHET: &[(&str, usize)] = &[];

/// Markers of unfinished work. Put together here, so that this file does not hold them.
const MARKERS: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

/// Rust that must not be committed.
const LEFTOVERS: &[(&str, &str)] = &[
    (concat!("dbg", "!("), "is for a terminal only"),
    (concat!("to", "do!("), "leaves work undone"),
    (concat!("unimple", "mented!("), "leaves work undone"),
    (concat!("#[ign", "ore"), "hides a test: make it pass or remove it"),
];

/// Rust that a test must not hold: a test waits for what it needs, not for time to pass.
const SLEEPS: &[&str] = &[concat!("thread::sl", "eep("), concat!("time::sl", "eep(")];

/// Rust that only a program may hold; libraries log with `tracing`.
const PRINTS: &[&str] = &[concat!("print", "ln!("), concat!("eprint", "ln!("), concat!("print", "!(")];

/// Rooms that are programs.
const PROGRAMS: &[&str] = &["crates/cli", "crates/xtask"];

/// Beginnings of paths that exist on one machine only.
const MACHINE_PATHS: &[&str] =
    &[concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/Us", "ers/"), concat!("/wo", "rk/")];

/// Kinds of files whose text is ours.
const TEXT: &[&str] =
    &["rs", "md", "toml", "js", "mjs", "ts", "mts", "py", "sh", "json", "txt", "yml", "yaml", "lua"];

/// Checks the text of one file.
pub(super) fn check(path: &Path, text: &str) -> Vec<Finding> {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let mut findings = Vec::new();
    findings.extend(characters(path, text));
    if extension == "rs" {
        findings.extend(rust(path, text));
    }
    let is_script = path.extension().is_none();
    if !TEXT.contains(&extension) && !is_script {
        return findings;
    }
    for (index, line) in text.lines().enumerate() {
        if let Some(marker) = MARKERS.iter().find(|marker| has_word(line, marker)) {
            findings.push(Finding::new(path, index + 1, format!("`{marker}`: finish it or open an issue")));
        }
        if let Some(prefix) = MACHINE_PATHS.iter().find(|prefix| has_path(line, prefix)) {
            findings.push(Finding::new(
                path,
                index + 1,
                format!("a path below `{prefix}` exists on one machine only"),
            ));
        }
    }
    findings
}

/// Line ends, and control characters other than the tab.
fn characters(path: &Path, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(index) = text.split('\n').position(|line| line.ends_with('\r')) {
        findings.push(Finding::new(path, index + 1, "lines end in CR LF; use LF"));
    }
    if !text.is_empty() && !text.ends_with('\n') {
        findings.push(Finding::new(path, 0, "does not end with a line end"));
    }
    findings
}

fn rust(path: &Path, text: &str) -> Vec<Finding> {
    let is_test_file = path.components().any(|part| part.as_os_str() == "tests")
        || path.file_name().is_some_and(|name| name == "tests.rs");
    let code_lines = match is_test_file {
        true => 0,
        false => text
            .lines()
            .position(|line| line.trim() == "#[cfg(test)]")
            .unwrap_or_else(|| text.lines().count()),
    };
    let is_benchmark = path.components().any(|part| part.as_os_str() == "benches");
    let is_program = is_benchmark || PROGRAMS.iter().any(|program| path.starts_with(program));
    let mut findings = length(path, code_lines);
    for (index, line) in text.lines().enumerate() {
        let in_code = index < code_lines;
        let code = line.split("//").next().unwrap_or_default();
        let mut report = |message: String| findings.push(Finding::new(path, index + 1, message));
        for (pattern, reason) in LEFTOVERS.iter().filter(|(pattern, _)| code.contains(pattern)) {
            report(format!("`{pattern}` {reason}"));
        }
        if !in_code && SLEEPS.iter().any(|pattern| code.contains(pattern)) {
            report("a test must not sleep: wait for the event itself".to_owned());
        }
        if in_code && !is_program && PRINTS.iter().any(|pattern| code.contains(pattern)) {
            report("a library must not print: use `tracing`".to_owned());
        }
        if in_code && !code.is_ascii() {
            report("code is ASCII: write the character as an escape".to_owned());
        }
    }
    findings
}

fn length(path: &Path, code_lines: usize) -> Vec<Finding> {
    let ratchet = LENGTH_RATCHET.iter().find(|(name, _)| path == Path::new(name)).map(|(_, lines)| *lines);
    let max = ratchet.unwrap_or(CODE_LINES_MAX);
    if code_lines > max {
        return vec![Finding::new(path, 0, format!("{code_lines} lines of code, at most {max}: split it"))];
    }
    if code_lines > CODE_LINES_WARN {
        return vec![Finding::warning(path, 0, format!("{code_lines} lines of code: is it two things?"))];
    }
    Vec::new()
}

/// Whether `line` has `word` with no letter, digit or underscore beside it.
fn has_word(line: &str, word: &str) -> bool {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    line.match_indices(word).any(|(at, _)| {
        let (before, rest) = line.split_at(at);
        let after = rest.strip_prefix(word).unwrap_or_default();
        !is_part(before.chars().next_back()) && !is_part(after.chars().next())
    })
}

/// Whether `line` has an absolute path that begins with `prefix`; one in a URL or behind a relative path is none.
fn has_path(line: &str, prefix: &str) -> bool {
    line.match_indices(prefix).any(|(at, _)| {
        let before = line.split_at(at).0.chars().next_back();
        before.is_none_or(|c| c.is_whitespace() || "\"'`(=:[<".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(path: &str, text: &str) -> Vec<String> {
        check(Path::new(path), text).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn every_marker_is_found_as_a_word() {
        for marker in MARKERS {
            assert_eq!(messages("docs/x.md", &format!("a {marker}: b\n")).len(), 1, "{marker}");
            assert_eq!(messages("docs/x.md", &format!("a{marker}S b\n")).len(), 0, "{marker}");
        }
    }

    #[test]
    fn every_leftover_is_found() {
        for (pattern, _) in LEFTOVERS {
            assert_eq!(messages("crates/log/src/x.rs", &format!("{pattern}\n")).len(), 1, "{pattern}");
        }
    }

    #[test]
    fn sleeping_is_found_in_tests_only() {
        for pattern in SLEEPS {
            let line = format!("    {pattern}pause);\n");
            assert_eq!(messages("crates/log/tests/it/x.rs", &line).len(), 1, "{pattern}");
            assert_eq!(messages("crates/log/src/x.rs", &line).len(), 0, "{pattern}");
            assert_eq!(
                messages("crates/log/src/x.rs", &format!("#[cfg(test)]\n{line}")).len(),
                1,
                "{pattern}"
            );
        }
    }

    #[test]
    fn printing_is_found_in_libraries_only() {
        for pattern in PRINTS {
            let line = format!("{pattern}\"x\");\n");
            assert_eq!(messages("crates/log/src/x.rs", &line).len(), 1, "{pattern}");
            assert_eq!(messages("crates/cli/src/x.rs", &line).len(), 0, "{pattern}");
            assert_eq!(messages("crates/log/tests/it/x.rs", &line).len(), 0, "{pattern}");
        }
    }

    #[test]
    fn long_files_warn_and_then_fail() {
        let file = |lines: usize| check(Path::new("crates/log/src/x.rs"), &"let x = 1;\n".repeat(lines));
        assert_eq!(file(CODE_LINES_WARN), []);
        assert!(file(CODE_LINES_WARN + 1)[0].is_warning);
        assert!(!file(CODE_LINES_MAX + 1)[0].is_warning);
        let tested = "x\n".repeat(10) + "#[cfg(test)]\n" + &"y\n".repeat(CODE_LINES_MAX);
        assert_eq!(check(Path::new("crates/log/src/x.rs"), &tested), []);
    }

    #[test]
    fn line_ends_and_characters_are_checked() {
        assert_eq!(messages("a.md", "x\r\n").len(), 1);
        assert_eq!(messages("a.md", "x").len(), 1);
        assert_eq!(messages("crates/log/src/x.rs", "let dots = \"\u{2026}\";\n").len(), 1);
        assert_eq!(messages("crates/log/tests/x.rs", "let dots = \"\u{2026}\";\n").len(), 0);
    }

    #[test]
    fn machine_paths_are_found() {
        for prefix in MACHINE_PATHS {
            assert_eq!(messages("a.sh", &format!("cd {prefix}me\n")).len(), 1, "{prefix}");
            assert_eq!(messages("a.md", &format!("https://example.com{prefix}me\n")).len(), 0, "{prefix}");
        }
    }
}
