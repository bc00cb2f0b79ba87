//! The doors and the wiring: RESP and REST listeners, tokens, settings, metrics.

pub mod limits;
pub mod settings;

mod clients;
mod commands;
mod configuration;
mod connection;
mod elsewhere;
mod failures;
mod info;
mod metrics;
mod resp;
mod rest;
mod server;
mod shared;
mod start;
mod statistics;
mod tokens;
mod transaction;
mod turn;

pub use server::{BindError, Server};
pub use settings::{Settings, SettingsError};

pub use start::{StartError, open};

// What the binary needs of the rooms below: it imports no other.
pub use selvedge_node::{Database, DirectoryError, LogError, OpenError, Progress};
