//! Reading a path.

use super::filter::{Comparison, Filter, Operand, pattern};
use super::{Path, Selector, Step};
use crate::limits::{JSON_PATH_BYTES_MAX, JSON_PATH_NESTING_MAX};
use crate::types::json::text::{JsonText, number_len};
use crate::types::json::view::JsonView;

/// Why a path cannot be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PathError {
    /// It makes no sense behind so many bytes of its text in JSONPath.
    Syntax(usize),
    /// It is longer than its limit.
    TooLong,
    /// Its filters lie within each other too deep.
    TooDeep,
}

impl Path {
    /// Reads a path of either dialect: JSONPath begins with `$`, alone or in front of a step.
    ///
    /// # Errors
    /// [`PathError`].
    pub(crate) fn parse(path: &[u8]) -> Result<Self, PathError> {
        if path.len() > JSON_PATH_BYTES_MAX {
            return Err(PathError::TooLong);
        }
        let path = std::str::from_utf8(path).map_err(|error| PathError::Syntax(error.valid_up_to()))?;
        let is_legacy = !matches!(path.as_bytes(), [b'$'] | [b'$', b'.' | b'[', ..]);
        let text = match path.as_bytes() {
            _ if !is_legacy => path.to_owned(),
            [b'.'] => "$".to_owned(),
            [b'.', ..] => format!("${path}"),
            _ => format!("$.{path}"),
        };
        let mut parser = Parser { text: &text, at: 1, depth: 0 };
        let steps = parser.steps()?;
        if parser.peek().is_some() {
            return Err(parser.unexpected());
        }
        Ok(Self { is_legacy, steps, text })
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    /// How many filters and brackets are open.
    depth: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn unexpected(&self) -> PathError {
        PathError::Syntax(self.at)
    }

    /// The next byte behind blanks.
    fn peek(&mut self) -> Option<u8> {
        let rest = self.rest();
        let blanks = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.at += blanks;
        rest.get(blanks).copied()
    }

    /// Takes a token behind blanks, if it is the next one.
    fn takes(&mut self, token: &str) -> bool {
        self.peek();
        let is_next = self.rest().starts_with(token.as_bytes());
        if is_next {
            self.at += token.len();
        }
        is_next
    }

    fn expect(&mut self, token: &str) -> Result<(), PathError> {
        if self.takes(token) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// Goes into something that may hold itself.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, PathError>) -> Result<T, PathError> {
        if self.depth == JSON_PATH_NESTING_MAX {
            return Err(PathError::TooDeep);
        }
        self.depth += 1;
        let done = read(self);
        self.depth -= 1;
        done
    }

    /// The steps up to where none follows.
    fn steps(&mut self) -> Result<Vec<Step>, PathError> {
        let mut steps = Vec::new();
        loop {
            let (is_deep, has_dot) = (self.takes(".."), self.takes("."));
            if is_deep && has_dot {
                self.at -= 1;
                return Err(self.unexpected());
            }
            let selector = match self.peek() {
                Some(b'[') => self.bracket()?,
                Some(b'*') if is_deep || has_dot => {
                    self.at += 1;
                    Selector::All
                }
                Some(_) if is_deep || has_dot => Selector::Names(vec![self.name()?]),
                None if is_deep || has_dot => return Err(self.unexpected()),
                _ => return Ok(steps),
            };
            steps.push(Step { is_deep, selector });
        }
    }

    /// A name without quotes.
    fn name(&mut self) -> Result<String, PathError> {
        let is_part =
            |byte: &&u8| byte.is_ascii_alphanumeric() || !byte.is_ascii() || b"#$%+-/:^_`~".contains(byte);
        let len = self.rest().iter().take_while(is_part).count();
        let name = self.text.get(self.at..self.at + len).filter(|name| !name.is_empty());
        self.at += len;
        name.map(str::to_owned).ok_or(self.unexpected())
    }

    fn bracket(&mut self) -> Result<Selector, PathError> {
        self.expect("[")?;
        let selector = match self.peek() {
            Some(b'*') => {
                self.at += 1;
                Selector::All
            }
            Some(b'?') => {
                self.at += 1;
                Selector::Filter(self.nested(Self::filter)?)
            }
            Some(b'"' | b'\'') => {
                let mut names = vec![self.string()?];
                while self.takes(",") {
                    self.peek();
                    names.push(self.string()?);
                }
                Selector::Names(names)
            }
            _ => self.indexes()?,
        };
        self.expect("]")?;
        Ok(selector)
    }

    fn indexes(&mut self) -> Result<Selector, PathError> {
        let first = self.index()?;
        if self.takes(":") {
            let end = self.index()?;
            let step = if self.takes(":") { self.index()? } else { None };
            let step = usize::try_from(step.unwrap_or(1)).ok().filter(|step| *step > 0);
            return match step {
                Some(step) => Ok(Selector::Slice { start: first, end, step }),
                None => Err(self.unexpected()),
            };
        }
        let mut indexes = vec![first.ok_or(self.unexpected())?];
        while self.takes(",") {
            let index = self.index()?;
            indexes.push(index.ok_or(self.unexpected())?);
        }
        Ok(Selector::Indexes(indexes))
    }

    /// An integer, if one is next.
    fn index(&mut self) -> Result<Option<i64>, PathError> {
        if !matches!(self.peek(), Some(b'-' | b'0'..=b'9')) {
            return Ok(None);
        }
        let len = number_len(self.rest()).ok_or(self.unexpected())?;
        let index = self.text.get(self.at..self.at + len).and_then(|text| text.parse().ok());
        let index = index.ok_or(self.unexpected())?;
        self.at += len;
        Ok(Some(index))
    }

    /// A string in quotes of either kind, with the escapes of JSON.
    fn string(&mut self) -> Result<String, PathError> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let quote =
            rest.chars().next().filter(|quote| matches!(quote, '"' | '\'')).ok_or(self.unexpected())?;
        let mut is_escaped = false;
        let mut ends = rest.char_indices().skip(1).filter(|(_, character)| {
            let is_end = !is_escaped && *character == quote;
            is_escaped = !is_escaped && *character == '\\';
            is_end
        });
        let end = ends.next().map(|(end, _)| end).ok_or(self.unexpected())?;
        let inner = rest.get(1..end).unwrap_or_default();
        let string = unescaped(inner, quote).ok_or(self.unexpected())?;
        self.at += end + 1;
        Ok(string)
    }

