//! Room `engine`: the pure database. No IO, no clock, no randomness, no async.

pub mod batch;
pub mod cx;
pub mod entry;
pub mod error;
pub mod hash;
pub mod keyspace;
pub mod time;
pub mod types;
