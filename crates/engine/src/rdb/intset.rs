//! Intsets: small sets of integers. The width of each, a count, and the integers, ascending.

use std::borrow::Cow;

use super::LoadError;
use super::reader::Reader;

/// The members of an intset.
///
/// # Errors
/// [`LoadError::Damaged`] if it has another length than it says, or its members do not ascend.
pub(super) fn members(
    bytes: &[u8],
) -> Result<impl Iterator<Item = Result<Cow<'_, [u8]>, LoadError>>, LoadError> {
    let mut reader = Reader::new(bytes);
    let (width, count) = (u32::from_le_bytes(reader.array()?), u32::from_le_bytes(reader.array()?));
    let width = Some(width as usize).filter(|width| matches!(width, 2 | 4 | 8)).ok_or(LoadError::Damaged)?;
    if (count as usize).checked_mul(width) != Some(reader.left()) {
        return Err(LoadError::Damaged);
    }
    let mut last = None;
    Ok((0..count).map(move |_| {
        let member = match width {
            2 => i64::from(i16::from_le_bytes(reader.array()?)),
            4 => i64::from(i32::from_le_bytes(reader.array()?)),
            _ => i64::from_le_bytes(reader.array()?),
        };
        if last.is_some_and(|last| last >= member) {
            return Err(LoadError::Damaged);
        }
        last = Some(member);
        Ok(Cow::Owned(member.to_string().into_bytes()))
    }))
}