    /// What stands behind a question mark: conditions, of which `&&` binds stronger.
    fn filter(&mut self) -> Result<Filter, PathError> {
        let mut any = Vec::new();
        loop {
            let mut all = vec![self.condition()?];
            while self.takes("&&") {
                all.push(self.condition()?);
            }
            any.push(one_or(all, Filter::All));
            if !self.takes("||") {
                return Ok(one_or(any, Filter::Any));
            }
        }
    }

    fn condition(&mut self) -> Result<Filter, PathError> {
        if self.takes("(") {
            let inner = self.nested(Self::filter)?;
            self.expect(")")?;
            return Ok(inner);
        }
        let left = self.operand()?;
        if self.takes("=~") {
            return Ok(match self.operand()? {
                Operand::Literal(literal) => {
                    let found = match literal.packed().get().view() {
                        JsonView::String(text) => pattern(text),
                        _ => None,
                    };
                    Filter::Matches(left, found)
                }
                found @ Operand::Path { .. } => Filter::MatchesFound(left, found),
            });
        }
        const COMPARISONS: [(&str, Comparison); 6] = [
            ("==", Comparison::Equal),
            ("!=", Comparison::NotEqual),
            ("<=", Comparison::LessOrEqual),
            ("<", Comparison::Less),
            (">=", Comparison::GreaterOrEqual),
            (">", Comparison::Greater),
        ];
        match COMPARISONS.iter().find(|(token, _)| self.takes(token)) {
            Some((_, comparison)) => Ok(Filter::Compares(left, *comparison, self.operand()?)),
            None => Ok(Filter::Is(left)),
        }
    }

    fn operand(&mut self) -> Result<Operand, PathError> {
        match self.peek() {
            Some(root @ (b'$' | b'@')) => {
                self.at += 1;
                let steps = self.nested(Self::steps)?;
                Ok(Operand::Path { is_root: root == b'$', steps })
            }
            Some(b'"' | b'\'') => Ok(Operand::Literal(JsonText::of_string(&self.string()?))),
            _ => self.literal(),
        }
    }

    /// A number or a word.
    fn literal(&mut self) -> Result<Operand, PathError> {
        let rest = self.rest();
        let word = ["null", "true", "false"].into_iter().find(|word| rest.starts_with(word.as_bytes()));
        let len = word.map(str::len).or_else(|| number_len(rest)).ok_or(self.unexpected())?;
        let literal = JsonText::read(rest.get(..len).unwrap_or_default()).map_err(|_| self.unexpected())?;
        self.at += len;
        Ok(Operand::Literal(literal))
    }
}

/// One condition as it is, several as what `join` makes of them.
fn one_or(mut filters: Vec<Filter>, join: fn(Vec<Filter>) -> Filter) -> Filter {
    match filters.pop() {
        Some(only) if filters.is_empty() => only,
        last => join(filters.into_iter().chain(last).collect()),
    }
}

/// What a string in quotes stands for.
fn unescaped(inner: &str, quote: char) -> Option<String> {
    if !inner.contains('\\') {
        return Some(inner.to_owned());
    }
    // In JSON's own quotes, in which an apostrophe needs no escape and a quotation mark does.
    let mut json = String::from('"');
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next()? {
                '\'' => json.push('\''),
                escaped => json.extend(['\\', escaped]),
            },
            '"' if quote == '\'' => json.push_str("\\\""),
            _ => json.push(character),
        }
    }
    json.push('"');
    let text = JsonText::read(json.as_bytes()).ok()?;
    match text.packed().get().view() {
        JsonView::String(text) => String::from_utf8(text.to_vec()).ok(),
        _ => None,
    }
}
