//! RESP2, RESP3 and the JSON dialect of Upstash over one [`Value`], without IO; and what frames a request of HTTP/1.1.
//!
//! Bytes come in and go out as slices; sockets, time and limits of connections are the caller's.

pub mod http;
pub mod json;
pub mod limits;
pub mod resp;
pub mod rest;

mod double;
mod reply;
mod tape;
mod value;

pub use double::{DoubleText, double_text};
pub use reply::{Protocol, ReplySink};
pub use tape::Tape;
pub use value::{Value, ValueSink};
