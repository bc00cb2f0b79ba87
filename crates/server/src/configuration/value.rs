//! The values that parameters take, with the texts of Redis for others.

use selvedge_node::Events;

/// What a parameter may be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// An integer within bounds.
    Number { min: i64, max: i64 },
    /// A size in bytes, with a unit if wanted.
    Memory { min: u64, max: u64 },
    /// `yes` or `no`.
    YesNo,
    /// One of these words, in any case.
    OneOf(&'static [&'static str]),
    /// Pairs of seconds and changes.
    SavePoints,
    /// Letters for classes of keyspace events.
    KeyspaceEvents,
    /// Numbers with blanks between.
    Percentiles,
}

impl Kind {
    /// The value as it is kept and shown, or why it is none.
    pub(super) fn read(self, value: &[u8]) -> Result<String, String> {
        let text = std::str::from_utf8(value).unwrap_or("\u{fffd}");
        match self {
            Self::Number { min, max } => {
                let number: i64 = parse_integer(text).ok_or("argument couldn't be parsed into an integer")?;
                within(number, min, max)?;
                Ok(number.to_string())
            }
            Self::Memory { min, max } => {
                let bytes = parse_memory(text).ok_or("argument must be a memory value")?;
                within(bytes, min, max)?;
                Ok(bytes.to_string())
            }
            Self::YesNo => {
                let known = ["yes", "no"].into_iter().find(|word| text.eq_ignore_ascii_case(word));
                known.map(str::to_owned).ok_or_else(|| "argument must be 'yes' or 'no'".to_owned())
            }
            Self::OneOf(words) => {
                let known = words.iter().find(|word| text.eq_ignore_ascii_case(word));
                known
                    .map(|word| (*word).to_owned())
                    .ok_or_else(|| format!("argument(s) must be one of the following: {}", words.join(", ")))
            }
            Self::SavePoints => {
                let numbers =
                    text.split(' ').map(|word| word.parse::<u32>().ok().filter(|number| *number > 0));
                let is_valid = text.is_empty()
                    || (numbers.clone().all(|number| number.is_some()) && numbers.count().is_multiple_of(2));
                if is_valid { Ok(text.to_owned()) } else { Err("Invalid save parameters".to_owned()) }
            }
            Self::KeyspaceEvents => match Events::parse(text) {
                Some(events) => Ok(events.to_string()),
                None => Err("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.".to_owned()),
            },
            Self::Percentiles => {
                let numbers: Option<Vec<f64>> =
                    text.split_whitespace().map(|word| word.parse().ok()).collect();
                match numbers {
                    Some(numbers) if numbers.iter().all(|number| (0.0..=100.0).contains(number)) => {
                        Ok(text.to_owned())
                    }
                    Some(_) => {
                        Err("latency-tracking-info-percentiles should contain values between 0 and 100"
                            .to_owned())
                    }
                    None => Err("Invalid latency-tracking-info-percentiles parameters".to_owned()),
                }
            }
        }
    }
}

fn within<T: PartialOrd + std::fmt::Display + Copy>(value: T, min: T, max: T) -> Result<(), String> {
    if value < min || value > max {
        return Err(format!("argument must be between {min} and {max} inclusive"));
    }
    Ok(())
}

/// Digits with a minus if wanted, and nothing else.
fn parse_integer(text: &str) -> Option<i64> {
    if text.starts_with('+') { None } else { text.parse().ok() }
}

/// Digits with one of Redis' units: `k` is a thousand, `kb` is 1,024.
fn parse_memory(text: &str) -> Option<u64> {
    let digits_end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(digits_end);
    let factor: u64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" => 1000,
        "kb" => 1 << 10,
        "m" => 1_000_000,
        "mb" => 1 << 20,
        "g" => 1_000_000_000,
        "gb" => 1 << 30,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_as_redis_shows_them() {
        let memory = Kind::Memory { min: 0, max: u64::MAX };
        for (kind, value, shown) in [
            (memory, "100mb", "104857600"),
            (memory, "1K", "1000"),
            (Kind::YesNo, "YES", "yes"),
            (Kind::OneOf(&["a", "b"]), "B", "b"),
            (Kind::SavePoints, "3600 1 300 100", "3600 1 300 100"),
            (Kind::SavePoints, "", ""),
            (Kind::KeyspaceEvents, "KEA", "AKE"),
            (Kind::KeyspaceEvents, "xE", "xE"),
        ] {
            assert_eq!(kind.read(value.as_bytes()).as_deref(), Ok(shown), "{value}");
        }
        for (kind, value) in [
            (memory, "1x"),
            (memory, "-1"),
            (memory, "99999999999gb"),
            (Kind::Number { min: 0, max: 5 }, "+1"),
            (Kind::Number { min: 0, max: 5 }, "6"),
            (Kind::SavePoints, "900"),
            (Kind::SavePoints, "3600 1  300 100"),
            (Kind::KeyspaceEvents, "q"),
        ] {
            assert!(kind.read(value.as_bytes()).is_err(), "{value}");
        }
    }
}
