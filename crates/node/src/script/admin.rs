//! SCRIPT and FUNCTION, as far as they touch no data.

use std::sync::Arc;

use selvedge_engine::{Args, CommandError, Script};
use selvedge_script::sha1_hex;
use selvedge_wire::ReplySink;

use crate::database::Database;
use crate::script::program::Refusal;

impl Database {
    /// # Errors
    /// The refusal.
    pub(super) fn administer(
        &self,
        word: Script,
        args: Args<'_>,
        out: &mut dyn ReplySink,
    ) -> Result<(), Refusal> {
        let rest = args.get(2..).unwrap_or_default();
        match word {
            Script::ScriptLoad => {
                let text = rest.first().copied().unwrap_or_default();
                let sha1 = sha1_hex(text);
                let mut interpreter = self.scripts.take()?;
                let compiled = interpreter.compile(&sha1, text);
                self.scripts.give(interpreter);
                compiled?;
                self.scripts.learn(&sha1, &Arc::from(text));
                out.bulk(sha1.as_bytes());
            }
            Script::ScriptExists => {
                out.array(rest.len());
                for sha1 in rest {
                    let sha1 = String::from_utf8_lossy(sha1).to_ascii_lowercase();
                    out.integer(i64::from(self.scripts.text(&sha1).is_some()));
                }
            }
            Script::ScriptFlush => {
                let is_known =
                    |word: &[u8]| word.eq_ignore_ascii_case(b"SYNC") || word.eq_ignore_ascii_case(b"ASYNC");
                match rest {
                    [] => {}
                    [word] if is_known(word) => {}
                    _ => return Err(CommandError::ScriptFlushOption.into()),
                }
                self.scripts.forget();
                out.status("OK");
            }
            Script::ScriptKill | Script::FunctionKill => {
                self.scripts.watches.kill(word == Script::FunctionKill)?;
                out.status("OK");
            }
            Script::ScriptDebug => match rest.first().map(|mode| mode.to_ascii_uppercase()).as_deref() {
                Some(b"NO") => out.status("OK"),
                Some(b"YES" | b"SYNC") => return Err(CommandError::NoDebugger.into()),
                _ => return Err(CommandError::ScriptDebugMode.into()),
            },
            Script::FunctionStats => self.function_stats(out)?,
            Script::Eval
            | Script::EvalRo
            | Script::Evalsha
            | Script::EvalshaRo
            | Script::Fcall
            | Script::FcallRo
            | Script::FunctionLoad
            | Script::FunctionRestore => debug_assert!(false, "it runs or loads a program"),
        }
        Ok(())
    }

    /// # Errors
    /// [`CommandError::Busy`] while a script that is no function holds everything.
    fn function_stats(&self, out: &mut dyn ReplySink) -> Result<(), CommandError> {
        let running = self.scripts.watches.running_function();
        if running.is_none() && self.scripts.watches.is_busy() {
            return Err(self.scripts.watches.busy());
        }
        out.map(2);
        out.bulk(b"running_script");
        match running {
            None => out.null(),
            Some((run, duration_ms)) => {
                out.map(3);
                out.bulk(b"name");
                out.bulk(run.name.as_bytes());
                out.bulk(b"command");
                out.array(run.words.len());
                run.words.iter().for_each(|word| out.bulk(word));
                out.bulk(b"duration_ms");
                out.integer(i64::try_from(duration_ms).unwrap_or(i64::MAX));
            }
        }
        let libraries = self.keyspace.libraries();
        let functions: usize = libraries.iter().map(|library| library.functions.len()).sum();
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        out.bulk(b"engines");
        out.map(1);
        out.bulk(b"LUA");
        out.map(2);
        out.bulk(b"libraries_count");
        out.integer(count(libraries.iter().len()));
        out.bulk(b"functions_count");
        out.integer(count(functions));
        Ok(())
    }
}
