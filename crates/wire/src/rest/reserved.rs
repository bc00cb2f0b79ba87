//! Paths that are no commands.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// First segments that have a handler of their own, in any case. They come before commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reserved {
    /// `/pipeline`: commands in order.
    Pipeline,
    /// `/multi-exec`: a transaction.
    MultiExec,
    /// `/subscribe/<channel>...`: a stream of events.
    Subscribe,
    /// `/psubscribe/<pattern>...`: a stream of events.
    PSubscribe,
    /// `/monitor`: a stream of events.
    Monitor,
}

impl Reserved {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Pipeline, Self::MultiExec, Self::Subscribe, Self::PSubscribe, Self::Monitor];

    /// The word as it stands in a path.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pipeline => "pipeline",
            Self::MultiExec => "multi-exec",
            Self::Subscribe => "subscribe",
            Self::PSubscribe => "psubscribe",
            Self::Monitor => "monitor",
        }
    }
}

/// A path that begins with a reserved word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReservedPath<'a> {
    /// The word.
    pub word: Reserved,
    rest: Option<&'a str>,
}

impl<'a> ReservedPath<'a> {
    /// The segments behind the word, decoded: channels or patterns.
    pub fn segments(self) -> impl Iterator<Item = Cow<'a, [u8]>> {
        self.rest
            .into_iter()
            .flat_map(|rest| rest.split('/'))
            .map(|segment| percent_decode_str(segment).into())
    }

    /// Whether nothing stands behind the word.
    #[must_use]
    pub fn is_bare(self) -> bool {
        self.rest.is_none()
    }
}

/// What a path that begins with a reserved word asks for. One slash at the end does not count.
#[must_use]
pub fn reserved(path: &str) -> Option<ReservedPath<'_>> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    let (first, rest) = path.split_once('/').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let word = Reserved::ALL.into_iter().find(|reserved| first.eq_ignore_ascii_case(reserved.word()))?;
    Some(ReservedPath { word, rest })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_count_in_any_case_and_with_one_slash() {
        for word in Reserved::ALL {
            for path in [
                format!("/{}", word.word()),
                format!("/{}/", word.word()),
                format!("/{}", word.word().to_uppercase()),
            ] {
                let found = reserved(&path).unwrap();
                assert_eq!(found.word, word);
                assert!(found.is_bare(), "{path}");
            }
        }
        for path in ["/", "", "/get/pipeline", "/pipelines", "/publish/a/b", "//pipeline"] {
            assert_eq!(reserved(path), None, "{path}");
        }
    }

    #[test]
    fn segments_are_decoded_each_on_its_own() {
        let found = reserved("/Subscribe/a%20b/c%2Fd/").unwrap();
        let segments: Vec<_> = found.segments().map(|segment| segment.into_owned()).collect();
        assert_eq!(segments, [b"a b".to_vec(), b"c/d".to_vec()]);
        assert_eq!(reserved("/pipeline//").unwrap().segments().count(), 1);
    }
}
