use proptest::prelude::*;

use super::*;
use crate::types::{Field, PackedValues};

/// Two entries of the same names and one of others, the head, and a group of two consumers, one of whom has an entry pending.
const STREAM_BODY: &[u8] = b"\x14\xac\x02\x01\x01\x01f\x01v\x00\x00\x00\x01w\x05\x07\x01\x01g\x01x\
    \xb1\x02\x09\x04\xac\x02\x03\x01g\xac\x02\x01\x02\x0f\x01c\x09\x0a\x05\xac\x02\x01\x09\x02\x01d\x08\x00\x00";

/// One golden line for each mutation: what a log of today holds, every later version reads.
#[test]
fn bytes_are_frozen() {
    let key: &[u8] = b"k";
    let json = |bytes| PackedJson::new(bytes).unwrap();
    let place = JsonPlace::new(b"\x02\x80\x01").unwrap();
    let stored_stream = [b"\x5a\x01k\x32", STREAM_BODY].concat();
    let golden: [(Mutation<'_>, &[u8]); 56] = [
        (Mutation::Genesis { hash_seed: *b"0123456789abcdef" }, b"\x010123456789abcdef"),
        (Mutation::StringSet { key, value: b"vv", expire_at_ms: None }, b"\x02\x01k\x00\x02vv"),
        (Mutation::StringSet { key, value: b"", expire_at_ms: Some(127) }, b"\x02\x01k\x80\x01\x00"),
        (Mutation::StringWrite { key, offset: 300, bytes: b"xy" }, b"\x03\x01k\xac\x02\x02xy"),
        (Mutation::Remove { key }, b"\x04\x01k"),
        (Mutation::ExpirySet { key, expire_at_ms: Some(0) }, b"\x05\x01k\x01"),
        (Mutation::ExpirySet { key, expire_at_ms: None }, b"\x05\x01k\x00"),
        (Mutation::HashSet { key, field: b"f", value: b"v" }, b"\x06\x01k\x01f\x01v"),
        (Mutation::HashRemove { key, field: b"f" }, b"\x07\x01k\x01f"),
        (Mutation::ListPush { key, end: End::Front, element: b"e" }, b"\x08\x01k\x00\x01e"),
        (Mutation::ListPush { key, end: End::Back, element: b"e" }, b"\x08\x01k\x01\x01e"),
        (Mutation::ListPop { key, end: End::Front, count: 3 }, b"\x09\x01k\x00\x03"),
        (Mutation::ListPop { key, end: End::Back, count: 1 }, b"\x09\x01k\x01\x01"),
        (Mutation::ListTrim { key, front: 1, back: 128 }, b"\x0a\x01k\x01\x80\x01"),
        (Mutation::SetAdd { key, member: b"m" }, b"\x0b\x01k\x01m"),
        (Mutation::SetRemove { key, member: b"m" }, b"\x0c\x01k\x01m"),
        (Mutation::Rename { from: key, to: b"to" }, b"\x0d\x01k\x02to"),
        (Mutation::Clear, b"\x0e"),
        (Mutation::ListSet { key, index: 300, element: b"e" }, b"\x0f\x01k\xac\x02\x01e"),
        (Mutation::ListInsert { key, index: 2, element: b"e" }, b"\x10\x01k\x02\x01e"),
        (Mutation::ListRemove { key, positions: positions(&[3, 4, 305]) }, b"\x11\x01k\x04\x03\x00\xac\x02"),
        (Mutation::SetStore { key, members: Members::new(b"\x01a\x00").unwrap() }, b"\x13\x01k\x03\x01a\x00"),
        (Mutation::Copy { from: key, to: b"to" }, b"\x12\x01k\x02to"),
        (
            Mutation::LibrarySet {
                name: b"l",
                code: b"#!",
                functions: Functions::new(b"\x01f\x03\x01\x02it\x01g\x00\x00").unwrap(),
            },
            b"\x1e\x01l\x02#!\x0b\x01f\x03\x01\x02it\x01g\x00\x00",
        ),
        (Mutation::LibraryRemove { name: b"l" }, b"\x1f\x01l"),
        (
            Mutation::ListStore { key, elements: Members::new(b"\x01a\x00").unwrap() },
            b"\x50\x01k\x03\x01a\x00",
        ),
        (
            Mutation::HashStore { key, fields: Fields::new(b"\x01f\x01v\x00\x00\x01w\xad\x02").unwrap() },
            b"\x51\x01k\x0a\x01f\x01v\x00\x00\x01w\xad\x02",
        ),
        (
            Mutation::HashSetExpiring { key, field: b"f", value: b"v", expire_at_ms: 300 },
            b"\x14\x01k\x01f\x01v\xac\x02",
        ),
        (Mutation::HashExpirySet { key, field: b"f", expire_at_ms: Some(127) }, b"\x15\x01k\x01f\x80\x01"),
        (Mutation::HashExpirySet { key, field: b"f", expire_at_ms: None }, b"\x15\x01k\x01f\x00"),
        (Mutation::SortedSetAdd { key, member: b"m", score: 1.5 }, b"\x19\x01k\x01m\0\0\0\0\0\0\xf8\x3f"),
        (
            Mutation::SortedSetAdd { key, member: b"", score: f64::NEG_INFINITY },
            b"\x19\x01k\x00\0\0\0\0\0\0\xf0\xff",
        ),
        (Mutation::SortedSetRemove { key, member: b"m" }, b"\x1a\x01k\x01m"),
        (Mutation::SortedSetRemoveRange { key, start: 2, count: 300 }, b"\x1b\x01k\x02\xac\x02"),
        (
            Mutation::SortedSetStore {
                key,
                members: ScoredMembers::new(b"\x01b\x02\xbf\xf0\x01a\x00\x02ab\x00").unwrap(),
            },
            b"\x1c\x01k\x0c\x01b\x02\xbf\xf0\x01a\x00\x02ab\x00",
        ),
        // {"a":[null,true,-1,1e3,"é"]}
        (
            Mutation::JsonSet {
                key,
                value: json(b"\x6d\x01a\x54\x00\x10\x09\x1a1e3\x13\xc3\xa9"),
                expire_at_ms: Some(127),
            },
            b"\x40\x01k\x80\x01\x0e\x6d\x01a\x54\x00\x10\x09\x1a1e3\x13\xc3\xa9",
        ),
        (
            Mutation::JsonChange { key, place, change: JsonChange::Replace(json(b"\xf9\x01")) },
            b"\x41\x01k\x03\x02\x80\x01\x02\xf9\x01",
        ),
        (
            Mutation::JsonChange {
                key,
                place,
                change: JsonChange::Insert { index: 300, values: PackedValues::new(b"\x00\x08").unwrap() },
            },
            b"\x42\x01k\x03\x02\x80\x01\xac\x02\x02\x00\x08",
        ),
        (
            Mutation::JsonChange { key, place, change: JsonChange::Put { name: "n", value: json(b"\x05") } },
            b"\x43\x01k\x03\x02\x80\x01\x01n\x01\x05",
        ),
        (
            Mutation::JsonChange {
                key,
                place,
                change: JsonChange::Remove(Ranges::new(b"\x00\x02\x03\x01").unwrap()),
            },
            b"\x44\x01k\x03\x02\x80\x01\x04\x00\x02\x03\x01",
        ),
        (
            Mutation::JsonChange { key, place, change: JsonChange::Append("é") },
            b"\x45\x01k\x03\x02\x80\x01\x02\xc3\xa9",
        ),
        (
            Mutation::JsonChange {
                key,
                place: JsonPlace::new(b"").unwrap(),
                change: JsonChange::Replace(json(b"\x01")),
            },
            b"\x41\x01k\x00\x01\x01",
        ),
        (
            Mutation::StreamAdd {
                key,
                id: StreamId::new(300, 1),
                words: StreamWords::new(b"\x01f\x01v").unwrap(),
            },
            b"\x2c\x01k\xac\x02\x01\x04\x01f\x01v",
        ),
        (
            Mutation::StreamDelete {
                key,
                ids: StreamIds::new(b"\x05\x01\x00\x00\x01\x00").unwrap(),
                references: References::Kept,
            },
            b"\x2d\x01k\x06\x05\x01\x00\x00\x01\x00\x00",
        ),
        (
            Mutation::StreamDelete {
                key,
                ids: StreamIds::new(b"\x05\x01").unwrap(),
                references: References::Dropped,
            },
            b"\x2d\x01k\x02\x05\x01\x01",
        ),
        (Mutation::StreamTrim { key, count: 300, references: References::Kept }, b"\x2e\x01k\xac\x02\x00"),
        (Mutation::StreamTrim { key, count: 1, references: References::None }, b"\x2e\x01k\x01\x02"),
        (
            Mutation::StreamHeadSet {
                key,
                head: StreamHead {
                    last_id: StreamId::new(9, 1),
                    entries_added: 300,
                    max_deleted_id: StreamId::new(8, 0),
                },
            },
            b"\x2f\x01k\x09\x01\xac\x02\x08\x00",
        ),
        (
            Mutation::GroupSet { key, group: b"g", last_id: StreamId::new(9, 1), entries_read: Some(3) },
            b"\x30\x01k\x01g\x09\x01\x04",
        ),
        (Mutation::GroupRemove { key, group: b"g" }, b"\x31\x01k\x01g"),
        (
            Mutation::ConsumerSet { key, group: b"g", consumer: b"c", seen_at_ms: 300, active_at_ms: None },
            b"\x32\x01k\x01g\x01c\xac\x02\x00",
        ),
        (Mutation::ConsumerRemove { key, group: b"g", consumer: b"c" }, b"\x33\x01k\x01g\x01c"),
        (
            Mutation::PendingSet {
                key,
                group: b"g",
                consumer: b"c",
                entries: Deliveries::new(b"\x05\x01\xac\x02\x02\x00\x00\x07\x01").unwrap(),
            },
            b"\x34\x01k\x01g\x01c\x09\x05\x01\xac\x02\x02\x00\x00\x07\x01",
        ),
        (
            Mutation::PendingRemove { key, group: b"g", ids: StreamIds::new(b"\x05\x01").unwrap() },
            b"\x35\x01k\x01g\x02\x05\x01",
        ),
        (
            Mutation::GroupDeliver {
                key,
                group: b"g",
                consumer: b"c",
                last_id: StreamId::new(9, 1),
                entries_read: None,
                now_ms: 300,
            },
            b"\x36\x01k\x01g\x01c\x09\x01\x00\xac\x02",
        ),
        (Mutation::StreamStore { key, body: StreamBody::new(STREAM_BODY).unwrap() }, &stored_stream),
    ];
    for (mutation, bytes) in golden {
        let mut out = Vec::new();
        mutation.encode(&mut out);
        assert_eq!(out, bytes, "{mutation:?}");
        let mut decoder = Decoder::new(bytes);
        assert_eq!(decoder.next().unwrap(), mutation);
        assert!(decoder.is_empty());
        for cut in 0..bytes.len() {
            assert!(Decoder::new(&bytes[..cut]).next().is_err(), "{mutation:?} cut to {cut}");
        }
    }
}

fn positions(ascending: &[usize]) -> Positions<'static> {
    let mut packed = Vec::new();
    let mut next = 0;
    for position in ascending {
        Positions::push(&mut packed, position - next);
        next = position + 1;
    }
    let positions = Positions::new(packed.leak()).unwrap();
    assert!(positions.iter().eq(ascending.iter().copied()));
    positions
}

