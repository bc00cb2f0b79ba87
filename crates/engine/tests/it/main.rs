//! Integration tests of the engine: the golden scripts, and what the command table promises.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic, reason = "a test that panics fails")]

mod bitmaps;
mod damaged_dumps;
mod differential;
mod dumps;
mod golden;
mod hashes;
mod hyper_log_logs;
mod moving_streams;
mod numbers;
mod random;
mod solo;
mod sorted_sets;
mod table;
