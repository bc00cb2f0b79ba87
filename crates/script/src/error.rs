//! How a script ends when it does not end well, and what functions in Rust raise into Lua.

use selvedge_engine::scripting::ScriptFlags;

use crate::budget::Stop;

/// Why a script or function did not come to its end, or did not start. `Display` is the whole error line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScriptError {
    /// The text is no Lua.
    #[error("ERR Error compiling script (new function): {0}")]
    Compile(String),
    /// The text of a library is no Lua.
    #[error("ERR Error compiling function: {0}")]
    CompileLibrary(String),
    /// A library failed while it was loaded.
    #[error("ERR Error registering functions: {0}")]
    Register(String),
    /// A library took longer to load than one may.
    #[error("ERR Error registering functions: ERR FUNCTION LOAD timeout")]
    LoadTimeout,
    /// A library registered nothing.
    #[error("ERR No functions registered")]
    NoFunctions,
    /// The script raised an error that it did not catch. The text is ready for the reply.
    #[error("{0}")]
    Raised(String),
    /// Somebody else ended it, and the line says where it was.
    #[error("{0}")]
    Killed(String),
    /// It took longer than it may.
    #[error("ERR Error running script: {0}")]
    Stopped(Stop),
    /// It needs more memory than an interpreter may hold.
    #[error("LIMIT the script needs more than script_memory_bytes_max ({max} bytes)")]
    OutOfMemory {
        /// The limit.
        max: usize,
    },
    /// The text is longer than [`SCRIPT_BYTES_MAX`](crate::limits::SCRIPT_BYTES_MAX).
    #[error("LIMIT the script is longer than script_bytes_max ({max} bytes)")]
    TooLong {
        /// The limit.
        max: usize,
    },
    /// A reply is nested deeper than [`REPLY_DEPTH_MAX`](crate::limits::REPLY_DEPTH_MAX).
    #[error("ERR reached lua stack limit")]
    ReplyTooDeep,
    /// The first line has no end or no engine.
    #[error("ERR Invalid script shebang")]
    InvalidShebang,
    /// The first line names another engine.
    #[error("ERR Unexpected engine in script shebang: {0}")]
    UnknownEngine(String),
    /// The quotes of the first line do not match.
    #[error("ERR Invalid engine in script shebang")]
    InvalidEngine,
    /// The first line has an option that there is not.
    #[error("ERR Unknown lua shebang option: {0}")]
    UnknownShebangOption(String),
    /// The first line names a flag that there is not.
    #[error("ERR Unexpected flag in script shebang: {0}")]
    UnknownFlag(String),
    /// A library begins with no shebang.
    #[error("ERR Missing library metadata")]
    NoMetadata,
    /// The first line of a library has no end.
    #[error("ERR Invalid library metadata")]
    InvalidMetadata,
    /// A library's first line names another engine.
    #[error("ERR Engine '{0}' not found")]
    EngineNotFound(String),
    /// A library's first line has no name.
    #[error("ERR Library name was not given")]
    NoLibraryName,
    /// A library's first line has two names.
    #[error("ERR Invalid metadata value, name argument was given multiple times")]
    LibraryNameTwice,
    /// A library's first line has an option that there is not.
    #[error("ERR Invalid metadata value given: {0}")]
    InvalidMetadataValue(String),
    /// The name has other characters.
    #[error(
        "ERR Library names can only contain letters, numbers, or underscores(_) and must be at least one character long"
    )]
    BadName,
    /// The interpreter itself failed: no memory to build it in.
    #[error("ERR the interpreter failed: {0}")]
    Interpreter(String),
}

impl From<mlua::Error> for ScriptError {
    fn from(error: mlua::Error) -> Self {
        if let Some(Raised::Stopped(stop)) = error.downcast_ref::<Raised>() {
            return Self::Stopped(*stop);
        }
        Self::Interpreter(error.to_string().lines().next().unwrap_or_default().to_owned())
    }
}

/// One function of a library, as its code registered it.
#[derive(Debug, Clone)]
pub(crate) struct Registered {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) flags: ScriptFlags,
    pub(crate) callback: mlua::Function,
}

/// What a function in Rust raises. It travels through Lua inside mlua's own error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Raised {
    /// An ordinary error: a string.
    #[error("{0}")]
    Text(String),
    /// The error of a command: a table with the field `err`.
    #[error("{0}")]
    Reply(String),
    /// The end. No script can catch it.
    #[error("{0}")]
    Stopped(Stop),
}

impl From<Raised> for mlua::Error {
    fn from(raised: Raised) -> Self {
        Self::external(raised)
    }
}
