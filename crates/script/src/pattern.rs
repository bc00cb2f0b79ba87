//! Lua's patterns, with a bound on steps and depth that Lua's own matcher does not have.

use crate::budget::Budget;
use crate::limits::{PATTERN_CAPTURES_MAX, PATTERN_DEPTH_MAX};

const ESCAPE: u8 = b'%';

/// What a pattern matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Match {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) captures: Vec<Capture>,
}

/// One capture of a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Capture {
    /// Bytes of the subject.
    Span { start: usize, end: usize },
    /// A place in the subject, counted from 0: `()`.
    Position(usize),
    /// Begun, and not ended yet.
    Open { start: usize },
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The pattern makes no sense.
    Pattern(&'static str),
    /// The script's time is over.
    Stopped(mlua::Error),
}

impl From<mlua::Error> for Failure {
    fn from(error: mlua::Error) -> Self {
        Self::Stopped(error)
    }
}

type Outcome<T> = Result<T, Failure>;

/// Finds the first match at or after `init`, or only there if the pattern begins with `^` and `anchors`.
pub(crate) fn find(
    budget: &mut Budget<'_>,
    subject: &[u8],
    pattern: &[u8],
    init: usize,
    anchors: bool,
) -> Outcome<Option<Match>> {
    let (pattern, anchored) = match pattern.split_first() {
        Some((b'^', rest)) if anchors => (rest, true),
        _ => (pattern, false),
    };
    let mut start = init;
    while start <= subject.len() {
        let mut matcher = Matcher { budget, subject, pattern, captures: Vec::new(), depth: 0 };
        if let Some(end) = matcher.run(start, 0)? {
            let captures = matcher.captures;
            if captures.iter().any(|capture| matches!(capture, Capture::Open { .. })) {
                return Err(Failure::Pattern("unfinished capture"));
            }
            return Ok(Some(Match { start, end, captures }));
        }
        if anchored {
            break;
        }
        start += 1;
    }
    Ok(None)
}

/// Whether a pattern is plain text.
pub(crate) fn is_plain(pattern: &[u8]) -> bool {
    !pattern.iter().any(|byte| b"^$*+?.([%-".contains(byte))
}

struct Matcher<'a, 'b> {
    budget: &'a mut Budget<'b>,
    subject: &'a [u8],
    pattern: &'a [u8],
    captures: Vec<Capture>,
    depth: usize,
}

impl Matcher<'_, '_> {
    /// Matches the pattern from `p` on at `s`; the end of the match.
    fn run(&mut self, s: usize, p: usize) -> Outcome<Option<usize>> {
        if self.depth >= PATTERN_DEPTH_MAX {
            return Err(Failure::Pattern("pattern too complex"));
        }
        self.depth += 1;
        let end = self.items(s, p);
        self.depth -= 1;
        end
    }

    fn items(&mut self, mut s: usize, mut p: usize) -> Outcome<Option<usize>> {
        loop {
            self.budget.step()?;
            let Some(item) = self.at(p) else { return Ok(Some(s)) };
            match (item, self.at(p + 1)) {
                (b'(', Some(b')')) => return self.open(s, p + 2, Capture::Position(s)),
                (b'(', _) => return self.open(s, p + 1, Capture::Open { start: s }),
                (b')', _) => return self.close(s, p + 1),
                (b'$', None) => return Ok((s == self.subject.len()).then_some(s)),
                (ESCAPE, Some(b'b')) => match self.balanced(s, p + 2)? {
                    Some(end) => (s, p) = (end, p + 4),
                    None => return Ok(None),
                },
                (ESCAPE, Some(b'f')) => match self.frontier(s, p + 2)? {
                    Some(next) => p = next,
                    None => return Ok(None),
                },
                (ESCAPE, Some(digit @ b'0'..=b'9')) => match self.back_reference(s, digit)? {
                    Some(end) => (s, p) = (end, p + 2),
                    None => return Ok(None),
                },
                _ => {
                    let next = self.class_end(p)?;
                    match self.at(next) {
                        Some(b'?') => {
                            if self.single(s, p, next) {
                                let captures = self.captures.clone();
                                if let Some(end) = self.run(s + 1, next + 1)? {
                                    return Ok(Some(end));
                                }
                                self.captures = captures;
                            }
                            p = next + 1;
                        }
                        Some(b'*') => return self.longest(s, p, next, 0),
                        Some(b'+') => return self.longest(s, p, next, 1),
                        Some(b'-') => return self.shortest(s, p, next),
                        _ if self.single(s, p, next) => (s, p) = (s + 1, next),
                        _ => return Ok(None),
                    }
                }
            }
        }
    }

