//! Room `engine`: the pure database. No IO, no clock, no randomness, no async.

pub mod batch;
pub mod cx;
pub mod entry;
pub mod error;
pub mod expire;
pub mod hash;
pub mod keyspace;
pub mod limits;
pub mod mutation;
mod random;
pub mod replay;
mod table;
pub mod time;
pub mod types;
mod undo;
mod varint;

pub use replay::{apply_batch, genesis_seed};
pub use undo::undo;
