//! Scripts on a host that answers from a list.

mod escapes;
mod properties;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use selvedge_engine::scripting::{LogLevel, ScriptHost};
use selvedge_engine::{Args, CommandError};
use selvedge_wire::{Protocol, ReplySink, Value, ValueSink};

use crate::{Call, Interpreter, ScriptError, Stop, Watch, sha1_hex};

/// Echoes: `ECHO x` is x, `FAIL` fails, every other command is its words.
#[derive(Debug, Default)]
pub(super) struct Echo {
    pub(super) logged: Vec<String>,
}

impl ScriptHost for Echo {
    fn call(&mut self, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
        match args {
            [b"fail"] => return Err(CommandError::WrongType),
            [b"integer", number] => {
                let text = std::str::from_utf8(number).unwrap();
                out.integer(text.parse().map_err(|_| CommandError::NotAnInteger)?);
            }
            [b"echo", word] => out.bulk(word),
            words => {
                out.array(words.len());
                words.iter().for_each(|word| out.bulk(word));
            }
        }
        Ok(())
    }

    fn may(&self, args: Args<'_>) -> Result<bool, CommandError> {
        Ok(args.first() == Some(&b"get".as_slice()))
    }

    fn log(&mut self, level: LogLevel, text: &str) {
        self.logged.push(format!("{level:?}: {text}"));
    }
}

/// Ends a script after it was asked a number of times.
pub(super) struct Patience(AtomicU32);

impl Patience {
    pub(super) fn of(looks: u32) -> Arc<dyn Watch> {
        Arc::new(Self(AtomicU32::new(looks)))
    }
}

impl Watch for Patience {
    fn stop(&self) -> Option<Stop> {
        let left = self.0.load(Ordering::Relaxed);
        self.0.store(left.saturating_sub(1), Ordering::Relaxed);
        (left == 0).then_some(Stop::OutOfTime)
    }
}

/// Looks at a watch that a script of these tests never uses up, so that a loop without end fails instead of hanging.
pub(super) const LOOKS_MAX: u32 = 20_000;

pub(super) fn run(interpreter: &mut Interpreter, text: &str) -> Result<Value, ScriptError> {
    run_watched(interpreter, text, &Patience::of(LOOKS_MAX))
}

pub(super) fn run_watched(
    interpreter: &mut Interpreter,
    text: &str,
    watch: &Arc<dyn Watch>,
) -> Result<Value, ScriptError> {
    let name = sha1_hex(text.as_bytes());
    let call = Call { name: &name, keys: &[b"key1"], arguments: &[b"a", b"b"], random: 7 };
    let mut out = ValueSink::new(Protocol::Resp3);
    interpreter.eval(text.as_bytes(), call, &mut Echo::default(), watch, &mut out)?;
    let mut values = out.into_values();
    assert_eq!(values.len(), 1, "{text}");
    Ok(values.remove(0))
}

/// The reply of a script as text: a string as it is, everything else as Rust shows it.
pub(super) fn text(interpreter: &mut Interpreter, script: &str) -> String {
    match run(interpreter, script) {
        Ok(Value::Bulk(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
        Ok(Value::Status(text)) => text,
        Ok(value) => format!("{value:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn scripts_see_their_arguments_and_their_server() {
    let mut interpreter = Interpreter::new().unwrap();
    for (script, expected) in [
        ("return KEYS[1] .. ARGV[1] .. #ARGV", "key1a2"),
        ("return redis.call('echo', 1.5)", "1.5"),
        ("return redis.call('echo', 10)", "10"),
        ("return redis.call('integer', 1.5)", "Integer(1)"),
        (
            "return {redis.call('integer', -7), 3.99, false, true, nil, 5}",
            "Array([Integer(-7), Integer(3), Null, Integer(1)])",
        ),
        (
            "return redis.pcall('fail').err",
            "WRONGTYPE Operation against a key holding the wrong kind of value",
        ),
        ("return redis.sha1hex('')", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        (
            "local ok, err = pcall(redis.call, 'fail') return tostring(ok) .. err",
            "falseWRONGTYPE Operation against a key holding the wrong kind of value",
        ),
        ("local ok, err = pcall(error, {err = 'E x'}) return err", "E x"),
        ("return select(2, pcall(error))", "Null"),
        ("return server == redis and 'same' or 'other'", "same"),
        ("redis.setresp(3) return true", "Boolean(true)"),
        ("return redis.acl_check_cmd('get', 'x') and not redis.acl_check_cmd('set', 'x')", "Integer(1)"),
    ] {
        assert_eq!(text(&mut interpreter, script), expected, "{script}");
    }
    assert!(!interpreter.is_spent());
}

#[test]
fn errors_name_script_and_line() {
    let mut interpreter = Interpreter::new().unwrap();
    for (script, expected) in [
        (
            "\nreturn redis.call('fail')",
            "WRONGTYPE Operation against a key holding the wrong kind of value script: {}, on @user_script:2.",
        ),
        ("error('boom')", "ERR user_script:1: boom script: {}, on @user_script:1."),
        ("error({err = 'My Err'})", "My Err script: {}, on @user_script:1."),
        ("error({})", "ERR unknown error script: {}, on @user_script:1."),
        ("error()", "ERR nil script: {}, on @user_script:1."),
        (
            "return foo",
            "ERR user_script:1: Script attempted to access nonexistent global variable 'foo' script: {}, on @user_script:1.",
        ),
        ("foo = 1", "ERR user_script:1: Attempt to modify a readonly table script: {}, on @user_script:1."),
        ("rawset(_G, 'a', 1)", "ERR Attempt to modify a readonly table script: {}, on @user_script:1."),
        (
            "return cjson.decode('{')",
            "ERR user_script:1: Expected object key string but found T_END at character 2 script: {}, on @user_script:1.",
        ),
        (
            "return ('x'):rep(1e9)",
            "ERR user_script:1: resulting string too large script: {}, on @user_script:1.",
        ),
        ("x = +", "ERR Error compiling script (new function): user_script:1: unexpected symbol near '+'"),
    ] {
        let expected = expected.replace("{}", &sha1_hex(script.as_bytes()));
        assert_eq!(text(&mut interpreter, script), expected, "{script}");
    }
}
