//! The patterns of KEYS, SCAN MATCH and CONFIG GET.
//!
//! `*` any bytes, `?` one byte, `[abc]`, `[a-z]`, `[^a]`, and `\` before a byte that means itself.

use std::cell::Cell;

use crate::error::CommandError;
use crate::limits::{PATTERN_EXTRA_STEPS_MAX, PATTERN_STEPS_PER_BYTE};

/// Whether the whole `text` matches `pattern`, byte by byte and case by case.
///
/// Work is bounded by the product of both lengths, without recursion: only the last star is ever tried again, which is
/// enough because everything else in a pattern takes exactly one byte. Where either comes from a client and may be long,
/// a [`Matcher`] bounds it further.
#[must_use]
pub fn matches(pattern: &[u8], text: &[u8]) -> bool {
    search(pattern, text, &mut u64::MAX.clone()) == Some(true)
}

/// The pattern of one command, matched against many texts within a bounded amount of work.
///
/// A step is one look at one byte of the pattern. Each text brings an allowance of steps in proportion to its length,
/// which no reasonable pattern uses up; what a text costs beyond it is taken from a pool for the whole command.
#[derive(Debug)]
pub struct Matcher<'p> {
    pattern: &'p [u8],
    everything: bool,
    extra_steps: Cell<u64>,
}

impl<'p> Matcher<'p> {
    /// A matcher with a full pool.
    #[must_use]
    pub fn new(pattern: &'p [u8]) -> Self {
        Self { pattern, everything: pattern == b"*", extra_steps: Cell::new(PATTERN_EXTRA_STEPS_MAX) }
    }

    /// Whether the whole `text` matches. Nothing does once the pool is used up: see [`Matcher::check`].
    #[must_use]
    pub fn matches(&self, text: &[u8]) -> bool {
        if self.everything {
            return true;
        }
        let extra = self.extra_steps.get();
        if extra == 0 {
            return false;
        }
        let allowance = PATTERN_STEPS_PER_BYTE.saturating_mul(text.len() as u64 + 64);
        let mut steps = extra + allowance;
        let found = search(self.pattern, text, &mut steps);
        self.extra_steps.set(extra.min(steps));
        found == Some(true)
    }

    /// Whether every text was matched to the end.
    ///
    /// # Errors
    /// [`CommandError::PatternTooCostly`] if the pool was used up.
    pub fn check(&self) -> Result<(), CommandError> {
        if self.extra_steps.get() == 0 { Err(CommandError::PatternTooCostly) } else { Ok(()) }
    }
}

/// Matches within `steps`, which it uses up. None when they do not suffice.
fn search(pattern: &[u8], text: &[u8], steps: &mut u64) -> Option<bool> {
    let mut rest_of_pattern = pattern;
    let mut rest = text;
    let mut last_star: Option<(&[u8], &[u8])> = None;
    loop {
        *steps = steps.checked_sub(1)?;
        if let [b'*', after @ ..] = rest_of_pattern {
            if after.is_empty() {
                return Some(true);
            }
            last_star = Some((after, rest));
            rest_of_pattern = after;
            continue;
        }
        let stepped = match rest {
            [byte, after @ ..] => match_one(rest_of_pattern, *byte, steps).map(|pattern| (pattern, after)),
            // No star can help: what follows it needs more bytes than are left.
            [] => return Some(rest_of_pattern.is_empty()),
        };
        match (stepped, last_star) {
            (Some((pattern, after)), _) => {
                rest_of_pattern = pattern;
                rest = after;
            }
            (None, Some((pattern, [_, after @ ..]))) => {
                last_star = Some((pattern, after));
                rest_of_pattern = pattern;
                rest = after;
            }
            (None, _) => return Some(false),
        }
    }
}

/// Matches one byte against the front of a pattern that does not start with a star. What is left of the pattern if it fits.
fn match_one<'p>(pattern: &'p [u8], byte: u8, steps: &mut u64) -> Option<&'p [u8]> {
    match pattern {
        [] => None,
        [b'?', after @ ..] => Some(after),
        [b'[', b'^', class @ ..] => {
            match_class(class, byte, steps).and_then(|(fits, after)| (!fits).then_some(after))
        }
        [b'[', class @ ..] => match_class(class, byte, steps).and_then(|(fits, after)| fits.then_some(after)),
        [b'\\', literal, after @ ..] | [literal, after @ ..] => (*literal == byte).then_some(after),
    }
}

