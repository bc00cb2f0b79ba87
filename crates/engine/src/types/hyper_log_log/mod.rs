//! HyperLogLog: an estimate of how many different elements were added, in the bytes of a string as Redis has it.
//!
//! The string begins with a header of 16 bytes: `HYLL`, the encoding (0 dense, 1 sparse), three bytes that mean nothing, and
//! the last estimate in 8 bytes, little endian, whose highest bit says that it is out of date. What follows are 16384
//! registers, [dense] or [sparse].
//!
//! An element chooses a register by 14 bits of its hash. The register keeps the longest run of zeros, and one more, that the
//! other bits of any of its elements began with (P. Flajolet and others: HyperLogLog, 2007).

mod dense;
mod estimate;
mod hash;
mod sparse;
#[cfg(test)]
mod tests;

pub(crate) use sparse::runs;

use crate::limits::HLL_SPARSE_BYTES_MAX;
use crate::types::StringRef;
use hash::hash;

/// Bits of the hash that choose the register.
const INDEX_BITS: u32 = 14;

/// How many registers there are.
pub(crate) const REGISTERS: usize = 1 << INDEX_BITS;

const MAGIC: &[u8; 4] = b"HYLL";
const HEADER_BYTES: usize = 16;
const DENSE: u8 = 0;
const SPARSE: u8 = 1;
const DENSE_BYTES: usize = HEADER_BYTES + dense::BYTES;

/// Where the encoding stands.
const ENCODING_AT: usize = 4;
/// Where the estimate stands, and its last byte.
const ESTIMATE_AT: usize = 8;
const ESTIMATE_END_AT: usize = 15;

/// The highest bit of the estimate's last byte: it is out of date.
const OUT_OF_DATE: u8 = 0x80;

/// Sparse registers that take more bytes are none: each opcode has at most two, and stands for a register at least.
const SPARSE_BYTES_MAX: usize = HEADER_BYTES + 2 * REGISTERS;

/// The value of each register.
pub(crate) type Registers = [u8; REGISTERS];

/// Why bytes are no HyperLogLog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    /// They do not begin like one, or have another length than they must.
    #[error("the bytes are no HyperLogLog")]
    Header,
    /// The sparse registers are not as many as there must be.
    #[error("the sparse registers are damaged")]
    Registers,
}

/// The bytes of a HyperLogLog: header whole, registers as they come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HyperLogLog(Vec<u8>);

/// The estimate that the header of a string holds, if it is up to date.
///
/// # Errors
/// [`Malformed::Header`].
pub(crate) fn stored_estimate(string: StringRef<'_>) -> Result<Option<u64>, Malformed> {
    let mut bytes = string.slice(0, HEADER_BYTES).flatten().copied();
    let header: [u8; HEADER_BYTES] = std::array::from_fn(|_| bytes.next().unwrap_or(0));
    let encoding = header.get(ENCODING_AT).copied();
    let len_fits = match encoding {
        Some(DENSE) => string.len() == DENSE_BYTES,
        Some(SPARSE) => string.len() >= HEADER_BYTES,
        _ => false,
    };
    if !header.starts_with(MAGIC) || !len_fits {
        return Err(Malformed::Header);
    }
    let estimate = header.last_chunk::<8>().map_or(u64::MAX, |bytes| u64::from_le_bytes(*bytes));
    Ok(Some(estimate).filter(|estimate| *estimate <= u64::MAX >> 1))
}

impl HyperLogLog {
    /// One to which nothing was added.
    pub(crate) fn new() -> Self {
        let mut bytes = MAGIC.to_vec();
        bytes.push(SPARSE);
        bytes.resize(HEADER_BYTES, 0);
        let mut new = Self(bytes);
        new.outdate();
        sparse::push_zeros(&mut new.0, REGISTERS);
        new
    }

