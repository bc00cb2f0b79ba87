//! Settings that cannot be used.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Settings that cannot be used, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// Flags or environment variables that cannot be read; also `--help` and `--version`, which are no errors.
    #[error(transparent)]
    Flags(#[from] clap::Error),
    /// The file cannot be read.
    #[error("the settings file {} cannot be read", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is no TOML.
    #[error("the settings file {} is not valid TOML", path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// Where and why.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// The file names a setting that does not exist.
    #[error("{}: there is no setting `{key}`; docs/configuration.md lists them all", path.display())]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// The name.
        key: String,
    },
    /// The file gives a setting a table, an array or a date.
    #[error("{}: `{key}` must be a string, a number or a boolean", path.display())]
    ValueType {
        /// The file.
        path: PathBuf,
        /// The name.
        key: String,
    },
    /// An address that others can reach, and no permission for it.
    #[error(
        "{name} {address} can be reached by other machines and traffic is not encrypted; bind 127.0.0.1, or add \
         --allow-public-bind if a private network or a proxy with TLS protects it"
    )]
    PublicBind {
        /// The flag.
        name: &'static str,
        /// Its address.
        address: SocketAddr,
    },
    /// An address that others can reach, and no token.
    #[error(
        "{name} {address} can be reached by other machines: --insecure-no-auth works with loopback addresses only"
    )]
    OpenToAll {
        /// The flag.
        name: &'static str,
        /// Its address.
        address: SocketAddr,
    },
    /// A token that is empty or what an SDK sends when it has none.
    #[error("{name} is set but holds no token; unset it, and the first start draws one")]
    NoToken {
        /// The variable.
        name: &'static str,
    },
    /// A token that no header can carry.
    #[error(
        "{name} holds blanks, line ends, other characters than printable ASCII, or more than 4096 of them"
    )]
    BadToken {
        /// The variable.
        name: &'static str,
    },
    /// A token that could be guessed.
    #[error("{name} has fewer than 16 characters: too few for an address that other machines can reach")]
    ShortToken {
        /// The variable.
        name: &'static str,
    },
    /// Reading and writing with the same token.
    #[error("SELVEDGE_TOKEN and SELVEDGE_READ_ONLY_TOKEN are equal: a token can have one set of rights")]
    EqualTokens,
    /// Nobody could log in.
    #[error("there is no token: set SELVEDGE_TOKEN, or add --insecure-no-auth on a loopback address")]
    TokenMissing,
    /// A number below what works.
    #[error("{name} {value} is too small: the least is {min}")]
    TooSmall {
        /// The flag.
        name: &'static str,
        /// Its value.
        value: u64,
        /// The least.
        min: u64,
    },
    /// A number above what works.
    #[error("{name} {value} is too large: the most is {max}")]
    TooLarge {
        /// The flag.
        name: &'static str,
        /// Its value.
        value: u64,
        /// The most.
        max: u64,
    },
}
