//! Errors of commands. The texts are those of Redis 8.2, to the letter, and they are all in this file and those below it.
//!
//! `docs/rfcs/0004-error-model-and-texts.md` says how errors travel from a handler to the wire.

mod document;
mod quoted;
mod streams;

pub use document::DocumentError;
pub(crate) use streams::GroupOfKey;
pub use streams::StreamError;

use crate::limits::{PATTERN_EXTRA_STEPS_MAX, RESTORED_BYTES_MAX, SORTED_SET_BYTES_MAX};
use crate::rdb::LoadError;

/// Why a command was refused. `Display` is the whole error line, first word included.
///
/// Every error of a handler is deterministic: the same keyspace, arguments and time give the same error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// The key holds another type than the command works on.
    #[error("WRONGTYPE Operation against a key holding the wrong kind of value")]
    WrongType,
    /// A command for JSON documents cannot do what it is asked.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The options do not follow the command's grammar.
    #[error("ERR syntax error")]
    Syntax,
    /// An argument, or the string it is added to, is no integer of 64 bits.
    #[error("ERR value is not an integer or out of range")]
    NotAnInteger,
    /// An argument, or the string it is added to, is no floating-point number.
    #[error("ERR value is not a valid float")]
    NotAFloat,
    /// A count that may not be negative is, or is no number.
    #[error("ERR value is out of range, must be positive")]
    NotPositive,
    /// An element that SORT compares as a number is none.
    #[error("ERR One or more scores can't be converted into double")]
    SortNotADouble,
    /// An increment that may not be infinite is.
    #[error("ERR value is NaN or Infinity")]
    NotFinite,
    /// The field to add to holds no integer.
    #[error("ERR hash value is not an integer")]
    HashValueNotAnInteger,
    /// The field to add to holds no floating-point number.
    #[error("ERR hash value is not a float")]
    HashValueNotAFloat,
    /// The sum does not fit into 64 bits.
    #[error("ERR increment or decrement would overflow")]
    IncrementOverflow,
    /// The decrement has no negative counterpart.
    #[error("ERR decrement would overflow")]
    DecrementOverflow,
    /// The sum is not finite.
    #[error("ERR increment would produce NaN or Infinity")]
    IncrementNotFinite,
    /// An expiry is zero, negative where it may not be, or beyond what can be stored.
    #[error("ERR invalid expire time in '{command}' command")]
    InvalidExpireTime {
        /// The command as the table names it.
        command: &'static str,
    },
    /// The expiry of a field is negative.
    #[error("ERR invalid expire time, must be >= 0")]
    NegativeExpireTime,
    /// FIELDS is not where it has to be.
    #[error("ERR Mandatory argument FIELDS is missing or not at the right position")]
    FieldsMissing,
    /// There are more fields, or fewer, than their count says.
    #[error("ERR The `numfields` parameter must match the number of arguments")]
    FieldCountMismatch,
    /// A count of fields is not positive, or no number.
    #[error("ERR Number of fields must be a positive integer")]
    FieldCountNotPositive,
    /// HSETEX's count of fields is not positive, no number, or absurd.
    #[error("ERR invalid number of fields")]
    InvalidFieldCount,
    /// HSETEX does not know that option.
    #[error("ERR unknown argument: {argument}")]
    UnknownArgument {
        /// The option as sent.
        argument: Box<str>,
    },
    /// FNX or FXX after one of them.
    #[error("ERR Only one of FXX or FNX arguments can be specified")]
    FieldConditions,
    /// A second option about the expiry of fields.
    #[error("ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified")]
    FieldLifetimes,
    /// NX stands beside an option that needs an expiry.
    #[error("ERR NX and XX, GT or LT options at the same time are not compatible")]
    ExpireConditionsNx,
    /// GT stands beside LT.
    #[error("ERR GT and LT options at the same time are not compatible")]
    ExpireConditionsGtLt,
    /// EXPIRE and its kin do not know that option.
    #[error("ERR Unsupported option {option}")]
    UnsupportedOption {
        /// The option as sent.
        option: Box<str>,
    },
    /// The timeout of a blocking command is no number.
    #[error("ERR timeout is not a float or out of range")]
    TimeoutNotAFloat,
    /// The timeout of a blocking command is before now.
    #[error("ERR timeout is negative")]
    TimeoutNegative,
    /// The timeout of a blocking command ends after the end of time.
    #[error("ERR timeout is out of range")]
    TimeoutOutOfRange,
    /// RENAME of a key that is not there.
    #[error("ERR no such key")]
    NoSuchKey,
    /// RESTORE without REPLACE of a key that is there.
    #[error("BUSYKEY Target key name already exists.")]
    BusyKey,
    /// A number of RESTORE is out of its bounds.
    #[error("ERR Invalid {name} value, must be {bounds}")]
    InvalidRestoreOption {
        /// What it is of.
        name: &'static str,
        /// What it has to be.
        bounds: &'static str,
    },
    /// A payload ends in another version or checksum than belong there.
    #[error("ERR DUMP payload version or checksum are wrong")]
    PayloadFooter,
    /// A payload whose checksum is right makes no sense.
    #[error("ERR Bad data format")]
    PayloadDamaged,
    /// A payload unfolds to more than is stored at once.
    #[error("LIMIT the value is larger than restored_bytes_max ({RESTORED_BYTES_MAX} bytes)")]
    RestoredTooLarge,
    /// A key cannot be moved to where it is.
    #[error("ERR source and destination objects are the same")]
    SameSourceAndDestination,
    /// There is no database of that number.
    #[error("ERR DB index is out of range")]
    DatabaseOutOfRange,
    /// The number of a database has 32 bits.
    #[error("ERR value is out of range, value must between -2147483648 and 2147483647")]
    DatabaseTooFar,
    /// The first number of SWAPDB is none.
    #[error("ERR invalid first DB index")]
    InvalidFirstDatabase,
    /// The second number of SWAPDB is none.
    #[error("ERR invalid second DB index")]
    InvalidSecondDatabase,
    /// An index lies outside the list.
    #[error("ERR index out of range")]
    IndexOutOfRange,
    /// An integer that is negated later has no counterpart.
    #[error("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807")]
    NoCounterpart,
    /// LPOS does not count matches from 0.
    #[error(
        "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... \
         or use negative to start from the end of the list"
    )]
    RankZero,
    /// An option's amount is negative, or no number.
    #[error("ERR {option} can't be negative")]
    NegativeOption {
        /// The option.
        option: &'static str,
    },
    /// A count of keys or elements is not positive, or no number.
    #[error("ERR {name} should be greater than 0")]
    NotAboveZero {
        /// The argument as the grammar names it.
        name: &'static str,
    },
    /// A count of keys is larger than what follows it.
    #[error("ERR Number of keys can't be greater than number of args")]
    TooManyKeys,
    /// More random elements that may repeat than one reply holds.
    #[error("LIMIT random elements that may repeat: at most {max} at once")]
    TooManyDraws {
        /// The limit.
        max: usize,
    },
    /// An operand of IFDEQ or IFDNE has not the length of a digest.
    #[error("ERR must be exactly 16 hexadecimal characters")]
    NotADigest,
    /// DELEX with a condition meets something else than a string.
    #[error("ERR Key should be of string type if conditions are specified")]
    ConditionNeedsString,
    /// DELEX does not know that condition.
    #[error("ERR Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE")]
    UnknownCondition,
    /// The count of MSETEX is no positive number.
    #[error("ERR invalid numkeys value")]
    InvalidNumkeys,
    /// MSETEX has fewer pairs than its count says.
    #[error("ERR wrong number of key-value pairs")]
    WrongPairs,
    /// LCS meets something else than strings.
    #[error("ERR The specified keys must contain string values")]
    NotStrings,
    /// LCS is asked for a length beside indexes, which have it.
    #[error("ERR If you want both the length and indexes, please just use IDX.")]
    LengthBesideIndexes,
    /// A string is too long for LCS, whatever the other one is.
    #[error("ERR String too long for LCS")]
    LcsStringTooLong,
    /// LCS would compare too many pairs of bytes.
    #[error("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len")]
    LcsTooLarge,
    /// OBJECT FREQ: uses are not counted.
    #[error(
        "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching \
         between policies at runtime LRU and LFU data will take some time to adjust."
    )]
    FrequencyNotTracked,
    /// OBJECT IDLETIME: the time of a use is not kept.
    #[error("ERR idle time is not tracked")]
    IdleTimeNotTracked,
    /// A command for nodes of a Redis Cluster.
    #[error("ERR This instance has cluster support disabled")]
    ClusterDisabled,
    /// A string offset is negative.
    #[error("ERR offset is out of range")]
    OffsetOutOfRange,
    /// The string would grow beyond its limit.
    #[error("ERR string exceeds maximum allowed size (proto-max-bulk-len)")]
    StringTooLong,
    /// The offset of a bit is none, or lies beyond the longest string.
    #[error("ERR bit offset is not an integer or out of range")]
    BitOffset,
    /// A bit is to become something else than 0 or 1.
    #[error("ERR bit is not an integer or out of range")]
    BitValue,
    /// BITPOS looks for something else than 0 or 1.
    #[error("ERR The bit argument must be 1 or 0.")]
    BitArgument,
    /// BITOP NOT of several keys.
    #[error("ERR BITOP NOT must be called with a single source key.")]
    SingleSource,
    /// BITOP of one key where it takes more.
    #[error("ERR BITOP {operation} must be called with at least two source keys.")]
    TwoSources {
        /// The operation in upper case.
        operation: &'static str,
    },
    /// BITOP would read more than fits into its time.
    #[error("LIMIT BITOP reads at most {max} bytes at once")]
    BitopTooLarge {
        /// The limit.
        max: usize,
    },
    /// The type of a field is none.
    #[error(
        "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is."
    )]
    FieldType,
    /// BITFIELD does not know that way to overflow.
    #[error("ERR Invalid OVERFLOW type specified")]
    OverflowType,
    /// BITFIELD_RO is to write.
    #[error("ERR BITFIELD_RO only supports the GET subcommand")]
    BitfieldReadOnly,
    /// The string is no HyperLogLog.
    #[error("WRONGTYPE Key is not a valid HyperLogLog string value.")]
    NotHyperLogLog,
    /// The registers of a HyperLogLog are not as many as there must be.
    #[error("INVALIDOBJ Corrupted HLL object detected")]
    CorruptHyperLogLog,
    /// PFDEBUG of a key that is not there.
    #[error("ERR The specified key does not exist")]
    NoSpecifiedKey,
    /// PFDEBUG DECODE of dense registers.
    #[error("ERR HLL encoding is not sparse")]
    NotSparse,
    /// PFDEBUG does not know that word.
    #[error("ERR Unknown PFDEBUG subcommand '{name}'")]
    UnknownPfdebug {
        /// The word as sent.
        name: Box<str>,
    },
    /// PFSELFTEST finds that HyperLogLogs count wrong on this machine.
    #[error("TESTFAILED {elements} elements are estimated to be {estimate}")]
    SelfTest {
        /// How many were added.
        elements: u64,
        /// The estimate.
        estimate: u64,
    },
    /// ZADD with NX beside XX.
    #[error("ERR XX and NX options at the same time are not compatible")]
    ScoreConditionsNxXx,
    /// ZADD with two of GT, LT and NX.
    #[error("ERR GT, LT, and/or NX options at the same time are not compatible")]
    ScoreConditions,
    /// ZADD with INCR and several members.
    #[error("ERR INCR option supports a single increment-element pair")]
    SingleIncrement,
    /// The members of a sorted set would take more than their ids reach.
    #[error("LIMIT the sorted set would take more than sorted_set_bytes_max ({SORTED_SET_BYTES_MAX} bytes)")]
    SortedSetTooLarge,
    /// The sum of two scores is no number.
    #[error("ERR resulting score is not a number (NaN)")]
    ScoreNotANumber,
    /// An end of a range of scores is no number.
    #[error("ERR min or max is not a float")]
    ScoreLimit,
    /// An end of a range of members has none of the four forms.
    #[error("ERR min or max not valid string range item")]
    MemberLimit,
    /// LIMIT on a range of ranks.
    #[error("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX")]
    LimitOfRanks,
    /// WITHSCORES on a range of members.
    #[error("ERR syntax error, WITHSCORES not supported in combination with BYLEX")]
    ScoresOfMemberRange,
    /// A place that the map does not have.
    #[error("ERR invalid longitude,latitude pair {position}")]
    InvalidPosition {
        /// Both, six decimals each.
        position: Box<str>,
    },
    /// A unit of length that is none of the four.
    #[error("ERR unsupported unit provided. please use M, KM, FT, MI")]
    UnsupportedUnit,
    /// A length is no number.
    #[error("ERR need numeric {name}")]
    NotNumeric {
        /// Which length.
        name: &'static str,
    },
    /// A radius is less than nothing.
    #[error("ERR radius cannot be negative")]
    RadiusNegative,
    /// A side of a box is less than nothing.
    #[error("ERR height or width cannot be negative")]
    SidesNegative,
    /// The member to search around is not there.
    #[error("ERR could not decode requested zset member")]
    NoSuchPlace,
    /// A search for no members at all.
    #[error("ERR COUNT must be > 0")]
    SearchCountNotPositive,
    /// A search for any members, but for how many?
    #[error("ERR the ANY argument requires COUNT argument")]
    AnyWithoutCount,
    /// A search around nothing.
    #[error("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for {command}")]
    CenterMissing {
        /// The command as sent.
        command: Box<str>,
    },
    /// A search without a shape.
    #[error("ERR exactly one of BYRADIUS and BYBOX can be specified for {command}")]
    ShapeMissing {
        /// The command as sent.
        command: Box<str>,
    },
    /// GEOSEARCHSTORE is asked to reply with what it does not reply with.
    #[error("ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options")]
    SearchStoreWithOptions,
    /// GEORADIUS is asked to reply with what it stores.
    #[error("ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options")]
    RadiusStoreWithOptions,
    /// A command over several keys that got none.
    #[error("ERR at least 1 input key is needed for '{command}' command")]
    NoInputKeys {
        /// The command as the table names it.
        command: &'static str,
    },
    /// A weight is no number.
    #[error("ERR weight value is not a float")]
    WeightNotAFloat,
    /// A count is too large to be doubled.
    #[error("ERR value is out of range")]
    OutOfRange,
    /// A SCAN cursor is no number of 64 bits.
    #[error("ERR invalid cursor")]
    InvalidCursor,
    /// The pattern is built to explode: see [`Matcher`](crate::glob::Matcher).
    #[error("LIMIT the pattern takes more than pattern_extra_steps_max ({PATTERN_EXTRA_STEPS_MAX} steps)")]
    PatternTooCostly,
    /// NOVALUES outside HSCAN.
    #[error("ERR NOVALUES option can only be used in HSCAN")]
    NoValuesOutsideHscan,
    /// A command of streams was refused.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// No command has that name.
    #[error("ERR unknown command '{name}', with args beginning with: {arguments}")]
    UnknownCommand {
        /// The name as sent.
        name: Box<str>,
        /// The first arguments, each in quotes and followed by a space.
        arguments: Box<str>,
    },
    /// The command has no such subcommand.
    #[error("ERR unknown subcommand '{name}'. Try {container} HELP.")]
    UnknownSubcommand {
        /// The subcommand as sent.
        name: Box<str>,
        /// The command in upper case.
        container: Box<str>,
    },
    /// Too few or too many arguments.
    #[error("ERR wrong number of arguments for '{command}' command")]
    WrongArity {
        /// The command as the table names it, `container|sub` for a subcommand.
        command: &'static str,
    },
    /// The caller has not authenticated.
    #[error("NOAUTH Authentication required.")]
    NotAuthenticated,
    /// The caller's token does not allow the command.
    #[error("NOPERM this user has no permissions to run the '{command}' command or its subcommand")]
    NoPermission {
        /// The command as the table names it.
        command: &'static str,
    },
    /// COMMAND GETKEYS of a command that is not there.
    #[error("ERR Invalid command specified")]
    GetKeysOfUnknown,
    /// COMMAND GETKEYS of a command without keys.
    #[error("ERR The command has no key arguments")]
    GetKeysOfKeyless,
    /// COMMAND GETKEYS of too few or too many arguments.
    #[error("ERR Invalid number of arguments specified for command")]
    GetKeysArity,
    /// A count of keys does not fit the arguments.
    #[error("ERR Invalid arguments specified for command")]
    InvalidKeyCount,
    /// A script is to have a negative number of keys.
    #[error("ERR Number of keys can't be negative")]
    NegativeKeyCount,
    /// A script is to have more keys than there are words.
    #[error("ERR Number of keys can't be greater than number of args")]
    KeyCountBeyondArguments,
    /// The number of keys of a function is none.
    #[error("ERR Bad number of keys provided")]
    BadKeyCount,
    /// No script has that SHA-1.
    #[error("NOSCRIPT No matching script. Please use EVAL.")]
    NoScript,
    /// No library has a function of that name.
    #[error("ERR Function not found")]
    FunctionNotFound,
    /// There is no library of that name.
    #[error("ERR Library not found")]
    LibraryNotFound,
    /// FUNCTION LOAD without REPLACE of a library that is there.
    #[error("ERR Library '{name}' already exists")]
    LibraryExists {
        /// Its name.
        name: Box<str>,
    },
    /// FUNCTION RESTORE of a library that is there.
    #[error("ERR Library {name} already exists")]
    RestoredLibraryExists {
        /// Its name.
        name: Box<str>,
    },
    /// FUNCTION RESTORE knows three policies.
    #[error("ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.")]
    RestorePolicy,
    /// A payload of FUNCTION RESTORE holds something else than libraries.
    #[error("ERR given type is not a function")]
    NotALibrary,
    /// A payload holds a library as release candidates of Redis 7.0 wrote it.
    #[error("ERR Pre-GA function format not supported")]
    EarlyLibrary,
    /// The text of a library in a payload is not whole.
    #[error("ERR Failed loading library payload")]
    LibraryDamaged,
    /// Another library has a function of that name.
    #[error("ERR Function {name} already exists")]
    FunctionExists {
        /// Its name.
        name: Box<str>,
    },
    /// FUNCTION LOAD does not know that option.
    #[error("ERR Unknown option given: {option}")]
    UnknownOption {
        /// The option as sent.
        option: Box<str>,
    },
    /// FUNCTION LIST does not know that word.
    #[error("ERR Unknown argument {argument}")]
    UnknownListArgument {
        /// The word as sent.
        argument: Box<str>,
    },
    /// LIBRARYNAME without a name.
    #[error("ERR library name argument was not given")]
    LibraryNameMissing,
    /// FUNCTION FLUSH knows two options.
    #[error("ERR FUNCTION FLUSH only supports SYNC|ASYNC option")]
    FunctionFlushOption,
    /// SCRIPT FLUSH knows two options.
    #[error("ERR SCRIPT FLUSH only support SYNC|ASYNC option")]
    ScriptFlushOption,
    /// SCRIPT DEBUG knows three words.
    #[error("ERR Use SCRIPT DEBUG YES/SYNC/NO")]
    ScriptDebugMode,
    /// There is no debugger.
    #[error("ERR scripts cannot be debugged on this server")]
    NoDebugger,
    /// A subcommand got more words than it takes.
    #[error("ERR unknown subcommand or wrong number of arguments for '{name}'. Try {container} HELP.")]
    SubcommandArity {
        /// The container in upper case.
        container: &'static str,
        /// The subcommand as sent.
        name: Box<str>,
    },
    /// A script that may write is run by a command that may not.
    #[error("ERR Can not execute a script with write flag using *_ro command.")]
    WriteFlag,
    /// A script holds everything and has done so for long.
    #[error("BUSY Redis is busy running a script. You can only call {kill} or SHUTDOWN NOSAVE.")]
    Busy {
        /// The command that ends it.
        kill: &'static str,
    },
    /// There is no script to kill.
    #[error("NOTBUSY No scripts in execution right now.")]
    NotBusy,
    /// A script calls what no command is.
    #[error("ERR Unknown Redis command called from script")]
    CallUnknown,
    /// A script calls with too few or too many arguments.
    #[error("ERR Wrong number of args calling Redis command from script")]
    CallArity,
    /// A script calls what none may.
    #[error("ERR This Redis command is not allowed from script")]
    CallNotAllowed,
    /// A script that may only read calls what writes.
    #[error("ERR Write commands are not allowed from read-only scripts.")]
    CallReadOnly,
    /// CAS.GUARD with what CAS.VERSION never answers.
    #[error("ERR not a version: only CAS.VERSION makes them")]
    NotAVersion,
    /// CAS.GUARD with nothing that it could keep from running.
    #[error("ERR CAS.GUARD guards a transaction or a script: alone it would guard nothing")]
    GuardAlone,
    /// CAS.GUARD behind something else.
    #[error("ERR CAS.GUARD comes first in a transaction")]
    GuardNotFirst,
    /// A command behind CAS.GUARD that a transaction runs outside its one step.
    #[error("ERR a transaction that CAS.GUARD begins takes only commands on data, not '{command}'")]
    NotGuarded {
        /// The command as the table names it.
        command: &'static str,
    },
    /// A guard in a script does not hold.
    #[error("OUTDATED a guarded key has changed")]
    Outdated,
    /// A script that locks only its keys touches another.
    #[error(
        "ERR Dynamic keys are not allowed in Lua scripts when 'allow-key-locking' flag is set. Key was: {key}"
    )]
    CallDynamicKey {
        /// The key.
        key: Box<str>,
    },
    /// A script that locks only its keys calls what looks at all.
    #[error("ERR Command '{command}' is not allowed in Lua scripts when 'allow-key-locking' flag is set.")]
    CallWholeKeyspace {
        /// The command as the table names it.
        command: &'static str,
    },
}

impl From<LoadError> for CommandError {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Footer => Self::PayloadFooter,
            LoadError::Damaged => Self::PayloadDamaged,
            LoadError::TooLarge => Self::RestoredTooLarge,
        }
    }
}
