//! Errors of the commands of streams.

use super::quoted::{QUOTED_BYTES_MAX, printable};

/// Why a command of streams was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StreamError {
    /// A word is no id.
    #[error("ERR Invalid stream ID specified as stream command argument")]
    InvalidId,
    /// XADD with an id that is not above all there were.
    #[error("ERR The ID specified in XADD is equal or smaller than the target stream top item")]
    IdNotAbove,
    /// XADD with the one id that no entry has.
    #[error("ERR The ID specified in XADD must be greater than 0-0")]
    IdZero,
    /// There is no id above the last one.
    #[error("ERR The stream has exhausted the last possible ID, unable to add more items")]
    Exhausted,
    /// More than one of MAXLEN and MINID.
    #[error("ERR syntax error, MAXLEN and MINID options at the same time are not compatible")]
    TwoStrategies,
    /// XTRIM with neither.
    #[error("ERR syntax error, XTRIM must be called with a trimming strategy")]
    NoStrategy,
    /// An amount of a trimming option is negative.
    #[error("ERR The {option} argument must be >= 0.")]
    NegativeAmount {
        /// The option.
        option: &'static str,
    },
    /// LIMIT for an exact trimming.
    #[error("ERR syntax error, LIMIT cannot be used without the special ~ option")]
    LimitOfExact,
    /// LIMIT without MAXLEN and MINID.
    #[error("ERR syntax error, LIMIT cannot be used without specifying a trimming strategy")]
    LimitWithoutStrategy,
    /// An interval starts behind the last id.
    #[error("ERR invalid start ID for the interval")]
    IntervalStart,
    /// An interval ends before the first id.
    #[error("ERR invalid end ID for the interval")]
    IntervalEnd,
    /// XSETID below what it says was deleted.
    #[error("ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id")]
    SetIdBelowGiven,
    /// XSETID below what was deleted.
    #[error("ERR The ID specified in XSETID is smaller than current max_deleted_entry_id")]
    SetIdBelowDeleted,
    /// XSETID below the last entry.
    #[error("ERR The ID specified in XSETID is smaller than the target stream top item")]
    SetIdBelowLast,
    /// XSETID with a negative count.
    #[error("ERR entries_added must be positive")]
    EntriesAddedNegative,
    /// XSETID with fewer entries than there are.
    #[error("ERR The entries_added specified in XSETID is smaller than the target stream length")]
    EntriesAddedTooFew,
    /// XGROUP on a key that is not there.
    #[error(
        "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM \
         option to create an empty stream automatically."
    )]
    NoKeyForGroup,
    /// XGROUP CREATE of a group that is there.
    #[error("BUSYGROUP Consumer Group name already exists")]
    GroupExists,
    /// ENTRIESREAD is neither a count nor -1.
    #[error("ERR value for ENTRIESREAD must be positive or -1")]
    EntriesReadNegative,
    /// A stream has no such group.
    #[error("NOGROUP No such consumer group '{}' for key name '{}'", .0.group, .0.key)]
    NoGroup(Box<GroupOfKey>),
    /// There is no such stream, or it has no such group.
    #[error("NOGROUP No such key '{}' or consumer group '{}'", .0.key, .0.group)]
    NoKeyOrGroup(Box<GroupOfKey>),
    /// XREADGROUP found no such stream, or it has no such group.
    #[error("NOGROUP No such key '{}' or consumer group '{}' in XREADGROUP with GROUP option", .0.key, .0.group)]
    NoGroupToRead(Box<GroupOfKey>),
    /// XREAD with a number of words behind STREAMS that is odd.
    #[error(
        "ERR Unbalanced 'xread' list of streams: for each stream key an ID, '+', or '$' must be specified."
    )]
    Unbalanced,
    /// XREADGROUP likewise.
    #[error(
        "ERR Unbalanced 'xreadgroup' list of streams: for each stream key an ID or '>' must be specified."
    )]
    UnbalancedOfGroup,
    /// XREAD with an option of XREADGROUP.
    #[error("ERR The {option} option is only supported by XREADGROUP. You called XREAD instead.")]
    OptionOfGroup {
        /// The option.
        option: &'static str,
    },
    /// XREADGROUP without GROUP.
    #[error("ERR Missing GROUP option for XREADGROUP")]
    GroupMissing,
    /// XREADGROUP from an id that only XREAD knows.
    #[error(
        "ERR The {id} ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by \
         specifying a proper ID, or use the > ID to get new messages. The {id} ID would just return an empty result set."
    )]
    IdMeaningless {
        /// The id.
        id: char,
    },
    /// XREAD from the id that only XREADGROUP knows.
    #[error(
        "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option."
    )]
    NewIdWithoutGroup,
    /// The timeout of BLOCK is no number.
    #[error("ERR timeout is not an integer or out of range")]
    TimeoutNotAnInteger,
    /// An idle time is no number.
    #[error("ERR Invalid min-idle-time argument for {command}")]
    InvalidIdleTime {
        /// The command in upper case.
        command: &'static str,
    },
    /// An option's amount is no number.
    #[error("ERR Invalid {option} option argument for XCLAIM")]
    InvalidClaimAmount {
        /// The option.
        option: &'static str,
    },
    /// XCLAIM does not know that option.
    #[error("ERR Unrecognized XCLAIM option '{option}'")]
    UnknownClaimOption {
        /// The option as sent.
        option: Box<str>,
    },
    /// XAUTOCLAIM's count is not positive.
    #[error("ERR COUNT must be > 0")]
    CountNotPositive,
    /// A count of ids is not positive.
    #[error("ERR Number of IDs must be a positive integer")]
    IdCountNotPositive,
    /// There are fewer ids than their count says.
    #[error("ERR The `numids` parameter must match the number of arguments")]
    IdCountMismatch,
}

/// The names of a key and a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupOfKey {
    /// The key.
    pub key: String,
    /// The group.
    pub group: String,
}

impl GroupOfKey {
    /// The names as an error line can hold them.
    pub(crate) fn new(key: &[u8], group: &[u8]) -> Box<Self> {
        Box::new(Self { key: printable(key, usize::MAX), group: printable(group, usize::MAX) })
    }
}

impl StreamError {
    /// The error for an option of XCLAIM that there is not.
    pub(crate) fn unknown_claim_option(option: &[u8]) -> Self {
        Self::UnknownClaimOption { option: printable(option, QUOTED_BYTES_MAX).into() }
    }
}
