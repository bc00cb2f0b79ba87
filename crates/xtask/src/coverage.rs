//! `cargo xtask docs --coverage`: what of each command's grammar no golden script shows.
//!
//! Wanted of a command are a line with success for each of its tokens, and a line for each kind of error that its grammar can
//! give: too few or too many words, a key of another type, an option that there is not, a number that is none.

use std::path::Path;

use anyhow::{Context, Result};
use selvedge_engine::Command;
use selvedge_engine::table::{self, Arg, ArgKind, Arity, Group, Run};
use selvedge_golden::{Item, Script};

use crate::workspace::Workspace;

/// Where the scripts are.
const SCRIPTS: &str = "tests/scripts";

/// Commands that look at a key of one type without minding another: their errors of type cannot be shown.
const TYPE_BLIND: &[&str] = &["mget"];

/// What errors say about the number of words, in lower case.
const ARITY_TEXTS: &[&str] = &["wrong number of arguments"];

/// What they say about a key of another type.
const TYPE_TEXTS: &[&str] = &["wrongtype", "must contain string values", "should be of string type"];

/// What they say about options.
const OPTION_TEXTS: &[&str] = &[
    "syntax",
    "unsupported option",
    "unrecognized",
    "unknown argument",
    "mode must be",
    "invalid condition",
    "mandatory argument",
    "reason should be",
    "only support",
    "wrong restore policy",
    "unknown subcommand or wrong number of arguments",
];

/// What no script can show: LOLWUT draws whatever it is told, every word of JSON.GET that is no option is a path, a script does
/// not know the number of its connection, after SHUTDOWN there is nobody to answer, and there is no debugger to switch on.
const CANNOT_BE_SHOWN: &[(&str, Wanted)] = &[
    ("client|tracking", Wanted::Token("REDIRECT")),
    ("json.get", Wanted::BadOption),
    ("lolwut", Wanted::BadOption),
    ("script|debug", Wanted::Token("YES")),
    ("script|debug", Wanted::Token("SYNC")),
    ("script|debug", Wanted::BadOption),
    ("shutdown", Wanted::Token("NOSAVE")),
    ("shutdown", Wanted::Token("SAVE")),
    ("shutdown", Wanted::Token("NOW")),
    ("shutdown", Wanted::Token("FORCE")),
    ("shutdown", Wanted::Token("ABORT")),
];

/// What a script has to show of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// A line with this word that succeeds.
    Token(&'static str),
    /// A line with too few or too many words.
    WrongArity,
    /// A key of another type.
    WrongType,
    /// An option that there is not.
    BadOption,
    /// A number that is none, or out of its range, behind this word if it has one.
    BadNumber(Option<&'static str>),
}

/// A command line of a script.
struct Step {
    command: &'static Command,
    /// Its words behind the name.
    words: Vec<Vec<u8>>,
    /// The text of the error that it is answered with.
    error: Option<String>,
}

/// What is wanted of one command, and what of it no script shows.
struct Coverage {
    command: &'static Command,
    wanted: Vec<Wanted>,
    missing: Vec<Wanted>,
}

/// Prints the gaps and how much is covered.
pub(crate) fn print(workspace: &Workspace) -> Result<()> {
    let coverages = coverages(&workspace.root.join(SCRIPTS))?;
    for Coverage { command, missing, .. } in coverages.iter().filter(|coverage| !coverage.missing.is_empty())
    {
        let missing: Vec<String> = missing.iter().map(|wanted| wanted.to_string()).collect();
        println!("{}: {}", command.name, missing.join(", "));
    }
    let percent = |is_counted: fn(&Wanted) -> bool| {
        let count = |list: fn(&Coverage) -> &Vec<Wanted>| {
            coverages.iter().flat_map(list).filter(|wanted| is_counted(wanted)).count()
        };
        let (wanted, missing) = (count(|coverage| &coverage.wanted), count(|coverage| &coverage.missing));
        format!("{} of {wanted} ({} %)", wanted - missing, 100 * (wanted - missing) / wanted.max(1))
    };
    let tokens = percent(|wanted| matches!(wanted, Wanted::Token(_)));
    let errors = percent(|wanted| !matches!(wanted, Wanted::Token(_)));
    println!("coverage: {} commands, tokens {tokens}, errors {errors}", coverages.len());
    Ok(())
}

fn coverages(folder: &Path) -> Result<Vec<Coverage>> {
    let mut steps = Vec::new();
    collect(folder, &mut steps)?;
    let every = table::all().flat_map(|command| std::iter::once(command).chain(command.subcommands));
    let coverages = every.filter(|command| !matches!(command.run, Run::Container)).map(|command| {
        let of_command: Vec<&Step> =
            steps.iter().filter(|step| std::ptr::eq(step.command, command)).collect();
        let wanted = wanted(command);
        let is_missing = |wanted: &&Wanted| !of_command.iter().any(|step| wanted.is_shown_by(step));
        let missing = wanted.iter().filter(is_missing).copied().collect();
        Coverage { command, wanted, missing }
    });
    Ok(coverages.collect())
}

fn collect(folder: &Path, steps: &mut Vec<Step>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, steps)?;
            continue;
        }
        let text = std::fs::read_to_string(&path)?;
        let script = Script::parse(&text).with_context(|| path.display().to_string())?;
        steps.extend(script.items.into_iter().filter_map(|item| match item {
            Item::Step { words, expected, .. } => Step::new(words, &expected),
            Item::Text(_) | Item::Directive(..) => None,
        }));
    }
    Ok(())
}

