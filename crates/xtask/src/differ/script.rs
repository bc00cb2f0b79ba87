//! A difference as a golden script: the lines, with what Redis answers.

use anyhow::Result;
use selvedge_golden::notation::{Detail, parse_line, quote, render};

use super::compare::Difference;
use super::generate::Line;
use super::pair::Pair;

/// The line as a script writes it.
pub(super) fn command_line(line: &Line) -> String {
    let word = |word: &Vec<u8>| match std::str::from_utf8(word) {
        Ok(text) if parse_line(text).is_some_and(|words| words == [word.clone()]) => text.to_owned(),
        _ => quote(word),
    };
    line.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// The script, with comments that say what both answered when it was found.
pub(super) fn write(
    pair: &mut Pair,
    lines: &[Line],
    resp3: bool,
    seed: u64,
    found: &Difference,
) -> Result<String> {
    let replies = pair.run(lines, resp3)?;
    let mut text = format!("# Seed {seed}.\n");
    if resp3 {
        text.push_str("! resp3\n");
    }
    for (line, reply) in lines.iter().zip(&replies.redis) {
        text.push_str(&format!("> {}\n{}\n", command_line(line), render(&reply.value, Detail::Exact)));
    }
    for (name, reply) in [("Redis", &found.redis), ("Ours", &found.ours)] {
        text.push_str(&format!("\n# {name}:\n"));
        reply.lines().for_each(|line| text.push_str(&format!("# {line}\n")));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_only_where_it_is_needed() {
        let line = [&b"SET"[..], b"", b"a b", b"\"", b"\xff", b"plain"].map(<[u8]>::to_vec).to_vec();
        let text = command_line(&line);
        assert_eq!(text, r#"SET "" "a b" "\"" "\xff" plain"#);
        assert_eq!(parse_line(&text).unwrap(), line);
    }
}