#[test]
fn ids_of_entries_ascend() {
    let ids = [(5, 1), (5, 2), (5, 9), (6, 0), (6, 1), (u64::MAX, u64::MAX)];
    let ids = ids.map(|(ms, number)| StreamId::new(ms, number));
    let packed = StreamIds::pack(ids);
    assert!(StreamIds::new(&packed).is_some_and(|read| read.iter().eq(ids)));
    let entries = ids.map(|id| (id, id.ms / 2, id.number / 2));
    let packed = Deliveries::pack(entries);
    assert!(Deliveries::new(&packed).is_some_and(|read| read.iter().eq(entries)));
    let last = StreamIds::pack([StreamId::MAX]);
    for behind in [&b"\x00\x00"[..], b"\x01\x00", b"\x00"] {
        assert!(StreamIds::new(&[last.as_slice(), behind].concat()).is_none(), "{behind:?}");
    }
    assert!(Deliveries::new(b"\x05\x01\x00").is_none());
    for wrong in [&b""[..], b"\x01f", b"\x01f\x01", b"\x01f\x01v\x01f"] {
        assert!(StreamWords::new(wrong).is_none(), "{wrong:?}");
    }
}

#[test]
fn positions_beyond_64_bits_are_refused() {
    let mut packed = Vec::new();
    crate::varint::put(&mut packed, u64::MAX - 1);
    assert!(Positions::new(&packed).is_some());
    packed.push(0);
    assert!(Positions::new(&packed).is_none());
    assert!(Positions::new(&[0x80]).is_none());
}

