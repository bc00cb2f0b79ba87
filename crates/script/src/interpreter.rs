//! An interpreter: a Lua that runs one script after the other.

use std::collections::HashMap;
use std::sync::Arc;

use mlua::{Function, HookTriggers, Lua, MultiValue, Table, Value, VmState};
use selvedge_engine::functions::{FunctionRecord, Library};
use selvedge_engine::scripting::ScriptHost;
use selvedge_wire::{Protocol, ReplySink};

use crate::api::{self, HostFunction, RespVersion};
use crate::budget::{self, Stop, Watch, Watched};
use crate::error::{Raised, ScriptError};
use crate::limits::{COMPILED_SCRIPTS_MAX, INSTRUCTIONS_PER_LOOK, MEMORY_BYTES_MAX, MEMORY_KEPT_BYTES};
use crate::random::Random;
use crate::registration::Registering;
use crate::sandbox::{self, Sandbox};
use crate::{cjson, natives, reply, shebang, tables};

/// What a script is called with.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// Its name in errors: the SHA-1 of a script, the name of a function.
    pub name: &'a str,
    /// KEYS.
    pub keys: &'a [&'a [u8]],
    /// ARGV.
    pub arguments: &'a [&'a [u8]],
    /// Where `math.random` starts.
    pub random: u64,
}

/// Runs scripts and functions, one at a time. Nothing of one run is left for the next, except what a library of functions
/// keeps in its own locals.
#[derive(Debug)]
pub struct Interpreter {
    lua: Lua,
    sandbox: Sandbox,
    failed: Function,
    scripts: HashMap<String, Function>,
    libraries: HashMap<String, Loaded>,
    spent: bool,
}

/// A library as this interpreter loaded it.
#[derive(Debug)]
struct Loaded {
    library: Arc<Library>,
    callbacks: HashMap<String, Function>,
}

/// How a run ended that failed.
#[derive(Debug, Default)]
struct Failure(Option<ScriptError>);

/// The name in errors of what runs.
struct Running(String);

impl Interpreter {
    /// An interpreter that knows no script yet.
    ///
    /// # Errors
    /// [`ScriptError::Interpreter`]
    pub fn new() -> Result<Self, ScriptError> {
        let lua = sandbox::lua()?;
        let sandbox = sandbox::build(&lua)?;
        let failed = lua.create_function(|lua, error: Value| {
            let name = lua.app_data_ref::<Running>().map(|running| running.0.clone()).unwrap_or_default();
            let failure = failure(lua, &error, &name);
            lua.set_app_data(Failure(Some(failure)));
            Ok(())
        })?;
        lua.set_global_hook(HookTriggers::new().every_nth_instruction(INSTRUCTIONS_PER_LOOK), |lua, _| {
            budget::look(lua).map(|()| VmState::Continue)
        })?;
        lua.set_memory_limit(MEMORY_BYTES_MAX)?;
        Ok(Self { lua, sandbox, failed, scripts: HashMap::new(), libraries: HashMap::new(), spent: false })
    }

