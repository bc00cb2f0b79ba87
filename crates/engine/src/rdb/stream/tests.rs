use proptest::prelude::*;

use super::{UNKNOWN, dump};
use crate::limits::{RESTORED_BYTES_MAX, STREAM_NAMES_SHARED_BYTES_MAX};
use crate::mutation::{Deliveries, Members, StreamBody, StreamBodyBuilder};
use crate::rdb::listpack::ListpackWriter;
use crate::rdb::writer::{put_length, put_string};
use crate::rdb::{LoadError, Restored, footer, kind, load};
use crate::types::stream::{Stream, StreamInverses};
use crate::types::{References, StreamHead, StreamId, StreamRef};

const NOW_MS: u64 = 1000;

fn loaded(body: &[u8]) -> Result<Vec<u8>, LoadError> {
    let mut payload = body.to_vec();
    footer::seal(&mut payload, footer::VERSION);
    match load(&payload, NOW_MS)? {
        Restored::Stream(body) => Ok(body),
        other => panic!("no stream: {other:?}"),
    }
}

/// A payload in parts, each of which a test may spoil.
struct Payload {
    kind: u8,
    bases: Vec<(u64, u64)>,
    /// The elements of each listpack.
    nodes: Vec<Vec<i64>>,
    len: u64,
    last_id: (u64, u64),
    entries_added: u64,
    groups: Vec<Group>,
}

struct Group {
    name: &'static str,
    entries_read: u64,
    pending: Vec<(u64, u64, i64, u64)>,
    consumers: Vec<Consumer>,
}

