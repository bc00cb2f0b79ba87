//! Golden scripts: command lines with the replies they must get, in one language for every door.
//!
//! A script is a text file, one per behaviour, named after its claim:
//!
//! ```text
//! # SET with NX writes only when the key is absent.
//! > SET k first NX
//! OK
//! > SET k second NX
//! (nil)
//! ```
//!
//! - `> ` starts a command line. Words may stand in double quotes with the escapes `\n \r \t \a \b \\ \" \xHH`.
//! - What follows, up to a blank line or the next mark, is the reply as redis-cli shows it, with every RESP type visible
//!   (see [`notation`]).
//! - `# ` starts a comment.
//!   Where a script asks for keyspace events, they follow the reply, a line `@ event key` each.
//! - `! ` starts a directive (see [`Directive`]).
//!
//! Each script starts on an empty database and speaks RESP2 until it says `! resp3`.
//!
//! The same files run against the engine, over RESP, over REST and against a real Redis: a [`Target`] each. With
//! `SELVEDGE_GOLDEN_UPDATE=1` the expected replies are rewritten from what the target answers.

pub mod notation;

mod http;
mod resp_target;
mod rest_target;
mod runner;
mod script;
mod target;

pub use resp_target::RespTarget;
pub use rest_target::{RestForm, RestTarget};
pub use runner::{Outcome, Report, run_file, run_folder};
pub use script::{Directive, Item, Need, Order, ParseError, Script};
pub use target::{Fidelity, PASSWORD, Target, TargetError};
