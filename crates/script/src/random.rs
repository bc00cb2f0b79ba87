//! `math.random`: the generator of drand48, so that a script that seeds it draws the same numbers as on Redis.

use mlua::MultiValue;

use crate::natives::{Arguments, number, one};

/// The state of the generator, 48 bits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Random(u64);

/// What the generator of drand48 adds and multiplies with; part of POSIX.
const MULTIPLIER: u64 = 0x5_DEEC_E66D;
const INCREMENT: u64 = 0xB;
const MASK: u64 = (1 << 48) - 1;
/// The low 16 bits of a seeded state.
const SEED_LOW: u64 = 0x330E;
/// One more than the largest number drawn.
const RANGE: f64 = 2_147_483_648.0;

impl Random {
    pub(crate) fn seeded(seed: u32) -> Self {
        Self(u64::from(seed) << 16 | SEED_LOW)
    }

    /// A generator that starts anywhere.
    pub(crate) fn starting_at(state: u64) -> Self {
        Self(state & MASK)
    }

    /// The next number, 31 bits.
    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(MULTIPLIER).wrapping_add(INCREMENT) & MASK;
        #[expect(clippy::cast_possible_truncation, reason = "31 of 48 bits")]
        let high = (self.0 >> 17) as u32;
        high
    }
}

/// `math.random`
pub(crate) fn random(arguments: &Arguments<'_>) -> mlua::Result<MultiValue> {
    let drawn = {
        let mut state = arguments
            .lua
            .app_data_mut::<Random>()
            .ok_or_else(|| arguments.error("no generator outside a script"))?;
        // Redis draws below the largest number, not below the range.
        f64::from(state.next() % (i32::MAX.unsigned_abs())) / (RANGE - 1.0)
    };
    let (low, high) = match arguments.len() {
        0 => return Ok(one(number(drawn))),
        1 => (1.0, arguments.number(0)?.trunc()),
        2 => (arguments.number(0)?.trunc(), arguments.number(1)?.trunc()),
        _ => return Err(arguments.error("wrong number of arguments")),
    };
    if low > high {
        return Err(arguments.bad(arguments.len() - 1, "interval is empty"));
    }
    Ok(one(number((drawn * (high - low + 1.0)).floor() + low)))
}

/// `math.randomseed`
pub(crate) fn randomseed(arguments: &Arguments<'_>) -> mlua::Result<MultiValue> {
    let seed = crate::natives::integer(arguments.number(0)?);
    #[expect(clippy::cast_possible_truncation, reason = "the low 32 bits, as in Redis")]
    #[expect(clippy::cast_sign_loss, reason = "the low 32 bits, as in Redis")]
    arguments.lua.set_app_data(Random::seeded(seed as u32));
    Ok(MultiValue::new())
}
