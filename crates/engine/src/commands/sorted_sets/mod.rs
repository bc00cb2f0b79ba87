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
use crate::cx::WriteCx;

const SORTED_SET: Command = Command::base(Group::SortedSet);

const MEMBER: Arg = Arg::string("member");
const WITHSCORES: Arg = Arg::token("withscores", "WITHSCORES").optional();

/// A member taken out of the keyspace, with its score.
type Scored = (Box<[u8]>, f64);

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

/// Makes `key` a sorted set of these members, whatever it was; without members nothing stays. Returns how many there are.
fn store(cx: &mut WriteCx<'_>, key: &[u8], members: &[Scored]) -> usize {
    cx.remove(key);
    for (member, score) in members {
        cx.set_score(key, member, *score);
    }
    members.len()
}
