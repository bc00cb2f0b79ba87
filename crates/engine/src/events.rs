//! Keyspace events: what a change to a key is called, and which of them somebody wants to hear of.
//!
//! A handler names an event next to the change that it tells of; [`crate::cx::WriteCx::notify`] hands it to the
//! [`Post`](crate::post::Post), which delivers it when the command, transaction or script is done. Nothing of it is stored.

/// What happened to a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    class: Class,
    name: &'static str,
}

/// A kind of events, which is wanted or not as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Commands for keys of any type.
    Generic,
    /// Commands for strings.
    String,
    /// Commands for lists.
    List,
    /// Commands for sets.
    Set,
    /// Commands for hashes.
    Hash,
    /// Commands for sorted sets.
    SortedSet,
    /// A key went because its time was over.
    Expired,
    /// A key went for want of memory. Nothing does so here.
    Evicted,
    /// Commands for streams.
    Stream,
    /// Commands of what is a module in Redis.
    Module,
    /// A key came where none was.
    New,
    /// A value came in the place of another one.
    Overwritten,
    /// A value came in the place of one of another type.
    TypeChanged,
    /// A read found nothing.
    KeyMiss,
}

impl Event {
    /// Bytes came to the end of a string.
    pub const APPEND: Self = Self::string("append");
    /// A copy came to this key.
    pub const COPY_TO: Self = Self::generic("copy_to");
    /// The key was deleted, or lost its last element.
    pub const DEL: Self = Self::generic("del");
    /// The key will expire.
    pub const EXPIRE: Self = Self::generic("expire");
    /// The key's time was over.
    pub const EXPIRED: Self = Self::new(Class::Expired, "expired");
    /// A search stored what it found; GEORADIUS calls it otherwise than GEOSEARCHSTORE does.
    pub const GEORADIUSSTORE: Self = Self::sorted_set("georadiusstore");
    /// The same.
    pub const GEOSEARCHSTORE: Self = Self::sorted_set("geosearchstore");
    /// Fields of a hash went.
    pub const HDEL: Self = Self::hash("hdel");
    /// Fields of a hash will expire.
    pub const HEXPIRE: Self = Self::hash("hexpire");
    /// The time of fields was over.
    pub const HEXPIRED: Self = Self::hash("hexpired");
    /// An integer was added to a field.
    pub const HINCRBY: Self = Self::hash("hincrby");
    /// A fraction was added to a field.
    pub const HINCRBYFLOAT: Self = Self::hash("hincrbyfloat");
    /// Fields of a hash will not expire any more.
    pub const HPERSIST: Self = Self::hash("hpersist");
    /// Fields of a hash were set.
    pub const HSET: Self = Self::hash("hset");
    /// An integer was added to a string.
    pub const INCRBY: Self = Self::string("incrby");
    /// A fraction was added to a string.
    pub const INCRBYFLOAT: Self = Self::string("incrbyfloat");
    /// Elements came to the ends of arrays in a document.
    pub const JSON_ARRAPPEND: Self = Self::json("json.arrappend");
    /// Elements came into arrays in a document.
    pub const JSON_ARRINSERT: Self = Self::json("json.arrinsert");
    /// Elements left arrays in a document.
    pub const JSON_ARRPOP: Self = Self::json("json.arrpop");
    /// Arrays in a document were cut.
    pub const JSON_ARRTRIM: Self = Self::json("json.arrtrim");
    /// Parts of a document were emptied.
    pub const JSON_CLEAR: Self = Self::json("json.clear");
    /// Parts of a document went, or all of it.
    pub const JSON_DEL: Self = Self::json("json.del");
    /// A value was merged into a document.
    pub const JSON_MERGE: Self = Self::json("json.merge");
    /// A value was written to a document among others.
    pub const JSON_MSET: Self = Self::json("json.mset");
    /// A number was added to numbers in a document.
    pub const JSON_NUMINCRBY: Self = Self::json("json.numincrby");
    /// Numbers in a document were multiplied.
    pub const JSON_NUMMULTBY: Self = Self::json("json.nummultby");
    /// Numbers in a document were raised to a power.
    pub const JSON_NUMPOWBY: Self = Self::json("json.numpowby");
    /// A value was written to a document.
    pub const JSON_SET: Self = Self::json("json.set");
    /// Strings in a document grew.
    pub const JSON_STRAPPEND: Self = Self::json("json.strappend");
    /// Booleans in a document were turned.
    pub const JSON_TOGGLE: Self = Self::json("json.toggle");
    /// A read found nothing.
    pub const KEYMISS: Self = Self::new(Class::KeyMiss, "keymiss");
    /// An element came beside another one of a list.
    pub const LINSERT: Self = Self::list("linsert");
    /// Elements left at the head of a list.
    pub const LPOP: Self = Self::list("lpop");
    /// Elements came to the head of a list.
    pub const LPUSH: Self = Self::list("lpush");
    /// Elements of a value were taken out of a list.
    pub const LREM: Self = Self::list("lrem");
    /// Another element came in the place of one of a list.
    pub const LSET: Self = Self::list("lset");
    /// Elements at the ends of a list went.
    pub const LTRIM: Self = Self::list("ltrim");
    /// The key is new.
    pub const NEW: Self = Self::new(Class::New, "new");
    /// Another value took the place of the one that was there.
    pub const OVERWRITTEN: Self = Self::new(Class::Overwritten, "overwritten");
    /// Elements came to a HyperLogLog.
    pub const PFADD: Self = Self::string("pfadd");
    /// The key will not expire any more.
    pub const PERSIST: Self = Self::generic("persist");
    /// The key has another name now.
    pub const RENAME_FROM: Self = Self::generic("rename_from");
    /// This is the other name.
    pub const RENAME_TO: Self = Self::generic("rename_to");
    /// The key has the value of a payload now.
    pub const RESTORE: Self = Self::generic("restore");
    /// Elements left at the tail of a list.
    pub const RPOP: Self = Self::list("rpop");
    /// Elements came to the tail of a list.
    pub const RPUSH: Self = Self::list("rpush");
    /// Members came to a set.
    pub const SADD: Self = Self::set("sadd");
    /// The difference of sets came to this key.
    pub const SDIFFSTORE: Self = Self::set("sdiffstore");
    /// The key is a string now.
    pub const SET: Self = Self::string("set");
    /// Bits of a string were set or cleared.
    pub const SETBIT: Self = Self::string("setbit");
    /// Bytes of a string were overwritten.
    pub const SETRANGE: Self = Self::string("setrange");
    /// The intersection of sets came to this key.
    pub const SINTERSTORE: Self = Self::set("sinterstore");
    /// The result of SORT came to this key.
    pub const SORTSTORE: Self = Self::list("sortstore");
    /// Members of a set were drawn and went.
    pub const SPOP: Self = Self::set("spop");
    /// Members of a set went.
    pub const SREM: Self = Self::set("srem");
    /// The union of sets came to this key.
    pub const SUNIONSTORE: Self = Self::set("sunionstore");
    /// What took the place of a value has another type.
    pub const TYPE_CHANGED: Self = Self::new(Class::TypeChanged, "type_changed");
    /// Members of a sorted set came or got other scores.
    pub const ZADD: Self = Self::sorted_set("zadd");
    /// The difference of sorted sets came to this key.
    pub const ZDIFFSTORE: Self = Self::sorted_set("zdiffstore");
    /// A number was added to the score of a member.
    pub const ZINCR: Self = Self::sorted_set("zincr");
    /// The intersection of sorted sets came to this key.
    pub const ZINTERSTORE: Self = Self::sorted_set("zinterstore");
    /// Members of a sorted set with the highest scores left.
    pub const ZPOPMAX: Self = Self::sorted_set("zpopmax");
    /// Members of a sorted set with the lowest scores left.
    pub const ZPOPMIN: Self = Self::sorted_set("zpopmin");
    /// A range of a sorted set came to this key.
    pub const ZRANGESTORE: Self = Self::sorted_set("zrangestore");
    /// Members of a sorted set went.
    pub const ZREM: Self = Self::sorted_set("zrem");
    /// Members of a sorted set in a range of members went.
    pub const ZREMRANGEBYLEX: Self = Self::sorted_set("zremrangebylex");
    /// Members of a sorted set in a range of ranks went.
    pub const ZREMRANGEBYRANK: Self = Self::sorted_set("zremrangebyrank");
    /// Members of a sorted set in a range of scores went.
    pub const ZREMRANGEBYSCORE: Self = Self::sorted_set("zremrangebyscore");
    /// The union of sorted sets came to this key.
    pub const ZUNIONSTORE: Self = Self::sorted_set("zunionstore");

