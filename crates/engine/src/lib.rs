//! Room `engine`: the pure database. No IO, no clock, no randomness, no async.

mod args;
pub mod batch;
mod buckets;
mod chunk;
mod commands;
pub mod cx;
pub mod docs;
pub mod entry;
pub mod error;
pub mod events;
pub mod expire;
pub mod functions;
pub mod glob;
pub mod hash;
pub mod keyspace;
pub mod limits;
mod long_double;
pub mod memory;
pub mod mutation;
pub mod numbers;
pub mod post;
mod random;
mod rdb;
pub mod replay;
pub mod scripting;
pub mod time;
pub mod types;
mod undo;
mod varint;
mod version;

pub use batch::Batch;
pub use commands::databases::one_database;
pub use commands::table;
pub use cx::{Lookup, ReadCx, WriteCx};
pub use error::CommandError;
pub use events::{Event, Events};
pub use hash::{HashSeed, KeyHash};
pub use keyspace::{Keyspace, Scope, Sequence};
pub use post::{ChannelKind, Post};
pub use rdb::load_libraries;
pub use replay::{apply_batch, genesis_seed};
pub use table::{Args, Attempt, Command, Connection, Patience, Permission, Run, Script, Traits};
pub use time::{HybridTime, Milliseconds, Now};
pub use undo::{undo, undo_to};

/// The version of Redis whose behaviour this is, as clients are told.
pub const REDIS_VERSION: &str = "8.2.0";
