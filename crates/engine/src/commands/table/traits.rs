//! What a command's record must say because nothing else in it does.

/// A set of properties of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traits(u32);

impl Traits {
    /// None of them.
    pub const NONE: Self = Self(0);
    /// May make the data larger: refused when memory is full.
    pub const DENY_OOM: Self = Self(1);
    /// Takes constant or logarithmic time.
    pub const FAST: Self = Self(1 << 1);
    /// Not allowed in scripts.
    pub const NO_SCRIPT: Self = Self(1 << 2);
    /// Allowed while the database is loading.
    pub const LOADING: Self = Self(1 << 3);
    /// Allowed while a replica has lost its primary.
    pub const STALE: Self = Self(1 << 4);
    /// For operators.
    pub const ADMIN: Self = Self(1 << 5);
    /// Needs no authentication.
    pub const NO_AUTH: Self = Self(1 << 6);
    /// Allowed while a script runs too long.
    pub const ALLOW_BUSY: Self = Self(1 << 7);
    /// Left out of the slow log.
    pub const SKIP_SLOWLOG: Self = Self(1 << 8);
    /// In the category `@dangerous` without being for operators.
    pub const DANGEROUS: Self = Self(1 << 9);
    /// A read that the read-only token may not run although it is not in `@dangerous`.
    pub const POWERFUL: Self = Self(1 << 10);
    /// Looks at all shards: runs under all locks, unless it is [`Traits::ROAMING`].
    pub const WHOLE_KEYSPACE: Self = Self(1 << 11);
    /// In the category `@connection` although its group is another; then not in `@keyspace`.
    pub const CONNECTION: Self = Self(1 << 12);
    /// May log more than its arguments come to, because it copies what is stored or unfolds what is packed: the log is asked for room afterwards.
    pub const COPIES_STORED: Self = Self(1 << 13);
    /// Looks at one shard after the other, so that alone it needs no two of their locks at once.
    pub const ROAMING: Self = Self(1 << 14);
    /// Looks up keys that its words name by a pattern with a star, if one of them has any.
    pub const KEYS_BY_PATTERN: Self = Self(1 << 15);
    /// In the categories `@list`, `@set` and `@sortedset` instead of that of its group.
    pub const COLLECTIONS: Self = Self(1 << 16);
    /// May wait although the server runs it.
    pub const WAITS: Self = Self(1 << 17);
    /// About messages between clients.
    pub const PUBSUB: Self = Self(1 << 18);
    /// Not allowed in transactions.
    pub const NO_MULTI: Self = Self(1 << 20);
    /// What has expired of its keys is removed before it looks at them.
    pub const SETTLES: Self = Self(1 << 19);

    const ALL: &[Self] = &[
        Self::DENY_OOM,
        Self::FAST,
        Self::NO_SCRIPT,
        Self::LOADING,
        Self::STALE,
        Self::ADMIN,
        Self::NO_AUTH,
        Self::ALLOW_BUSY,
        Self::SKIP_SLOWLOG,
        Self::DANGEROUS,
        Self::POWERFUL,
        Self::WHOLE_KEYSPACE,
        Self::CONNECTION,
        Self::COPIES_STORED,
        Self::ROAMING,
        Self::KEYS_BY_PATTERN,
        Self::COLLECTIONS,
        Self::WAITS,
        Self::PUBSUB,
        Self::SETTLES,
        Self::NO_MULTI,
    ];

    /// Both sets together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` are in it.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

const _: () = {
    let (mut rest, mut seen) = (Traits::ALL, 0);
    while let [first, more @ ..] = rest {
        assert!(first.0.is_power_of_two() && seen & first.0 == 0, "two traits share a bit");
        seen |= first.0;
        rest = more;
    }
};
