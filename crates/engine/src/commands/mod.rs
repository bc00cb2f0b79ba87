//! The commands, one file per family: parse, call the types, reply.
//!
//! Each file opens with the records of its commands; [`table`] puts them together. A handler validates everything first and
//! changes data and replies last, so that an error never follows half a reply.

pub(crate) mod bitfield;
pub(crate) mod bitmaps;
pub(crate) mod bitop;
pub(crate) mod blocking;
pub(crate) mod client;
pub(crate) mod cluster;
pub(crate) mod command;
mod condition;
pub(crate) mod connection;
pub(crate) mod counters;
pub(crate) mod databases;
pub(crate) mod describe;
pub(crate) mod dump;
pub(crate) mod expiry;
pub(crate) mod field_expiry;
pub(crate) mod field_groups;
pub(crate) mod functions;
pub(crate) mod generic;
pub(crate) mod geo;
pub(crate) mod hashes;
pub(crate) mod hyper_log_logs;
pub(crate) mod json;
pub(crate) mod lcs;
pub(crate) mod list_elements;
pub(crate) mod lists;
pub(crate) mod lolwut;
pub(crate) mod memory;
pub(crate) mod monitoring;
pub(crate) mod object;
pub(crate) mod pubsub;
mod reply;
mod scan;
pub(crate) mod scripting;
pub(crate) mod server;
pub(crate) mod set_algebra;
pub(crate) mod sets;
pub(crate) mod sort;
pub(crate) mod sorted_sets;
pub(crate) mod streams;
pub(crate) mod string_options;
pub(crate) mod strings;
pub mod table;
pub(crate) mod transactions;
pub(crate) mod versions;
pub(crate) mod waiting;
