//! The command table: one record per command, and everything that is derived from it.
//!
//! A command is declared once, in its family's file under `commands/`. Dispatch, arity errors, permissions, COMMAND and its
//! subcommands, the pages in `docs/commands/` and metric labels only read the records. `check` runs at compile time.

pub(crate) mod arg;
mod check;
mod index;
mod keys;
mod permission;
pub(crate) mod syntax;
mod traits;
mod walk;
pub(crate) mod work;

pub use arg::{Arg, ArgKind};
pub use keys::{KeyPositions, KeyUse, Keys};
pub use permission::Permission;
pub use traits::Traits;
pub use walk::{Walk, WalkHandler};
pub use work::WorkHandler;

use selvedge_wire::ReplySink;

use crate::commands;
use crate::cx::{ReadCx, WriteCx};
use crate::error::CommandError;
use crate::time::Milliseconds;

/// The words of a command line; `args[0]` is the command's name as sent.
pub type Args<'a> = &'a [&'a [u8]];

/// A handler that only looks.
pub type ReadHandler = fn(&ReadCx<'_>, Args<'_>, &mut dyn ReplySink) -> Result<(), CommandError>;

/// A handler that may change data.
pub type WriteHandler = fn(&mut WriteCx<'_>, Args<'_>, &mut dyn ReplySink) -> Result<(), CommandError>;

/// A handler that says whether the transaction or script that it stands in may run on.
pub type GuardHandler = fn(&ReadCx<'_>, Args<'_>) -> Result<bool, CommandError>;

/// A handler that may find nothing to take and then wants to be called again when a key of its command has changed.
pub type BlockingHandler =
    fn(&mut WriteCx<'_>, Args<'_>, &mut dyn ReplySink) -> Result<Attempt, CommandError>;

/// A handler that only looks, may find nothing new and then wants to be called again likewise.
pub type BlockingReadHandler = fn(&ReadCx<'_>, Args<'_>, &mut dyn ReplySink) -> Result<Attempt, CommandError>;

/// How one attempt of a [`BlockingHandler`] or a [`BlockingReadHandler`] ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// The reply is written.
    Served,
    /// Nothing was taken and nothing written.
    Blocked(Patience),
    /// Likewise; but the command is to be called again with these words, since what some of the first ones mean changes.
    BlockedAs(Patience, Vec<Vec<u8>>),
}

impl Attempt {
    /// Writes what stands for nothing if it wants to wait, where it may not.
    pub fn settle(self, out: &mut dyn ReplySink) {
        if let Some(patience) = self.patience() {
            patience.nothing.write(out);
        }
    }

    /// How long it wants to wait, if it does.
    #[must_use]
    pub fn patience(&self) -> Option<Patience> {
        match self {
            Self::Served => None,
            Self::Blocked(patience) | Self::BlockedAs(patience, _) => Some(*patience),
        }
    }
}

/// How long a blocking command waits, and what it answers where it may not wait. When its time is over, that is always a
/// null array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// None: for ever.
    pub timeout_ms: Option<Milliseconds>,
    /// What stands for "nothing" where it may not wait.
    pub nothing: Nothing,
}

/// The two nulls of RESP2, which RESP3 does not tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nothing {
    /// Instead of a string.
    Null,
    /// Instead of an array.
    NullArray,
}

impl Nothing {
    /// Writes it as the reply.
    pub fn write(self, out: &mut dyn ReplySink) {
        match self {
            Self::Null => out.null(),
            Self::NullArray => out.null_array(),
        }
    }
}

/// What [`Command::since`] begins with where a command is not Redis'.
pub(crate) const OURS: &str = "Selvedge ";

