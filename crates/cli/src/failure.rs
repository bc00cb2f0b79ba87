//! Starts and stops that went wrong: one line for a person, one exit code for a script.

use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;

use selvedge_server::settings::SettingsError;

/// What `--help` says about exit codes. Kept beside [`Failure::exit_code`], which it describes.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  stopped by SIGTERM or SIGINT, everything written and synced
  1  any other failure, such as a full disk at the start or a failed last sync
  2  a setting, the data directory or the file of tokens cannot be used
  3  another process uses the data directory
  4  the log is damaged: nothing is served, file and offset are named
  5  an address cannot be bound, for example because the port is taken";

/// Why the process ends with another exit code than 0.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Settings that cannot be used; also `--help`, which is no failure.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A data directory that cannot be made.
    #[error("the data directory {} cannot be used; name another one with --data-dir", path.display())]
    DataDir {
        /// The directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file of tokens that cannot be read or written.
    #[error("the file of tokens {} cannot be used", path.display())]
    TokenFile {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file of tokens that others can read.
    #[error("others can read the file of tokens {}: run `chmod 600` on it", path.display())]
    TokenFileOpen {
        /// The file.
        path: PathBuf,
    },
    /// A file of tokens that holds something else.
    #[error("the file of tokens {} does not hold tokens: remove it, and new ones are drawn", path.display())]
    TokenFileContents {
        /// The file.
        path: PathBuf,
    },
    /// The data directory is taken.
    #[error("another process uses the data directory {}", path.display())]
    Locked {
        /// The directory.
        path: PathBuf,
    },
    /// The log is damaged.
    #[error("the log in {} is damaged, nothing was changed", path.display())]
    Damaged {
        /// The directory.
        path: PathBuf,
        /// Where.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// A door that does not open.
    #[error("{flag} {address} cannot be bound")]
    Bind {
        /// The flag to change.
        flag: &'static str,
        /// Its address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Anything else.
    #[error("{doing}")]
    Other {
        /// What was being done.
        doing: &'static str,
        /// What happened.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

impl Failure {
    /// Wraps what has no exit code of its own.
    pub(crate) fn other(doing: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Other { doing, source: source.into() }
    }

    /// The code the process ends with; see [`EXIT_CODES`].
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Settings(SettingsError::Flags(error)) => u8::try_from(error.exit_code()).unwrap_or(2),
            Self::Settings(_)
            | Self::DataDir { .. }
            | Self::TokenFile { .. }
            | Self::TokenFileOpen { .. }
            | Self::TokenFileContents { .. } => 2,
            Self::Locked { .. } => 3,
            Self::Damaged { .. } => 4,
            Self::Bind { .. } => 5,
            Self::Other { .. } => 1,
        }
    }

    /// Says it: help on the standard output, all else in one line on the standard error.
    pub(crate) fn report(&self) {
        if let Self::Settings(SettingsError::Flags(error)) = self {
            // Where the terminal is gone nobody is left to be told.
            let _ = error.print();
            return;
        }
        let mut line = format!("selvedge: {self}");
        let mut source = self.source();
        while let Some(error) = source {
            line.push_str(": ");
            line.push_str(&error.to_string().replace('\n', " "));
            source = error.source();
        }
        eprintln!("{}", line.trim_end());
    }
}
