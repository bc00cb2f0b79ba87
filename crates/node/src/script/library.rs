//! FUNCTION LOAD and RESTORE: libraries are run once to learn what is in them, and then they are data.

use std::borrow::Cow;

use selvedge_engine::batch::Batch;
use selvedge_engine::cx::WriteCx;
use selvedge_engine::functions::Library;
use selvedge_engine::keyspace::{Scope, WriteGuards};
use selvedge_engine::{Args, CommandError, Script, load_libraries};
use selvedge_script::{ScriptError, Stop, library_header};
use selvedge_wire::ReplySink;

use crate::database::Database;
use crate::execute::{Executed, log_bytes};
use crate::script::run::Within;
use crate::script::watch::{Kind, Pace};

/// What FUNCTION LOAD or RESTORE was given.
struct Request<'a> {
    texts: Vec<Cow<'a, [u8]>>,
    policy: Policy,
    /// One library came as it is, and its name is the answer.
    is_load: bool,
}

/// What becomes of the libraries that are there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Policy {
    /// They stay.
    Append,
    /// Those stay whose names are not among the new ones.
    Replace,
    /// They go.
    Flush,
}

impl Database {
    pub(super) fn load_libraries(
        &self,
        word: Script,
        args: Args<'_>,
        pace: Pace,
        out: &mut dyn ReplySink,
    ) -> Executed {
        let (request, libraries) = match self.examined(word, args, pace) {
            Ok(Some(examined)) => examined,
            Ok(None) => return Executed::TakesLong,
            Err(text) => return self.refuse(&text, out),
        };
        let mut lane = match self.lock_lane() {
            Ok(lane) => lane,
            Err(busy) => return busy,
        };
        if let Err(answer) = self.admit_bytes(log_bytes(args)) {
            return answer;
        }
        let mut guards = self.keyspace.write(&Scope::None);
        let now = self.clock.now();
        lane.begin(now, self.log.committed());
        lane.batch.record_inverses(true);
        let poison = self.poison_on_panic();
        let result = {
            let mut cx = WriteCx::new(&self.keyspace, &mut guards, &mut lane.batch, now, 0);
            add(&mut cx, &request, &libraries)
        };
        if let Err(answer) = self.admit_batch(&mut guards, &mut lane) {
            poison.disarm();
            return answer;
        }
        let last = self.log_batch(&mut lane);
        poison.disarm();
        drop(guards);
        drop(lane);
        let is_error = crate::execute::write_error(result, out);
        if !is_error {
            reply(&request, &libraries, out);
        }
        Executed::Done { wait_for: last, sequence: last, is_error }
    }

    /// The same within a transaction.
    ///
    /// # Errors
    /// The text of the refusal.
    pub(super) fn load_libraries_within(
        &self,
        word: Script,
        args: Args<'_>,
        within: Within<'_>,
        guards: &mut WriteGuards<'_>,
        batch: &mut Batch,
        out: &mut dyn ReplySink,
    ) -> Result<(), String> {
        let takes_long = || ScriptError::Stopped(Stop::TakesLong).to_string();
        let (request, libraries) = self.examined(word, args, within.by.pace)?.ok_or_else(takes_long)?;
        let mut cx = WriteCx::new(&self.keyspace, guards, batch, within.now, within.random);
        add(&mut cx, &request, &libraries).map_err(|error| error.to_string())?;
        reply(&request, &libraries, out);
        Ok(())
    }