    /// An entry came to a stream.
    pub const XADD: Self = Self::stream("xadd");
    /// Entries of a stream went.
    pub const XDEL: Self = Self::stream("xdel");
    /// A group came to a stream.
    pub const XGROUP_CREATE: Self = Self::stream("xgroup-create");
    /// A consumer came to a group.
    pub const XGROUP_CREATECONSUMER: Self = Self::stream("xgroup-createconsumer");
    /// A consumer left a group.
    pub const XGROUP_DELCONSUMER: Self = Self::stream("xgroup-delconsumer");
    /// A group left a stream.
    pub const XGROUP_DESTROY: Self = Self::stream("xgroup-destroy");
    /// A group was set to another place.
    pub const XGROUP_SETID: Self = Self::stream("xgroup-setid");
    /// What a stream knows of itself was set.
    pub const XSETID: Self = Self::stream("xsetid");
    /// The oldest entries of a stream went.
    pub const XTRIM: Self = Self::stream("xtrim");

    const fn new(class: Class, name: &'static str) -> Self {
        Self { class, name }
    }

    const fn generic(name: &'static str) -> Self {
        Self::new(Class::Generic, name)
    }

    const fn string(name: &'static str) -> Self {
        Self::new(Class::String, name)
    }

    const fn list(name: &'static str) -> Self {
        Self::new(Class::List, name)
    }

