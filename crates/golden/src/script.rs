//! A script as data.

use std::fmt::Write as _;

use crate::notation;

/// A parsed script. Writing it out again gives the same text, so that expected replies can be rewritten in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// Its lines, command lines with their replies taken together.
    pub items: Vec<Item>,
}

/// A part of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A blank line or a comment.
    Text(String),
    /// A directive, and the line as written.
    Directive(Directive, String),
    /// A command line and the reply it must get.
    Step {
        /// Its number in the file, from 1.
        line: usize,
        /// The command line as written.
        command: String,
        /// Its words.
        words: Vec<Vec<u8>>,
        /// The reply, without a line break at the end.
        expected: String,
    },
}

/// What a line that starts with `! ` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Directive {
    /// `needs clock`, `needs connection`, `needs password`, `needs scripts`, `needs selvedge`: targets without it skip the file.
    Needs(Need),
    /// `differs from Redis: why`: a real Redis answers otherwise on purpose, and skips the file.
    DiffersFromRedis,
    /// `resp2`, `resp3`: the protocol from here on.
    Resp3(bool),
    /// `advance 1500ms`: lets time pass.
    AdvanceMs(u64),
    /// `unordered`, `unordered pairs`, `unordered page`, `unordered page pairs`: the next reply is sorted before it is compared.
    Unordered(Order),
    /// `shape`: of the next reply only types and lengths count.
    Shape,
    /// `within 5`: the next reply is an integer, and may be off by that much.
    Within(u64),
    /// `events A`: from here on each reply is followed by the keyspace events of these classes, a line `@ event key` each.
    Events(String),
    /// `times 100`: the next command line is run that often, `{i}` in it standing for 1 to that number; the last reply counts.
    Times(u64),
    /// `keep version`: the next reply, a string, is any, and stands for `{version}` in later command lines.
    Keep(String),
}

/// What only some targets have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// A clock that can be moved by hand.
    Clock,
    /// A connection with a state of its own.
    Connection,
    /// A connection that has to show the password [`PASSWORD`](crate::PASSWORD) first, and has done so.
    Password,
    /// An interpreter: what the engine alone does not have.
    Scripts,
    /// A command of ours, which no Redis has.
    Selvedge,
}

/// Which part of a reply has no order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// The second element, behind a cursor, instead of the whole.
    pub page: bool,
    /// Elements belong together in twos.
    pub pairs: bool,
}

/// Why a script cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// A directive that there is not.
    #[error("line {line}: unknown directive: {text}")]
    Directive {
        /// Its line.
        line: usize,
        /// What it says.
        text: String,
    },
    /// A command line whose quotes do not match.
    #[error("line {line}: command line with bad quotes or escapes")]
    Quotes {
        /// Its line.
        line: usize,
    },
    /// Text in front of the first command line.
    #[error("line {line}: a reply without a command line")]
    StrayReply {
        /// Its line.
        line: usize,
    },
}

