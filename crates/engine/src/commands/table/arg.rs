//! The grammar of a command's arguments: what COMMAND DOCS and the generated pages show.

/// One argument, or a group of them.
#[derive(Debug, Clone, Copy)]
pub struct Arg {
    /// Its name.
    pub name: &'static str,
    /// What it may be.
    pub kind: ArgKind,
    /// The word that stands before it, or that it is.
    pub token: Option<&'static str>,
    /// Whether it may be left out.
    pub optional: bool,
    /// Whether it may be repeated.
    pub multiple: bool,
    /// The members of a group.
    pub args: &'static [Arg],
}

/// What an argument may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArgKind {
    /// A key.
    Key,
    /// Any bytes.
    String,
    /// A 64-bit integer.
    Integer,
    /// A floating-point number.
    Double,
    /// A Unix time.
    UnixTime,
    /// A glob pattern.
    Pattern,
    /// The token alone.
    PureToken,
    /// One of its members.
    OneOf,
    /// All of its members in order.
    Block,
}

impl ArgKind {
    /// Its name in COMMAND DOCS.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::String => "string",
            Self::Integer => "integer",
            Self::Double => "double",
            Self::UnixTime => "unix-time",
            Self::Pattern => "pattern",
            Self::PureToken => "pure-token",
            Self::OneOf => "oneof",
            Self::Block => "block",
        }
    }
}

/// The key that most commands start with.
pub(crate) const KEY: Arg = Arg::key("key");
/// A value to store.
pub(crate) const VALUE: Arg = Arg::string("value");
/// `MATCH pattern` of the SCAN family.
pub(crate) const MATCH: Arg = Arg::pattern("pattern").after("MATCH").optional();
/// `COUNT count` of the SCAN family.
pub(crate) const COUNT: Arg = Arg::integer("count").after("COUNT").optional();
/// `EX seconds`, one of the options about an expiry.
pub(crate) const EX: Arg = Arg::integer("seconds").after("EX");
/// `PX milliseconds`.
pub(crate) const PX: Arg = Arg::integer("milliseconds").after("PX");
/// `EXAT unix-time-seconds`.
pub(crate) const EXAT: Arg = Arg::unix_time("unix-time-seconds").after("EXAT");
/// `PXAT unix-time-milliseconds`.
pub(crate) const PXAT: Arg = Arg::unix_time("unix-time-milliseconds").after("PXAT");

impl Arg {
    const fn new(name: &'static str, kind: ArgKind) -> Self {
        Self { name, kind, token: None, optional: false, multiple: false, args: &[] }
    }

    pub(crate) const fn key(name: &'static str) -> Self {
        Self::new(name, ArgKind::Key)
    }

    pub(crate) const fn string(name: &'static str) -> Self {
        Self::new(name, ArgKind::String)
    }

    pub(crate) const fn integer(name: &'static str) -> Self {
        Self::new(name, ArgKind::Integer)
    }

    pub(crate) const fn double(name: &'static str) -> Self {
        Self::new(name, ArgKind::Double)
    }

    pub(crate) const fn unix_time(name: &'static str) -> Self {
        Self::new(name, ArgKind::UnixTime)
    }

    pub(crate) const fn pattern(name: &'static str) -> Self {
        Self::new(name, ArgKind::Pattern)
    }

    pub(crate) const fn token(name: &'static str, token: &'static str) -> Self {
        Self::new(name, ArgKind::PureToken).after(token)
    }

    pub(crate) const fn one_of(name: &'static str, args: &'static [Self]) -> Self {
        Self { args, ..Self::new(name, ArgKind::OneOf) }
    }

    pub(crate) const fn block(name: &'static str, args: &'static [Self]) -> Self {
        Self { args, ..Self::new(name, ArgKind::Block) }
    }

    pub(crate) const fn after(self, token: &'static str) -> Self {
        Self { token: Some(token), ..self }
    }

    pub(crate) const fn optional(self) -> Self {
        Self { optional: true, ..self }
    }

    pub(crate) const fn multiple(self) -> Self {
        Self { multiple: true, ..self }
    }

    /// The fewest words it takes on a command line.
    #[must_use]
    pub fn words_min(&self) -> usize {
        if self.optional {
            return 0;
        }
        let token = usize::from(self.token.is_some());
        match self.kind {
            ArgKind::PureToken => 1,
            ArgKind::OneOf => token + self.args.iter().map(Self::words_min).min().unwrap_or(0),
            ArgKind::Block => token + self.args.iter().map(Self::words_min).sum::<usize>(),
            ArgKind::Key
            | ArgKind::String
            | ArgKind::Integer
            | ArgKind::Double
            | ArgKind::UnixTime
            | ArgKind::Pattern => token + 1,
        }
    }

    /// Whether it always takes the same number of words.
    #[must_use]
    pub fn is_fixed(&self) -> bool {
        !self.optional && !self.multiple && self.args.iter().all(Self::is_fixed)
    }
}
