//! The words of a search.

use super::position;
use super::unit::Unit;
use crate::args::{Cursor, Keyword};
use crate::commands::table::Args;
use crate::error::CommandError;
use crate::numbers::parse_score;
use crate::types::SortedSetRef;
use crate::types::geo::{Area, Position, Shape};

/// Which command asks, and so which words it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// GEOSEARCH.
    Search,
    /// GEOSEARCHSTORE.
    SearchStore,
    /// GEORADIUS, GEORADIUSBYMEMBER.
    Radius,
    /// GEORADIUS_RO, GEORADIUSBYMEMBER_RO.
    RadiusReadOnly,
}

impl Form {
    /// Whether center and shape are options.
    const fn is_search(self) -> bool {
        matches!(self, Self::Search | Self::SearchStore)
    }
}

/// The order in which members are returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// The nearest first.
    Nearest,
    /// The farthest first.
    Farthest,
}

/// What is stored in place of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Store<'a> {
    pub(super) destination: &'a [u8],
    /// Distances as scores, not places.
    pub(super) distances: bool,
}

/// What belongs to each member in the reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct With {
    pub(super) distance: bool,
    pub(super) hash: bool,
    pub(super) position: bool,
}

/// A search. Without a center there is nothing to search in.
#[derive(Debug)]
pub(super) struct Query<'a> {
    pub(super) center: Option<Position>,
    pub(super) shape: Shape,
    pub(super) unit: Unit,
    pub(super) order: Option<Order>,
    pub(super) count: Option<usize>,
    pub(super) any: bool,
    pub(super) with: With,
    pub(super) store: Option<Store<'a>>,
}

/// A query as far as it is read.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Draft<'a> {
    pub(super) center: Option<Center>,
    pub(super) shape: Option<(Shape, Unit)>,
    pub(super) destination: Option<&'a [u8]>,
}

impl Draft<'_> {
    /// The shape of a search that finds nothing.
    pub(super) const NO_SHAPE: (Shape, Unit) = (Shape::Circle { radius_m: 0.0 }, Unit::METER);
}

/// A center that was named.
#[derive(Debug, Clone, Copy)]
pub(super) enum Center {
    At(Position),
    /// The place of a member of a set that is not there.
    Nowhere,
}

impl Center {
    /// Reads a longitude and a latitude.
    ///
    /// # Errors
    /// [`CommandError::NotAFloat`], [`CommandError::InvalidPosition`].
    pub(super) fn at(longitude: &[u8], latitude: &[u8]) -> Result<Self, CommandError> {
        position(longitude, latitude).map(Self::At)
    }

    /// Looks up a member.
    ///
    /// # Errors
    /// [`CommandError::NoSuchPlace`] if the set does not have it.
    pub(super) fn of_member(set: Option<SortedSetRef<'_>>, member: &[u8]) -> Result<Self, CommandError> {
        let Some(set) = set else { return Ok(Self::Nowhere) };
        let score = set.score(member).ok_or(CommandError::NoSuchPlace)?;
        Ok(Self::At(Position::of_score(score)))
    }
}

/// Reads a radius and its unit.
///
/// # Errors
/// [`CommandError::NotNumeric`], [`CommandError::RadiusNegative`], [`CommandError::UnsupportedUnit`].
pub(super) fn circle(radius: &[u8], unit: &[u8]) -> Result<(Shape, Unit), CommandError> {
    let radius = parse_score(radius).ok_or(CommandError::NotNumeric { name: "radius" })?;
    if radius < 0.0 {
        return Err(CommandError::RadiusNegative);
    }
    let unit = Unit::parse(unit)?;
    Ok((Shape::Circle { radius_m: unit.meters(radius) }, unit))
}

/// Reads width, height and their unit.
fn rectangle(width: &[u8], height: &[u8], unit: &[u8]) -> Result<(Shape, Unit), CommandError> {
    let width = parse_score(width).ok_or(CommandError::NotNumeric { name: "width" })?;
    let height = parse_score(height).ok_or(CommandError::NotNumeric { name: "height" })?;
    if width < 0.0 || height < 0.0 {
        return Err(CommandError::SidesNegative);
    }
    let unit = Unit::parse(unit)?;
    Ok((Shape::Box { width_m: unit.meters(width), height_m: unit.meters(height) }, unit))
}

