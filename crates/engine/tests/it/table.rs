//! What the command table promises beyond what is checked at compile time.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use selvedge_engine::table::{self, Arg, ArgKind, Arity, Group, Keys, Run};
use selvedge_engine::{Command, CommandError, Permission};
use selvedge_golden::{RespTarget, Script, Target};
use selvedge_wire::{Protocol, Value};

use crate::golden;
use crate::solo::Solo;

/// Commands that take more words than their grammar shows: they ignore them, or have subcommands although they run alone.
const OPEN_WITHOUT_ARGUMENTS: &[&str] = &["quit", "command"];

fn every() -> impl Iterator<Item = &'static Command> {
    table::all().flat_map(|command| std::iter::once(command).chain(command.subcommands))
}

#[test]
fn arity_agrees_with_the_grammar() {
    let is_closed = |command: &&Command| {
        !OPEN_WITHOUT_ARGUMENTS.contains(&command.name) && !matches!(command.run, Run::Container)
    };
    for command in every().filter(is_closed) {
        let name_words = 1 + usize::from(command.name.contains('|'));
        let least = name_words + command.args.iter().map(Arg::words_min).sum::<usize>();
        assert_eq!(usize::from(command.arity.least()), least, "{}", command.name);
        let fixed = command.args.iter().all(Arg::is_fixed);
        assert_eq!(matches!(command.arity, Arity::Exactly(_)), fixed, "{}", command.name);
    }
}

#[test]
fn keys_agree_with_the_grammar() {
    fn count(args: &[Arg], and_optional: bool) -> usize {
        let counted = args.iter().filter(|arg| and_optional || !arg.optional);
        counted.map(|arg| usize::from(arg.kind == ArgKind::Key) + count(arg.args, and_optional)).sum()
    }
    // A sharded channel chooses a node as a key does, and is none.
    // A program may have no keys at all.
    let names_keys = |command: &&Command| {
        !command.runs_program() && command.uses.iter().all(|key_use| key_use.mode != "not_key")
    };
    for command in every().filter(names_keys) {
        let named = count(command.args, false);
        assert_eq!(named > 0, !matches!(command.keys, Keys::None), "{}", command.name);
        // The shortest line that the arity lets through; where a word counts keys, it is one.
        let mut words = vec![b"1".as_slice(); usize::from(command.arity.least())];
        if let Keys::Streams { start, .. } = command.keys {
            (words[1], words[start]) = (b"GROUP", b"STREAMS");
        }
        let positions = command.key_positions(&words).unwrap();
        assert_eq!(positions.len(), named, "{}", command.name);
        assert!(
            positions.iter().all(|position| *position > 0 && *position < words.len()),
            "{}",
            command.name
        );
        // SORT uses keys that no word names, and words that may be left out name the keys to store at.
        let is_open = matches!(command.keys, Keys::OneAndFound(_) | Keys::OneAndNamed { .. });
        let uses = command.uses.len();
        let has_one_each = uses == named || uses == count(command.args, true);
        assert!(uses <= 1 || has_one_each || is_open, "{}", command.name);
    }
}

#[test]
fn every_command_has_a_golden_script() {
    let mut tested = BTreeSet::new();
    collect(&golden::folder(), &mut tested);
    let missing: Vec<&str> = every()
        .filter(|command| !matches!(command.run, Run::Container))
        .map(|command| command.name)
        // The reply of a bare COMMAND is the whole table; COMMAND INFO's scripts hold the shape of its records.
        .filter(|name| *name != "command" && !tested.contains(name))
        .collect();
    assert!(missing.is_empty(), "no script runs {missing:?}");
}

fn collect(folder: &Path, tested: &mut BTreeSet<&'static str>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, tested);
            continue;
        }
        let script = Script::parse(&std::fs::read_to_string(&path).unwrap()).unwrap();
        for words in script.commands() {
            let args: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
            tested.extend(table::lookup(&args).map(|command| command.name));
        }
    }
}