    fn at(&self, p: usize) -> Option<u8> {
        self.pattern.get(p).copied()
    }

    fn open(&mut self, s: usize, p: usize, capture: Capture) -> Outcome<Option<usize>> {
        if self.captures.len() >= PATTERN_CAPTURES_MAX {
            return Err(Failure::Pattern("too many captures"));
        }
        let len = self.captures.len();
        self.captures.push(capture);
        let end = self.run(s, p)?;
        if end.is_none() {
            self.captures.truncate(len);
        }
        Ok(end)
    }

    fn close(&mut self, s: usize, p: usize) -> Outcome<Option<usize>> {
        let open = self.captures.iter().rposition(|capture| matches!(capture, Capture::Open { .. }));
        let (index, start) = match open.and_then(|index| Some((index, self.captures.get(index)?))) {
            Some((index, Capture::Open { start })) => (index, *start),
            _ => return Err(Failure::Pattern("invalid pattern capture")),
        };
        self.set(index, Capture::Span { start, end: s });
        let end = self.run(s, p)?;
        if end.is_none() {
            self.set(index, Capture::Open { start });
        }
        Ok(end)
    }

    fn set(&mut self, index: usize, capture: Capture) {
        if let Some(place) = self.captures.get_mut(index) {
            *place = capture;
        }
    }

    fn balanced(&mut self, s: usize, p: usize) -> Outcome<Option<usize>> {
        let (Some(begin), Some(end)) = (self.at(p), self.at(p + 1)) else {
            return Err(Failure::Pattern("unbalanced pattern"));
        };
        if self.subject.get(s) != Some(&begin) {
            return Ok(None);
        }
        let mut open = 1_usize;
        for (offset, byte) in self.subject.get(s + 1..).unwrap_or_default().iter().enumerate() {
            self.budget.step()?;
            if *byte == end {
                open -= 1;
                if open == 0 {
                    return Ok(Some(s + 2 + offset));
                }
            } else if *byte == begin {
                open += 1;
            }
        }
        Ok(None)
    }

    fn frontier(&mut self, s: usize, p: usize) -> Outcome<Option<usize>> {
        if self.at(p) != Some(b'[') {
            return Err(Failure::Pattern("missing '[' after '%f' in pattern"));
        }
        let next = self.class_end(p)?;
        let before = s.checked_sub(1).and_then(|before| self.subject.get(before)).copied().unwrap_or(0);
        let here = self.subject.get(s).copied().unwrap_or(0);
        let crosses = !self.in_set(before, p, next) && self.in_set(here, p, next);
        Ok(crosses.then_some(next))
    }

    fn back_reference(&mut self, s: usize, digit: u8) -> Outcome<Option<usize>> {
        let index = usize::from(digit).checked_sub(usize::from(b'1'));
        let (start, end) = match index.and_then(|index| self.captures.get(index)) {
            Some(Capture::Span { start, end }) => (*start, *end),
            // A place in the subject is no text that could come again.
            Some(Capture::Position(_)) => return Ok(None),
            _ => return Err(Failure::Pattern("invalid capture index")),
        };
        let captured = self.subject.get(start..end).unwrap_or_default();
        let rest = self.subject.get(s..).unwrap_or_default();
        Ok(rest.starts_with(captured).then(|| s + captured.len()))
    }

