//! What EVAL, EVALSHA and FCALL are to run.

use std::sync::Arc;

use selvedge_engine::functions::Library;
use selvedge_engine::numbers::parse_integer;
use selvedge_engine::scripting::ScriptFlags;
use selvedge_engine::{Args, Command, CommandError, Run, Script};
use selvedge_script::{ScriptError, script_header, sha1_hex};

use crate::database::Database;
use crate::script::watch::Kind;

/// A script or function with what it is called with.
#[derive(Debug)]
pub(crate) struct Program<'a> {
    pub(crate) source: Source,
    /// Its SHA-1, or its name.
    pub(crate) name: String,
    pub(crate) flags: ScriptFlags,
    /// It may not write.
    pub(crate) is_read_only: bool,
    pub(crate) keys: &'a [&'a [u8]],
    pub(crate) arguments: &'a [&'a [u8]],
}

/// Where its code is.
#[derive(Debug)]
pub(crate) enum Source {
    Script(Arc<[u8]>),
    Function(Arc<Library>),
}

impl Program<'_> {
    pub(crate) fn kind(&self) -> Kind {
        match self.source {
            Source::Script(_) => Kind::Script,
            Source::Function(_) => Kind::Function,
        }
    }

    /// Whether it touches no key but its own, and only those are locked for it.
    pub(crate) fn locks_its_keys(&self) -> bool {
        self.flags.contains(ScriptFlags::ALLOW_KEY_LOCKING)
    }
}

/// Why a program is not run, in the order in which Redis looks.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error(transparent)]
    Command(#[from] CommandError),
    #[error(transparent)]
    Script(#[from] ScriptError),
}

impl Database {
    /// Whether a pause of writes holds up a command with these words. A program goes on that says of itself that it writes
    /// nothing.
    #[must_use]
    pub fn is_held_with_writes(&self, command: &Command, args: Args<'_>) -> bool {
        let only_reads = |word| self.program(word, args).is_ok_and(|program| program.is_read_only);
        command.is_held_with_writes()
            && !matches!(command.run, Run::Script(word) if command.runs_program() && only_reads(word))
    }

    /// Finds what a command line is to run.
    pub(super) fn program<'a>(&self, word: Script, args: Args<'a>) -> Result<Program<'a>, Refusal> {
        let first = args.get(1).copied().unwrap_or_default();
        let by_sha1 = matches!(word, Script::Evalsha | Script::EvalshaRo);
        let is_read_only = matches!(word, Script::EvalRo | Script::EvalshaRo | Script::FcallRo);
        if matches!(word, Script::Fcall | Script::FcallRo) {
            let (library, function) = self.keyspace.function(first).ok_or(CommandError::FunctionNotFound)?;
            let (keys, arguments) = keys_and_arguments(args, CommandError::BadKeyCount)?;
            return Ok(Program {
                source: Source::Function(library),
                name: function.name,
                flags: function.flags,
                is_read_only: is_read_only || function.flags.contains(ScriptFlags::NO_WRITES),
                keys,
                arguments,
            });
        }
        if by_sha1 && first.len() != SHA1_HEX_BYTES {
            return Err(CommandError::NoScript.into());
        }
        let (keys, arguments) = keys_and_arguments(args, CommandError::NotAnInteger)?;
        let (name, text) = if by_sha1 {
            let name = String::from_utf8_lossy(first).to_ascii_lowercase();
            let text = self.scripts.text(&name).ok_or(CommandError::NoScript)?;
            (name, text)
        } else {
            let name = sha1_hex(first);
            let text = self.scripts.text(&name).unwrap_or_else(|| Arc::from(first));
            (name, text)
        };
        let header = script_header(&text)?;
        let flags = header.flags.unwrap_or_default();
        let no_writes = flags.contains(ScriptFlags::NO_WRITES);
        if is_read_only && header.flags.is_some() && !no_writes {
            return Err(CommandError::WriteFlag.into());
        }
        let is_read_only = is_read_only || no_writes;
        Ok(Program { source: Source::Script(text), name, flags, is_read_only, keys, arguments })
    }
}

/// Characters of a SHA-1.
const SHA1_HEX_BYTES: usize = 40;

type Words<'a> = &'a [&'a [u8]];

fn keys_and_arguments(
    args: Args<'_>,
    no_number: CommandError,
) -> Result<(Words<'_>, Words<'_>), CommandError> {
    let count = args.get(2).and_then(|count| parse_integer(count)).ok_or(no_number)?;
    let words = args.get(3..).unwrap_or_default();
    if count > i64::try_from(words.len()).unwrap_or(i64::MAX) {
        return Err(CommandError::KeyCountBeyondArguments);
    }
    let count = usize::try_from(count).map_err(|_| CommandError::NegativeKeyCount)?;
    words.split_at_checked(count).ok_or(CommandError::KeyCountBeyondArguments)
}
