//! The pages of `docs/commands/`, made from the command table.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::commands::describe;
use crate::commands::table::{self, Command, Run, syntax};

/// All pages: paths relative to `docs/commands/`, and their Markdown.
///
/// One page per command, its subcommands on the same page, and an index. The output depends on the table alone, so a page
/// that differs from the one in the repository is stale.
#[must_use]
pub fn pages() -> Vec<(String, String)> {
    let mut groups: BTreeMap<&str, Vec<&Command>> = BTreeMap::new();
    for command in table::all() {
        groups.entry(command.group.name()).or_default().push(command);
    }
    let mut pages = Vec::new();
    let mut index =
        "# Commands\n\nMade from the command table by `cargo xtask docs`; edit the table.\n".to_owned();
    for (group, mut commands) in groups {
        commands.sort_by_key(|command| command.name);
        index.push_str(&format!("\n## {}\n\n", capitalized(group)));
        for command in commands {
            let path = format!("{group}/{}.md", command.name);
            index.push_str(&format!(
                "- [{}]({path}): {}\n",
                command.name.to_ascii_uppercase(),
                command.summary
            ));
            pages.push((path, page(command)));
        }
    }
    pages.push(("README.md".to_owned(), index));
    pages
}

/// The page of one command.
#[must_use]
pub fn page(command: &Command) -> String {
    let mut page = format!("# {}\n\n", command.name.to_ascii_uppercase());
    section(command, &mut page);
    for sub in command.subcommands {
        let _ = write!(page, "\n## {}\n\n", sub.name.to_ascii_uppercase().replace('|', " "));
        section(sub, &mut page);
    }
    page
}

fn section(command: &Command, page: &mut String) {
    let kind = match command.run {
        Run::Write(_) => "write",
        Run::Blocking(_) => "write, may wait",
        Run::BlockingRead(_) => "read, may wait",
        Run::Script(_) if command.may_write() => "may write",
        Run::Script(_) if command.runs_program() => "read",
        Run::Read(_) | Run::Guard(_) if command.is_read() => "read",
        Run::Read(_) | Run::Guard(_) | Run::Script(_) | Run::Connection(_) => "neither reads nor writes data",
        Run::Container => "holds subcommands",
    };
    let categories =
        describe::categories(command).map(|name| format!("`@{name}`")).collect::<Vec<_>>().join(" ");
    let since = if command.is_ours() { command.since.to_owned() } else { format!("Redis {}", command.since) };
    let lines = [
        format!("{}\n", command.summary),
        format!("```text\n{}\n```\n", syntax::line(command)),
        format!("- Since {since}"),
        format!("- Cost: {}", command.complexity),
        format!("- Kind: {kind}"),
        format!("- Categories: {categories}"),
    ];
    for line in lines {
        page.push_str(&line);
        page.push('\n');
    }
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}
