use proptest::prelude::*;

use super::kind::*;
use super::writer::{put_length, put_string};
use super::{LoadError, Restored, footer, load};
use crate::limits::{FIELD_EXPIRE_AT_MS_MAX, RESTORED_BYTES_MAX};
use crate::types::PackedJson;

const NOW_MS: u64 = 1000;

/// A payload with a footer that is right.
fn sealed(body: &[u8]) -> Vec<u8> {
    let mut payload = body.to_vec();
    footer::seal(&mut payload, footer::VERSION_OF_EXPIRING_FIELDS);
    payload
}

fn loaded(body: &[u8]) -> Result<Restored<'static>, LoadError> {
    load(sealed(body).leak(), NOW_MS)
}

/// A kind, and one string that holds everything.
fn whole(kind: u8, string: &[u8]) -> Vec<u8> {
    let mut body = vec![kind];
    put_length(&mut body, string.len() as u64);
    body.extend_from_slice(string);
    body
}

/// A listpack of elements that are encoded already, each shorter than 128 bytes.
fn listpack(elements: &[&[u8]]) -> Vec<u8> {
    let count = u16::try_from(elements.len()).unwrap();
    let mut body: Vec<u8> = Vec::new();
    for element in elements {
        body.extend_from_slice(element);
        body.push(u8::try_from(element.len()).unwrap());
    }
    let total = u32::try_from(body.len() + 7).unwrap();
    [&total.to_le_bytes()[..], &count.to_le_bytes(), &body, b"\xff"].concat()
}

/// A ziplist of entries that are encoded already.
fn ziplist(entries: &[&[u8]]) -> Vec<u8> {
    let (mut body, mut last_at, mut before) = (Vec::new(), 10, 0u8);
    for entry in entries {
        last_at = 10 + body.len();
        body.push(before);
        body.extend_from_slice(entry);
        before = u8::try_from(1 + entry.len()).unwrap();
    }
    let head = [u32::try_from(body.len() + 11).unwrap(), u32::try_from(last_at).unwrap()];
    let count = u16::try_from(entries.len()).unwrap();
    let head: Vec<u8> = head.iter().flat_map(|number| number.to_le_bytes()).collect();
    [&head[..], &count.to_le_bytes(), &body, b"\xff"].concat()
}

fn intset(width: u32, count: u32, members: &[u8]) -> Vec<u8> {
    [&width.to_le_bytes()[..], &count.to_le_bytes(), members].concat()
}

fn elements(restored: &Restored<'_>) -> Vec<String> {
    let (Restored::List(packed) | Restored::Set(packed)) = restored else { panic!("{restored:?}") };
    let elements = crate::types::packed::Elements::bare(packed);
    elements.map(|element| String::from_utf8_lossy(element).into_owned()).collect()
}

/// What SET k 10 and DUMP k give in Redis 7.0.15 and 8.2.3.
#[test]
fn footers_are_those_of_redis() {
    for payload in
        [&b"\x00\xc0\n\n\x00n\x9fWE\x0e\xaec\xbb"[..], b"\x00\xc0\n\x0c\x00\xa5\xe9c\x85\xf4\x84\xfd\xf2"]
    {
        assert_eq!(load(payload, NOW_MS), Ok(Restored::String(b"10".into())));
        for place in 0..payload.len() {
            let mut damaged = payload.to_vec();
            damaged[place] ^= 1;
            assert_eq!(load(&damaged, NOW_MS), Err(LoadError::Footer));
            assert_eq!(load(&payload[..place], NOW_MS), Err(LoadError::Footer));
        }
    }
    let mut later = b"\x00\xc0\n".to_vec();
    footer::seal(&mut later, footer::VERSION_OF_EXPIRING_FIELDS + 1);
    assert_eq!(load(&later, NOW_MS), Err(LoadError::Footer));
}

#[test]
fn listpacks_hold_numbers_of_every_width() {
    let all: &[(&[u8], &str)] = &[
        (b"\x7f", "127"),
        (b"\xdf\xff", "-1"),
        (b"\xcf\xff", "4095"),
        (b"\xd0\x00", "-4096"),
        (b"\xf1\x00\x80", "-32768"),
        (b"\xf2\xff\xff\x7f", "8388607"),
        (b"\xf2\x00\x00\x80", "-8388608"),
        (b"\xf3\x00\x00\x00\x80", "-2147483648"),
        (b"\xf4\xff\xff\xff\xff\xff\xff\xff\x7f", "9223372036854775807"),
        (b"\x80", ""),
        (b"\x83abc", "abc"),
        (b"\xe0\x03abc", "abc"),
        (b"\xf0\x03\x00\x00\x00abc", "abc"),
    ];
    let (encoded, texts): (Vec<&[u8]>, Vec<&str>) = all.iter().copied().unzip();
    let node = [b"\x01\x02", &whole(0, &listpack(&encoded))[1..]].concat();
    let list = loaded(&[&[LIST_QUICKLIST_2][..], &node].concat()).unwrap();
    assert_eq!(elements(&list), texts);
}