impl Step {
    /// None if the line names no command.
    fn new(mut words: Vec<Vec<u8>>, expected: &str) -> Option<Self> {
        let outer = table::find(words.first()?)?;
        let inner = words.get(1).and_then(|word| {
            let name = [outer.name.as_bytes(), b"|", word].concat();
            table::find(&name).filter(|_| !outer.subcommands.is_empty())
        });
        words.drain(..if inner.is_some() { 2 } else { 1 });
        let error = expected.strip_prefix("(error) ").map(str::to_owned);
        Some(Self { command: inner.unwrap_or(outer), words, error })
    }

    fn has(&self, token: &str) -> bool {
        self.words.iter().any(|word| word.eq_ignore_ascii_case(token.as_bytes()))
    }
}

/// What scripts have to show of a command.
fn wanted(command: &'static Command) -> Vec<Wanted> {
    let mut wanted = Vec::new();
    let name_words = 1 + command.name.matches('|').count();
    if usize::from(command.arity.least()) > name_words || matches!(command.arity, Arity::Exactly(_)) {
        wanted.push(Wanted::WrongArity);
    }
    let is_typed = matches!(
        command.group,
        Group::String
            | Group::Bitmap
            | Group::HyperLogLog
            | Group::Hash
            | Group::List
            | Group::Set
            | Group::SortedSet
    );
    // What overwrites or deletes does not mind the type.
    let minds_type = command.uses.iter().any(|key_use| matches!(key_use.mode, "RO" | "RW"));
    if is_typed && minds_type && !TYPE_BLIND.contains(&command.name) {
        wanted.push(Wanted::WrongType);
    }
    of_args(command.args, None, &mut wanted);
    wanted.retain(|wanted| !CANNOT_BE_SHOWN.contains(&(command.name, *wanted)));
    wanted
}

fn of_args(args: &'static [Arg], outer: Option<&'static str>, wanted: &mut Vec<Wanted>) {
    for arg in args {
        let token = arg.token.or(outer);
        let own = match arg.kind {
            ArgKind::Integer | ArgKind::Double | ArgKind::UnixTime => Some(Wanted::BadNumber(token)),
            ArgKind::Key
            | ArgKind::String
            | ArgKind::Pattern
            | ArgKind::PureToken
            | ArgKind::OneOf
            | ArgKind::Block => None,
        };
        let tokens = arg.token.into_iter().flat_map(|token| [Wanted::Token(token), Wanted::BadOption]);
        for new in tokens.chain(own) {
            if !wanted.contains(&new) {
                wanted.push(new);
            }
        }
        of_args(arg.args, token, wanted);
    }
}

impl Wanted {
    fn is_shown_by(self, step: &Step) -> bool {
        match (self, &step.error) {
            (Self::Token(token), None) => step.has(token),
            (Self::WrongArity, Some(error)) => is_arity(error),
            (Self::WrongType, Some(error)) => is_type(error),
            (Self::BadOption, Some(error)) => is_option(error),
            (Self::BadNumber(token), Some(error)) => {
                token.is_none_or(|token| step.has(token))
                    && !is_arity(error)
                    && !is_type(error)
                    && !is_option(error)
            }
            (Self::Token(_), Some(_)) | (_, None) => false,
        }
    }
}

fn is_arity(error: &str) -> bool {
    contains_any(error, ARITY_TEXTS)
}

fn is_type(error: &str) -> bool {
    contains_any(error, TYPE_TEXTS)
}

fn is_option(error: &str) -> bool {
    contains_any(error, OPTION_TEXTS)
}

fn contains_any(error: &str, texts: &[&str]) -> bool {
    let error = error.to_ascii_lowercase();
    texts.iter().any(|text| error.contains(text))
}

impl std::fmt::Display for Wanted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Token(token) => write!(f, "{token}"),
            Self::WrongArity => write!(f, "wrong number of words"),
            Self::WrongType => write!(f, "key of another type"),
            Self::BadOption => write!(f, "bad option"),
            Self::BadNumber(None) => write!(f, "bad number"),
            Self::BadNumber(Some(token)) => write!(f, "bad number behind {token}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_show_every_option_and_every_kind_of_error() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(SCRIPTS);
        let gaps: Vec<String> = coverages(&folder)
            .unwrap()
            .iter()
            .flat_map(|coverage| {
                coverage.missing.iter().map(|missing| format!("{}: {missing}", coverage.command.name))
            })
            .collect();
        assert!(gaps.is_empty(), "no script shows\n{}", gaps.join("\n"));
    }
}