/// One command or subcommand.
#[derive(Debug, Clone, Copy)]
pub struct Command {
    /// Its place among all commands and subcommands, below [`COUNT_ALL`]. Given by the table; another in every version.
    pub number: u16,
    /// The name in lower case; `container|sub` for a subcommand.
    pub name: &'static str,
    /// The family it belongs to.
    pub group: Group,
    /// The Redis version that brought it, or the name and the version of Selvedge.
    pub since: &'static str,
    /// The cost in words.
    pub complexity: &'static str,
    /// One sentence about what it does.
    pub summary: &'static str,
    /// How many words it takes.
    pub arity: Arity,
    /// Which of its words are keys.
    pub keys: Keys,
    /// What it does with them: one for all keys, or one for each.
    pub uses: &'static [KeyUse],
    /// The grammar of its arguments.
    pub args: &'static [Arg],
    /// What cannot be derived from the rest.
    pub traits: Traits,
    /// Its subcommands.
    pub subcommands: &'static [Command],
    /// Who runs it, and with which rights.
    pub run: Run,
    /// How to run it in steps, where it may meet every entry of a large database.
    pub walk: Option<WalkHandler>,
    /// How much it looks at, where that may be much.
    pub work: Option<WorkHandler>,
    /// For a write that with some arguments changes nothing.
    pub read_form: Option<ReadForm>,
}

impl Command {
    /// What the records of a group start from.
    pub(crate) const fn base(group: Group) -> Self {
        Self {
            number: 0,
            name: "",
            group,
            since: "",
            complexity: "O(1)",
            summary: "",
            arity: Arity::Exactly(0),
            keys: Keys::None,
            uses: &[],
            args: &[],
            traits: Traits::NONE,
            subcommands: &[],
            run: Run::Container,
            walk: None,
            work: None,
            read_form: None,
        }
    }

    /// Whether its handler may change data.
    #[must_use]
    pub const fn is_write(&self) -> bool {
        matches!(
            self.run,
            Run::Write(_) | Run::Blocking(_) | Run::Script(Script::FunctionLoad | Script::FunctionRestore)
        )
    }

    /// Whether running it may change data: a script may, although its command is no write itself.
    #[must_use]
    pub const fn may_write(&self) -> bool {
        self.is_write() || matches!(self.run, Run::Script(Script::Eval | Script::Evalsha | Script::Fcall))
    }

    /// Whether a pause of writes holds it up, and no program calls it that may only read: also what posts a message, and what in
    /// Redis writes an estimate although it only counts.
    #[must_use]
    pub fn is_held_with_writes(&self) -> bool {
        let changes_a_key = self.uses.iter().any(|key_use| key_use.mode == KeyUse::RW.mode);
        let posts = self.traits.contains(Traits::PUBSUB);
        self.may_write() || matches!(self.run, Run::Read(_)) && (changes_a_key || posts)
    }

    /// Whether it runs a script or a function.
    #[must_use]
    pub const fn runs_program(&self) -> bool {
        matches!(self.run, Run::Script(_)) && !matches!(self.keys, Keys::None)
    }