/// The lengths behind elements grow by a byte at the same places as in Redis.
#[test]
fn long_elements_have_long_lengths_behind_them() {
    for (len, back) in [
        (122, &b"\x7f"[..]),
        (123, b"\x01\x80"),
        (16377, b"\x7f\xfe"),
        (16378, b"\x00\xff\xff"),
        (2_097_145, b"\x7f\xff\xfe"),
        (2_097_146, b"\x00\xff\xff\xff"),
    ] {
        let total = u32::try_from(4 + 2 + 5 + len + back.len() + 1).unwrap();
        let len_bytes = u32::try_from(len).unwrap().to_le_bytes();
        let element = [&b"\xf0"[..], &len_bytes, &vec![b'x'; len], back].concat();
        let bytes = [&total.to_le_bytes()[..], b"\x01\x00", &element, b"\xff"].concat();
        let Ok(Restored::Set(packed)) = loaded(&whole(SET_LISTPACK, &bytes)) else { panic!("{len}") };
        assert!(packed.len() > len);
    }
}

#[test]
fn ziplists_hold_numbers_of_every_width() {
    let all: &[(&[u8], &str)] = &[
        (b"\x01a", "a"),
        (b"\x40\x03abc", "abc"),
        (b"\x80\x00\x00\x00\x03abc", "abc"),
        (b"\xf1", "0"),
        (b"\xfd", "12"),
        (b"\xfe\xff", "-1"),
        (b"\xc0\x00\x80", "-32768"),
        (b"\xf0\x00\x00\x80", "-8388608"),
        (b"\xd0\xff\xff\xff\x7f", "2147483647"),
        (b"\xe0\x00\x00\x00\x00\x00\x00\x00\x80", "-9223372036854775808"),
    ];
    let (encoded, texts): (Vec<&[u8]>, Vec<&str>) = all.iter().copied().unzip();
    assert_eq!(elements(&loaded(&whole(LIST_ZIPLIST, &ziplist(&encoded))).unwrap()), texts);
}

#[test]
fn sorted_sets_come_in_any_order() {
    let body =
        whole(SORTED_SET_LISTPACK, &listpack(&[b"\x81b", b"\x05", b"\x81a", b"\x832.5", b"\x81c", b"\x05"]));
    let Ok(Restored::SortedSet(packed)) = loaded(&body) else { panic!("a sorted set") };
    let members = crate::mutation::ScoredMembers::new(&packed).unwrap();
    assert!(members.iter().eq([(&b"a"[..], 2.5), (b"b", 5.0), (b"c", 5.0)]));
}

#[test]
fn fields_that_have_expired_are_left_out() {
    let mut body = vec![HASH_EXPIRING];
    body.extend_from_slice(&(NOW_MS - 1).to_le_bytes());
    // Expired just now, alive for the last millisecond, for ever.
    body.extend_from_slice(b"\x03\x01\x01a\x01x\x02\x01b\x01y\x00\x01c\x01z");
    assert_eq!(loaded(&body), Ok(Restored::Hash(b"\x01b\x01y\xe9\x07\x01c\x01z\x00".to_vec())));
    let mut expired = vec![HASH_EXPIRING];
    expired.extend_from_slice(&1u64.to_le_bytes());
    expired.extend_from_slice(b"\x01\x01\x01a\x01x");
    assert_eq!(loaded(&expired), Ok(Restored::Hash(Vec::new())));
}

