//! The sums of INCRBYFLOAT against a real Redis: random texts of numbers, digit by digit.

use std::fmt::Write as _;

use selvedge_golden::{RespTarget, Target};
use selvedge_wire::Value;

use crate::random::Random;
use crate::solo::Solo;

const ROUNDS: u64 = 4_000;

impl Random {
    fn number(&mut self) -> String {
        let mut text = self.pick(&["", "-", "+", ""]).to_owned();
        let digits = |random: &mut Self, text: &mut String, most| {
            for _ in 0..random.below(most) {
                let _ = write!(text, "{}", random.below(10));
            }
        };
        match self.below(12) {
            0 => {
                let _ = write!(
                    text,
                    "0x{:x}.{:x}p{}",
                    self.below(1 << 40),
                    self.below(1 << 40),
                    self.below(200) as i64 - 100
                );
            }
            1 => {
                let _ = write!(text, "{}e{}", self.below(1000), self.below(12_000) as i64 - 6_000);
            }
            2 => text.push_str(self.pick(&[
                "inf",
                "nan",
                "1e",
                ".",
                "0x",
                "1e4932",
                "1.2e4932",
                "4e-4951",
                "infinity",
                "0x1p16383",
                "1e-4940",
                "3.6e-4951",
            ])),
            3 => {
                let _ = write!(text, "{}e{}", self.below(1 << 53), self.below(60) as i64 - 30);
            }
            _ => {
                digits(self, &mut text, 25);
                if self.below(3) > 0 {
                    text.push('.');
                    digits(self, &mut text, 25);
                }
            }
        }
        text
    }
}

#[test]
fn sums_are_those_of_redis() {
    let Ok(address) = std::env::var("SELVEDGE_REDIS_ORACLE") else { return };
    let mut redis = RespTarget::connect_redis(&address).unwrap();
    let mut ours = Solo::new();
    redis.reset().unwrap();
    let mut random = Random(2026);
    let line = |words: &[&str]| words.iter().map(|word| word.as_bytes().to_vec()).collect::<Vec<_>>();
    let mut numbers = 0;
    for round in 0..ROUNDS {
        let (a, b) = (random.number(), random.number());
        let command = if round % 2 == 0 { "INCRBYFLOAT" } else { "HINCRBYFLOAT" };
        let (set, add) = if command == "INCRBYFLOAT" {
            (line(&["SET", "k", &a]), line(&[command, "k", &b]))
        } else {
            (line(&["HSET", "h", "f", &a]), line(&[command, "h", "f", &b]))
        };
        redis.run(&set).unwrap();
        ours.run(&set).unwrap();
        let expected = redis.run(&add).unwrap();
        assert_eq!(ours.run(&add).unwrap(), expected, "{command}: {a} + {b}");
        numbers += u64::from(matches!(expected, Value::Bulk(_)));
    }
    assert!(numbers > ROUNDS / 2, "too few of the texts were numbers: {numbers}");
}
