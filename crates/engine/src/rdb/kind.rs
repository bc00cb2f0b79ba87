//! The first byte of a payload: the kind of value, and how it is laid out.

/// Text, or a number in its place.
pub(super) const STRING: u8 = 0;
/// Elements as strings.
pub(super) const LIST: u8 = 1;
/// Members as strings.
pub(super) const SET: u8 = 2;
/// Members as strings, scores as text.
pub(super) const SORTED_SET_TEXT: u8 = 3;
/// Names and values as strings.
pub(super) const HASH: u8 = 4;
/// Members as strings, scores as doubles.
pub(super) const SORTED_SET: u8 = 5;
/// What a module wrote: its id, then parts that each say what they are.
pub(super) const MODULE: u8 = 7;
/// One zipmap: hashes before Redis 2.6.
pub(super) const HASH_ZIPMAP: u8 = 9;
/// One ziplist: lists before Redis 3.2.
pub(super) const LIST_ZIPLIST: u8 = 10;
/// One intset.
pub(super) const SET_INTSET: u8 = 11;
/// One ziplist of members and scores: sorted sets before Redis 7.0.
pub(super) const SORTED_SET_ZIPLIST: u8 = 12;
/// One ziplist of names and values: hashes before Redis 7.0.
pub(super) const HASH_ZIPLIST: u8 = 13;
/// Ziplists one after the other: lists before Redis 7.0.
pub(super) const LIST_QUICKLIST: u8 = 14;
/// Listpacks of entries, and groups: streams before Redis 7.0.
pub(super) const STREAM: u8 = 15;
/// One listpack of names and values, from Redis 7.0 on.
pub(super) const HASH_LISTPACK: u8 = 16;
/// One listpack of members and scores, from Redis 7.0 on.
pub(super) const SORTED_SET_LISTPACK: u8 = 17;
/// Listpacks and single elements one after the other, from Redis 7.0 on.
pub(super) const LIST_QUICKLIST_2: u8 = 18;
/// Streams with what their counts start from, from Redis 7.0 on.
pub(super) const STREAM_2: u8 = 19;
/// One listpack of members, from Redis 7.2 on.
pub(super) const SET_LISTPACK: u8 = 20;
/// Streams whose consumers say when they got an entry last, from Redis 7.2 on.
pub(super) const STREAM_3: u8 = 21;
/// Names, values and absolute expiries: release candidates of Redis 7.4.
pub(super) const HASH_EXPIRING_EARLY: u8 = 22;
/// One listpack of names, values and expiries: release candidates of Redis 7.4.
pub(super) const HASH_LISTPACK_EXPIRING_EARLY: u8 = 23;
/// The least expiry, then names, values and expiries relative to it, from Redis 7.4 on.
pub(super) const HASH_EXPIRING: u8 = 24;
/// The least expiry, then one listpack of names, values and absolute expiries, from Redis 7.4 on.
pub(super) const HASH_LISTPACK_EXPIRING: u8 = 25;

/// The id of RedisJSON's type, the version of its format in the last ten bits.
pub(super) const JSON: u64 = 0x45e2_5238_df91_2c03;
/// The part of a module's value that is a string.
pub(super) const MODULE_STRING: u64 = 5;
/// The end of a module's value.
pub(super) const MODULE_END: u64 = 0;