    /// Whether a run used it up: it was ended from outside, or ran out of memory. Make another.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.spent
    }

    /// Compiles a script, which is known by its SHA-1 from then on.
    ///
    /// # Errors
    /// [`ScriptError::Compile`] and what [`shebang::script_header`] says.
    pub fn compile(&mut self, sha1: &str, text: &[u8]) -> Result<(), ScriptError> {
        shebang::script_header(text)?;
        if self.scripts.contains_key(sha1) {
            return Ok(());
        }
        let environment = self.sandbox.environment.clone();
        let function = tables::compile(&self.lua, shebang::body(text), "@user_script", environment)
            .map_err(ScriptError::Compile)?;
        if self.scripts.len() >= COMPILED_SCRIPTS_MAX {
            self.scripts.clear();
        }
        self.scripts.insert(sha1.to_owned(), function);
        Ok(())
    }

    /// Runs a script. Its reply goes to `out`; if it fails nothing is written.
    ///
    /// # Errors
    /// [`ScriptError`]. What the script did on the host until then is the host's to undo.
    pub fn eval(
        &mut self,
        text: &[u8],
        call: Call<'_>,
        host: &mut dyn ScriptHost,
        watch: &Arc<dyn Watch>,
        out: &mut dyn ReplySink,
    ) -> Result<(), ScriptError> {
        self.compile(call.name, text)?;
        let script = self.scripts.get(call.name).cloned();
        let script = script.ok_or_else(|| ScriptError::Interpreter("a script was lost".to_owned()))?;
        let run = self.sandbox.run.clone();
        self.execute(&run, script, call, host, watch, out)
    }

    /// Loads a library and says what it registers. It is not kept: it is loaded again when a function is called.
    ///
    /// # Errors
    /// [`ScriptError`] in Redis' words.
    pub fn examine(&mut self, code: &[u8], watch: &Arc<dyn Watch>) -> Result<Library, ScriptError> {
        let header = shebang::library_header(code)?;
        let (records, _) = self.load(code, watch)?;
        Ok(Library { name: header.name, code: code.into(), functions: records })
    }

    /// Calls a function of a library, which is loaded first where it is not, or not in this version.
    ///
    /// # Errors
    /// [`ScriptError`]. What the function did on the host until then is the host's to undo.
    pub fn call(
        &mut self,
        library: &Arc<Library>,
        call: Call<'_>,
        host: &mut dyn ScriptHost,
        watch: &Arc<dyn Watch>,
        out: &mut dyn ReplySink,
    ) -> Result<(), ScriptError> {
        let is_loaded =
            self.libraries.get(&library.name).is_some_and(|loaded| Arc::ptr_eq(&loaded.library, library));
        if !is_loaded {
            let (_, callbacks) = self.load(&library.code, watch)?;
            let loaded = Loaded { library: Arc::clone(library), callbacks };
            self.libraries.insert(library.name.clone(), loaded);
        }
        let callback = self.libraries.get(&library.name).and_then(|loaded| loaded.callbacks.get(call.name));
        let callback =
            callback.cloned().ok_or_else(|| ScriptError::Interpreter("a function was lost".to_owned()))?;
        let run = self.sandbox.call.clone();
        self.execute(&run, callback, call, host, watch, out)
    }

    fn load(
        &mut self,
        code: &[u8],
        watch: &Arc<dyn Watch>,
    ) -> Result<(Vec<FunctionRecord>, HashMap<String, Function>), ScriptError> {
        let environment = self.sandbox.library_environment.clone();
        let chunk = tables::compile(&self.lua, shebang::body(code), "@user_function", environment)
            .map_err(ScriptError::CompileLibrary)?;
        self.begin("", 0, watch);
        self.lua.set_app_data(Registering::default());
        let load = &self.sandbox.load_library;
        let loaded = load.call::<bool>((chunk, self.failed.clone()));
        let registered = self.lua.remove_app_data::<Registering>().unwrap_or_default().0;
        let failure = self.end();
        match (loaded, failure) {
            (Ok(true), _) => {}
            (_, Some(ScriptError::Raised(text))) => {
                // What is raised names the function that runs, and none does yet.
                let text = text.split(" script: ").next().unwrap_or_default();
                return Err(ScriptError::Register(text.to_owned()));
            }
            (_, Some(error)) => return Err(error),
            (Err(error), None) => return Err(error.into()),
            (Ok(false), None) => return Err(self.out_of_memory()),
        }
        if registered.is_empty() {
            return Err(ScriptError::NoFunctions);
        }
        let mut records = Vec::with_capacity(registered.len());
        let mut callbacks = HashMap::with_capacity(registered.len());
        for function in registered {
            records.push(FunctionRecord {
                name: function.name.clone(),
                description: function.description,
                flags: function.flags,
            });
            callbacks.insert(function.name, function.callback);
        }
        Ok((records, callbacks))
    }

    fn execute(
        &mut self,
        run: &Function,
        function: Function,
        call: Call<'_>,
        host: &mut dyn ScriptHost,
        watch: &Arc<dyn Watch>,
        out: &mut dyn ReplySink,
    ) -> Result<(), ScriptError> {
        self.begin(call.name, call.random, watch);
        let lua = &self.lua;
        let ran = lua.scope(|scope| {
            let serve = scope.create_function_mut(|lua, ask| api::serve(host, lua, ask))?;
            lua.set_app_data(HostFunction(serve));
            let (keys, arguments) = (strings(lua, call.keys)?, strings(lua, call.arguments)?);
            run.call::<MultiValue>((function, keys, arguments, self.failed.clone()))
        });
        let protocol = lua.app_data_ref::<RespVersion>().map_or(Protocol::Resp2, |version| version.0);
        let result = match ran {
            Ok(values) if values.front() == Some(&Value::Boolean(true)) => {
                reply::from_lua(values.get(1).unwrap_or(&Value::Nil), protocol)
            }
            Ok(_) => Err(ScriptError::OutOfMemory { max: MEMORY_BYTES_MAX }),
            Err(error) => Err(error.into()),
        };
        match self.end() {
            Some(failure) => Err(failure),
            None => {
                if matches!(result, Err(ScriptError::OutOfMemory { .. } | ScriptError::Interpreter(_))) {
                    self.spent = true;
                }
                result.map(|value| value.write(out))
            }
        }
    }

    /// Sets everything to where each run starts.
    fn begin(&self, name: &str, random: u64, watch: &Arc<dyn Watch>) {
        self.lua.set_app_data(Watched(Arc::clone(watch)));
        self.lua.set_app_data(Running(name.to_owned()));
        self.lua.set_app_data(RespVersion(Protocol::Resp2));
        self.lua.set_app_data(Random::starting_at(random));
        self.lua.set_app_data(Failure::default());
        cjson::reset(&self.lua);
    }

    /// Forgets the run and says how it failed, if it did.
    fn end(&mut self) -> Option<ScriptError> {
        self.lua.remove_app_data::<Watched>();
        self.lua.remove_app_data::<HostFunction>();
        let failure = self.lua.remove_app_data::<Failure>().and_then(|failure| failure.0);
        let ended = matches!(
            failure,
            Some(ScriptError::Killed(_) | ScriptError::Stopped(_) | ScriptError::OutOfMemory { .. })
        );
        let cleaned = self.sandbox.clean.call::<()>(());
        let collected = self.lua.used_memory() < MEMORY_KEPT_BYTES || self.lua.gc_collect().is_ok();
        self.spent |= ended || cleaned.is_err() || !collected;
        failure
    }

    fn out_of_memory(&mut self) -> ScriptError {
        self.spent = true;
        ScriptError::OutOfMemory { max: MEMORY_BYTES_MAX }
    }
}

