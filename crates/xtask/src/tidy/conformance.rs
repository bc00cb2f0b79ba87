//! The list of cases of Redis' suite that fail here: well formed, with reasons, and shrinking.

use std::path::Path;

use super::Finding;
use crate::conformance::EXPECTED_PATH;
use crate::conformance::expected::Expected;

/// How many cases the list names. The number only ever goes down.
const LISTED: usize = 59;

/// Checks the text of the list.
pub(super) fn check(text: &str) -> Vec<Finding> {
    let path = Path::new(EXPECTED_PATH);
    let list = match Expected::parse(text) {
        Ok(list) => list,
        Err(error) => return vec![Finding::new(path, 0, format!("{error:#}"))],
    };
    let mut findings: Vec<Finding> =
        list.mistakes().into_iter().map(|mistake| Finding::new(path, 0, mistake)).collect();
    findings.extend(length(list.len(), LISTED).map(|message| Finding::new(path, 0, message)));
    findings
}

fn length(listed: usize, max: usize) -> Option<String> {
    match listed.cmp(&max) {
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Greater => Some(format!("{listed} cases, and it may only shrink from {max}")),
        std::cmp::Ordering::Less => {
            Some(format!("{listed} cases: write that number into its rule, {max} is past"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_another_length_is_found() {
        assert_eq!(length(3, 3), None);
        assert!(length(4, 3).unwrap().contains("shrink"));
        assert!(length(2, 3).unwrap().contains("past"));
    }

    #[test]
    fn a_broken_list_and_a_missing_reason_are_found() {
        assert_eq!(check("unit/quit: a\n").len(), 1);
        let messages: Vec<_> =
            check("reason:\nunit/quit: a\n").into_iter().map(|found| found.message).collect();
        assert!(messages.contains(&"1 cases have no reason".to_owned()), "{messages:?}");
    }
}
