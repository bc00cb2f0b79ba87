//! Sorted sets: members ordered by scores.

pub(crate) mod change;
pub(crate) mod combine;
mod interval;
pub(crate) mod look;
pub(crate) mod range;
pub(crate) mod remove;

use selvedge_wire::ReplySink;

use crate::commands::reply;
use crate::commands::table::{Arg, Command, Group};
use crate::cx::{Lookup, WriteCx};
use crate::events::Event;
use crate::mutation::ScoredMembers;

const SORTED_SET: Command = Command::base(Group::SortedSet);

const MEMBER: Arg = Arg::string("member");
const WITHSCORES: Arg = Arg::token("withscores", "WITHSCORES").optional();

/// Replies with members, or with members and their scores: one list in RESP2, pairs in RESP3.
fn write_members<'a>(
    members: impl Iterator<Item = (&'a [u8], f64)>,
    count: usize,
    with_scores: bool,
    out: &mut dyn ReplySink,
) {
    let scores: fn(&mut dyn ReplySink, f64) = |out, score| out.double(score);
    reply::items(out, members, count, with_scores.then_some(scores));
}

/// Makes `key` a sorted set of members in order that [`ScoredMembers::pack`] put together, and tells of it.
pub(super) fn store(cx: &mut WriteCx<'_>, key: &[u8], packed: &[u8], event: Event) {
    let members = ScoredMembers::new(packed);
    debug_assert!(members.is_some(), "the members are in order");
    if let Some(members) = members {
        let was_there = cx.exists(key);
        cx.sorted_set_store(key, members);
        cx.notify_stored(event, key, was_there);
    }
}