/// Each of these has a right checksum; most are what Redis' own tests and advisories throw at it.
#[test]
fn damaged_values_are_refused() {
    let nested = |kind: u8, bytes: &[u8]| (kind, whole(kind, bytes)[1..].to_vec());
    let node = |container: &[u8], bytes: &[u8]| {
        (LIST_QUICKLIST_2, [b"\x01", container, &whole(0, bytes)[1..]].concat())
    };
    let expiring = |least: i64, rest: &[u8]| (HASH_EXPIRING, [&least.to_le_bytes()[..], rest].concat());
    let mut wrong_total = listpack(&[b"\x01"]);
    wrong_total[0] += 1;
    let mut wrong_count = listpack(&[b"\x01"]);
    wrong_count[4] = 2;
    let mut no_end = listpack(&[b"\x01"]);
    *no_end.last_mut().unwrap() = 0;
    let mut wrong_tail = ziplist(&[b"\xf1", b"\xf1"]);
    wrong_tail[4] -= 2;
    let mut wrong_before = ziplist(&[b"\xf1", b"\xf1"]);
    wrong_before[12] = 1;
    let far = FIELD_EXPIRE_AT_MS_MAX + 1;
    let all = [
        // Kinds that are none, or that of modules and streams, which are none of the plain values.
        (6, vec![]),
        (7, vec![0]),
        (8, vec![0]),
        (19, vec![1]),
        (26, vec![1]),
        (0xfe, vec![1]),
        // Something is left over.
        (STRING, b"\x01ab".to_vec()),
        // Lengths beyond the end, and counts of what is not there.
        (STRING, b"\x05ab".to_vec()),
        (STRING, b"\x80\xff\xff\xff\xffab".to_vec()),
        (STRING, b"\x81\xff\xff\xff\xff\xff\xff\xff\xffab".to_vec()),
        (STRING, b"\x82\x00\x00\x00\x00\x01a".to_vec()),
        (STRING, b"\xc4\x01".to_vec()),
        (LIST, b"\xc0\x01\x01a".to_vec()),
        (LIST, b"\x81\xff\xff\xff\xff\xff\xff\xff\xff\x01a".to_vec()),
        (SET, b"\x81\xff\xff\xff\xff\xff\xff\xff\xff\x01a".to_vec()),
        (HASH, b"\x81\xff\xff\xff\xff\xff\xff\xff\xff\x01a\x01b".to_vec()),
        (HASH, b"\x81\x7f\xff\xff\xff\xff\xff\xff\xff\x01a\x01b".to_vec()),
        (SORTED_SET, b"\x81\xff\xff\xff\xff\xff\xff\xff\xff\x01a".to_vec()),
        (LIST_QUICKLIST_2, b"\x81\xff\xff\xff\xff\xff\xff\xff\xff\x01\x01a".to_vec()),
        // Compressed strings: a length that cannot be, one that is not met, a step back before the start, a cut.
        (STRING, b"\xc3\x03\x81\x00\x00\x00\x7f\xff\xff\xff\xff\x00ab".to_vec()),
        (STRING, b"\xc3\x02\x02\x00a".to_vec()),
        (STRING, b"\xc3\x02\x00\x00a".to_vec()),
        (STRING, b"\xc3\x04\x04\x00a\x20\x01".to_vec()),
        (STRING, b"\xc3\x03\x04\x00a\x20".to_vec()),
        (STRING, b"\xc3\x05\x04\x00a\xe0\x00\x00".to_vec()),
        (STRING, b"\xc3\x02\x05\x04a".to_vec()),
        (STRING, b"\xc3\x00\x00".to_vec()[..2].to_vec()),
        // Values of nothing.
        (LIST, vec![0]),
        (SET, vec![0]),
        (HASH, vec![0]),
        (SORTED_SET, vec![0]),
        (SORTED_SET_TEXT, vec![0]),
        nested(SET_INTSET, &intset(2, 0, b"")),
        nested(SET_LISTPACK, &listpack(&[])),
        nested(HASH_LISTPACK, &listpack(&[])),
        nested(HASH_ZIPLIST, &ziplist(&[])),
        nested(HASH_ZIPMAP, b"\x00\xff"),
        nested(SORTED_SET_LISTPACK, &listpack(&[])),
        nested(LIST_ZIPLIST, &ziplist(&[])),
        node(b"\x02", &listpack(&[])),
        node(b"\x01", b""),
        node(b"\x03", &listpack(&[b"\x01"])),
        expiring(5000, b"\x00"),
        // One thing twice, also as a number and as its text.
        (SET, b"\x02\x01a\x01a".to_vec()),
        (SET, b"\x02\xc0\x01\x011".to_vec()),
        (HASH, b"\x02\x01a\x01x\x01a\x01y".to_vec()),
        (SORTED_SET, b"\x02\x01a\0\0\0\0\0\0\0\0\x01a\0\0\0\0\0\0\0\x40".to_vec()),
        nested(SET_INTSET, &intset(2, 2, b"\x05\x00\x05\x00")),
        nested(SET_LISTPACK, &listpack(&[b"\x01", b"\x811"])),
        nested(HASH_LISTPACK, &listpack(&[b"\x01", b"\x01", b"\x01", b"\x02"])),
        nested(HASH_ZIPMAP, b"\x02\x01a\x01\x00x\x01a\x01\x00y\xff"),
        expiring(5000, b"\x02\x01\x01a\x01x\x00\x01a\x01y"),
        // Halves of pairs.
        nested(HASH_LISTPACK, &listpack(&[b"\x01"])),
        nested(HASH_ZIPLIST, &ziplist(&[b"\xf1"])),
        nested(SORTED_SET_LISTPACK, &listpack(&[b"\x01"])),
        nested(HASH_LISTPACK_EXPIRING_EARLY, &listpack(&[b"\x01", b"\x01"])),
        // Scores that are none.
        (SORTED_SET, b"\x01\x01a\0\0\0\0\0\0\xf8\x7f".to_vec()),
        (SORTED_SET_TEXT, b"\x01\x01a\xfd".to_vec()),
        (SORTED_SET_TEXT, b"\x01\x01a\x03nan".to_vec()),
        (SORTED_SET_TEXT, b"\x01\x01a\x00".to_vec()),
        nested(SORTED_SET_LISTPACK, &listpack(&[b"\x81a", b"\x83abc"])),
        nested(SORTED_SET_LISTPACK, &listpack(&[b"\x81a", b"\x83nan"])),
        nested(SORTED_SET_ZIPLIST, &ziplist(&[b"\x01a", b"\x03nan"])),
        // Intsets: a width that is none, another length, out of order.
        nested(SET_INTSET, &intset(3, 1, b"\x05\x00\x00")),
        nested(SET_INTSET, &intset(0, 1, b"")),
        nested(SET_INTSET, &intset(8, u32::MAX, b"\x05\x00")),
        nested(SET_INTSET, &intset(2, 1, b"\x05\x00\x06\x00")),
        nested(SET_INTSET, &intset(2, 2, b"\x06\x00\x05\x00")),
        nested(SET_INTSET, b"\x02\x00"),
        // Listpacks: total, count, end, reserved encodings, lengths beyond the end and behind the element.
        nested(SET_LISTPACK, &wrong_total),
        nested(SET_LISTPACK, &wrong_count),
        nested(SET_LISTPACK, &no_end),
        nested(SET_LISTPACK, b""),
        nested(SET_LISTPACK, b"\x06\x00\x00\x00\x00\x00"),
        nested(SET_LISTPACK, &listpack(&[b"\xf5"])),
        nested(SET_LISTPACK, &listpack(&[b"\xbfa"])),
        nested(SET_LISTPACK, &listpack(&[b"\xf0\xff\xff\xff\xffa"])),
        nested(SET_LISTPACK, b"\x09\x00\x00\x00\x01\x00\x01\x02\xff"),
        nested(SET_LISTPACK, b"\x0a\x00\x00\x00\x01\x00\x01\x80\x81\xff"),
        nested(SET_LISTPACK, &[&listpack(&[b"\x01"])[..], b"\xff"].concat()),
        // Ziplists: the last entry elsewhere, another length before, reserved encodings.
        nested(LIST_ZIPLIST, &wrong_tail),
        nested(LIST_ZIPLIST, &wrong_before),
        nested(LIST_ZIPLIST, &ziplist(&[b"\xf1"])[..11]),
        nested(LIST_ZIPLIST, &ziplist(&[b"\xff"])),
        nested(LIST_ZIPLIST, &ziplist(&[b"\x81\x00\x00\x00\x01a"])),
        nested(LIST_ZIPLIST, &ziplist(&[b"\x80\xff\xff\xff\xffa"])),
        nested(LIST_ZIPLIST, &ziplist(&[b"\x3fa"])),
        // Zipmaps: a count that is not met, a name without a value, no end, room beyond the end.
        nested(HASH_ZIPMAP, b"\x02\x01a\x01\x00x\xff"),
        nested(HASH_ZIPMAP, b"\x01\x01a\xff"),
        nested(HASH_ZIPMAP, b"\x01\x01a\x01\x00x"),
        nested(HASH_ZIPMAP, b"\x01\x01a\x01\xf0x\xff"),
        nested(HASH_ZIPMAP, b"\x01\xfe\x01\x00\x00\x00a\x01\x00x\xff"),
        // Expiries before all time and after it.
        expiring(-5, b"\x01\x01\x01a\x01x"),
        expiring(5000, b"\x01\x81\xff\xff\xff\xff\xff\xff\xff\xff\x01a\x01x"),
        expiring(i64::try_from(far).unwrap(), b"\x01\x01\x01a\x01x"),
        nested(HASH_LISTPACK_EXPIRING_EARLY, &listpack(&[b"\x81a", b"\x81x", b"\xdf\xff"])),
        nested(HASH_LISTPACK_EXPIRING_EARLY, &listpack(&[b"\x81a", b"\x81x", b"\x81z"])),
    ];
    for (kind, rest) in all {
        let body = [&[kind][..], &rest].concat();
        assert_eq!(loaded(&body), Err(LoadError::Damaged), "{kind} {rest:x?}");
    }
}

