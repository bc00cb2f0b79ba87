//! SLOWLOG.

use selvedge_node::Args;
use selvedge_wire::ReplySink;

use crate::commands::bad_subcommand;
use crate::shared::Shared;

/// Entries that SLOWLOG GET shows when it is not told how many.
const SHOWN_BY_DEFAULT: usize = 10;

pub(super) fn get(shared: &Shared, args: Args<'_>, sink: &mut dyn ReplySink) {
    let count = match args.get(2..).unwrap_or_default() {
        [] => SHOWN_BY_DEFAULT,
        [count] => match std::str::from_utf8(count).ok().and_then(|text| text.parse::<i64>().ok()) {
            Some(-1) => usize::MAX,
            Some(count) if count >= 0 => usize::try_from(count).unwrap_or(usize::MAX),
            _ => {
                sink.error("ERR count should be greater than or equal to -1");
                return;
            }
        },
        _ => {
            sink.error(&bad_subcommand("SLOWLOG", args));
            return;
        }
    };
    let commands = shared.slow_log.newest(count);
    sink.array(commands.len());
    for command in commands {
        sink.array(6);
        sink.integer(command.id);
        sink.integer(command.at_s);
        sink.integer(command.took_us);
        sink.array(command.arguments.len());
        for argument in &command.arguments {
            sink.bulk(argument);
        }
        sink.bulk(command.peer.as_bytes());
        sink.bulk(command.name.as_bytes());
    }
}