    fn longest(&mut self, s: usize, p: usize, next: usize, least: usize) -> Outcome<Option<usize>> {
        let mut count = 0;
        while self.single(s + count, p, next) {
            self.budget.step()?;
            count += 1;
        }
        loop {
            if count < least {
                return Ok(None);
            }
            let captures = self.captures.clone();
            if let Some(end) = self.run(s + count, next + 1)? {
                return Ok(Some(end));
            }
            self.captures = captures;
            let Some(fewer) = count.checked_sub(1) else { return Ok(None) };
            count = fewer;
        }
    }

    fn shortest(&mut self, mut s: usize, p: usize, next: usize) -> Outcome<Option<usize>> {
        loop {
            let captures = self.captures.clone();
            if let Some(end) = self.run(s, next + 1)? {
                return Ok(Some(end));
            }
            self.captures = captures;
            if !self.single(s, p, next) {
                return Ok(None);
            }
            s += 1;
        }
    }

    /// Where the item that begins at `p` ends.
    fn class_end(&self, p: usize) -> Outcome<usize> {
        match self.at(p) {
            Some(ESCAPE) if self.at(p + 1).is_none() => {
                Err(Failure::Pattern("malformed pattern (ends with '%')"))
            }
            Some(ESCAPE) => Ok(p + 2),
            Some(b'[') => {
                let mut next = p + 1;
                if self.at(next) == Some(b'^') {
                    next += 1;
                }
                // A bracket right at the beginning is one of the set.
                loop {
                    let Some(byte) = self.at(next) else {
                        return Err(Failure::Pattern("malformed pattern (missing ']')"));
                    };
                    next += 1;
                    if byte == ESCAPE {
                        if self.at(next).is_none() {
                            return Err(Failure::Pattern("malformed pattern (missing ']')"));
                        }
                        next += 1;
                    }
                    if self.at(next) == Some(b']') {
                        return Ok(next + 1);
                    }
                }
            }
            _ => Ok(p + 1),
        }
    }

    /// Whether the byte at `s` is what the item from `p` to `next` matches.
    fn single(&self, s: usize, p: usize, next: usize) -> bool {
        let Some(byte) = self.subject.get(s).copied() else { return false };
        match (self.at(p), self.at(p + 1)) {
            (Some(b'.'), _) => true,
            (Some(ESCAPE), Some(class)) => in_class(byte, class),
            (Some(b'['), _) => self.in_set(byte, p, next),
            (literal, _) => literal == Some(byte),
        }
    }

    /// Whether a byte is in the set from the bracket at `p` to just behind the one before `next`.
    fn in_set(&self, byte: u8, p: usize, next: usize) -> bool {
        let set = self.pattern.get(p + 1..next.saturating_sub(1)).unwrap_or_default();
        let (set, negated) = match set.split_first() {
            Some((b'^', rest)) => (rest, true),
            _ => (set, false),
        };
        let mut rest = set;
        while let [first, after @ ..] = rest {
            let found = match (*first, after) {
                (ESCAPE, [class, beyond @ ..]) => {
                    rest = beyond;
                    in_class(byte, *class)
                }
                (low, [b'-', high, beyond @ ..]) => {
                    rest = beyond;
                    (low..=*high).contains(&byte)
                }
                (literal, _) => {
                    rest = after;
                    literal == byte
                }
            };
            if found {
                return !negated;
            }
        }
        negated
    }
}

/// Whether a byte is in a class such as `%d`, upper case meaning the others. Every other letter stands for itself.
fn in_class(byte: u8, class: u8) -> bool {
    let is_in = match class.to_ascii_lowercase() {
        b'a' => byte.is_ascii_alphabetic(),
        b'c' => byte.is_ascii_control(),
        b'd' => byte.is_ascii_digit(),
        b'l' => byte.is_ascii_lowercase(),
        b'p' => byte.is_ascii_punctuation(),
        b's' => byte.is_ascii_whitespace() || byte == 0x0b,
        b'u' => byte.is_ascii_uppercase(),
        b'w' => byte.is_ascii_alphanumeric(),
        b'x' => byte.is_ascii_hexdigit(),
        b'z' => byte == 0,
        _ => return class == byte,
    };
    is_in != class.is_ascii_uppercase()
}