    const fn set(name: &'static str) -> Self {
        Self::new(Class::Set, name)
    }

    const fn hash(name: &'static str) -> Self {
        Self::new(Class::Hash, name)
    }

    const fn json(name: &'static str) -> Self {
        Self::new(Class::Module, name)
    }

    const fn stream(name: &'static str) -> Self {
        Self::new(Class::Stream, name)
    }

    const fn sorted_set(name: &'static str) -> Self {
        Self::new(Class::SortedSet, name)
    }

    /// The kind it belongs to.
    #[must_use]
    pub const fn class(self) -> Class {
        self.class
    }

    /// Its name in Redis, the last part of the channel `__keyevent@0__:<name>`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.name
    }
}

/// Where a flag stands for a class in the text of a setting: the letters in the order in which Redis shows them.
const CLASSES: [(char, Class); 14] = [
    ('g', Class::Generic),
    ('$', Class::String),
    ('l', Class::List),
    ('s', Class::Set),
    ('h', Class::Hash),
    ('z', Class::SortedSet),
    ('x', Class::Expired),
    ('e', Class::Evicted),
    ('t', Class::Stream),
    ('d', Class::Module),
    ('n', Class::New),
    ('o', Class::Overwritten),
    ('c', Class::TypeChanged),
    ('m', Class::KeyMiss),
];

/// What `A` stands for: the classes up to modules.
const ALL: u16 = (1 << 10) - 1;
const KEYSPACE: u16 = 1 << 14;
const KEYEVENT: u16 = 1 << 15;

/// Which events are wanted, and on which channels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Events(u16);

