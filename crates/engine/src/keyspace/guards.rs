//! Locks on shards: taken in shard order, each once.

use std::ops::{Deref, DerefMut};

use parking_lot::{RwLockReadGuard, RwLockWriteGuard};
use smallvec::SmallVec;

use crate::hash::KeyHash;
use crate::keyspace::{Keyspace, Shard, shard_of};
use crate::limits::LOCK_PATIENCE;

/// Which shards a command needs.
#[derive(Debug, Clone)]
pub enum Scope {
    /// None: the command touches no key.
    None,
    /// Those of its keys, in any order.
    Keys(SmallVec<[KeyHash; 4]>),
    /// All of them.
    All,
}

impl Scope {
    /// The shard of one key.
    #[must_use]
    pub fn key(hash: KeyHash) -> Self {
        Self::Keys(smallvec::smallvec![hash])
    }
}

/// Shards that are held, by whatever holds them.
#[derive(Debug)]
enum Held<G> {
    None,
    One(u8, G),
    Many(SmallVec<[(u8, G); 4]>),
    All(Vec<G>),
}

impl<G> Held<G> {
    fn lock(scope: &Scope, lock: impl Fn(u8) -> G) -> Self {
        Self::lock_or_give_up(scope, |index| Some(lock(index))).unwrap_or(Self::None)
    }

    /// None if one of the locks was given up: then none is held.
    fn lock_or_give_up(scope: &Scope, lock: impl Fn(u8) -> Option<G>) -> Option<Self> {
        Some(match scope {
            Scope::None => Self::None,
            Scope::All => Self::All((0..Keyspace::SHARDS).map(lock).collect::<Option<_>>()?),
            Scope::Keys(hashes) => match hashes.as_slice() {
                [] => Self::None,
                [only] => Self::One(shard_of(*only), lock(shard_of(*only))?),
                several => {
                    let mut indexes: SmallVec<[u8; 16]> =
                        several.iter().map(|hash| shard_of(*hash)).collect();
                    indexes.sort_unstable();
                    indexes.dedup();
                    let guards = indexes.into_iter().map(|index| Some((index, lock(index)?)));
                    Self::Many(guards.collect::<Option<_>>()?)
                }
            },
        })
    }

    fn get(&self, index: u8) -> Option<&G> {
        match self {
            Self::None => None,
            Self::One(held, guard) => (*held == index).then_some(guard),
            Self::Many(guards) => guards.iter().find(|(held, _)| *held == index).map(|(_, guard)| guard),
            Self::All(guards) => guards.get(usize::from(index)),
        }
    }

    fn get_mut(&mut self, index: u8) -> Option<&mut G> {
        match self {
            Self::None => None,
            Self::One(held, guard) => (*held == index).then_some(guard),
            Self::Many(guards) => guards.iter_mut().find(|(held, _)| *held == index).map(|(_, guard)| guard),
            Self::All(guards) => guards.get_mut(usize::from(index)),
        }
    }

    fn all(&self) -> &[G] {
        match self {
            Self::All(guards) => guards,
            Self::None | Self::One(..) | Self::Many(_) => &[],
        }
    }
}

impl<G: Deref<Target = Shard>> Held<G> {
    /// The same shards, borrowed.
    fn view(&self) -> Held<&Shard> {
        match self {
            Self::None => Held::None,
            Self::One(index, guard) => Held::One(*index, guard),
            Self::Many(guards) => {
                Held::Many(guards.iter().map(|(index, guard)| (*index, &**guard)).collect())
            }
            Self::All(guards) => Held::All(guards.iter().map(Deref::deref).collect()),
        }
    }
}

const NOT_HELD: &str = "a key is only used under the lock of its shard";

/// Shards locked for reading.
#[derive(Debug)]
pub struct ReadGuards<'a>(Held<RwLockReadGuard<'a, Shard>>);

impl<'a> ReadGuards<'a> {
    pub(super) fn lock(keyspace: &'a Keyspace, scope: &Scope) -> Self {
        Self(Held::lock(scope, |index| keyspace.shard(index).read()))
    }

    pub(super) fn lock_unless(
        keyspace: &'a Keyspace,
        scope: &Scope,
        gives_up: &dyn Fn() -> bool,
    ) -> Option<Self> {
        let lock = |index| {
            let shard = keyspace.shard(index);
            loop {
                match shard.try_read_for(LOCK_PATIENCE) {
                    Some(guard) => return Some(guard),
                    None if gives_up() => return None,
                    None => {}
                }
            }
        };
        Held::lock_or_give_up(scope, lock).map(Self)
    }

    /// The shards, borrowed: frees their users from the lifetime of the locks.
    pub(crate) fn shards(&self) -> Shards<'_> {
        Shards(self.0.view())
    }
}

/// Shards that may be looked at.
#[derive(Debug)]
pub(crate) struct Shards<'a>(Held<&'a Shard>);

impl<'a> Shards<'a> {
    pub(crate) fn none() -> Self {
        Self(Held::None)
    }

    #[inline]
    pub(crate) fn of(&self, hash: KeyHash) -> &'a Shard {
        self.0.get(shard_of(hash)).expect(NOT_HELD)
    }

    /// All shards in order, none unless all are held.
    pub(crate) fn all(&self) -> impl Iterator<Item = &'a Shard> + Clone {
        self.0.all().iter().copied()
    }
}

/// Shards locked for writing.
#[derive(Debug)]
pub struct WriteGuards<'a>(Held<RwLockWriteGuard<'a, Shard>>);

impl<'a> WriteGuards<'a> {
    pub(super) fn lock(keyspace: &'a Keyspace, scope: &Scope) -> Self {
        Self(Held::lock(scope, |index| keyspace.shard(index).write()))
    }

    /// The shards, to look at.
    pub(crate) fn view(&self) -> Shards<'_> {
        Shards(self.0.view())
    }

    /// The shards, borrowed: frees their users from the lifetime of the locks.
    pub(crate) fn shards(&mut self) -> ShardsMut<'_> {
        ShardsMut(match &mut self.0 {
            Held::None => Held::None,
            Held::One(index, guard) => Held::One(*index, guard.deref_mut()),
            Held::Many(guards) => {
                Held::Many(guards.iter_mut().map(|(index, guard)| (*index, guard.deref_mut())).collect())
            }
            Held::All(guards) => Held::All(guards.iter_mut().map(DerefMut::deref_mut).collect()),
        })
    }
}

/// Shards that may be changed.
#[derive(Debug)]
pub(crate) struct ShardsMut<'a>(Held<&'a mut Shard>);

impl ShardsMut<'_> {
    #[inline]
    pub(crate) fn get(&self, hash: KeyHash) -> &Shard {
        self.0.get(shard_of(hash)).expect(NOT_HELD)
    }

    #[inline]
    pub(crate) fn of(&mut self, hash: KeyHash) -> &mut Shard {
        self.at(shard_of(hash))
    }

    #[inline]
    pub(crate) fn at(&mut self, index: u8) -> &mut Shard {
        self.0.get_mut(index).expect(NOT_HELD)
    }

    /// All shards in order, none unless all are held.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Shard> + Clone {
        self.0.all().iter().map(|shard| &**shard)
    }

    pub(crate) fn holds_all(&self) -> bool {
        matches!(self.0, Held::All(_))
    }
}