/// As many zeros, compressed as far as it goes.
fn compressed_zeros(repeats: usize) -> (Vec<u8>, usize) {
    let mut stream = b"\x00\x00".to_vec();
    (0..repeats).for_each(|_| stream.extend_from_slice(b"\xe0\xff\x00"));
    (stream, 1 + 264 * repeats)
}

#[test]
fn what_unfolds_too_far_is_refused() {
    let (stream, len) = compressed_zeros(RESTORED_BYTES_MAX / 264 / 3);
    let mut string = vec![0xc3];
    put_length(&mut string, stream.len() as u64);
    put_length(&mut string, len as u64);
    string.extend_from_slice(&stream);
    let list = |count: u8| [&[LIST, count][..], &string.repeat(count.into())].concat();
    assert!(matches!(loaded(&list(2)), Ok(Restored::List(packed)) if packed.len() > 2 * len));
    assert_eq!(loaded(&list(4)), Err(LoadError::TooLarge));
    let (stream, len) = compressed_zeros(RESTORED_BYTES_MAX / 264 + 1);
    let mut announced = vec![STRING, 0xc3];
    put_length(&mut announced, stream.len() as u64);
    put_length(&mut announced, len as u64);
    announced.extend_from_slice(&stream);
    assert_eq!(loaded(&announced), Err(LoadError::TooLarge));
    let long = whole(STRING, &vec![0; RESTORED_BYTES_MAX + 1]);
    assert_eq!(loaded(&long), Err(LoadError::TooLarge));
}

