//! Replies in the JSON dialect of Upstash (UPSTASH.md 1.5 and 1.6).

mod base64;
mod sink;
mod string;

pub use sink::{Element, Encoding, JsonSink, write_element, write_error};
pub use string::write_string;
