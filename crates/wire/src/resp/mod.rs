//! RESP, the protocol of Redis: versions 2 and 3, and inline commands.
//!
//! Source: the Redis protocol specification.

mod decoder;
mod encode;
mod inline;
mod number;
mod sink;
mod value_decoder;

#[cfg(test)]
mod tests;

pub use decoder::{DecodeError, Limits, RequestDecoder};
pub use encode::encode_command;
pub use inline::split_line;
pub use sink::RespSink;
pub use value_decoder::decode_value;