#[test]
fn scored_members_are_in_order() {
    let packed = ScoredMembers::pack([(&b"b"[..], -1.0), (b"a", -0.0), (b"ab", 0.0)].into_iter());
    assert_eq!(packed, b"\x01b\x02\xbf\xf0\x01a\x00\x02ab\x00");
    assert!(ScoredMembers::new(&packed).is_some_and(|members| members.iter().count() == 3));
    assert!(ScoredMembers::new(b"").is_some_and(|members| members.iter().count() == 0));
    for wrong in [
        &b"\x01a"[..],
        b"\x01a\x00\x01",
        b"\x01b\x00\x01a\x00",
        b"\x01a\x00\x01a\x00",
        b"\x01a\x03\xbf\xf0\x00",
        b"\x01a\x02\x7f\xf8",
        b"\x01a\x09\xbf\xf0\x00\x00\x00\x00\x00\x00\x01",
    ] {
        assert!(ScoredMembers::new(wrong).is_none(), "{wrong:?}");
    }
}

#[test]
fn members_fill_their_bytes() {
    assert_eq!(Members::pack(&[b"a", b""]), b"\x01a\x00");
    assert!(Members::new(b"").is_some_and(|members| members.iter().next().is_none()));
    assert!(Members::new(b"\x02a").is_none() && Members::new(b"\x01a\x80").is_none());
}

