//! From settings to an open database.

use std::sync::Arc;

use selvedge_node::clock::SystemClock;
use selvedge_node::entropy::SystemEntropy;
use selvedge_node::{Database, DirectoryError, FileDisk, NodeSettings, OpenError, Progress};

use crate::settings::Settings;

/// A database that could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The data directory cannot be used, or another process holds it.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The log cannot be read.
    #[error(transparent)]
    Open(#[from] OpenError),
}

/// Locks the data directory and brings the database back, or founds one.
///
/// # Errors
/// [`StartError`]. Damage is named by file and offset, and nothing was changed.
pub fn open(settings: &Settings, progress: &mut dyn FnMut(Progress)) -> Result<Arc<Database>, StartError> {
    let disk = FileDisk::open(&settings.data_dir)?;
    let node = NodeSettings {
        durability: settings.log_durability(),
        segment_bytes: settings.segment_bytes,
        busy_reply_threshold_ms: settings.busy_reply_threshold_ms,
        script_time_ms_max: settings.script_time_ms_max,
    };
    Ok(Database::open(
        node,
        Arc::new(disk),
        Arc::new(SystemClock::default()),
        Box::new(SystemEntropy),
        progress,
    )?)
}
