//! Checks the whole table at compile time: a record that breaks a rule does not build.

use crate::commands::table::{Arity, Command, Keys, Run};

/// Panics, which stops the build, on the first record that breaks a rule.
pub(super) const fn table(families: &[&[Command]]) {
    let mut outer = families;
    while let [family, rest @ ..] = outer {
        let mut commands = *family;
        while let [command, more @ ..] = commands {
            record(command, 1);
            assert!(!contains(command.name, b'|'), "only subcommands have a bar in their name");
            subcommands(command);
            unique(command, more, rest);
            commands = more;
        }
        outer = rest;
    }
}

const fn record(command: &Command, words: u16) {
    assert!(!command.name.is_empty() && is_lower(command.name), "names are lower case and not empty");
    assert!(!command.since.is_empty(), "every command says since when");
    assert!(!command.complexity.is_empty(), "every command states its cost");
    assert!(is_sentence(command.summary), "a summary starts with a capital and ends with a period");
    assert!(command.arity.least() >= words, "the arity counts the name");
    keys(command);
}

const fn keys(command: &Command) {
    let least = command.arity.least() as usize;
    match command.keys {
        Keys::None => assert!(command.uses.is_empty(), "no keys, no uses"),
        Keys::One => {
            assert!(least >= 2, "the key lies inside the arity");
            assert!(command.uses.len() == 1, "one key has one use");
        }
        Keys::Range { first, last, step } => {
            // What is no key may also be left out.
            let may_be_absent =
                matches!(command.uses, [key_use, ..] if same(key_use.mode.as_bytes(), b"not_key"));
            assert!(first >= 1 && step >= 1, "keys come after the name, one after the other");
            assert!(first < least || may_be_absent, "the first key lies inside the arity");
            if last >= 0 {
                assert!(
                    last.unsigned_abs() >= first && last.unsigned_abs() < least,
                    "the last key lies inside the arity"
                );
            } else {
                assert!(matches!(command.arity, Arity::AtLeast(_)), "keys to the end need an open arity");
            }
            assert!(!command.uses.is_empty(), "keys have a use");
        }
        Keys::Counted { at } | Keys::CountedPairs { at } => {
            assert!(at >= 1 && at < least, "the count lies inside the arity");
            assert!(!command.uses.is_empty(), "keys have a use");
        }
        Keys::OneAndCounted { at } => {
            assert!(at >= 2 && at < least, "the count lies inside the arity");
            assert!(command.uses.len() == 2, "the one key and the counted ones have a use each");
        }
        Keys::OneAndFound(_) => {
            assert!(least >= 2, "the first key lies inside the arity");
            assert!(!command.uses.is_empty(), "keys have a use");
        }
        Keys::OneAndNamed { words, from } => {
            assert!(least >= 2, "the first key lies inside the arity");
            assert!(from >= 2, "the words come behind the first key");
            assert!(command.uses.len() == 1 + words.len(), "the key behind each word has a use");
        }
        Keys::Streams { start, .. } => {
            assert!(start >= 1 && start + 2 < least, "STREAMS, a key and an id lie inside the arity");
            assert!(command.uses.len() == 1, "all streams have one use");
        }
        Keys::Custom(_) => assert!(!command.uses.is_empty(), "keys have a use"),
    }
}

const fn subcommands(container: &Command) {
    if matches!(container.run, Run::Container) {
        assert!(!container.subcommands.is_empty(), "a container holds subcommands");
    }
    let mut subs = container.subcommands;
    while let [sub, more @ ..] = subs {
        record(sub, 2);
        assert!(has_prefix(sub.name, container.name), "a subcommand is named after its container");
        assert!(sub.subcommands.is_empty() && !matches!(sub.run, Run::Container), "subcommands do not nest");
        unique(sub, more, &[]);
        subs = more;
    }
}

const fn unique(command: &Command, family: &[Command], families: &[&[Command]]) {
    let mut rest = family;
    while let [other, more @ ..] = rest {
        assert!(!same(command.name.as_bytes(), other.name.as_bytes()), "a name stands twice in the table");
        rest = more;
    }
    let mut outer = families;
    while let [family, more @ ..] = outer {
        unique(command, family, &[]);
        outer = more;
    }
}

const fn is_lower(name: &str) -> bool {
    let mut rest = name.as_bytes();
    while let [byte, after @ ..] = rest {
        if !matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'|' | b'.' | b'_') {
            return false;
        }
        rest = after;
    }
    true
}

const fn is_sentence(summary: &str) -> bool {
    matches!(summary.as_bytes(), [b'A'..=b'Z', .., b'.'])
}

const fn contains(name: &str, wanted: u8) -> bool {
    let mut rest = name.as_bytes();
    while let [byte, after @ ..] = rest {
        if *byte == wanted {
            return true;
        }
        rest = after;
    }
    false
}

const fn has_prefix(name: &str, container: &str) -> bool {
    let mut name = name.as_bytes();
    let mut container = container.as_bytes();
    while let ([a, name_after @ ..], [b, container_after @ ..]) = (name, container) {
        if *a != *b {
            return false;
        }
        name = name_after;
        container = container_after;
    }
    container.is_empty() && matches!(name, [b'|', _, ..])
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let (mut a, mut b) = (a, b);
    while let ([x, a_after @ ..], [y, b_after @ ..]) = (a, b) {
        if *x != *y {
            return false;
        }
        a = a_after;
        b = b_after;
    }
    true
}
