//! What COMMAND INFO and COMMAND DOCS say about one record, in the shape of Redis 8.2.

use selvedge_wire::ReplySink;

use crate::commands::table::{Arg, ArgKind, Arity, Command, Group, KeyUse, Keys, Run, Traits};

/// Flags by trait, in the order Redis lists them.
const FLAGS: &[(Traits, &str)] = &[
    (Traits::DENY_OOM, "denyoom"),
    (Traits::ADMIN, "admin"),
    (Traits::PUBSUB, "pubsub"),
    (Traits::NO_SCRIPT, "noscript"),
    (Traits::LOADING, "loading"),
    (Traits::STALE, "stale"),
    (Traits::NO_MULTI, "no_multi"),
    (Traits::SKIP_SLOWLOG, "skip_slowlog"),
    (Traits::FAST, "fast"),
    (Traits::NO_AUTH, "no_auth"),
    (Traits::ALLOW_BUSY, "allow_busy"),
];

/// The flags of COMMAND INFO.
pub(crate) fn flags(command: &Command) -> impl Iterator<Item = &'static str> + Clone {
    let is_program = command.runs_program();
    let is_read_only_program = is_program && !command.may_write();
    let rights = [(command.is_write(), "write"), (command.is_read() || is_read_only_program, "readonly")];
    let blocking = [(may_wait(command), "blocking")];
    let traits = command.traits;
    let program = [(is_program, "skip_monitor"), (is_program, "no_mandatory_keys")];
    let movable = [(command.keys.are_movable(), "movablekeys")];
    let traits = FLAGS.iter().map(move |(flag, name)| (traits.contains(*flag), *name));
    let all = rights.into_iter().chain(traits).chain(blocking).chain(program).chain(movable);
    all.filter(|(holds, _)| *holds).map(|(_, name)| name)
}

fn may_wait(command: &Command) -> bool {
    matches!(command.run, Run::Blocking(_) | Run::BlockingRead(_)) || command.traits.contains(Traits::WAITS)
}

/// The ACL categories of COMMAND INFO, in the order Redis lists them.
pub(crate) fn categories(command: &Command) -> impl Iterator<Item = &'static str> + Clone {
    let has = |flag| command.traits.contains(flag);
    let container = matches!(command.run, Run::Container);
    // A rule about a category that was written for Redis keeps its meaning: ours are in none of a group.
    let group = |group| command.group == group && !container && !command.is_ours();
    let is_elsewhere = has(Traits::COLLECTIONS) || has(Traits::CONNECTION);
    [
        (has(Traits::WHOLE_KEYSPACE) || group(Group::Generic) && !is_elsewhere, "keyspace"),
        (command.is_read(), "read"),
        (command.is_write(), "write"),
        (group(Group::Set) || has(Traits::COLLECTIONS), "set"),
        (group(Group::SortedSet) || has(Traits::COLLECTIONS), "sortedset"),
        (group(Group::List) || has(Traits::COLLECTIONS), "list"),
        (group(Group::Hash), "hash"),
        (group(Group::String), "string"),
        (group(Group::Bitmap), "bitmap"),
        (group(Group::HyperLogLog), "hyperloglog"),
        (group(Group::Geo), "geo"),
        (group(Group::Stream), "stream"),
        (has(Traits::ADMIN), "admin"),
        (has(Traits::PUBSUB), "pubsub"),
        (has(Traits::FAST), "fast"),
        (!has(Traits::FAST), "slow"),
        (has(Traits::ADMIN) || has(Traits::DANGEROUS), "dangerous"),
        (group(Group::Connection) || has(Traits::CONNECTION), "connection"),
        (group(Group::Transactions), "transaction"),
        (may_wait(command), "blocking"),
        (group(Group::Scripting), "scripting"),
        (group(Group::Json), "json"),
    ]
    .into_iter()
    .filter(|(holds, _)| *holds)
    .map(|(_, name)| name)
}