/// Its name, when it was seen, and what is pending with it.
type Consumer = (&'static str, i64, Vec<(u64, u64)>);

/// Makes a payload wrong.
type Spoil = fn(&mut Payload);

impl Payload {
    /// Two entries, one deleted between them, one with a name of its own; a group in which one of them is pending.
    fn new(kind: u8) -> Self {
        let first = [
            2, 1, 1, 7, 0, /**/ 2, 0, 0, 11, 4, /**/ 3, 1, 0, 12, 4, /**/ 0, 2, 5, 1, 8, 13, 6,
        ];
        let pending = vec![(5, 1, 300, 2)];
        let consumers = vec![("b", 400, vec![]), ("a", 500, vec![(5, 1)])];
        let groups = vec![Group { name: "g", entries_read: 1, pending, consumers }];
        Self {
            kind,
            bases: vec![(5, 1)],
            nodes: vec![first.to_vec()],
            len: 2,
            last_id: (9, 9),
            entries_added: 4,
            groups,
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut out = vec![self.kind];
        let put_raw = |out: &mut Vec<u8>, (ms, number): (u64, u64)| {
            out.extend([ms.to_be_bytes(), number.to_be_bytes()].concat());
        };
        put_length(&mut out, self.nodes.len() as u64);
        for (base, node) in self.bases.iter().zip(&self.nodes) {
            put_length(&mut out, 16);
            put_raw(&mut out, *base);
            let mut listpack = ListpackWriter::default();
            node.iter().for_each(|element| listpack.push_integer(*element));
            let listpack = listpack.finish();
            put_length(&mut out, listpack.len() as u64);
            out.extend(listpack);
        }
        let numbers = [self.len, self.last_id.0, self.last_id.1];
        numbers.into_iter().for_each(|number| put_length(&mut out, number));
        if self.kind != kind::STREAM {
            [5, 1, 6, 1, self.entries_added].into_iter().for_each(|number| put_length(&mut out, number));
        }
        put_length(&mut out, self.groups.len() as u64);
        for group in &self.groups {
            put_string(&mut out, group.name.as_bytes());
            put_length(&mut out, 5);
            put_length(&mut out, 1);
            if self.kind != kind::STREAM {
                put_length(&mut out, group.entries_read);
            }
            put_length(&mut out, group.pending.len() as u64);
            for (ms, number, at_ms, deliveries) in &group.pending {
                put_raw(&mut out, (*ms, *number));
                out.extend(at_ms.to_le_bytes());
                put_length(&mut out, *deliveries);
            }
            put_length(&mut out, group.consumers.len() as u64);
            for (name, seen_at_ms, pending) in &group.consumers {
                put_string(&mut out, name.as_bytes());
                out.extend(seen_at_ms.to_le_bytes());
                if self.kind == kind::STREAM_3 {
                    out.extend((seen_at_ms - 450).to_le_bytes());
                }
                put_length(&mut out, pending.len() as u64);
                pending.iter().for_each(|id| put_raw(&mut out, *id));
            }
        }
        out
    }
}

/// What each form says of the payload above: counts, and when consumers got an entry last.
#[test]
fn every_form_is_read() {
    let expected = |head: StreamHead, entries_read, active_at_ms: [Option<u64>; 2]| {
        let mut body = StreamBodyBuilder::default();
        assert!(body.push(StreamId::new(5, 1), &Members::pack(&[b"7", b"11"])));
        assert!(body.push(StreamId::new(7, 6), &Members::pack(&[b"8", b"13"])));
        assert!(body.set_head(head));
        let mut consumers = Vec::new();
        StreamBodyBuilder::put_consumer(
            &mut consumers,
            b"a",
            500,
            active_at_ms[0],
            [(StreamId::new(5, 1), 300, 2)],
        );
        StreamBodyBuilder::put_consumer(&mut consumers, b"b", 400, active_at_ms[1], []);
        body.push_group(b"g", StreamId::new(5, 1), entries_read, &consumers);
        body.finish()
    };
    let head =
        StreamHead { last_id: StreamId::new(9, 9), entries_added: 4, max_deleted_id: StreamId::new(6, 1) };
    let old = StreamHead { entries_added: 2, max_deleted_id: StreamId::MIN, ..head };
    let seen = [Some(500), Some(400)];
    for (kind, expected) in [
        (kind::STREAM, expected(old, Some(1), seen)),
        (kind::STREAM_2, expected(head, Some(1), seen)),
        (kind::STREAM_3, expected(head, Some(1), [Some(50), None])),
    ] {
        assert_eq!(loaded(&Payload::new(kind).bytes()), Ok(expected), "{kind}");
    }
    let mut payload = Payload::new(kind::STREAM_2);
    payload.groups[0].entries_read = UNKNOWN;
    assert_eq!(loaded(&payload.bytes()), Ok(expected(head, None, seen)));
}

#[test]
fn what_is_damaged_is_refused() {
    let spoils: &[(&str, Spoil)] = &[
        ("no entry where two are said to be", |payload| payload.nodes.clear()),
        ("fewer entries than said", |payload| payload.len = 3),
        ("an entry behind the last id", |payload| payload.last_id = (7, 5)),
        ("more entries than signed numbers count", |payload| payload.entries_added = 1 << 63),
        ("the same entries twice", |payload| {
            payload.bases.push((5, 1));
            payload.nodes.push(payload.nodes[0].clone());
            payload.len = 4;
        }),
        ("an id that is none", |payload| payload.bases[0] = (0, 0)),
        ("flags that there are not", |payload| payload.nodes[0][5] = 4),
        ("a count that is negative", |payload| payload.nodes[0][0] = -1),
        ("more deleted entries than said", |payload| payload.nodes[0][1] = 0),
        ("a master entry without end", |payload| payload.nodes[0][4] = 1),
        ("names without end", |payload| payload.nodes[0][2] = i64::MAX),
        ("fields without end", |payload| payload.nodes[0][18] = i64::MAX),
        ("no fields", |payload| payload.nodes[0][18] = 0),
        ("another number of elements", |payload| payload.nodes[0][9] = 5),
        ("an element behind the entries", |payload| payload.nodes[0].push(1)),
        ("ids that fall", |payload| payload.nodes[0][16] = -1),
        ("a listpack without elements", |payload| payload.nodes[0].clear()),
        ("a group twice", |payload| {
            let group = Group { name: "g", entries_read: 0, pending: vec![], consumers: vec![] };
            payload.groups.push(group);
        }),
        ("a consumer twice", |payload| payload.groups[0].consumers[0].0 = "a"),
        ("pending with nobody", |payload| payload.groups[0].consumers[1].2.clear()),
        ("pending with two", |payload| payload.groups[0].consumers[0].2.push((5, 1))),
        ("pending twice with one", |payload| payload.groups[0].consumers[1].2.push((5, 1))),
        ("pending, but not in the group", |payload| payload.groups[0].consumers[1].2.push((6, 1))),
        ("pending twice", |payload| payload.groups[0].pending.push((5, 1, 300, 1))),
        ("given out more often than signed numbers count", |payload| {
            payload.groups[0].pending[0].3 = UNKNOWN
        }),
    ];
    for (what, spoil) in spoils {
        let mut payload = Payload::new(kind::STREAM_2);
        spoil(&mut payload);
        assert_eq!(loaded(&payload.bytes()), Err(LoadError::Damaged), "{what}");
    }
    let whole = Payload::new(kind::STREAM_3).bytes();
    for cut in 1..whole.len() {
        assert_eq!(loaded(&whole[..cut]), Err(LoadError::Damaged), "cut to {cut}");
    }
}

/// A listpack of entries that share long names unfolds to no more than may be restored.
#[test]
fn shared_names_do_not_unfold_too_far() {
    let count = 20_000;
    let of_names = |len: usize| {
        let mut listpack = ListpackWriter::default();
        listpack.push_count(count);
        listpack.push_count(0);
        listpack.push_count(1);
        listpack.push(&vec![b'n'; len]);
        listpack.push_count(0);
        for number in 0..count {
            [2, 0].into_iter().for_each(|element| listpack.push_integer(element));
            listpack.push_count(number);
            [0, 4].into_iter().for_each(|element| listpack.push_integer(element));
        }
        let listpack = listpack.finish();
        let mut body = vec![kind::STREAM, 1, 16];
        body.extend([1u64.to_be_bytes(), 1u64.to_be_bytes()].concat());
        put_length(&mut body, listpack.len() as u64);
        body.extend(listpack);
        [count as u64, 1, count as u64, 0].into_iter().for_each(|number| put_length(&mut body, number));
        body
    };
    assert!(loaded(&of_names(STREAM_NAMES_SHARED_BYTES_MAX - 2)).is_ok_and(|body| body.len() < 200_000));
    let long = STREAM_NAMES_SHARED_BYTES_MAX + 1;
    assert!(loaded(&of_names(long)).is_ok_and(|body| body.len() > long * count));
    assert_eq!(loaded(&of_names(RESTORED_BYTES_MAX / count)), Err(LoadError::TooLarge));
}

/// A group: how far it is, and its consumers with the entries that are pending with each.
type AnyGroup = (u64, Option<u64>, Vec<(u64, Vec<(u16, u64, u64)>)>);

fn any_group() -> impl Strategy<Value = AnyGroup> {
    let pending = proptest::collection::vec((any::<u16>(), 0u64..1 << 48, 0u64..1 << 40), 0..5);
    let consumers = proptest::collection::vec((0u64..1 << 48, pending), 0..4);
    (any::<u64>(), proptest::option::of(0u64..1 << 62), consumers)
}

fn any_words() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let word = || {
        prop_oneof![Just(b"f".to_vec()), Just(b"12".to_vec()), proptest::collection::vec(any::<u8>(), 0..90)]
    };
    proptest::collection::vec((word(), word()), 1..4)
        .prop_map(|pairs| pairs.into_iter().flat_map(|(name, value)| [name, value]).collect())
}

proptest! {
    /// What is dumped is what is loaded, whatever the ids, the names, the gaps and the groups.
    #[test]
    fn streams_round_trip(
        entries in proptest::collection::vec((prop_oneof![Just(0u64), 0u64..1 << 40, any::<u64>()], any::<u64>(), any_words()), 0..300),
        deleted in proptest::collection::vec(any::<u64>(), 0..5),
        groups in proptest::collection::vec(any_group(), 0..3),
    ) {
        let (mut stream, none) = (Stream::default(), &mut StreamInverses::default());
        let mut ids = Vec::new();
        for (ms, number, words) in &entries {
            let id = StreamId::new(stream_last(&ids).ms.saturating_add(*ms), *number);
            let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
            if stream.add(id, &Members::pack(&words), none) {
                ids.push(id);
            }
        }
        for at in deleted {
            let id = ids.get(usize::try_from(at % 300).unwrap()).copied();
            stream.delete(id.into_iter(), References::Kept, none);
        }
        for (at, (last_ms, entries_read, consumers)) in groups.iter().enumerate() {
            let group = [b'g', u8::try_from(at).unwrap()];
            stream.set_group(&group, StreamId::new(*last_ms, 3), *entries_read, none);
            for (at, (seen_at_ms, pending)) in consumers.iter().enumerate() {
                let consumer = [u8::try_from(at).unwrap()];
                // The form of 7.0 does not know another time.
                stream.set_consumer(&group, &consumer, (*seen_at_ms, Some(*seen_at_ms)), none);
                let pending = pending.iter().map(|(id, at_ms, count)| (StreamId::new((*id).into(), 1), *at_ms, *count));
                stream.set_pending(&group, &consumer, pending, none);
            }
        }
        let mut body = vec![kind::STREAM_2];
        dump(&mut body, StreamRef::large(&stream));
        let bytes = loaded(&body).unwrap();
        let loaded = StreamBody::new(&bytes).unwrap().to_stream();
        loaded.check();
        let mut again = vec![kind::STREAM_2];
        dump(&mut again, StreamRef::large(&loaded));
        prop_assert_eq!(again, body);
        for id in ids {
            let words = |stream: &Stream| {
                let entry = StreamRef::large(stream).get(id)?;
                Some(entry.words().map(<[u8]>::to_vec).collect::<Vec<_>>())
            };
            prop_assert_eq!(words(&loaded), words(&stream));
        }
    }
}

fn stream_last(ids: &[StreamId]) -> StreamId {
    ids.last().copied().unwrap_or(StreamId::MIN)
}

#[test]
fn bodies_that_make_no_sense_are_refused() {
    let entry = b"\x05\x01\x01\x01f\x01v";
    let whole = [&[u8::try_from(entry.len()).unwrap()][..], entry, b"\x05\x01\x01\x00\x00"].concat();
    assert!(StreamBody::new(&whole).is_some());
    let group = |name: &[u8], consumers: &[u8]| {
        [&b"\x01"[..], name, b"\x05\x01\x00", &[u8::try_from(consumers.len()).unwrap()], consumers].concat()
    };
    let consumer = b"\x01c\x02\x03\x04\x05\x01\x02\x01";
    assert!(StreamBody::new(&[&whole[..], &group(b"g", consumer), &group(b"h", b"")].concat()).is_some());
    assert!(Deliveries::new(&consumer[5..]).is_some());
    for wrong in [
        &b""[..],
        b"\x00",
        // An entry at the lower bound of all, one without names before, one of no words, one behind the last id.
        b"\x07\x00\x00\x01\x01f\x01v\x05\x01\x01\x00\x00",
        b"\x05\x05\x01\x00\x01v\x05\x01\x01\x00\x00",
        b"\x03\x05\x01\x01\x05\x01\x01\x00\x00",
        b"\x07\x05\x02\x01\x01f\x01v\x05\x01\x01\x00\x00",
        &[&whole[..], &group(b"g", b""), &group(b"g", b"")].concat(),
        &[&whole[..], &group(b"g", &[&consumer[..], consumer].concat())].concat(),
        &[&whole[..], &group(b"g", &consumer[..8])].concat(),
    ] {
        assert!(StreamBody::new(wrong).is_none(), "{wrong:x?}");
    }
}
