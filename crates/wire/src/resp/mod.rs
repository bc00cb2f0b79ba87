//! RESP, the protocol of Redis: versions 2 and 3, and inline commands.
//!
//! Source: the Redis protocol specification.

mod decoder;
mod inline;
mod sink;
mod value_decoder;

#[cfg(test)]
mod tests;

pub use decoder::{DecodeError, Limits, RequestDecoder};
pub use sink::RespSink;
pub use value_decoder::decode_value;

/// Writes a command as a client does: an array of bulk strings.
pub fn encode_command(out: &mut Vec<u8>, args: &[&[u8]]) {
    let mut sink = RespSink::new(out, crate::Protocol::Resp2);
    crate::ReplySink::array(&mut sink, args.len());
    for arg in args {
        crate::ReplySink::bulk(&mut sink, arg);
    }
}
