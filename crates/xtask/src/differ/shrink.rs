//! Makes the lines that show a difference as few and as short as they get.

use anyhow::Result;

use super::generate::Line;

/// How many runs a shrinking may take: each is a few milliseconds.
const RUNS_MAX: usize = 600;

/// Fewer and shorter lines for which `still_differs` holds, as it must for `lines`. The last line stays.
pub(super) fn shrink(
    lines: &[Line],
    mut still_differs: impl FnMut(&[Line]) -> Result<bool>,
) -> Result<Vec<Line>> {
    let mut best = lines.to_vec();
    let mut runs = 0;
    let mut try_out = |candidate: &[Line]| -> Result<bool> {
        runs += 1;
        Ok(runs <= RUNS_MAX && still_differs(candidate)?)
    };
    let mut size = best.len() / 2;
    while size > 0 {
        let mut start = 0;
        while start + 1 < best.len() {
            let end = (start + size).min(best.len() - 1);
            let mut candidate = best.clone();
            candidate.drain(start..end);
            if try_out(&candidate)? {
                best = candidate;
            } else {
                start = end;
            }
        }
        size /= 2;
    }
    for index in 0..best.len() {
        let mut word = 1;
        while best.get(index).is_some_and(|line| word < line.len()) {
            let mut candidate = best.clone();
            if let Some(line) = candidate.get_mut(index) {
                line.remove(word);
            }
            if try_out(&candidate)? {
                best = candidate;
            } else {
                word += 1;
            }
        }
    }
    Ok(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<Line> {
        text.lines().map(|line| line.split(' ').map(|word| word.as_bytes().to_vec()).collect()).collect()
    }

    #[test]
    fn what_has_no_part_in_it_goes() {
        let all = lines("SET a 1\nGET a\nSET b 2 XX GET\nDEL c d\nLLEN x\nGET a\nGET b");
        let is_wrong = |candidate: &[Line]| {
            let has = |line: &Line| line.starts_with(&[b"SET".to_vec(), b"b".to_vec()]);
            Ok(candidate.iter().any(has) && candidate.last() == all.last())
        };
        assert_eq!(shrink(&all, is_wrong).unwrap(), lines("SET b\nGET b"));
    }
}