    /// Whether it is one of ours, which no Redis has.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        self.since.starts_with(OURS)
    }

    /// Whether it looks at data without changing any, unlike PING, which looks at none.
    #[must_use]
    pub const fn is_read(&self) -> bool {
        matches!(self.run, Run::Read(_) | Run::Guard(_) | Run::BlockingRead(_))
            && (!matches!(self.keys, Keys::None) || self.traits.contains(Traits::WHOLE_KEYSPACE))
            // The channel of SPUBLISH stands where a key would.
            && !self.traits.contains(Traits::PUBSUB)
    }

    /// Where the keys stand in `args`, which must have passed [`lookup`].
    ///
    /// # Errors
    /// [`CommandError::InvalidKeyCount`] if the arguments do not hold as many keys as they say.
    pub fn key_positions(&self, args: Args<'_>) -> Result<KeyPositions, CommandError> {
        self.keys.positions(args)
    }

    /// Whether running it with `args` needs the locks of all shards.
    #[must_use]
    pub fn needs_all_shards(&self, args: Args<'_>) -> bool {
        let names_by_pattern = || args.iter().skip(2).any(|word| memchr::memchr(b'*', word).is_some());
        self.traits.contains(Traits::WHOLE_KEYSPACE)
            || self.traits.contains(Traits::KEYS_BY_PATTERN) && names_by_pattern()
    }

    /// The read that does the same, where it changes nothing with `args`; otherwise the command itself.
    #[must_use]
    pub fn as_read(&'static self, args: Args<'_>) -> &'static Self {
        let read = self.read_form.filter(|form| (form.changes_nothing)(args));
        read.and_then(|form| index::find(form.name.as_bytes())).unwrap_or(self)
    }

    /// What it does with the key at that place among its keys.
    pub(crate) fn key_use(&self, index: usize) -> Option<KeyUse> {
        let uses = match self.keys {
            // Those in between are about keys that no word names.
            Keys::OneAndFound(_) if index > 0 => &[],
            _ => self.uses,
        };
        uses.get(index).or(self.uses.last()).copied()
    }

    /// Whether a caller with that permission may run it.
    ///
    /// # Errors
    /// [`CommandError::NotAuthenticated`] or [`CommandError::NoPermission`].
    pub fn permitted(&self, permission: Permission) -> Result<(), CommandError> {
        permission.check(self)
    }

    /// The last word of its name: `setname` of `client|setname`.
    #[must_use]
    pub fn short_name(&self) -> &'static str {
        self.name.rsplit('|').next().unwrap_or(self.name)
    }
}

/// How a command that may write is a read.
#[derive(Debug, Clone, Copy)]
pub struct ReadForm {
    /// Whether it changes nothing with these arguments.
    pub changes_nothing: fn(Args<'_>) -> bool,
    /// The read that does the same then.
    pub name: &'static str,
}

/// The family of a command, as COMMAND DOCS names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// Any key, whatever its type.
    Generic,
    /// Strings and counters.
    String,
    /// Strings as bits.
    Bitmap,
    /// Strings that count different elements.
    HyperLogLog,
    /// Hashes.
    Hash,
    /// Lists.
    List,
    /// Sets.
    Set,
    /// Sorted sets.
    SortedSet,
    /// The connection itself.
    Connection,
    /// The whole server or database.
    Server,
    /// MULTI and what belongs to it.
    Transactions,
    /// Messages between clients.
    PubSub,
    /// Redis Cluster.
    Cluster,
    /// Scripts and functions.
    Scripting,
    /// Places.
    Geo,
    /// JSON documents.
    Json,
    /// Streams.
    Stream,
}

impl Group {
    /// Its name in COMMAND DOCS, and its folder under `docs/commands/`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Generic => "generic",
            Self::String => "string",
            Self::Bitmap => "bitmap",
            Self::HyperLogLog => "hyperloglog",
            Self::Hash => "hash",
            Self::List => "list",
            Self::Set => "set",
            Self::SortedSet => "sorted-set",
            Self::Connection => "connection",
            Self::Server => "server",
            Self::Transactions => "transactions",
            Self::PubSub => "pubsub",
            Self::Cluster => "cluster",
            Self::Scripting => "scripting",
            Self::Geo => "geo",
            Self::Json => "json",
            Self::Stream => "stream",
        }
    }
}

/// How many words a command line has, the name (and the subcommand) included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arity {
    /// That many.
    Exactly(u16),
    /// That many or more.
    AtLeast(u16),
}

impl Arity {
    /// Whether a line of that many words fits.
    #[must_use]
    pub const fn admits(self, words: usize) -> bool {
        match self {
            Self::Exactly(count) => words == count as usize,
            Self::AtLeast(count) => words >= count as usize,
        }
    }

    /// The fewest words.
    #[must_use]
    pub const fn least(self) -> u16 {
        match self {
            Self::Exactly(count) | Self::AtLeast(count) => count,
        }
    }
}

