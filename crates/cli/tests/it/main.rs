//! The real binary, from outside: started, asked, stopped, killed.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    unreachable_pub,
    missing_docs,
    reason = "all of this is test code, where a panic is the report"
)]

mod abuse;
mod blocking;
mod clients;
mod crash;
mod first_start;
mod golden;
mod harness;
mod keyspace_events;
mod lifecycle;
mod malformed_http;
mod malformed_resp;
mod memory;
mod monitor;
mod monitoring;
mod pubsub;
mod refusals;
mod rest;
mod scripts;
mod slow;
mod tails;
