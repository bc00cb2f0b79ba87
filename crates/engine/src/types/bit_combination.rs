//! Combining the bits of several strings. Shorter ones end in zeros.

use crate::limits::STRING_CHUNK_BYTES;
use crate::types::StringRef;

/// Which bits of the result are ones, by the bits of the sources at the same place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Combination {
    /// One in all.
    All,
    /// One in any.
    Any,
    /// One in an odd number.
    Odd,
    /// Zero in the first.
    NotFirst,
    /// One in the first and in no other.
    OnlyFirst,
    /// One in any other, but not in the first.
    OnlyOthers,
    /// One in the first and in any other.
    FirstAndOthers,
    /// One in exactly one.
    One,
}

impl Combination {
    /// The bytes that come of these sources: as many as the longest has.
    pub(crate) fn of(self, sources: &[Option<StringRef<'_>>]) -> Vec<u8> {
        let len = sources.iter().flatten().map(|source| source.len()).max().unwrap_or(0);
        let mut result = vec![0; len];
        for (i, target) in result.chunks_mut(STRING_CHUNK_BYTES).enumerate() {
            self.fill(sources, i * STRING_CHUNK_BYTES, target);
        }
        result
    }

    /// Fills `target`, which is zero, with what comes of the sources from `at` on.
    fn fill(self, sources: &[Option<StringRef<'_>>], at: usize, target: &mut [u8]) {
        let Some((first, others)) = sources.split_first() else { return };
        let first = Source { string: *first, at };
        let others = others.iter().map(|string| Source { string: *string, at });
        match self {
            Self::All => {
                first.copy_to(target);
                others.for_each(|other| other.merge(target, |byte, other| byte & other));
            }
            Self::Any => {
                first.copy_to(target);
                others.for_each(|other| other.merge(target, |byte, other| byte | other));
            }
            Self::Odd => {
                first.copy_to(target);
                others.for_each(|other| other.merge(target, |byte, other| byte ^ other));
            }
            Self::NotFirst => first.merge(target, |_, byte| !byte),
            Self::OnlyFirst => {
                first.copy_to(target);
                others.for_each(|other| other.merge(target, |byte, other| byte & !other));
            }
            Self::OnlyOthers => {
                others.for_each(|other| other.merge(target, |byte, other| byte | other));
                first.merge(target, |byte, first| byte & !first);
            }
            Self::FirstAndOthers => {
                others.for_each(|other| other.merge(target, |byte, other| byte | other));
                first.merge(target, |byte, first| byte & first);
            }
            Self::One => {
                let (mut source, mut several) = (vec![0; target.len()], vec![0; target.len()]);
                for other in std::iter::once(first).chain(others) {
                    other.copy_to(&mut source);
                    for ((one, several), byte) in target.iter_mut().zip(&mut several).zip(&source) {
                        *several |= *one & byte;
                        *one = (*one | byte) & !*several;
                    }
                }
            }
        }
    }
}

/// A string from a place on, with zeros behind its end.
#[derive(Debug, Clone, Copy)]
struct Source<'a> {
    string: Option<StringRef<'a>>,
    at: usize,
}

impl Source<'_> {
    fn copy_to(self, target: &mut [u8]) {
        self.merge(target, |_, byte| byte);
    }

    /// Makes each byte of `target` what `combine` says of it and the source's.
    fn merge(self, target: &mut [u8], combine: impl Fn(u8, u8) -> u8) {
        let mut rest = target;
        let len = rest.len();
        for piece in self.string.into_iter().flat_map(|string| string.slice(self.at, len)) {
            let now = rest.split_off_mut(..piece.len().min(rest.len())).unwrap_or_default();
            now.iter_mut().zip(piece).for_each(|(byte, other)| *byte = combine(*byte, *other));
        }
        rest.iter_mut().for_each(|byte| *byte = combine(*byte, 0));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::types::Chunked;

    fn expected(combination: Combination, bits: &[bool]) -> bool {
        let (first, others) = bits.split_first().unwrap();
        let any = others.contains(&true);
        match combination {
            Combination::All => !bits.contains(&false),
            Combination::Any => bits.contains(&true),
            Combination::Odd => bits.iter().filter(|bit| **bit).count() % 2 == 1,
            Combination::NotFirst => !first,
            Combination::OnlyFirst => *first && !any,
            Combination::OnlyOthers => any && !first,
            Combination::FirstAndOthers => *first && any,
            Combination::One => bits.iter().filter(|bit| **bit).count() == 1,
        }
    }

    proptest! {
        #[test]
        fn each_bit_comes_of_the_bits_at_its_place(
            sources in prop::collection::vec(prop::option::of((any::<bool>(), prop::collection::vec(any::<u8>(), 0..40))), 1..5),
        ) {
            // Some lie in chunks, and around the end of the first one.
            let offset = STRING_CHUNK_BYTES - 20;
            let strings: Vec<Option<(Vec<u8>, Chunked)>> = sources
                .iter()
                .map(|source| {
                    let (far, bytes) = source.as_ref()?;
                    let mut whole = vec![0; if *far { offset } else { 0 }];
                    whole.extend(bytes);
                    Some((whole.clone(), Chunked::new(&whole)))
                })
                .collect();
            let refs: Vec<_> =
                strings.iter().map(|string| string.as_ref().map(|(_, chunked)| StringRef::chunked(chunked))).collect();
            let len = refs.iter().flatten().map(|string| string.len()).max().unwrap_or(0);
            use Combination::{All, Any, FirstAndOthers, NotFirst, Odd, One, OnlyFirst, OnlyOthers};
            for combination in [All, Any, Odd, NotFirst, OnlyFirst, OnlyOthers, FirstAndOthers, One] {
                let result = combination.of(&refs);
                prop_assert_eq!(result.len(), len);
                for (at, byte) in result.iter().enumerate().filter(|(at, _)| *at < 50 || *at >= offset) {
                    for bit in 0..8 {
                        let bits: Vec<bool> = strings
                            .iter()
                            .map(|string| {
                                string.as_ref().and_then(|(bytes, _)| bytes.get(at)).is_some_and(|byte| byte >> bit & 1 == 1)
                            })
                            .collect();
                        prop_assert_eq!(byte >> bit & 1 == 1, expected(combination, &bits), "{:?} {} {}", combination, at, bit);
                    }
                }
            }
        }
    }
}