/// Whether the class up to `]` (or to the end of the pattern) holds `byte`, and what follows it. None without steps left.
fn match_class<'p>(mut class: &'p [u8], byte: u8, steps: &mut u64) -> Option<(bool, &'p [u8])> {
    let mut fits = false;
    loop {
        *steps = steps.checked_sub(1)?;
        class = match class {
            [] => return Some((fits, class)),
            [b'\\', literal, after @ ..] => {
                fits |= *literal == byte;
                after
            }
            [b']', after @ ..] => return Some((fits, after)),
            [from, b'-', to, after @ ..] => {
                fits |= in_range(*from, *to, byte);
                after
            }
            [literal, after @ ..] => {
                fits |= *literal == byte;
                after
            }
        };
    }
}

/// Bytes compare as C's signed characters, and a range may be given backwards: as in Redis.
fn in_range(from: u8, to: u8, byte: u8) -> bool {
    let [from, to, byte] = [from, to, byte].map(u8::cast_signed);
    (from.min(to)..=from.max(to)).contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_redis() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("*", "abc", true),
            ("a*", "a", true),
            ("a**", "a", true),
            ("*a*", "bab", true),
            ("h?llo", "hello", true),
            ("h?llo", "hllo", false),
            ("h[ae]llo", "hallo", true),
            ("h[ae]llo", "hillo", false),
            ("h[^e]llo", "hallo", true),
            ("h[^e]llo", "hello", false),
            ("h[a-b]llo", "hbllo", true),
            ("h[b-a]llo", "hallo", true),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("a\\", "a\\", true),
            ("[\\]]", "]", true),
            ("[]", "a", false),
            ("[^]", "a", true),
            ("[abc", "b", true),
            ("[a-", "-", true),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "aXbY", false),
            ("*ab", "aab", true),
            ("user:*:name", "user:1:2:name", true),
            ("*?", "", false),
            ("??", "é", true),
        ] {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes()), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn many_stars_do_not_blow_up() {
        let pattern = b"*a".repeat(2_000);
        let text = [b'a'; 1_999].to_vec();
        assert!(!matches(&pattern, &text));
        let mut pattern = b"*?".repeat(1_000);
        pattern.push(b'b');
        assert!(!matches(&pattern, &[b'a'; 20_000]));
    }

    #[test]
    fn a_matcher_refuses_work_beyond_its_pool() {
        let matched = |pattern: &[u8], texts: &[&[u8]]| {
            let matcher = Matcher::new(pattern);
            let matching = texts.iter().filter(|text| matcher.matches(text)).count();
            matcher.check().map(|()| matching)
        };
        let long: &[u8] = &vec![b'a'; 1 << 20];
        // Linear, however long.
        assert_eq!(matched(&b"a*".repeat(1 << 19), &[long, b"a", b"b"]), Ok(1));
        assert_eq!(matched(&b"*?".repeat(50_000), &[&long[..50_000]]), Ok(1));
        assert_eq!(matched(b"*", &[long; 100]), Ok(100));
        assert_eq!(matched(b"*a*[a-c]?*a", &[&long[..300]; 100_000]), Ok(100_000));
        // The product of both lengths, a class as long as the pattern, and hardly anything but stars.
        let mut quadratic = b"*".to_vec();
        quadratic.extend(&long[..1 << 19]);
        quadratic.push(b'b');
        let mut class = b"[".to_vec();
        class.extend(long);
        let stars: Vec<u8> = std::iter::repeat_n(b'*', 1 << 20).chain(*b"b").collect();
        for (pattern, text) in [(quadratic, long), (class, &long[..1000]), (stars, b"a")] {
            assert_eq!(matched(&pattern, &[text; 40]), Err(CommandError::PatternTooCostly));
        }
    }
}
