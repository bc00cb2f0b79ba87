//! The patterns of KEYS, SCAN MATCH and CONFIG GET.
//!
//! `*` any bytes, `?` one byte, `[abc]`, `[a-z]`, `[^a]`, and `\` before a byte that means itself.

/// Whether the whole `text` matches `pattern`, byte by byte and case by case.
///
/// Work is bounded by the product of both lengths, without recursion: only the last star is ever tried again, which is
/// enough because everything else in a pattern takes exactly one byte.
#[must_use]
pub fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let mut rest_of_pattern = pattern;
    let mut rest = text;
    let mut last_star: Option<(&[u8], &[u8])> = None;
    loop {
        if let [b'*', after @ ..] = rest_of_pattern {
            if after.is_empty() {
                return true;
            }
            last_star = Some((after, rest));
            rest_of_pattern = after;
            continue;
        }
        let stepped = match rest {
            [byte, after @ ..] => match_one(rest_of_pattern, *byte).map(|pattern| (pattern, after)),
            [] if rest_of_pattern.is_empty() => return true,
            // No star can help: what follows it needs more bytes than are left.
            [] => return false,
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
            (None, _) => return false,
        }
    }
}

/// Whether `pattern` matches everything, so that nothing needs to be compared.
#[must_use]
pub fn matches_all(pattern: &[u8]) -> bool {
    pattern == b"*"
}

/// Matches one byte against the front of a pattern that does not start with a star. What is left of the pattern if it fits.
fn match_one(pattern: &[u8], byte: u8) -> Option<&[u8]> {
    match pattern {
        [] => None,
        [b'?', after @ ..] => Some(after),
        [b'[', b'^', class @ ..] => {
            match_class(class, byte).and_then(|(fits, after)| (!fits).then_some(after))
        }
        [b'[', class @ ..] => match_class(class, byte).and_then(|(fits, after)| fits.then_some(after)),
        [b'\\', literal, after @ ..] | [literal, after @ ..] => (*literal == byte).then_some(after),
    }
}

/// Whether the class up to `]` (or to the end of the pattern) holds `byte`, and what follows it.
fn match_class(mut class: &[u8], byte: u8) -> Option<(bool, &[u8])> {
    let mut fits = false;
    loop {
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
}