/// One element of COMMAND INFO.
pub(super) fn info(command: &Command, out: &mut dyn ReplySink) {
    out.array(10);
    out.bulk(command.name.as_bytes());
    out.integer(match command.arity {
        Arity::Exactly(words) => i64::from(words),
        Arity::AtLeast(words) => -i64::from(words),
    });
    statuses(flags(command), "", out);
    let (first, last, step) = command.keys.legacy_range();
    out.integer(i64::try_from(first).unwrap_or(0));
    out.integer(i64::try_from(last).unwrap_or(0));
    out.integer(i64::try_from(step).unwrap_or(0));
    statuses(categories(command), "@", out);
    // Tips are for proxies that split a command over shards; one database has none.
    out.set(0);
    key_specs(command, out);
    out.set(command.subcommands.len());
    for sub in command.subcommands {
        info(sub, out);
    }
}

fn statuses(names: impl Iterator<Item = &'static str> + Clone, prefix: &str, out: &mut dyn ReplySink) {
    out.set(names.clone().count());
    for name in names {
        out.status(&format!("{prefix}{name}"));
    }
}

/// One specification for all keys, or one for each where the command treats them differently.
fn key_specs(command: &Command, out: &mut dyn ReplySink) {
    out.set(command.uses.len());
    for (i, key_use) in command.uses.iter().enumerate() {
        key_spec(command, i, *key_use, out);
    }
}

fn key_spec(command: &Command, i: usize, key_use: KeyUse, out: &mut dyn ReplySink) {
    out.map(3);
    out.bulk(b"flags");
    statuses(key_use.flags(), "", out);
    out.bulk(b"begin_search");
    out.map(2);
    let separate = command.uses.len() > 1;
    let (begin, last, step) = match command.keys {
        Keys::One => (1, 0, 1),
        // What the last specification says holds for all keys from there to the end.
        Keys::Range { first, last, step } if separate => {
            (first + i * step, if i + 1 == command.uses.len() { last.min(0) } else { 0 }, 1)
        }
        // Redis counts the last key from the first, or from the end when negative.
        Keys::Range { first, last, step } => {
            (first, if last < 0 { last } else { last.saturating_sub_unsigned(first) }, step)
        }
        Keys::OneAndCounted { .. } | Keys::OneAndFound(_) | Keys::OneAndNamed { .. } if i == 0 => (1, 0, 1),
        Keys::Counted { at } | Keys::OneAndCounted { at } => (at, 0, 1),
        Keys::CountedPairs { at } => (at, 0, 2),
        Keys::OneAndNamed { .. } => (0, 0, 1),
        Keys::None | Keys::OneAndFound(_) | Keys::Streams { .. } | Keys::Custom(_) => (0, 0, 0),
    };
    if let Keys::Streams { start, .. } = command.keys {
        keyword("STREAMS", start, out);
    } else if let (Keys::OneAndNamed { words, from }, Some(word)) = (command.keys, i.checked_sub(1)) {
        keyword(words.get(word).copied().unwrap_or_default(), from, out);
    } else if begin == 0 {
        spec("unknown", &[], out);
    } else {
        spec("index", &[("index", begin)], out);
    }
    out.bulk(b"find_keys");
    out.map(2);
    let step = i64::try_from(step).unwrap_or(0);
    match command.keys {
        Keys::None | Keys::Custom(_) => spec("unknown", &[], out),
        Keys::OneAndFound(_) if i > 0 => spec("unknown", &[], out),
        // Half of the words up to the end.
        Keys::Streams { .. } => numbers("range", &[("lastkey", -1), ("keystep", 1), ("limit", 2)], out),
        Keys::Counted { .. } | Keys::CountedPairs { .. } | Keys::OneAndCounted { .. }
            if begin > 1 || !separate =>
        {
            numbers("keynum", &[("keynumidx", 0), ("firstkey", 1), ("keystep", step)], out);
        }
        Keys::One
        | Keys::Range { .. }
        | Keys::Counted { .. }
        | Keys::CountedPairs { .. }
        | Keys::OneAndCounted { .. }
        | Keys::OneAndFound(_)
        | Keys::OneAndNamed { .. } => {
            let last = i64::try_from(last).unwrap_or(0);
            numbers("range", &[("lastkey", last), ("keystep", step), ("limit", 0)], out);
        }
    }
}

