//! GEOSEARCH, and the older GEORADIUS.

use selvedge_wire::ReplySink;

use super::query::{Center, Draft, Form, Order, Query, Store, circle};
use super::unit::UNIT;
use super::{GEO, LATITUDE, LONGITUDE, MEMBER, write_distance, write_position};
use crate::args::words;
use crate::commands::table::arg::KEY;
use crate::commands::table::{Arg, Args, Arity, Command, KeyUse, Keys, Run, Traits};
use crate::commands::{reply, sorted_sets};
use crate::cx::{Lookup, ReadCx, WriteCx};
use crate::error::CommandError;
use crate::events::Event;
use crate::mutation::ScoredMembers;
use crate::types::SortedSetRef;
use crate::types::geo::Position;
use crate::types::sorted_set::{Cut, OrderedScore};

const COMPLEXITY: &str = "O(log N + M), N the size of the sorted set, M the number of members in the cells around the area; \
     sorted M log M more";

const FROM: Arg = Arg::one_of(
    "from",
    &[MEMBER.after("FROMMEMBER"), Arg::block("fromlonlat", &[LONGITUDE, LATITUDE]).after("FROMLONLAT")],
);
const BY: Arg = Arg::one_of(
    "by",
    &[
        Arg::block("circle", &[Arg::double("radius").after("BYRADIUS"), UNIT]),
        Arg::block("box", &[Arg::double("width").after("BYBOX"), Arg::double("height"), UNIT]),
    ],
);
const RADIUS: Arg = Arg::double("radius");
const ORDER: Arg = Arg::one_of("order", &[Arg::token("asc", "ASC"), Arg::token("desc", "DESC")]).optional();
const COUNT: Arg =
    Arg::block("count-block", &[Arg::integer("count").after("COUNT"), Arg::token("any", "ANY").optional()])
        .optional();
const WITHCOORD: Arg = Arg::token("withcoord", "WITHCOORD").optional();
const WITHDIST: Arg = Arg::token("withdist", "WITHDIST").optional();
const WITHHASH: Arg = Arg::token("withhash", "WITHHASH").optional();
const STORE: Arg =
    Arg::one_of("store", &[Arg::key("storekey").after("STORE"), Arg::key("storedistkey").after("STOREDIST")])
        .optional();

const READ: Command =
    Command { complexity: COMPLEXITY, keys: Keys::One, uses: &[KeyUse::RO.access()], ..GEO };

const RADIUS_STORE: Command = Command {
    complexity: COMPLEXITY,
    uses: &[KeyUse::RO.access(), KeyUse::OW.update(), KeyUse::OW.update()],
    traits: Traits::DENY_OOM.and(Traits::COPIES_STORED),
    ..GEO
};

/// The words before which GEORADIUS and its kin name a key to store at.
const STORE_WORDS: &[&str] = &["STORE", "STOREDIST"];

