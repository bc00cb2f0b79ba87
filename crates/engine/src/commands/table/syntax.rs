//! A command's grammar as one line of text: `SET key value [NX | XX] ...`.

use crate::commands::table::{Arg, ArgKind, Command};

/// The whole line, names in upper case.
pub(crate) fn line(command: &Command) -> String {
    let name = command.name.to_ascii_uppercase().replace('|', " ");
    with_args(name, command)
}

/// The line without the container's name, as HELP shows it.
pub(crate) fn without_container(command: &Command) -> String {
    with_args(command.short_name().to_ascii_uppercase(), command)
}

fn with_args(mut line: String, command: &Command) -> String {
    for arg in command.args {
        line.push(' ');
        line.push_str(&one(arg));
    }
    line
}

fn one(arg: &Arg) -> String {
    let group = |separator: &str| arg.args.iter().map(one).collect::<Vec<_>>().join(separator);
    let value = match arg.kind {
        ArgKind::PureToken => String::new(),
        ArgKind::OneOf => group(" | "),
        ArgKind::Block => group(" "),
        ArgKind::Key
        | ArgKind::String
        | ArgKind::Integer
        | ArgKind::Double
        | ArgKind::UnixTime
        | ArgKind::Pattern => arg.name.to_owned(),
    };
    // A choice that is neither optional nor behind a token needs its own brackets.
    let value = if arg.kind == ArgKind::OneOf && (!arg.optional || arg.token.is_some()) {
        format!("<{value}>")
    } else {
        value
    };
    let mut text = match arg.token {
        Some(token) if value.is_empty() => token.to_owned(),
        Some(token) => format!("{token} {value}"),
        None => value,
    };
    if arg.multiple {
        text = format!("{text} [{text} ...]");
    }
    if arg.optional { format!("[{text}]") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::table::find;

    #[test]
    fn lines_read_as_in_the_manual() {
        for (name, expected) in [
            ("get", "GET key"),
            ("mset", "MSET key value [key value ...]"),
            ("expire", "EXPIRE key seconds [NX | XX | GT | LT]"),
            ("client|no-evict", "CLIENT NO-EVICT <ON | OFF>"),
            (
                "set",
                "SET key value [NX | XX | IFEQ ifeq-value | IFNE ifne-value | IFDEQ ifdeq-digest | IFDNE ifdne-digest] [GET] [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL]",
            ),
            (
                "command|list",
                "COMMAND LIST [FILTERBY <MODULE module-name | ACLCAT category | PATTERN pattern>]",
            ),
        ] {
            assert_eq!(line(find(name.as_bytes()).unwrap()), expected);
        }
    }
}
