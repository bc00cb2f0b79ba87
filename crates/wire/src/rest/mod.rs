//! Requests in the REST dialect of Upstash (UPSTASH.md 1.2): JSON bodies and path style.

mod argument;
mod body;
mod error;
mod path;
mod reserved;

use std::borrow::Cow;

use smallvec::SmallVec;

pub use body::{parse_command, parse_pipeline};
pub use error::RestError;
pub use path::{parse_path, query_token};
pub use reserved::{Reserved, ReservedPath, reserved};

/// The arguments of one command, borrowed from the request where they can be.
pub type Arguments<'a> = SmallVec<[Cow<'a, [u8]>; 8]>;
