//! DEBUG: what test suites of Redis ask of a server. Off unless `--enable-debug-command` says otherwise.

use std::time::Duration;

use selvedge_node::{Args, ReadBack, table};
use selvedge_wire::{Protocol, ReplySink, Value, ValueSink};

use crate::commands::bad_subcommand;
use crate::settings::DebugCommand;
use crate::shared::Shared;

const REFUSED: &str = "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it \
                       from a local connection, otherwise you need to set this option in the configuration file, and \
                       then restart the server.";

/// What there is, for DEBUG HELP.
const HELP: &[&str] = &[
    "DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
    "CHANGE-REPL-ID, JMAP, QUICKLIST-PACKED-THRESHOLD <size>",
    "    Accepted, without effect.",
    "DIGEST",
    "    A digest of all keys with their values.",
    "DIGEST-VALUE <key> [<key> ...]",
    "    A digest of each key with its value.",
    "ERROR <text>",
    "    Answers with that error.",
    "LOADAOF, RELOAD [MERGE] [NOFLUSH] [NOSAVE]",
    "    Reads the log back as a restart does, and fails if that is not what is in memory.",
    "LOG <text>",
    "    Writes to the server's log.",
    "OBJECT <key>",
    "    Describes how a value is stored.",
    "PROTOCOL <type>",
    "    Answers with a reply of that type.",
    "SET-ACTIVE-EXPIRE (0|1)",
    "    Stops or resumes the removal of expired keys that nobody asks for.",
    "SLEEP <seconds>",
    "    Holds up the thread that serves this connection.",
    "STRINGMATCH-LEN <length> <pattern>",
    "    Matches a string of that many letters against a pattern.",
    "HELP",
    "    Prints this help.",
];

/// The types of DEBUG PROTOCOL.
const PROTOCOL_TYPES: &str = "string|integer|double|bignum|null|array|set|map|verbatim|true|false";

/// How often, and with what pause, the log is read back until it holds everything: ten seconds in all.
const READ_BACK_ATTEMPTS: u32 = 1000;
const READ_BACK_PAUSE: Duration = Duration::from_millis(10);

/// The longest sleep. Longer ones are a mistake that nobody could take back.
const SLEEP_MAX: Duration = Duration::from_secs(600);

