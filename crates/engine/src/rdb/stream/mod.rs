//! Streams: listpacks of entries, then counts, then groups with what is pending.
//!
//! A listpack stands behind the id that its entries are relative to, 16 bytes, the highest first. It begins with a master entry:
//! how many entries there are, how many deleted ones, the number of field names, the names, and 0. An entry is its flags, the
//! distances of its milliseconds and of its number, its fields, and how many elements that makes.

mod dump;
mod load;
#[cfg(test)]
mod tests;

pub(super) use dump::dump;
pub(super) use load::load;

/// The entry was deleted.
const DELETED: i64 = 1;
/// The fields have the names of the master entry, so that only their values follow.
const SAME_FIELDS: i64 = 2;

/// Elements of an entry besides names and values: flags, two distances.
const FIXED_ELEMENTS: usize = 3;

/// How many elements stand before the one that tells it: those of an entry that names its fields count them, too.
fn element_count(fields: usize, has_same_fields: bool) -> usize {
    if has_same_fields { FIXED_ELEMENTS + fields } else { FIXED_ELEMENTS + 1 + 2 * fields }
}

/// How many entries a group has read stands as this where it is not known.
const UNKNOWN: u64 = u64::MAX;