    /// The libraries of a request, whose names and functions differ. None: to run them takes long.
    fn examined<'a>(
        &self,
        word: Script,
        args: Args<'a>,
        pace: Pace,
    ) -> Result<Option<(Request<'a>, Vec<Library>)>, String> {
        let request = request(word, args).map_err(|error| error.to_string())?;
        if request.is_load {
            self.check_library_name(&request)?;
        }
        match self.examine(&request.texts, args, pace) {
            Ok(libraries) => {
                check_difference(&libraries).map_err(|error| error.to_string())?;
                Ok(Some((request, libraries)))
            }
            Err(ScriptError::Stopped(Stop::TakesLong)) => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Redis looks for the name before it looks at the code.
    fn check_library_name(&self, request: &Request<'_>) -> Result<(), String> {
        for text in &request.texts {
            let name = library_header(text).map_err(|error| error.to_string())?.name;
            if request.policy == Policy::Append && self.keyspace.libraries().get(&name).is_some() {
                return Err(CommandError::LibraryExists { name: name.into() }.to_string());
            }
        }
        Ok(())
    }

    fn examine(
        &self,
        texts: &[Cow<'_, [u8]>],
        args: Args<'_>,
        pace: Pace,
    ) -> Result<Vec<Library>, ScriptError> {
        let mut interpreter = self.scripts.take()?;
        let watched = self.scripts.watches.begin("", args, Kind::Library, pace);
        let libraries = texts.iter().map(|text| interpreter.examine(text, &watched.watch())).collect();
        self.scripts.give(interpreter);
        match libraries {
            Err(ScriptError::Stopped(Stop::OutOfTime)) => Err(ScriptError::LoadTimeout),
            libraries => libraries,
        }
    }
}

fn request<'a>(word: Script, args: Args<'a>) -> Result<Request<'a>, CommandError> {
    let rest = args.get(2..).unwrap_or_default();
    if word == Script::FunctionRestore {
        let (payload, policy) = match rest {
            [payload] => (*payload, Policy::Append),
            [payload, policy] => (*payload, named_policy(policy).ok_or(CommandError::RestorePolicy)?),
            _ => {
                return Err(CommandError::subcommand_arity(
                    "FUNCTION",
                    args.get(1).copied().unwrap_or_default(),
                ));
            }
        };
        return Ok(Request { texts: load_libraries(payload)?, policy, is_load: false });
    }
    let load = |text: &'a [u8], policy| Request { texts: vec![Cow::Borrowed(text)], policy, is_load: true };
    match rest {
        [text] => Ok(load(text, Policy::Append)),
        [option, text] if option.eq_ignore_ascii_case(b"REPLACE") => Ok(load(text, Policy::Replace)),
        [option, ..] => Err(CommandError::unknown_option(option)),
        [] => Err(CommandError::WrongArity { command: "function|load" }),
    }
}

fn named_policy(word: &[u8]) -> Option<Policy> {
    match word.to_ascii_uppercase().as_slice() {
        b"APPEND" => Some(Policy::Append),
        b"REPLACE" => Some(Policy::Replace),
        b"FLUSH" => Some(Policy::Flush),
        _ => None,
    }
}

/// Refuses libraries that cannot be there together.
fn check_difference(libraries: &[Library]) -> Result<(), CommandError> {
    for (index, library) in libraries.iter().enumerate() {
        let before = libraries.get(..index).unwrap_or_default();
        if before.iter().any(|other| other.name == library.name) {
            return Err(CommandError::LibraryExists { name: library.name.as_str().into() });
        }
        let is_known = |name: &str| {
            let mut functions = before.iter().flat_map(|other| &other.functions);
            functions.any(|function| function.name.eq_ignore_ascii_case(name))
        };
        if let Some(function) = library.functions.iter().find(|function| is_known(&function.name)) {
            return Err(CommandError::FunctionExists { name: function.name.as_str().into() });
        }
    }
    Ok(())
}

/// Adds libraries, unless one of them, or one of their functions, is there already and stays.
fn add(cx: &mut WriteCx<'_>, request: &Request<'_>, libraries: &[Library]) -> Result<(), CommandError> {
    let present = cx.libraries();
    if request.policy == Policy::Append
        && let Some(library) = libraries.iter().find(|library| present.get(&library.name).is_some())
    {
        let name = library.name.as_str().into();
        return Err(match request.is_load {
            true => CommandError::LibraryExists { name },
            false => CommandError::RestoredLibraryExists { name },
        });
    }
    let stays =
        |name: &str| request.policy != Policy::Flush && !libraries.iter().any(|library| library.name == name);
    for function in libraries.iter().flat_map(|library| &library.functions) {
        let known = present.function(&function.name);
        if known.is_some_and(|(other, _)| stays(&other.name)) {
            return Err(CommandError::FunctionExists { name: function.name.as_str().into() });
        }
    }
    if request.policy == Policy::Flush {
        for library in present.iter() {
            cx.remove_library(library.name.as_bytes());
        }
    }
    libraries.iter().for_each(|library| cx.set_library(library));
    Ok(())
}

fn reply(request: &Request<'_>, libraries: &[Library], out: &mut dyn ReplySink) {
    match libraries {
        [library] if request.is_load => out.bulk(library.name.as_bytes()),
        _ => out.status("OK"),
    }
}