/// The commands of this file.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "georadius",
        since: "3.2.0",
        summary: "Finds the members around a place, and can store them.",
        arity: Arity::AtLeast(6),
        keys: Keys::OneAndNamed { words: STORE_WORDS, from: 6 },
        args: &[KEY, LONGITUDE, LATITUDE, RADIUS, UNIT, WITHCOORD, WITHDIST, WITHHASH, COUNT, ORDER, STORE],
        run: Run::Write(georadius),
        ..RADIUS_STORE
    },
    Command {
        name: "georadius_ro",
        since: "3.2.10",
        summary: "Finds the members around a place.",
        arity: Arity::AtLeast(6),
        args: &[KEY, LONGITUDE, LATITUDE, RADIUS, UNIT, WITHCOORD, WITHDIST, WITHHASH, COUNT, ORDER],
        run: Run::Read(georadius_ro),
        ..READ
    },
    Command {
        name: "georadiusbymember",
        since: "3.2.0",
        summary: "Finds the members around one of them, and can store them.",
        arity: Arity::AtLeast(5),
        keys: Keys::OneAndNamed { words: STORE_WORDS, from: 5 },
        args: &[KEY, MEMBER, RADIUS, UNIT, WITHCOORD, WITHDIST, WITHHASH, COUNT, ORDER, STORE],
        run: Run::Write(georadiusbymember),
        ..RADIUS_STORE
    },
    Command {
        name: "georadiusbymember_ro",
        since: "3.2.10",
        summary: "Finds the members around one of them.",
        arity: Arity::AtLeast(5),
        args: &[KEY, MEMBER, RADIUS, UNIT, WITHCOORD, WITHDIST, WITHHASH, COUNT, ORDER],
        run: Run::Read(georadiusbymember_ro),
        ..READ
    },
    Command {
        name: "geosearch",
        since: "6.2.0",
        summary: "Finds the members in a circle or a box around a place or a member.",
        arity: Arity::AtLeast(7),
        args: &[KEY, FROM, BY, ORDER, COUNT, WITHCOORD, WITHDIST, WITHHASH],
        run: Run::Read(geosearch),
        ..READ
    },
    Command {
        name: "geosearchstore",
        since: "6.2.0",
        complexity: COMPLEXITY,
        summary: "Stores the members in a circle or a box around a place or a member, with places or distances.",
        arity: Arity::AtLeast(8),
        keys: Keys::Range { first: 1, last: 2, step: 1 },
        uses: &[KeyUse::OW.update(), KeyUse::RO.access()],
        args: &[
            Arg::key("destination"),
            Arg::key("source"),
            FROM,
            BY,
            ORDER,
            COUNT,
            Arg::token("storedist", "STOREDIST").optional(),
        ],
        traits: Traits::DENY_OOM.and(Traits::COPIES_STORED),
        run: Run::Write(geosearchstore),
        ..GEO
    },
];

/// A member that was found.
#[derive(Debug, Clone, Copy)]
struct Found<'a> {
    member: &'a [u8],
    score: f64,
    distance_m: f64,
}

fn geosearch(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let set = cx.sorted_set(key)?;
    let query = Query::parse(args, 2, Form::Search, Draft::default(), set)?;
    write_found(&query, &find(&query, set), out);
    Ok(())
}

fn geosearchstore(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [destination, source] = words(args);
    let set = cx.sorted_set(source)?;
    let draft = Draft { destination: Some(destination), ..Draft::default() };
    let query = Query::parse(args, 3, Form::SearchStore, draft, set)?;
    reply_or_store(cx, source, &query, Event::GEOSEARCHSTORE, out)
}

fn georadius(cx: &mut WriteCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let query = around_place(args, Form::Radius, cx.sorted_set(key)?)?;
    reply_or_store(cx, key, &query, Event::GEORADIUSSTORE, out)
}

fn georadius_ro(cx: &ReadCx<'_>, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
    let [key] = words(args);
    let set = cx.sorted_set(key)?;
    let query = around_place(args, Form::RadiusReadOnly, set)?;
    write_found(&query, &find(&query, set), out);
    Ok(())
}

fn georadiusbymember(
    cx: &mut WriteCx<'_>,
    args: Args<'_>,
    out: &mut dyn ReplySink,
) -> Result<(), CommandError> {
    let [key] = words(args);
    let query = around_member(args, Form::Radius, cx.sorted_set(key)?)?;
    reply_or_store(cx, key, &query, Event::GEORADIUSSTORE, out)
}

fn georadiusbymember_ro(
    cx: &ReadCx<'_>,
    args: Args<'_>,
    out: &mut dyn ReplySink,
) -> Result<(), CommandError> {
    let [key] = words(args);
    let set = cx.sorted_set(key)?;
    let query = around_member(args, Form::RadiusReadOnly, set)?;
    write_found(&query, &find(&query, set), out);
    Ok(())
}

/// Reads GEORADIUS.
fn around_place<'a>(
    args: Args<'a>,
    form: Form,
    set: Option<SortedSetRef<'_>>,
) -> Result<Query<'a>, CommandError> {
    let [_, longitude, latitude, radius, unit] = words(args);
    let center = Some(Center::at(longitude, latitude)?);
    let shape = Some(circle(radius, unit)?);
    Query::parse(args, 6, form, Draft { center, shape, ..Draft::default() }, set)
}