/// Whether no other word of its kind came before: the same one may be repeated, and the last counts.
fn is_first_or_same(before: Option<Keyword>, keyword: Keyword) -> bool {
    before.is_none_or(|before| before.bytes() == keyword.bytes())
}

impl<'a> Query<'a> {
    /// Reads the options behind the first `words` words. `set` is what is searched.
    ///
    /// # Errors
    /// Those of the options and of their combinations, in Redis' order.
    pub(super) fn parse(
        args: Args<'a>,
        words: usize,
        form: Form,
        draft: Draft<'a>,
        set: Option<SortedSetRef<'_>>,
    ) -> Result<Self, CommandError> {
        let Draft { mut center, mut shape, destination } = draft;
        let (mut from, mut by) = (None, None);
        let (mut order, mut count, mut any, mut with) = (None, None, false, With::default());
        let mut store = destination.map(|destination| Store { destination, distances: false });
        let name = args.first().copied().unwrap_or_default();
        let mut cursor = Cursor::after(args, words);
        while let Some(word) = cursor.next() {
            let rest = cursor.rest().len();
            let keyword = Keyword::of(word);
            match keyword.bytes() {
                b"WITHDIST" => with.distance = true,
                b"WITHHASH" => with.hash = true,
                b"WITHCOORD" => with.position = true,
                b"ANY" => any = true,
                b"ASC" => order = Some(Order::Nearest),
                b"DESC" => order = Some(Order::Farthest),
                b"COUNT" if rest > 0 => {
                    let amount = usize::try_from(cursor.integer()?).ok().filter(|amount| *amount > 0);
                    count = Some(amount.ok_or(CommandError::SearchCountNotPositive)?);
                }
                b"STORE" | b"STOREDIST" if rest > 0 && form == Form::Radius => {
                    let distances = keyword.bytes() == b"STOREDIST";
                    store = Some(Store { destination: cursor.word()?, distances });
                }
                b"STOREDIST" if form == Form::SearchStore => {
                    store = store.map(|store| Store { distances: true, ..store });
                }
                b"FROMMEMBER" if rest > 0 && form.is_search() && is_first_or_same(from, keyword) => {
                    from = Some(keyword);
                    center = Some(Center::of_member(set, cursor.word()?)?);
                }
                b"FROMLONLAT" if rest > 1 && form.is_search() && is_first_or_same(from, keyword) => {
                    from = Some(keyword);
                    center = Some(Center::at(cursor.word()?, cursor.word()?)?);
                }
                b"BYRADIUS" if rest > 1 && form.is_search() && is_first_or_same(by, keyword) => {
                    by = Some(keyword);
                    shape = Some(circle(cursor.word()?, cursor.word()?)?);
                }
                b"BYBOX" if rest > 2 && form.is_search() && is_first_or_same(by, keyword) => {
                    by = Some(keyword);
                    shape = Some(rectangle(cursor.word()?, cursor.word()?, cursor.word()?)?);
                }
                _ => return Err(CommandError::Syntax),
            }
        }
        if store.is_some() && with != With::default() {
            return Err(if form == Form::SearchStore {
                CommandError::SearchStoreWithOptions
            } else {
                CommandError::RadiusStoreWithOptions
            });
        }
        let center = center.ok_or_else(|| CommandError::center_missing(name))?;
        let (shape, unit) = shape.ok_or_else(|| CommandError::shape_missing(name))?;
        if any && count.is_none() {
            return Err(CommandError::AnyWithoutCount);
        }
        let center = match center {
            Center::At(position) => Some(position),
            Center::Nowhere => None,
        };
        Ok(Self { center, shape, unit, order, count, any, with, store })
    }

    /// Where to search.
    pub(super) fn area(&self) -> Option<Area> {
        self.center.map(|center| Area { center, shape: self.shape })
    }
}
