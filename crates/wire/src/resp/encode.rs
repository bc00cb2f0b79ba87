//! Requests as a client writes them.

use crate::reply::{Protocol, ReplySink as _};
use crate::resp::RespSink;

/// Writes a command as a client does: an array of bulk strings.
pub fn encode_command(out: &mut Vec<u8>, args: &[&[u8]]) {
    let mut sink = RespSink::new(out, Protocol::Resp2);
    sink.array(args.len());
    for arg in args {
        sink.bulk(arg);
    }
}