impl Events {
    /// No event.
    pub const NONE: Self = Self(0);

    /// Reads the value of the setting `notify-keyspace-events`. None if a letter stands for nothing.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.chars().try_fold(Self::NONE, |events, letter| {
            let bits = match letter {
                'A' => ALL,
                'K' => KEYSPACE,
                'E' => KEYEVENT,
                _ => CLASSES.iter().find(|(known, _)| *known == letter).map(|(_, class)| class.bit())?,
            };
            Some(Self(events.0 | bits))
        })
    }

    /// Whether events of a class are wanted, on any channel.
    #[must_use]
    pub const fn wants(self, class: Class) -> bool {
        self.0 & class.bit() != 0 && (self.on_keyspace() || self.on_keyevent())
    }

    /// Whether nothing is wanted.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.0 & !(KEYSPACE | KEYEVENT) == 0 || !(self.on_keyspace() || self.on_keyevent())
    }

    /// Whether the channels of keys are wanted, `__keyspace@0__:<key>`, whose messages are events.
    #[must_use]
    pub const fn on_keyspace(self) -> bool {
        self.0 & KEYSPACE != 0
    }

    /// Whether the channels of events are wanted, `__keyevent@0__:<event>`, whose messages are keys.
    #[must_use]
    pub const fn on_keyevent(self) -> bool {
        self.0 & KEYEVENT != 0
    }

    /// As a number, for an atomic.
    #[must_use]
    pub const fn to_bits(self) -> u16 {
        self.0
    }

    /// From such a number.
    #[must_use]
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits)
    }
}

/// The letters as Redis shows them: `A` hides the classes it stands for and, of those it does not stand for, all that
/// tell of how a value came.
impl std::fmt::Display for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        use std::fmt::Write as _;
        let has_all = self.0 & ALL == ALL;
        if has_all {
            f.write_char('A')?;
        }
        let miss = Class::KeyMiss.bit();
        let (last, shown) = (self.0 & miss, if has_all { 0 } else { self.0 & !miss });
        for (letter, _) in CLASSES.iter().filter(|(_, class)| shown & class.bit() != 0) {
            f.write_char(*letter)?;
        }
        for (letter, bit) in [('K', KEYSPACE), ('E', KEYEVENT)] {
            if self.0 & bit != 0 {
                f.write_char(letter)?;
            }
        }
        if last != 0 {
            f.write_char('m')?;
        }
        Ok(())
    }
}

impl Class {
    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asked of Redis 8.2.3.
    #[test]
    fn settings_are_shown_as_redis_shows_them() {
        let cases = [
            ("", ""),
            ("AK", "AK"),
            ("EAK", "AKE"),
            ("g$lshzxetd", "A"),
            ("AKEmnoc", "AKEm"),
            ("dtexzhsl", "lshzxetd"),
            ("nocmKEdtexzhsl$", "$lshzxetdnocKEm"),
            ("mnco", "nocm"),
            ("gmn", "gnm"),
        ];
        for (given, shown) in cases {
            assert_eq!(Events::parse(given).unwrap().to_string(), shown, "{given}");
        }
        assert_eq!(Events::parse("KEAq"), None);
    }

    #[test]
    fn every_letter_is_the_bit_of_its_class() {
        for (place, (letter, class)) in CLASSES.iter().enumerate() {
            assert_eq!(class.bit(), 1 << place, "{letter}");
            let events = Events::parse(&format!("K{letter}")).unwrap();
            assert!(events.wants(*class) && !events.is_none(), "{letter}");
            assert_eq!(Events::from_bits(events.to_bits()), events);
        }
    }

    #[test]
    fn classes_without_a_channel_and_channels_without_a_class_are_nothing() {
        for text in ["A", "KE", "g", "K", ""] {
            let events = Events::parse(text).unwrap();
            assert!(events.is_none() && !events.wants(Class::Generic), "{text}");
        }
    }
}
