//! Whether two replies to the same line say the same.

use selvedge_golden::notation::{Detail, render};
use selvedge_wire::Value;

use super::generate::Line;
use super::pair::{Replies, Reply};
use super::rules::{Comparison, comparison};

/// Two replies that differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Difference {
    /// Which line.
    pub(super) index: usize,
    /// The command: inside of EXEC that of the queue.
    pub(super) command: String,
    /// What Redis says, as a script writes it.
    pub(super) redis: String,
    /// What we say.
    pub(super) ours: String,
}

/// The differences in the replies to these lines, as far as both answered.
pub(super) fn differences(lines: &[Line], replies: &Replies) -> Vec<Difference> {
    let mut differences = Vec::new();
    // What MULTI has queued: the lines whose replies EXEC gives.
    let mut queue: Vec<&Line> = Vec::new();
    for (index, ((line, redis), ours)) in lines.iter().zip(&replies.redis).zip(&replies.ours).enumerate() {
        if redis.value == Value::Status("QUEUED".to_owned()) {
            queue.push(line);
        }
        let name = name(line);
        let results = match (&redis.value, &ours.value) {
            (Value::Array(redis), Value::Array(ours)) if name == "exec" && redis.len() == ours.len() => {
                Some((redis, ours))
            }
            _ => None,
        };
        if let Some((redis, ours)) = results.filter(|(redis, _)| redis.len() == queue.len()) {
            for ((line, redis), ours) in queue.iter().zip(redis).zip(ours) {
                let found = differ(comparison(line), redis, ours);
                differences.extend(found.map(|(redis, ours)| Difference {
                    index,
                    command: self::name(line),
                    redis,
                    ours,
                }));
            }
        } else if let Some((redis, ours)) = replies_differ(line, redis, ours) {
            differences.push(Difference { index, command: name.clone(), redis, ours });
        }
        if matches!(name.as_str(), "exec" | "discard") {
            queue.clear();
        }
    }
    differences
}

fn name(line: &Line) -> String {
    line.first().map(|word| String::from_utf8_lossy(word).to_ascii_lowercase()).unwrap_or_default()
}

/// Both as text, if they differ.
fn replies_differ(line: &Line, redis: &Reply, ours: &Reply) -> Option<(String, String)> {
    if redis.raw == ours.raw {
        return None;
    }
    let comparison = comparison(line);
    let found = differ(comparison, &redis.value, &ours.value);
    // What a decoder takes for the same may still be written otherwise: doubles, above all. Errors that quote what is no
    // UTF-8 are the exception, and last digits.
    let same_text = found.is_none()
        && comparison == Comparison::Exact
        && !matches!(redis.value, Value::Error(_))
        && redis.raw.len() != ours.raw.len();
    let bytes = |reply: &Reply| format!("bytes {}", selvedge_golden::notation::quote(&reply.raw));
    found.or_else(|| same_text.then(|| (bytes(redis), bytes(ours))))
}

/// Both values as text, if they differ under that comparison.
fn differ(comparison: Comparison, redis: &Value, ours: &Value) -> Option<(String, String)> {
    let detail = if comparison == Comparison::Shape { Detail::Shape } else { Detail::Exact };
    let text = |value: &Value| render(&sorted(comparison, value.clone()), detail);
    let equal = match comparison {
        Comparison::Within(range) => within(range, redis, ours),
        _ => text(redis) == text(ours) || same_doubles(redis, ours),
    };
    (!equal).then(|| (text(redis), text(ours)))
}

/// Whether both are the same but for the last digit of doubles: of several equally short texts Redis does not always take
/// the nearest.
fn same_doubles(redis: &Value, ours: &Value) -> bool {
    match (redis, ours) {
        (Value::Array(redis), Value::Array(ours)) => {
            redis.len() == ours.len() && redis.iter().zip(ours).all(|(redis, ours)| same_doubles(redis, ours))
        }
        (Value::Bulk(redis), Value::Bulk(ours)) if redis != ours => {
            let double =
                |text: &[u8]| std::str::from_utf8(text).ok().and_then(|text| text.parse::<f64>().ok());
            let long =
                redis.len() == ours.len() && redis.iter().filter(|byte| byte.is_ascii_digit()).count() > 15;
            long && double(redis).is_some_and(|redis| double(ours) == Some(redis))
        }
        (redis, ours) => render(redis, Detail::Exact) == render(ours, Detail::Exact),
    }
}

fn within(range: u64, redis: &Value, ours: &Value) -> bool {
    match (redis, ours) {
        (Value::Integer(redis), Value::Integer(ours)) if *redis >= 0 && *ours >= 0 => {
            redis.abs_diff(*ours) <= range
        }
        (Value::Array(redis), Value::Array(ours)) => {
            redis.len() == ours.len()
                && redis.iter().zip(ours).all(|(redis, ours)| within(range, redis, ours))
        }
        _ => redis == ours,
    }
}