fn strings(lua: &Lua, words: &[&[u8]]) -> mlua::Result<Table> {
    let table = lua.create_table_with_capacity(words.len(), 0)?;
    for (index, word) in words.iter().enumerate() {
        table.raw_set(index + 1, lua.create_string(word)?)?;
    }
    Ok(table)
}

/// The error line for what a script raised and did not catch.
fn failure(lua: &Lua, error: &Value, name: &str) -> ScriptError {
    let text = match (error, tables::raised(error)) {
        (_, Some(Raised::Stopped(stop @ Stop::Killed))) => {
            return ScriptError::Killed(located(lua, &format!("ERR {stop}"), name));
        }
        (_, Some(Raised::Stopped(stop))) => return ScriptError::Stopped(*stop),
        (_, Some(Raised::Reply(text))) => text.clone(),
        (_, Some(Raised::Text(text))) => format!("ERR {text}"),
        (Value::Error(error), None) => {
            format!("ERR {}", error.to_string().lines().next().unwrap_or_default())
        }
        (Value::Table(table), None) => match table.raw_get("err") {
            Ok(Value::String(text)) => text.to_string_lossy(),
            _ => "ERR unknown error".to_owned(),
        },
        (Value::Nil, None) => "ERR nil".to_owned(),
        (other, None) => match lua.coerce_string(other.clone()) {
            Ok(Some(text)) => format!("ERR {}", text.to_string_lossy()),
            _ => format!("ERR {}", natives::type_name(other)),
        },
    };
    if text.ends_with(OUT_OF_MEMORY) {
        return ScriptError::OutOfMemory { max: MEMORY_BYTES_MAX };
    }
    ScriptError::Raised(located(lua, &text, name))
}

/// An error line with the place in the script where it was raised.
fn located(lua: &Lua, text: &str, name: &str) -> String {
    match natives::place(lua) {
        Some((chunk, line)) => format!("{text} script: {name}, on @{chunk}:{line}."),
        None => format!("{text} script: {name}"),
    }
}

/// What Lua says when an allocation is refused.
const OUT_OF_MEMORY: &str = "not enough memory";