    /// Reads the bytes of a string.
    ///
    /// # Errors
    /// [`Malformed::Header`]; [`Malformed::Registers`] if they are too many to be any. What else may be wrong with them is
    /// seen when they are met.
    pub(crate) fn read(string: StringRef<'_>) -> Result<Self, Malformed> {
        stored_estimate(string)?;
        if string.len() > SPARSE_BYTES_MAX {
            return Err(Malformed::Registers);
        }
        Ok(Self(string.to_cow().into_owned()))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn is_dense(&self) -> bool {
        self.0.get(ENCODING_AT) == Some(&DENSE)
    }

    /// Adds an element. Whether a register changed.
    ///
    /// # Errors
    /// [`Malformed::Registers`].
    pub(crate) fn add(&mut self, element: &[u8]) -> Result<bool, Malformed> {
        let hash = hash(element);
        let index = usize::try_from(hash % REGISTERS as u64).unwrap_or(0);
        // A bit beyond the last ends the longest run.
        let rest = hash >> INDEX_BITS | 1 << (u64::BITS - INDEX_BITS);
        self.raise(index, u8::try_from(rest.trailing_zeros() + 1).unwrap_or(u8::MAX))
    }

    /// Makes a register at least `value`. Whether it was less.
    ///
    /// # Errors
    /// [`Malformed::Registers`].
    pub(crate) fn raise(&mut self, index: usize, value: u8) -> Result<bool, Malformed> {
        let changed = if self.is_dense() {
            dense::raise(self.dense_mut(), index, value)
        } else {
            match sparse::raise(&mut self.0, HEADER_BYTES, HLL_SPARSE_BYTES_MAX, index, value)? {
                sparse::Raised::No => false,
                sparse::Raised::Yes => true,
                sparse::Raised::DoesNotFit => {
                    self.make_dense()?;
                    dense::raise(self.dense_mut(), index, value)
                }
            }
        };
        if changed {
            self.outdate();
        }
        Ok(changed)
    }

    /// Makes each register at least what it is in `registers`.
    ///
    /// # Errors
    /// [`Malformed::Registers`].
    pub(crate) fn merge(&mut self, registers: &Registers) -> Result<(), Malformed> {
        for (index, value) in registers.iter().enumerate().filter(|(_, value)| **value > 0) {
            self.raise(index, *value)?;
        }
        self.outdate();
        Ok(())
    }

    /// Lays the registers out dense. Whether they were not.
    ///
    /// # Errors
    /// [`Malformed::Registers`].
    pub(crate) fn make_dense(&mut self) -> Result<bool, Malformed> {
        if self.is_dense() {
            return Ok(false);
        }
        let registers = self.registers()?;
        self.0.truncate(HEADER_BYTES);
        self.0.resize(DENSE_BYTES, 0);
        if let Some(encoding) = self.0.get_mut(ENCODING_AT) {
            *encoding = DENSE;
        }
        for (index, value) in registers.iter().enumerate() {
            dense::raise(self.dense_mut(), index, *value);
        }
        Ok(true)
    }

    /// The registers.
    ///
    /// # Errors
    /// [`Malformed::Registers`].
    pub(crate) fn registers(&self) -> Result<Registers, Malformed> {
        let mut registers = [0; REGISTERS];
        self.add_to(&mut registers)?;
        Ok(registers)
    }

    /// Makes each of `registers` at least what it is here.
    ///
    /// # Errors
    /// [`Malformed::Registers`].
    pub(crate) fn add_to(&self, registers: &mut Registers) -> Result<(), Malformed> {
        if self.is_dense() {
            dense::add_to(self.body(), registers);
            Ok(())
        } else {
            sparse::add_to(self.body(), registers)
        }
    }

    /// What follows the header.
    pub(crate) fn body(&self) -> &[u8] {
        self.0.get(HEADER_BYTES..).unwrap_or_default()
    }

    fn dense_mut(&mut self) -> &mut [u8] {
        self.0.get_mut(HEADER_BYTES..).unwrap_or_default()
    }

    /// The stored estimate holds no more.
    fn outdate(&mut self) {
        if let Some(last) = self.0.get_mut(ESTIMATE_END_AT) {
            *last |= OUT_OF_DATE;
        }
    }

    /// The parts of the bytes that differ from `before`, which are no more: each with where it begins.
    pub(crate) fn changes_since<'a>(&'a self, before: &'a [u8]) -> impl Iterator<Item = (usize, &'a [u8])> {
        // The header changes apart from a register that may lie far behind it.
        [0..HEADER_BYTES, HEADER_BYTES..self.0.len()].into_iter().filter_map(move |part| {
            let (old, new) = (before.get(part.start..before.len().min(part.end))?, self.0.get(part.clone())?);
            let common = old.iter().zip(new).take_while(|(old, new)| old == new).count();
            let same_end = if old.len() == new.len() {
                old.iter().zip(new).rev().take_while(|(old, new)| old == new).count()
            } else {
                0
            };
            let changed = new.get(common..new.len() - same_end.min(new.len() - common))?;
            (!changed.is_empty()).then_some((part.start + common, changed))
        })
    }
}

/// How many different elements made these registers.
pub(crate) fn estimate(registers: &Registers) -> u64 {
    estimate::estimate(registers)
}

/// Counts elements whose number is known, and says which number was missed by far, with the estimate.
///
/// # Errors
/// The number, and the estimate.
pub(crate) fn self_test() -> Result<(), (u64, u64)> {
    let mut log = HyperLogLog::new();
    for number in 1..=SELF_TEST_ELEMENTS {
        let estimate = match log.add(&number.to_le_bytes()) {
            Ok(_) if number.is_power_of_two() => log.registers().map_or(0, |registers| estimate(&registers)),
            Ok(_) => continue,
            Err(_) => 0,
        };
        // Four times the standard error of 0.81 %, and one for the small numbers.
        if estimate.abs_diff(number) > 1 + number * 4 * 81 / 10_000 {
            return Err((number, estimate));
        }
    }
    Ok(())
}

/// Elements that [`self_test`] adds, in a few milliseconds.
const SELF_TEST_ELEMENTS: u64 = 1 << 15;

const _: () = assert!(ESTIMATE_AT + size_of::<u64>() == HEADER_BYTES);
