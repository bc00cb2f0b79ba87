//! `docs/compatibility.md`: which commands of Redis 8.2 there are, which answer otherwise, and which are missing.
//!
//! What Redis has stands in `redis_commands.tsv`, written by `cargo xtask docs --refresh-redis` from the answers of a real one
//! to COMMAND and COMMAND DOCS. What differs stands in the scripts that say so, and there alone.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use selvedge_engine::table;
use selvedge_golden::{Directive, Item, RespTarget, Script, Target};
use selvedge_wire::{Protocol, Value};

use crate::oracle::Oracle;
use crate::workspace::Workspace;

/// One line for each command and subcommand: name, arity, flags, version, group.
const REDIS: &str = include_str!("redis_commands.tsv");
const REDIS_PATH: &str = "crates/xtask/src/redis_commands.tsv";
const HEADING: &str = "# Commands of Redis 8.2.3 by COMMAND and COMMAND DOCS; made by `cargo xtask docs --refresh-redis`.\n\
                       # name\tarity\tflags\tsince\tgroup\n";
const SCRIPTS: &str = "tests/scripts";
const DIFFERS: &str = "differs from Redis: ";

/// Why commands are missing, by the beginning of their name; the first that fits counts.
const ABSENT_NAMES: &[(&str, &str)] = &[
    ("acl", "tokens say who may do what"),
    ("bgrewriteaof", "the log needs no rewriting"),
    ("bgsave", "the log is the only thing on disk so far"),
    ("failover", "there is no replication yet"),
    ("lastsave", "the log is the only thing on disk so far"),
    ("module", "there are no modules"),
    ("monitor", "not built yet"),
    ("psync", "Redis' replication is not spoken"),
    ("replconf", "Redis' replication is not spoken"),
    ("replicaof", "Redis' replication is not spoken"),
    ("restore-asking", "this is no node of a Redis Cluster"),
    ("role", "there is no replication yet"),
    ("save", "the log is the only thing on disk so far"),
    ("shutdown", "a signal ends the process"),
    ("slaveof", "Redis' replication is not spoken"),
    ("sync", "Redis' replication is not spoken"),
];

/// Why commands are missing, by their group.
const ABSENT_GROUPS: &[(&str, &str)] =
    &[("cluster", "this is no node of a Redis Cluster"), ("module", "comes with modules of Redis")];

/// Why any other command is missing.
const ABSENT: &str = "not built yet";

/// A command as a real Redis describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    name: String,
    arity: i64,
    flags: Vec<String>,
    since: String,
    group: String,
}

/// A script whose replies a real Redis does not give.
#[derive(Debug)]
struct Difference {
    claim: String,
    reason: String,
    path: PathBuf,
    /// The command that the script is named after.
    command: Option<&'static str>,
}

/// The page.
pub(crate) fn page(workspace: &Workspace) -> Result<String> {
    let entries = entries(REDIS)?;
    let differences = differences(&workspace.root)?;
    let mut page = "# Compatibility with Redis 8.2\n\nMade by `cargo xtask docs` from the command table, the commands of a real \
                    Redis 8.2.3, and the scripts in `tests/scripts`; edit those.\n"
        .to_owned();
    let (there, missing): (Vec<&Entry>, Vec<&Entry>) =
        entries.iter().partition(|entry| table::find(entry.name.as_bytes()).is_some());
    let _ = write!(
        page,
        "\n{} of {} commands and subcommands are there. Every script of a command gives the same replies on a real Redis, but \
         for those in the next table.\n\n## What differs\n\n| command | script | why |\n|---|---|---|\n",
        there.len(),
        entries.len()
    );
    for difference in &differences {
        let command = difference.command.map(shown).unwrap_or_default();
        let path = difference.path.display();
        let (claim, reason) = (cell(&difference.claim), cell(&difference.reason));
        let _ = writeln!(page, "| {command} | [{claim}](../{path}) | {reason} |");
    }
    page.push_str("\n## What is there\n\n| command | arity | since | |\n|---|---|---|---|\n");
    for entry in there {
        let differs = differences.iter().any(|difference| difference.command == Some(entry.name.as_str()));
        let note = if differs { "differs, see above" } else { "" };
        let _ = writeln!(page, "| {} | {} | {} | {note} |", shown(&entry.name), entry.arity, entry.since);
    }
    page.push_str("\n## What is missing\n\n| command | since | why |\n|---|---|---|\n");
    for entry in missing {
        let _ = writeln!(page, "| {} | {} | {} |", shown(&entry.name), entry.since, reason(entry));
    }
    page.push_str("\n## What Redis 8.2 does not have\n\n");
    let ours = table::all().flat_map(|command| std::iter::once(command).chain(command.subcommands));
    let mut extra: Vec<&str> = ours
        .map(|command| command.name)
        .filter(|name| entries.iter().all(|entry| entry.name != *name))
        .collect();
    extra.sort_unstable();
    extra.iter().for_each(|name| page.push_str(&format!("- {}\n", shown(name))));
    Ok(page)
}