pub(super) fn answer(shared: &Shared, args: Args<'_>, sink: &mut dyn ReplySink) {
    let is_allowed = match shared.settings.enable_debug_command {
        DebugCommand::No => false,
        // Only where no other machine can reach a door is every connection a local one.
        DebugCommand::Local => shared.settings.is_local(),
        DebugCommand::Yes => true,
    };
    if !is_allowed {
        sink.error(REFUSED);
        return;
    }
    let word = args.get(1).map(|word| word.to_ascii_uppercase()).unwrap_or_default();
    match (word.as_slice(), args.get(2..).unwrap_or_default()) {
        (b"HELP", []) => {
            sink.array(HELP.len());
            HELP.iter().for_each(|line| sink.status(line));
        }
        (b"CHANGE-REPL-ID" | b"JMAP", []) => sink.status("OK"),
        (b"QUICKLIST-PACKED-THRESHOLD", [_]) => sink.status("OK"),
        (b"DIGEST", []) => sink.status(&hexadecimal(shared.database.digest().content)),
        (b"DIGEST-VALUE", keys) => {
            sink.array(keys.len());
            for key in keys {
                let digest = shared.database.entry_digest(key).map_or(0, |digest| digest.content);
                sink.status(&hexadecimal(digest));
            }
        }
        (b"ERROR", [text]) => sink.error(&String::from_utf8_lossy(text)),
        (b"LOADAOF", []) => read_back(shared, sink),
        (b"RELOAD", options) => {
            let known = |option: &&[u8]| {
                [&b"MERGE"[..], b"NOFLUSH", b"NOSAVE"].iter().any(|word| option.eq_ignore_ascii_case(word))
            };
            if options.iter().all(known) {
                read_back(shared, sink);
            } else {
                sink.error("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
            }
        }
        (b"LOG", [text]) => {
            tracing::warn!("DEBUG LOG: {}", String::from_utf8_lossy(text));
            sink.status("OK");
        }
        (b"OBJECT", [key]) => object(shared, key, sink),
        (b"PROTOCOL", [kind]) => protocol(kind, sink),
        (b"SET-ACTIVE-EXPIRE", [switch]) => {
            shared.database.set_removal_of_due(*switch != b"0");
            sink.status("OK");
        }
        (b"SLEEP", [seconds]) => {
            let seconds: f64 =
                std::str::from_utf8(seconds).ok().and_then(|text| text.parse().ok()).unwrap_or(0.0);
            let time = Duration::try_from_secs_f64(seconds).unwrap_or_default();
            // Redis holds up everybody; here it is the thread, and so the connections that it serves.
            std::thread::sleep(time.min(SLEEP_MAX));
            sink.status("OK");
        }
        (b"STRINGMATCH-LEN", [length, pattern]) => {
            let length = std::str::from_utf8(length).ok().and_then(|text| text.parse::<usize>().ok());
            match length.filter(|length| *length as u64 <= shared.settings.bulk_bytes_max) {
                Some(length) => {
                    sink.integer(i64::from(selvedge_node::glob_matches(pattern, &vec![b'a'; length])));
                }
                None => sink.error("ERR value is not an integer or out of range"),
            }
        }
        _ => sink.error(&bad_subcommand("DEBUG", args)),
    }
}

/// Recovers the log into memory of its own and compares it with what is served.
fn read_back(shared: &Shared, sink: &mut dyn ReplySink) {
    // The log's own thread may be about to write the last records: a restart would wait for it as well.
    for _ in 0..READ_BACK_ATTEMPTS {
        match shared.database.read_back() {
            Ok(ReadBack::Same) => return sink.status("OK"),
            Ok(ReadBack::Different) => return sink.error("ERR the log does not hold what is in memory"),
            Ok(ReadBack::Behind) => std::thread::sleep(READ_BACK_PAUSE),
            Err(error) => return sink.error(&format!("ERR Error trying to load the log: {error}")),
        }
    }
    sink.error("ERR the log is not written");
}

/// The line of DEBUG OBJECT, as far as there is anything to tell.
fn object(shared: &Shared, key: &[u8], sink: &mut dyn ReplySink) {
    let args: [&[u8]; 3] = [b"object", b"encoding", key];
    let mut values = ValueSink::new(Protocol::Resp2);
    if let Some(command) = table::find(b"object|encoding") {
        shared.database.execute(command, &args, &mut values);
    }
    match values.into_values().pop() {
        Some(Value::Bulk(encoding)) => {
            let encoding = String::from_utf8_lossy(&encoding).into_owned();
            sink.status(&format!(
                "Value at:0x0 refcount:1 encoding:{encoding} serializedlength:0 lru:0 lru_seconds_idle:0"
            ));
        }
        _ => sink.error("ERR no such key"),
    }
}

/// A reply of each type.
#[expect(clippy::approx_constant, reason = "the number that Redis answers with")]
fn protocol(kind: &[u8], sink: &mut dyn ReplySink) {
    let numbers = |sink: &mut dyn ReplySink| (0..3).for_each(|number| sink.integer(number));
    match kind.to_ascii_lowercase().as_slice() {
        b"string" => sink.bulk(b"Hello World"),
        b"integer" => sink.integer(12345),
        b"double" => sink.double(3.141),
        b"null" => sink.null(),
        b"array" => {
            sink.array(3);
            numbers(sink);
        }
        b"set" => {
            sink.set(3);
            numbers(sink);
        }
        b"map" => {
            sink.map(3);
            for number in 0..3 {
                sink.integer(number);
                sink.boolean(number == 1);
            }
        }
        b"verbatim" => sink.verbatim(b"txt", b"This is a verbatim\nstring"),
        b"true" => sink.boolean(true),
        b"false" => sink.boolean(false),
        b"bignum" => sink.big_number("1234567999999999999999999999999999999"),
        _ => {
            let text =
                format!("ERR Wrong protocol type name. Please use one of the following: {PROTOCOL_TYPES}");
            sink.error(&text);
        }
    }
}

fn hexadecimal(digest: u128) -> String {
    // As long as the digests of Redis, which are of 160 bits.
    format!("{digest:040x}")
}
