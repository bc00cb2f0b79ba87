//! FUNCTION LOAD: a library is run once to learn what is in it, and then it is data.

use selvedge_engine::batch::Batch;
use selvedge_engine::cx::WriteCx;
use selvedge_engine::functions::Library;
use selvedge_engine::keyspace::{Scope, WriteGuards};
use selvedge_engine::{Args, CommandError};
use selvedge_script::{ScriptError, Stop, library_header};
use selvedge_wire::ReplySink;

use crate::database::Database;
use crate::execute::{Executed, log_bytes};
use crate::script::run::Within;
use crate::script::watch::{Kind, Pace};

/// What FUNCTION LOAD was given.
struct Request<'a> {
    code: &'a [u8],
    replaces: bool,
}

impl Database {
    pub(super) fn load_library(&self, args: Args<'_>, pace: Pace, out: &mut dyn ReplySink) -> Executed {
        let examined = request(args).map_err(|error| error.to_string()).and_then(|request| {
            self.check_library_name(&request)?;
            match self.examine(request.code, args, pace) {
                Ok(library) => Ok(Some((request, library))),
                Err(ScriptError::Stopped(Stop::TakesLong)) => Ok(None),
                Err(error) => Err(error.to_string()),
            }
        });
        let (request, library) = match examined {
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
            add(&mut cx, &request, &library)
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
            out.bulk(library.name.as_bytes());
        }
        Executed::Done { wait_for: last, sequence: last, is_error }
    }

    /// The same within a transaction.
    ///
    /// # Errors
    /// The text of the refusal.
    pub(super) fn load_library_within(
        &self,
        args: Args<'_>,
        within: Within<'_>,
        guards: &mut WriteGuards<'_>,
        batch: &mut Batch,
        out: &mut dyn ReplySink,
    ) -> Result<(), String> {
        let request = request(args).map_err(|error| error.to_string())?;
        self.check_library_name(&request)?;
        let library = self.examine(request.code, args, within.pace).map_err(|error| error.to_string())?;
        let mut cx = WriteCx::new(&self.keyspace, guards, batch, within.now, within.random);
        add(&mut cx, &request, &library).map_err(|error| error.to_string())?;
        out.bulk(library.name.as_bytes());
        Ok(())
    }

    /// Redis looks for the name before it looks at the code.
    fn check_library_name(&self, request: &Request<'_>) -> Result<(), String> {
        let name = library_header(request.code).map_err(|error| error.to_string())?.name;
        if !request.replaces && self.keyspace.libraries().get(&name).is_some() {
            return Err(CommandError::LibraryExists { name: name.into() }.to_string());
        }
        Ok(())
    }

    fn examine(&self, code: &[u8], args: Args<'_>, pace: Pace) -> Result<Library, ScriptError> {
        let mut interpreter = self.scripts.take()?;
        let watched = self.scripts.watches.begin("", args, Kind::Library, pace);
        let library = interpreter.examine(code, &watched.watch());
        self.scripts.give(interpreter);
        match library {
            Err(ScriptError::Stopped(Stop::OutOfTime)) => Err(ScriptError::LoadTimeout),
            library => library,
        }
    }
}

fn request<'a>(args: Args<'a>) -> Result<Request<'a>, CommandError> {
    match args.get(2..).unwrap_or_default() {
        [code] => Ok(Request { code, replaces: false }),
        [option, code] if option.eq_ignore_ascii_case(b"REPLACE") => Ok(Request { code, replaces: true }),
        [option, ..] => Err(CommandError::unknown_option(option)),
        [] => Err(CommandError::WrongArity { command: "function|load" }),
    }
}

/// Adds a library, unless it or one of its functions is there already.
fn add(cx: &mut WriteCx<'_>, request: &Request<'_>, library: &Library) -> Result<(), CommandError> {
    let libraries = cx.libraries();
    if !request.replaces && libraries.get(&library.name).is_some() {
        return Err(CommandError::LibraryExists { name: library.name.as_str().into() });
    }
    for function in &library.functions {
        let known = libraries.function(&function.name);
        if known.is_some_and(|(other, _)| other.name != library.name) {
            return Err(CommandError::FunctionExists { name: function.name.as_str().into() });
        }
    }
    cx.set_library(library);
    Ok(())
}