/// Text inside a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn shown(name: &str) -> String {
    name.to_ascii_uppercase().replace('|', " ")
}

fn reason(entry: &Entry) -> &'static str {
    let container = entry.name.split('|').next().unwrap_or_default();
    let named = ABSENT_NAMES.iter().find(|(name, _)| *name == container);
    named
        .or_else(|| ABSENT_GROUPS.iter().find(|(group, _)| *group == entry.group))
        .map_or(ABSENT, |(_, why)| why)
}

/// Reads the stored list.
fn entries(text: &str) -> Result<Vec<Entry>> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let [name, arity, flags, since, group] = line.split('\t').collect::<Vec<_>>()[..] else {
                bail!("{REDIS_PATH}: not five fields: {line}");
            };
            Ok(Entry {
                name: name.to_owned(),
                arity: arity.parse().with_context(|| format!("{REDIS_PATH}: {line}"))?,
                flags: flags.split(',').filter(|flag| !flag.is_empty()).map(str::to_owned).collect(),
                since: since.to_owned(),
                group: group.to_owned(),
            })
        })
        .collect()
}

/// The scripts that say that they differ, in the order of their paths.
fn differences(root: &Path) -> Result<Vec<Difference>> {
    let mut found = Vec::new();
    let mut folders = vec![root.join(SCRIPTS)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "script") {
                let text = std::fs::read_to_string(&path)?;
                let script = Script::parse(&text).with_context(|| path.display().to_string())?;
                found.extend(difference(&script, path.strip_prefix(root)?));
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

fn difference(script: &Script, path: &Path) -> Option<Difference> {
    let reason = script.items.iter().find_map(|item| match item {
        Item::Directive(Directive::DiffersFromRedis, line) => {
            line.split_once(DIFFERS).map(|(_, why)| why.to_owned())
        }
        _ => None,
    })?;
    let claim = script.items.iter().find_map(|item| match item {
        Item::Text(line) => line.strip_prefix("# ").map(|text| text.trim_end_matches('.').to_owned()),
        _ => None,
    });
    let stem = path.file_stem()?.to_string_lossy().into_owned();
    let run = script.commands().filter_map(|words| {
        let args: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        table::lookup(&args).ok()
    });
    let command = run
        .map(|command| command.name)
        .filter(|name| stem.starts_with(&name.replace(['|', '-'], "_")))
        .max_by_key(|name| name.len());
    Some(Difference { claim: claim.unwrap_or(stem), reason, path: path.to_owned(), command })
}

/// Asks a real Redis for its commands and writes the list.
pub(crate) fn refresh(workspace: &Workspace) -> Result<()> {
    let oracle = Oracle::install(workspace)?;
    let folder = tempfile::tempdir()?;
    let (_server, port) = oracle.start(folder.path(), 1)?;
    let mut redis = RespTarget::connect_redis(&format!("127.0.0.1:{port}"))?;
    redis.set_protocol(Protocol::Resp3)?;
    let mut documented = BTreeMap::new();
    note_documents(&redis.run(&[b"COMMAND".to_vec(), b"DOCS".to_vec()])?, &mut documented);
    let mut lines = Vec::new();
    let Value::Array(commands) = redis.run(&[b"COMMAND".to_vec()])? else {
        bail!("COMMAND answers no array")
    };
    commands.iter().for_each(|command| describe(command, &documented, &mut lines));
    lines.sort();
    std::fs::write(workspace.root.join(REDIS_PATH), HEADING.to_owned() + &lines.concat())?;
    println!("{REDIS_PATH}: {} commands and subcommands", lines.len());
    Ok(())
}

/// Version and group by name.
fn note_documents(documents: &Value, documented: &mut BTreeMap<String, (String, String)>) {
    let Value::Map(commands) = documents else { return };
    for (name, document) in commands {
        let Value::Map(pairs) = document else { continue };
        let field = |wanted: &str| {
            pairs
                .iter()
                .find(|(field, _)| text(field) == wanted)
                .map(|(_, value)| text(value))
                .unwrap_or_default()
        };
        documented.insert(text(name), (field("since"), field("group")));
        let subcommands = pairs.iter().find(|(field, _)| text(field) == "subcommands");
        subcommands.into_iter().for_each(|(_, subcommands)| note_documents(subcommands, documented));
    }
}

/// A line for a record of COMMAND, and for each of its subcommands.
fn describe(record: &Value, documented: &BTreeMap<String, (String, String)>, lines: &mut Vec<String>) {
    let Value::Array(fields) = record else { return };
    let [name, Value::Integer(arity), Value::Set(flags), _, _, _, _, _, _, subcommands, ..] =
        fields.as_slice()
    else {
        return;
    };
    let name = text(name);
    let mut flags: Vec<String> = flags.iter().map(text).collect();
    flags.sort();
    let (since, group) = documented.get(&name).cloned().unwrap_or_default();
    lines.push(format!("{name}\t{arity}\t{}\t{since}\t{group}\n", flags.join(",")));
    let (Value::Array(subcommands) | Value::Set(subcommands)) = subcommands else { return };
    subcommands.iter().for_each(|subcommand| describe(subcommand, documented, lines));
}

fn text(value: &Value) -> String {
    match value {
        Value::Bulk(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::Status(text) => text.clone(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_list_is_whole() {
        let entries = entries(REDIS).unwrap();
        let get = entries.iter().find(|entry| entry.name == "get").unwrap();
        assert_eq!((get.arity, get.since.as_str(), get.group.as_str()), (2, "1.0.0", "string"));
        assert_eq!(get.flags, ["fast", "readonly"]);
        assert!(entries.iter().any(|entry| entry.name == "object|encoding"));
        assert!(entries.is_sorted_by(|a, b| a.name < b.name));
    }

    #[test]
    fn a_script_that_differs_names_its_command() {
        let script = Script::parse(
            "# COPY to itself.\n! differs from Redis: on purpose\n> SET k v\nOK\n> COPY k k\n(integer) 0\n",
        )
        .unwrap();
        let found = difference(&script, Path::new("tests/scripts/generic/copy_to_itself.script")).unwrap();
        assert_eq!((found.claim.as_str(), found.reason.as_str()), ("COPY to itself", "on purpose"));
        assert_eq!(found.command, Some("copy"));
        let same = Script::parse("# Same.\n> GET k\n(nil)\n").unwrap();
        assert!(difference(&same, Path::new("get.script")).is_none());
    }

    #[test]
    fn missing_commands_have_a_reason() {
        let entry = |name: &str, group: &str| Entry {
            name: name.to_owned(),
            arity: 1,
            flags: Vec::new(),
            since: String::new(),
            group: group.to_owned(),
        };
        assert_eq!(reason(&entry("acl|cat", "server")), "tokens say who may do what");
        assert_eq!(reason(&entry("cluster|info", "cluster")), "this is no node of a Redis Cluster");
        assert_eq!(reason(&entry("xadd", "stream")), ABSENT);
    }
}
