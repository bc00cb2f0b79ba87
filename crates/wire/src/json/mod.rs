//! Replies in the JSON dialect of Upstash (UPSTASH.md 1.5 and 1.6).

mod sink;

pub use sink::{Encoding, JsonSink, write_element, write_error, write_string};
