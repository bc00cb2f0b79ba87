//! The end of a payload: the version of the format, and a checksum.

use crc::{CRC_64_REDIS, Crc, Table};

use super::LoadError;

/// The version that Redis 7.0 writes, and the least that knows all kinds we write but one.
pub(super) const VERSION: u16 = 10;

/// The version that Redis 8.2 writes: the first one whose hashes have fields that expire.
pub(super) const VERSION_OF_EXPIRING_FIELDS: u16 = 12;

/// The last version that we read.
const VERSION_MAX: u16 = VERSION_OF_EXPIRING_FIELDS;

static CHECKSUM: Crc<u64, Table<16>> = Crc::<u64, Table<16>>::new(&CRC_64_REDIS);

/// Appends the footer.
pub(super) fn seal(payload: &mut Vec<u8>, version: u16) {
    payload.extend_from_slice(&version.to_le_bytes());
    let checksum = CHECKSUM.checksum(payload);
    payload.extend_from_slice(&checksum.to_le_bytes());
}

/// What stands before the footer.
///
/// # Errors
/// [`LoadError::Footer`] if there is none, or another one belongs there.
pub(super) fn open(payload: &[u8]) -> Result<&[u8], LoadError> {
    let (checked, checksum) = payload.split_last_chunk::<8>().ok_or(LoadError::Footer)?;
    let (body, version) = checked.split_last_chunk::<2>().ok_or(LoadError::Footer)?;
    let is_ours = u16::from_le_bytes(*version) <= VERSION_MAX
        && CHECKSUM.checksum(checked) == u64::from_le_bytes(*checksum);
    if is_ours { Ok(body) } else { Err(LoadError::Footer) }
}