#[test]
fn compressed_strings_repeat_what_was_before() {
    // "ab", then seven bytes from two back, then three from the start.
    let Ok(Restored::String(string)) = loaded(b"\x00\xc3\x07\x0c\x01ab\xa0\x01\x20\x08") else {
        panic!("a string")
    };
    assert_eq!(&string[..], b"ababababaaba");
}

fn short_bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..8),
        any::<i64>().prop_map(|number| number.to_string().into_bytes()),
        any::<i16>().prop_map(|number| number.to_string().into_bytes()),
        Just(vec![b'x'; 20_000]),
    ]
}

proptest! {
    #[test]
    fn strings_round_trip(string in short_bytes()) {
        let mut body = vec![STRING];
        put_string(&mut body, &string);
        prop_assert_eq!(loaded(&body), Ok(Restored::String(string.into())));
    }

    #[test]
    fn lengths_round_trip(length: u64, shift in 0u32..64) {
        let mut bytes = Vec::new();
        put_length(&mut bytes, length >> shift);
        let mut reader = super::reader::Reader::new(&bytes);
        prop_assert_eq!(reader.length(), Ok(length >> shift));
        prop_assert_eq!(reader.finish(), Ok(()));
    }

    /// Whatever comes, it is a value or an error; and a value is one that mutations carry.
    #[test]
    fn any_bytes_are_a_value_or_none(kind in 0u8..30, bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        let mut inner = vec![kind];
        put_string(&mut inner, &bytes);
        for body in [[&[kind][..], &bytes].concat(), inner] {
            match loaded(&body) {
                Ok(Restored::List(packed) | Restored::Set(packed)) => prop_assert!(crate::mutation::Members::new(&packed).is_some()),
                Ok(Restored::Hash(packed)) => prop_assert!(crate::mutation::Fields::new(&packed).is_some()),
                Ok(Restored::SortedSet(packed)) => prop_assert!(crate::mutation::ScoredMembers::new(&packed).is_some()),
                Ok(Restored::Stream(body)) => prop_assert!(crate::mutation::StreamBody::new(&body).is_some()),
                Ok(Restored::Json(document)) => prop_assert!(PackedJson::new(document.packed().as_bytes()).is_some()),
                Ok(Restored::String(_)) | Err(_) => {}
            }
        }
    }
}
