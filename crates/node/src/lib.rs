//! One running database: it takes a request through admission, execution under the shards' locks, the log, and the
//! shared commit, and brings the state back at the next start.
//!
//! The room knows no socket and no protocol: `server` hands it arguments and a [`ReplySink`](selvedge_wire::ReplySink).
//! Time and randomness come in through [`clock::Clock`] and [`entropy::Entropy`].

pub mod clock;
pub mod entropy;
pub mod limits;

mod admit;
mod after;
mod commit;
mod database;
mod detached;
mod error;
mod execute;
mod hub;
mod maintenance;
mod monitor;
mod outbox;
mod read_back;
mod recovery;
mod script;
mod statistics;
mod tracking;
mod transaction;
mod waiters;
mod walk;
mod watches;
mod write_lane;

#[cfg(test)]
mod tests;

pub use admit::Caller;
pub use database::{Database, NodeSettings};
pub use error::{CommitError, OpenError};
pub use execute::Executed;
pub use hub::{Arrivals, Delivery, Overflow, Subscriber, Topic};
pub use read_back::ReadBack;
pub use recovery::Progress;
pub use statistics::{Health, Statistics};
pub use tracking::{Inbox, News, Notice, Reader, Tracker, TrackingCounts, TrackingMode, TrackingOptions};
pub use transaction::{EachReply, Queued, check_place};
pub use waiters::{Blocked, Woken};
pub use walk::Walking;
pub use watches::Watch;

// What a door needs of the rooms below: it imports no other.
pub use selvedge_engine::events::{Class as EventClass, Event, Events};
pub use selvedge_engine::glob::matches as glob_matches;
pub use selvedge_engine::{
    Args, Command, CommandError, Connection, Patience, Permission, REDIS_VERSION, Run, Traits, one_database,
    table,
};
pub use selvedge_log::{
    DirectoryError, Disk, Durability, FileDisk, LATENCY_BUCKETS_US as SYNC_LATENCY_BUCKETS_US,
    OpenError as LogError, Sequence,
};