impl Script {
    /// Reads a script.
    ///
    /// # Errors
    /// [`ParseError`], with the line.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let mut items: Vec<Item> = Vec::new();
        // Whether the next line may belong to the reply of the last step.
        let mut open = false;
        for (i, raw) in text.lines().enumerate() {
            let line = i + 1;
            let reply_goes_on = open;
            open = false;
            if raw.trim().is_empty() || raw == "#" || raw.starts_with("# ") {
                items.push(Item::Text(raw.trim_end().to_owned()));
            } else if let Some(text) = raw.strip_prefix("! ") {
                let directive = parse_directive(text)
                    .ok_or_else(|| ParseError::Directive { line, text: text.to_owned() })?;
                items.push(Item::Directive(directive, raw.to_owned()));
            } else if let Some(command) = raw.strip_prefix("> ") {
                let words = notation::parse_line(command).ok_or(ParseError::Quotes { line })?;
                items.push(Item::Step { line, command: command.to_owned(), words, expected: String::new() });
                open = true;
            } else {
                match items.last_mut() {
                    Some(Item::Step { expected, .. }) if reply_goes_on => {
                        if !expected.is_empty() {
                            expected.push('\n');
                        }
                        expected.push_str(raw);
                        open = true;
                    }
                    _ => return Err(ParseError::StrayReply { line }),
                }
            }
        }
        Ok(Self { items })
    }

    /// The text of the script.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for item in &self.items {
            let _ = match item {
                Item::Text(line) | Item::Directive(_, line) => writeln!(text, "{line}"),
                Item::Step { command, expected, .. } if expected.is_empty() => writeln!(text, "> {command}"),
                Item::Step { command, expected, .. } => writeln!(text, "> {command}\n{expected}"),
            };
        }
        text
    }

    /// Its directives.
    pub fn directives(&self) -> impl Iterator<Item = &Directive> {
        self.items.iter().filter_map(|item| match item {
            Item::Directive(directive, _) => Some(directive),
            Item::Text(_) | Item::Step { .. } => None,
        })
    }

    /// The words of its command lines.
    pub fn commands(&self) -> impl Iterator<Item = &[Vec<u8>]> {
        self.items.iter().filter_map(|item| match item {
            Item::Step { words, .. } => Some(words.as_slice()),
            Item::Text(_) | Item::Directive(..) => None,
        })
    }
}

fn parse_directive(text: &str) -> Option<Directive> {
    if text.starts_with("differs from Redis: ") {
        return Some(Directive::DiffersFromRedis);
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    Some(match words.as_slice() {
        ["needs", "clock"] => Directive::Needs(Need::Clock),
        ["needs", "connection"] => Directive::Needs(Need::Connection),
        ["needs", "password"] => Directive::Needs(Need::Password),
        ["needs", "scripts"] => Directive::Needs(Need::Scripts),
        ["needs", "selvedge"] => Directive::Needs(Need::Selvedge),
        ["resp2"] => Directive::Resp3(false),
        ["resp3"] => Directive::Resp3(true),
        ["advance", span] => Directive::AdvanceMs(span.strip_suffix("ms")?.parse().ok()?),
        ["unordered", rest @ ..] => Directive::Unordered(match rest {
            [] => Order { page: false, pairs: false },
            ["pairs"] => Order { page: false, pairs: true },
            ["page"] => Order { page: true, pairs: false },
            ["page", "pairs"] => Order { page: true, pairs: true },
            _ => return None,
        }),
        ["shape"] => Directive::Shape,
        ["events", classes] => Directive::Events((*classes).to_owned()),
        ["within", range] => Directive::Within(range.parse().ok()?),
        ["times", count] => Directive::Times(count.parse().ok()?),
        ["keep", name] => Directive::Keep((*name).to_owned()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_written_as_it_was_read() {
        let text = "# A claim.\n! needs clock\n\n> SET k \"a b\"\nOK\n> KEYS *\n1) \"a\"\n2) \"b\"\n\n# More.\n> GET k\n";
        let script = Script::parse(text).unwrap();
        assert_eq!(script.to_text(), text);
        assert_eq!(script.commands().count(), 3);
        assert_eq!(script.directives().collect::<Vec<_>>(), [&Directive::Needs(Need::Clock)]);
    }

    #[test]
    fn mistakes_name_their_line() {
        assert_eq!(Script::parse("OK\n").unwrap_err().to_string(), "line 1: a reply without a command line");
        assert_eq!(Script::parse("\n! never\n").unwrap_err().to_string(), "line 2: unknown directive: never");
        assert_eq!(Script::parse("> GET \"k\n").unwrap_err(), ParseError::Quotes { line: 1 });
        assert_eq!(Script::parse("> GET k\nOK\n\nOK\n").unwrap_err(), ParseError::StrayReply { line: 4 });
    }
}