#[test]
fn lookup_tells_apart_what_is_wrong() {
    let lookup = |line: &str| {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        table::lookup(&words).map(|command| command.name)
    };
    assert_eq!(lookup("GeT k"), Ok("get"));
    assert_eq!(lookup("CLIENT SetName x"), Ok("client|setname"));
    assert_eq!(lookup("COMMAND"), Ok("command"));
    assert_eq!(lookup("client"), Err(CommandError::WrongArity { command: "client" }));
    assert_eq!(lookup("client id x"), Err(CommandError::WrongArity { command: "client|id" }));
    assert_eq!(lookup("get"), Err(CommandError::WrongArity { command: "get" }));
    assert_eq!(
        lookup("client nope").unwrap_err().to_string(),
        "ERR unknown subcommand 'nope'. Try CLIENT HELP."
    );
    assert_eq!(
        lookup("nope a b").unwrap_err().to_string(),
        "ERR unknown command 'nope', with args beginning with: 'a' 'b' "
    );
    assert_eq!(
        table::lookup(&[]).unwrap_err().to_string(),
        "ERR unknown command '', with args beginning with: "
    );
}

#[test]
fn the_read_only_token_reads() {
    let allowed = |name: &str| table::find(name.as_bytes()).unwrap().permitted(Permission::ReadOnly).is_ok();
    for name in [
        "get",
        "hgetall",
        "hscan",
        "ttl",
        "dbsize",
        "ping",
        "echo",
        "time",
        "hello",
        "auth",
        "client|setinfo",
        "multi",
        "exec",
        "command|docs",
    ] {
        assert!(allowed(name), "{name}");
    }
    for name in
        ["set", "del", "expire", "getex", "flushall", "keys", "scan", "info", "config|get", "client|list"]
    {
        assert!(!allowed(name), "{name}");
    }
    let refusal = table::find(b"scan").unwrap().permitted(Permission::ReadOnly).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "NOPERM this user has no permissions to run the 'scan' command or its subcommand"
    );
}

#[test]
fn nobody_unauthenticated_does_more_than_authenticate() {
    let allowed: Vec<&str> = every()
        .filter(|command| command.permitted(Permission::None).is_ok())
        .map(|command| command.name)
        .collect();
    assert_eq!(allowed, ["auth", "hello", "quit", "reset"]);
}

/// Fields of COMMAND INFO: name, arity, flags, first, last, step, categories, tips, key specifications, subcommands.
const FIELDS_COMPARED: &[usize] = &[0, 1, 2, 3, 4, 5, 6, 8];

/// What we describe otherwise than Redis 8.2, on purpose: those of CAS are ours, three came with 8.4, and LOLWUT reads no data. The channels of
/// SUNSUBSCRIBE stand where keys would and may all be left out, while our keys lie inside the arity.
const INFO_DIFFERENCES: &[&str] =
    &["cas.guard", "cas.version", "delex", "digest", "lolwut", "msetex", "sunsubscribe"];

#[test]
fn command_info_is_that_of_redis() {
    let Ok(address) = std::env::var("SELVEDGE_REDIS_ORACLE") else { return };
    let mut redis = RespTarget::connect_redis(&address).unwrap();
    redis.set_protocol(Protocol::Resp3).unwrap();
    let mut ours = Solo::new();
    ours.set_protocol(Protocol::Resp3).unwrap();
    // RedisJSON describes no arity, and one use for all keys.
    let is_module = |command: &&Command| command.group != Group::Json;
    for command in every().filter(is_module).filter(|command| !INFO_DIFFERENCES.contains(&command.name)) {
        let line = ["COMMAND", "INFO", command.name].map(|word| word.as_bytes().to_vec());
        assert_eq!(fields(ours.run(&line).unwrap()), fields(redis.run(&line).unwrap()), "{}", command.name);
    }
}

/// The compared fields by their number, sets in one order, notes left out.
fn fields(reply: Value) -> BTreeMap<usize, Value> {
    let Value::Array(mut commands) = reply else { panic!("{reply:?}") };
    let Value::Array(fields) = commands.remove(0) else { panic!("{commands:?}") };
    fields
        .into_iter()
        .enumerate()
        .filter(|(i, _)| FIELDS_COMPARED.contains(i))
        .map(|(i, mut value)| {
            normalize(&mut value);
            (i, value)
        })
        .collect()
}

fn normalize(value: &mut Value) {
    match value {
        Value::Set(items) => {
            items.iter_mut().for_each(normalize);
            items.sort_by_key(|item| format!("{item:?}"));
        }
        Value::Map(pairs) => {
            pairs.retain(|(key, _)| *key != Value::Bulk(b"notes".to_vec()));
            pairs.iter_mut().for_each(|(_, value)| normalize(value));
        }
        _ => {}
    }
}