/// Who runs a command. The variant of a handler is its right: one that changes data does not fit into `Read`.
#[derive(Debug, Clone, Copy)]
pub enum Run {
    /// Looks at the keyspace.
    Read(ReadHandler),
    /// Looks at the keyspace, and may keep the transaction or script that it stands in from running.
    Guard(GuardHandler),
    /// May change the keyspace.
    Write(WriteHandler),
    /// Looks at the keyspace, or waits until somebody changes it.
    BlockingRead(BlockingReadHandler),
    /// May change the keyspace, or wait until somebody else does.
    Blocking(BlockingHandler),
    /// The node runs it: it has interpreters.
    Script(Script),
    /// The server runs it: it is about the connection or the process, which the engine does not know.
    Connection(Connection),
    /// Nobody: it only holds subcommands.
    Container,
}

/// The commands that the node runs itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the command of that name; its record says what it does")]
pub enum Script {
    Eval,
    EvalRo,
    Evalsha,
    EvalshaRo,
    Fcall,
    FcallRo,
    FunctionKill,
    FunctionLoad,
    FunctionRestore,
    FunctionStats,
    ScriptDebug,
    ScriptExists,
    ScriptFlush,
    ScriptKill,
    ScriptLoad,
}

/// The commands that the server runs itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the command of that name; its record says what it does")]
pub enum Connection {
    Auth,
    ClientCaching,
    ClientGetname,
    ClientGetredir,
    ClientId,
    ClientInfo,
    ClientKill,
    ClientList,
    ClientNoEvict,
    ClientNoTouch,
    ClientPause,
    ClientReply,
    ClientSetinfo,
    ClientSetname,
    ClientTracking,
    ClientTrackinginfo,
    ClientUnblock,
    ClientUnpause,
    ConfigGet,
    ConfigResetstat,
    ConfigRewrite,
    ConfigSet,
    Debug,
    Discard,
    Exec,
    Hello,
    Info,
    LatencyDoctor,
    LatencyGraph,
    LatencyHistogram,
    LatencyHistory,
    LatencyLatest,
    LatencyReset,
    MemoryDoctor,
    MemoryStats,
    Monitor,
    Multi,
    Psubscribe,
    PubsubChannels,
    PubsubNumpat,
    PubsubNumsub,
    PubsubShardchannels,
    PubsubShardnumsub,
    Punsubscribe,
    Quit,
    Reset,
    Select,
    Shutdown,
    SlowlogGet,
    SlowlogLen,
    SlowlogReset,
    Ssubscribe,
    Subscribe,
    Sunsubscribe,
    Unsubscribe,
    Unwatch,
    Wait,
    Waitaof,
    Watch,
}