/// Reads GEORADIUSBYMEMBER.
fn around_member<'a>(
    args: Args<'a>,
    form: Form,
    set: Option<SortedSetRef<'_>>,
) -> Result<Query<'a>, CommandError> {
    let [_, member, radius, unit] = words(args);
    let center = Some(Center::of_member(set, member)?);
    // As in Redis nobody looks at the radius where there is no set.
    let shape = Some(if set.is_some() { circle(radius, unit)? } else { Draft::NO_SHAPE });
    Query::parse(args, 5, form, Draft { center, shape, ..Draft::default() }, set)
}

fn reply_or_store(
    cx: &mut WriteCx<'_>,
    source: &[u8],
    query: &Query<'_>,
    event: Event,
    out: &mut dyn ReplySink,
) -> Result<(), CommandError> {
    cx.notify_miss(source);
    let found = find(query, cx.sorted_set(source)?);
    let Some(Store { destination, distances }) = query.store else {
        write_found(query, &found, out);
        return Ok(());
    };
    let score =
        |found: &Found<'_>| if distances { query.unit.of_meters(found.distance_m) } else { found.score };
    let mut scored: Vec<_> = found.iter().map(|found| (found.member, score(found))).collect();
    scored.sort_unstable_by(|(a_member, a), (b_member, b)| {
        OrderedScore::new(*a).cmp(&OrderedScore::new(*b)).then_with(|| a_member.cmp(b_member))
    });
    let (packed, count) = (ScoredMembers::pack(scored.into_iter()), found.len());
    reply::length(out, count);
    sorted_sets::store(cx, destination, &packed, event);
    Ok(())
}

/// The members that a query asks for, in its order.
fn find<'s>(query: &Query<'_>, set: Option<SortedSetRef<'s>>) -> Vec<Found<'s>> {
    let (Some(area), Some(set)) = (query.area(), set) else { return Vec::new() };
    let enough = if query.any { query.count } else { None }.unwrap_or(usize::MAX);
    let mut found = Vec::new();
    for scores in area.scores() {
        let rank = |score| set.rank_of(Cut::BeforeScore(OrderedScore::new(score)));
        let members = set.range(rank(scores.start)..rank(scores.end));
        let inside = members.filter_map(|(member, score)| {
            let distance_m = area.distance_m(Position::of_score(score))?;
            Some(Found { member, score, distance_m })
        });
        found.extend(inside.take(enough - found.len()));
        if found.len() >= enough {
            break;
        }
    }
    sort(&mut found, query);
    found
}

/// Puts members into the order asked for, and drops those beyond the count.
fn sort(found: &mut Vec<Found<'_>>, query: &Query<'_>) {
    // A count without ANY means the nearest.
    let nearest = (query.count.is_some() && !query.any).then_some(Order::Nearest);
    let Some(order) = query.order.or(nearest) else { return };
    let by_distance = |a: &Found<'_>, b: &Found<'_>| match order {
        Order::Nearest => a.distance_m.total_cmp(&b.distance_m),
        Order::Farthest => b.distance_m.total_cmp(&a.distance_m),
    };
    if let Some(count) = query.count.filter(|count| *count < found.len()) {
        found.select_nth_unstable_by(count, by_distance);
        found.truncate(count);
    }
    found.sort_unstable_by(by_distance);
}

fn write_found(query: &Query<'_>, found: &[Found<'_>], out: &mut dyn ReplySink) {
    let with = query.with;
    let belonging = [with.distance, with.hash, with.position].into_iter().filter(|with| *with).count();
    out.array(found.len());
    for Found { member, score, distance_m } in found.iter().copied() {
        if belonging > 0 {
            out.array(1 + belonging);
        }
        out.bulk(member);
        if with.distance {
            write_distance(query.unit.of_meters(distance_m), out);
        }
        if with.hash {
            out.integer(Position::hash_of_score(score));
        }
        if with.position {
            write_position(Position::of_score(score), out);
        }
    }
}