/// The value with what has no order in one.
fn sorted(comparison: Comparison, value: Value) -> Value {
    match (comparison, value) {
        (Comparison::Unordered, Value::Array(items)) => Value::Array(in_order(&items, 1)),
        (Comparison::Unordered, Value::Set(items)) => Value::Set(in_order(&items, 1)),
        (Comparison::UnorderedPairs, Value::Array(items)) => Value::Array(in_order(&items, 2)),
        (Comparison::UnorderedPairs, Value::Map(mut pairs)) => {
            pairs.sort_by_key(|(key, _)| render(key, Detail::Exact));
            Value::Map(pairs)
        }
        (Comparison::Page | Comparison::PageOfPairs, Value::Array(mut page)) => {
            let size = if comparison == Comparison::PageOfPairs { 2 } else { 1 };
            if let Some(Value::Array(items)) = page.get_mut(1) {
                *items = in_order(items, size);
            }
            Value::Array(page)
        }
        (_, value) => value,
    }
}

/// The items in order, those that belong together in groups of `size`.
fn in_order(items: &[Value], size: usize) -> Vec<Value> {
    let mut groups: Vec<Vec<Value>> = items.chunks(size).map(<[Value]>::to_vec).collect();
    groups.sort_by_key(|group| group.iter().map(|item| render(item, Detail::Exact)).collect::<Vec<_>>());
    groups.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use selvedge_wire::resp::decode_value;

    use super::*;

    fn reply(raw: &str) -> Reply {
        Reply { raw: raw.as_bytes().to_vec(), value: decode_value(raw.as_bytes()).unwrap().unwrap().0 }
    }

    fn compare(script: &[(&str, &str, &str)]) -> Vec<Difference> {
        let lines: Vec<Line> = script
            .iter()
            .map(|(line, ..)| line.split(' ').map(|word| word.as_bytes().to_vec()).collect())
            .collect();
        let redis = script.iter().map(|(_, redis, _)| reply(redis)).collect();
        let ours = script.iter().map(|(.., ours)| reply(ours)).collect();
        differences(&lines, &Replies { redis, ours, redis_died: false })
    }

    #[test]
    fn order_counts_where_there_is_one() {
        let (ab, ba) = ("*2\r\n$1\r\na\r\n$1\r\nb\r\n", "*2\r\n$1\r\nb\r\n$1\r\na\r\n");
        assert_eq!(compare(&[("SMEMBERS m", ab, ba)]), []);
        assert_eq!(compare(&[("LRANGE l 0 -1", ab, ba)]).len(), 1);
        assert_eq!(compare(&[("HGETALL h", ab, ba)]).len(), 1);
        assert_eq!(compare(&[("SRANDMEMBER m 2", ab, ba)]), []);
        assert_eq!(compare(&[("SRANDMEMBER m 2", ab, "*1\r\n$1\r\na\r\n")]).len(), 1);
    }

    #[test]
    fn times_may_be_a_little_off() {
        assert_eq!(compare(&[("PTTL k", ":1000\r\n", ":1300\r\n")]), []);
        assert_eq!(compare(&[("PTTL k", ":-1\r\n", ":-2\r\n")]).len(), 1);
        assert_eq!(compare(&[("TTL k", ":1000\r\n", ":1300\r\n")]).len(), 1);
    }

    #[test]
    fn the_text_of_a_double_counts() {
        assert_eq!(compare(&[("ZSCORE z a", ",1\r\n", ",1.0\r\n")]).len(), 1);
        assert_eq!(compare(&[("ZSCORE z a", "$3\r\n1.0\r\n", "$1\r\n1\r\n")]).len(), 1);
        let (redis, ours) = ("$17\r\n999999999999996.2\r\n", "$17\r\n999999999999996.3\r\n");
        assert_eq!(compare(&[("ZSCORE z a", redis, ours)]), []);
    }

    #[test]
    fn replies_of_a_transaction_are_compared_one_by_one() {
        let queued = "+QUEUED\r\n";
        let found = compare(&[
            ("MULTI", "+OK\r\n", "+OK\r\n"),
            ("SMEMBERS m", queued, queued),
            ("GET k", queued, queued),
            ("EXEC", "*2\r\n*2\r\n+a\r\n+b\r\n+x\r\n", "*2\r\n*2\r\n+b\r\n+a\r\n+y\r\n"),
        ]);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].command.as_str(), found[0].index), ("get", 3));
    }
}