fn spec(kind: &str, values: &[(&str, usize)], out: &mut dyn ReplySink) {
    match values {
        [(name, value)] => numbers(kind, &[(name, i64::try_from(*value).unwrap_or(0))], out),
        _ => numbers(kind, &[], out),
    }
}

/// The two pairs of a key behind a word.
fn keyword(word: &str, from: usize, out: &mut dyn ReplySink) {
    pair("type", "keyword", out);
    out.bulk(b"spec");
    out.map(2);
    pair("keyword", word, out);
    out.bulk(b"startfrom");
    out.integer(i64::try_from(from).unwrap_or(0));
}

/// The two pairs `type` and `spec`.
fn numbers(kind: &str, values: &[(&str, i64)], out: &mut dyn ReplySink) {
    out.bulk(b"type");
    out.bulk(kind.as_bytes());
    out.bulk(b"spec");
    out.map(values.len());
    for (name, value) in values {
        out.bulk(name.as_bytes());
        out.integer(*value);
    }
}

/// The value of one pair of COMMAND DOCS.
pub(super) fn docs(command: &Command, out: &mut dyn ReplySink) {
    let has_args = !command.args.is_empty();
    let has_subcommands = !command.subcommands.is_empty();
    out.map(4 + usize::from(has_args) + usize::from(has_subcommands));
    pair("summary", command.summary, out);
    pair("since", command.since, out);
    pair("group", command.group.name(), out);
    pair("complexity", command.complexity, out);
    if has_args {
        arguments(command.args, &mut 0, out);
    }
    if has_subcommands {
        out.bulk(b"subcommands");
        out.map(command.subcommands.len());
        for sub in command.subcommands {
            out.bulk(sub.name.as_bytes());
            docs(sub, out);
        }
    }
}

fn pair(name: &str, value: &str, out: &mut dyn ReplySink) {
    out.bulk(name.as_bytes());
    out.bulk(value.as_bytes());
}

/// The pair `arguments`. `keys` counts the key arguments so far: the n-th belongs to the n-th specification.
fn arguments(args: &[Arg], keys: &mut i64, out: &mut dyn ReplySink) {
    out.bulk(b"arguments");
    out.array(args.len());
    for arg in args {
        argument(arg, keys, out);
    }
}

fn argument(arg: &Arg, keys: &mut i64, out: &mut dyn ReplySink) {
    let is_group = matches!(arg.kind, ArgKind::OneOf | ArgKind::Block);
    let is_key = arg.kind == ArgKind::Key;
    let has_flags = arg.optional || arg.multiple;
    let optional_pairs = [!is_group, is_key, arg.token.is_some(), has_flags, is_group];
    out.map(2 + optional_pairs.into_iter().filter(|present| *present).count());
    pair("name", arg.name, out);
    pair("type", arg.kind.name(), out);
    if !is_group {
        pair("display_text", arg.name, out);
    }
    if is_key {
        out.bulk(b"key_spec_index");
        out.integer(*keys);
        *keys += 1;
    }
    if let Some(token) = arg.token {
        pair("token", token, out);
    }
    if has_flags {
        out.bulk(b"flags");
        let flags = [(arg.optional, "optional"), (arg.multiple, "multiple")];
        statuses(flags.into_iter().filter(|(holds, _)| *holds).map(|(_, name)| name), "", out);
    }
    if is_group {
        arguments(arg.args, keys, out);
    }
}