/// All commands, family by family; subcommands hang on theirs.
pub const FAMILIES: &[&[Command]] = &[
    commands::strings::COMMANDS,
    commands::string_options::COMMANDS,
    commands::lcs::COMMANDS,
    commands::counters::COMMANDS,
    commands::bitmaps::COMMANDS,
    commands::bitop::COMMANDS,
    commands::bitfield::COMMANDS,
    commands::hyper_log_logs::COMMANDS,
    commands::hashes::COMMANDS,
    commands::field_expiry::COMMANDS,
    commands::field_groups::COMMANDS,
    commands::lists::COMMANDS,
    commands::list_elements::COMMANDS,
    commands::blocking::COMMANDS,
    commands::sets::COMMANDS,
    commands::set_algebra::COMMANDS,
    commands::sorted_sets::change::COMMANDS,
    commands::sorted_sets::look::COMMANDS,
    commands::sorted_sets::range::COMMANDS,
    commands::sorted_sets::remove::COMMANDS,
    commands::sorted_sets::combine::COMMANDS,
    commands::geo::ADD,
    commands::geo::LOOK,
    commands::geo::SEARCH,
    commands::json::documents::COMMANDS,
    commands::json::get::COMMANDS,
    commands::json::shape::COMMANDS,
    commands::json::numbers::COMMANDS,
    commands::json::scalars::COMMANDS,
    commands::json::arrays::COMMANDS,
    commands::json::debug::COMMANDS,
    commands::streams::change::COMMANDS,
    commands::streams::delete::COMMANDS,
    commands::streams::range::COMMANDS,
    commands::streams::read::COMMANDS,
    commands::streams::groups::COMMANDS,
    commands::streams::pending::COMMANDS,
    commands::streams::claim::COMMANDS,
    commands::streams::info::COMMANDS,
    commands::generic::COMMANDS,
    commands::dump::COMMANDS,
    commands::databases::COMMANDS,
    commands::sort::COMMANDS,
    commands::object::COMMANDS,
    commands::waiting::COMMANDS,
    commands::memory::COMMANDS,
    commands::lolwut::COMMANDS,
    commands::cluster::COMMANDS,
    commands::expiry::COMMANDS,
    commands::server::COMMANDS,
    commands::connection::COMMANDS,
    commands::client::COMMANDS,
    commands::monitoring::COMMANDS,
    commands::transactions::COMMANDS,
    commands::versions::COMMANDS,
    commands::pubsub::COMMANDS,
    commands::scripting::COMMANDS,
    commands::functions::COMMANDS,
    commands::command::COMMANDS,
];

/// How many commands there are, subcommands not counted.
pub const COUNT: usize = index::count();

/// How many commands and subcommands there are.
pub const COUNT_ALL: usize = COUNT + index::count_subcommands();

const _: () = check::table(FAMILIES);

/// All commands in the table's order, subcommands not included.
pub fn all() -> impl Iterator<Item = &'static Command> + Clone {
    index::ALL.iter()
}

/// All commands and subcommands in the order of their numbers.
pub fn all_numbered() -> impl Iterator<Item = &'static Command> + Clone {
    index::ALL.iter().chain(&index::SUBCOMMANDS)
}

/// The command of that [`Command::number`].
#[must_use]
pub fn numbered(number: u16) -> Option<&'static Command> {
    let number = usize::from(number);
    index::ALL.get(number).or_else(|| index::SUBCOMMANDS.get(number - COUNT))
}

/// Finds a command by one name, in any case, with `container|sub` for a subcommand.
#[must_use]
pub fn find(name: &[u8]) -> Option<&'static Command> {
    let mut words = name.splitn(2, |byte| *byte == b'|');
    let command = index::find(words.next()?)?;
    match words.next() {
        Some(sub) => subcommand(command, sub),
        None => Some(command),
    }
}

/// Finds the command or subcommand that a command line means, and checks the number of its words.
///
/// # Errors
/// [`CommandError::UnknownCommand`], [`CommandError::UnknownSubcommand`], [`CommandError::WrongArity`].
pub fn lookup(args: Args<'_>) -> Result<&'static Command, CommandError> {
    let command = resolve(args)?;
    if command.arity.admits(args.len()) && !matches!(command.run, Run::Container) {
        Ok(command)
    } else {
        Err(CommandError::WrongArity { command: command.name })
    }
}

/// [`lookup`] without the count of words.
pub(crate) fn resolve(args: Args<'_>) -> Result<&'static Command, CommandError> {
    let Some(command) = args.first().and_then(|name| index::find(name)) else {
        return Err(CommandError::unknown_command(args));
    };
    match args.get(1) {
        Some(word) if !command.subcommands.is_empty() => {
            subcommand(command, word).ok_or_else(|| CommandError::unknown_subcommand(command.name, word))
        }
        _ => Ok(command),
    }
}

fn subcommand(container: &'static Command, word: &[u8]) -> Option<&'static Command> {
    container.subcommands.iter().find(|command| command.short_name().as_bytes().eq_ignore_ascii_case(word))
}
