//! Numbers in fields of bits: which ones fit, and what becomes of those that do not.

/// How the bits of a field are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Encoding {
    /// As two's complement.
    pub(crate) is_signed: bool,
    /// 1 to 63 bits, 64 if signed.
    pub(crate) width: u32,
}

/// What becomes of a number that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overflow {
    /// Its lowest bits.
    Wrap,
    /// The nearest one that fits.
    Saturate,
    /// Nothing is changed.
    Fail,
}

impl Encoding {
    /// The number that these bits are.
    pub(crate) fn number(self, bits: u64) -> i128 {
        let number = i128::from(bits);
        if number > self.max() { number - self.size() } else { number }
    }

    /// The bits of a number that fits.
    pub(crate) fn bits(self, number: i128) -> u64 {
        u64::try_from(number.rem_euclid(self.size())).unwrap_or(0)
    }

    /// The number itself if it fits, or what `overflow` makes of it. None: nothing is to be changed.
    pub(crate) fn fit(self, number: i128, overflow: Overflow) -> Option<i128> {
        let (min, max) = (self.min(), self.max());
        if (min..=max).contains(&number) {
            return Some(number);
        }
        match overflow {
            Overflow::Wrap => Some(self.number(self.bits(number))),
            Overflow::Saturate => Some(number.clamp(min, max)),
            Overflow::Fail => None,
        }
    }

    /// How many different numbers there are.
    fn size(self) -> i128 {
        1 << self.width
    }

    fn min(self) -> i128 {
        if self.is_signed { -(self.size() / 2) } else { 0 }
    }

    fn max(self) -> i128 {
        self.min() + self.size() - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_fit_or_overflow() {
        let fit = |is_signed, width, number| {
            let encoding = Encoding { is_signed, width };
            [Overflow::Wrap, Overflow::Saturate, Overflow::Fail]
                .map(|overflow| encoding.fit(number, overflow))
        };
        assert_eq!(fit(false, 8, 255), [Some(255); 3]);
        assert_eq!(fit(false, 8, 257), [Some(1), Some(255), None]);
        assert_eq!(fit(false, 8, -1), [Some(255), Some(0), None]);
        assert_eq!(fit(true, 8, -128), [Some(-128); 3]);
        assert_eq!(fit(true, 8, 128), [Some(-128), Some(127), None]);
        assert_eq!(fit(true, 8, -129), [Some(127), Some(-128), None]);
        assert_eq!(fit(true, 1, 1), [Some(-1), Some(0), None]);
        let (max, min) = (i128::from(i64::MAX), i128::from(i64::MIN));
        assert_eq!(fit(true, 64, max + 1), [Some(min), Some(max), None]);
        assert_eq!(fit(true, 64, min + min), [Some(0), Some(min), None]);
        assert_eq!(fit(false, 63, max + max), [Some(max - 1), Some(max), None]);
    }

    #[test]
    fn bits_are_the_number_again() {
        for encoding in [Encoding { is_signed: true, width: 64 }, Encoding { is_signed: false, width: 63 }] {
            for number in
                [encoding.min(), -1, 0, 1, encoding.max()].into_iter().filter(|n| *n >= encoding.min())
            {
                assert_eq!(encoding.number(encoding.bits(number)), number);
            }
        }
    }
}