#[test]
fn fields_fill_their_bytes() {
    let mut packed = Vec::new();
    Fields::push(&mut packed, Field { name: b"f", value: b"v", expire_at_ms: None });
    Fields::push(&mut packed, Field { name: b"", value: b"w", expire_at_ms: Some(300) });
    assert_eq!(packed, b"\x01f\x01v\x00\x00\x01w\xad\x02");
    assert!(Fields::new(&packed).is_some_and(|fields| fields.iter().count() == 2));
    assert!(Fields::new(b"").is_some_and(|fields| fields.iter().next().is_none()));
    for wrong in [&b"\x01f"[..], b"\x01f\x01v", b"\x01f\x02v\x00", b"\x01f\x01v\x80", b"\x01f\x01v\x00\x00"] {
        assert!(Fields::new(wrong).is_none(), "{wrong:?}");
    }
}

#[test]
fn json_that_makes_no_sense_is_refused() {
    for wrong in [
        &b""[..],
        b"\x18",
        b"\x07",
        b"\x00\x00",
        b"\x13\xff\xfe",
        b"\x0a1",
        b"\x1201",
        b"\x2a1e999",
        b"\x14\x00",
        b"\x35\x01a\x00\x01a\x00",
        b"\x15\x01\xff\x00",
        b"\xfb\x80\x00",
    ] {
        assert!(PackedJson::new(wrong).is_none(), "{wrong:?}");
    }
    let nested = |depth: usize| {
        (0..depth).fold(vec![0], |inner, _| {
            let mut outer = Vec::new();
            match inner.len() {
                len @ 0..31 => outer.push(4 | u8::try_from(len << 3).unwrap()),
                len => {
                    outer.push(4 | 31 << 3);
                    crate::varint::put(&mut outer, len as u64 - 31);
                }
            }
            outer.extend(inner);
            outer
        })
    };
    assert!(PackedJson::new(&nested(127)).is_some());
    assert!(PackedJson::new(&nested(128)).is_none());
    assert!(PackedValues::new(b"\x00\x08\x18").is_none());
    assert!(JsonPlace::new(&[0; 127]).is_some() && JsonPlace::new(&[0; 128]).is_none());
    assert!(JsonPlace::new(b"\xff\xff\xff\xff\x10").is_none());
    assert!(Ranges::new(b"").is_none() && Ranges::new(b"\x01\x00").is_none());
    assert!(Ranges::new(b"\x00\x01\x00\x01").is_none(), "they touch");
    let ranges = [0..2, 5..6, 300..301];
    assert_eq!(Ranges::new(&Ranges::pack(&ranges)).unwrap().ranges(), ranges);
}

proptest! {
    /// Whatever decodes encodes to the same bytes: there is one form of each mutation.
    #[test]
    fn decoding_never_panics_and_has_one_form(bytes in proptest::collection::vec(any::<u8>(), 0..64), tag in 0u8..96) {
        let mut tagged = vec![tag];
        tagged.extend(bytes);
        let mut decoder = Decoder::new(&tagged);
        if let Ok(mutation) = decoder.next() {
            let mut out = Vec::new();
            mutation.encode(&mut out);
            prop_assert_eq!(&out[..], &tagged[..tagged.len() - decoder.left()]);
        }
    }
}

/// A length that reaches beyond all memory, behind a prefix that makes the sum overflow.
#[test]
fn lengths_beyond_memory_are_no_elements() {
    let beyond = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    assert!(crate::mutation::Fields::new(&beyond).is_none());
    assert!(crate::mutation::Members::new(&beyond).is_none());
}
