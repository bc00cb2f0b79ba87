//! What the suite prints, read back.

use std::time::Duration;

use super::files::TestFile;

/// What became of one file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FileResult {
    /// The file.
    pub(super) file: &'static TestFile,
    /// The names of the cases that passed.
    pub(super) passed: Vec<String>,
    /// The cases that failed.
    pub(super) failed: Vec<Failure>,
    /// How many cases and blocks the flags left out.
    pub(super) ignored: usize,
    /// How it ended.
    pub(super) end: End,
    /// How long it took.
    pub(super) took: Duration,
}

/// One failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    /// The name of the case. None when a block failed outside of any: the rest of the block did not run.
    pub(super) case: Option<String>,
    /// What the suite says about it.
    pub(super) message: String,
}

/// How a file ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// It ran to its end.
    Whole,
    /// It aborted with this message.
    Aborted(String),
    /// It took too long.
    TimedOut,
    /// The server died, and left this log.
    ServerDied(String),
}

/// What marks the lines of interest.
const MARKS: &[&str] = &["ok", "err", "ignore", "exception", "testing", "ready", "skip"];

/// Reads the output of one file.
pub(super) fn parse(file: &'static TestFile, text: &str, took: Duration) -> FileResult {
    let mut result = FileResult {
        file,
        passed: Vec::new(),
        failed: Vec::new(),
        ignored: 0,
        end: End::Aborted("it printed no end".to_owned()),
        took,
    };
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line.trim() == "The End" {
            if matches!(result.end, End::Aborted(_)) {
                result.end = End::Whole;
            }
            // What follows repeats the failures.
            break;
        }
        let Some((mark, rest)) = split(line) else { continue };
        match mark {
            "ok" => result.passed.push(without_duration(rest).to_owned()),
            "ignore" => result.ignored += 1,
            "err" | "exception" => {
                let mut message = rest.to_owned();
                while let Some(more) = lines.next_if(|line| split(line).is_none() && line.trim() != "The End")
                {
                    message.push('\n');
                    message.push_str(more);
                }
                if mark == "exception" {
                    result.end = End::Aborted(first_line(&message).to_owned());
                    return result;
                }
                result.failed.push(failure(&message));
            }
            "TIMEOUT" => result.end = End::TimedOut,
            _ => {}
        }
    }
    result
}

/// The mark of a line and what follows it.
fn split(line: &str) -> Option<(&str, &str)> {
    let (mark, rest) = line.strip_prefix('[')?.split_once("]: ")?;
    (MARKS.contains(&mark) || mark == "TIMEOUT" || mark.ends_with(" done")).then_some((mark, rest))
}

fn failure(message: &str) -> Failure {
    let first = first_line(message);
    match first.rsplit_once(" in tests/") {
        Some((case, file)) if file.ends_with(".tcl") => {
            Failure { case: Some(case.to_owned()), message: message.to_owned() }
        }
        _ => Failure { case: None, message: message.to_owned() },
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// A case's name without the ` (12 ms)` behind it.
fn without_duration(text: &str) -> &str {
    match text.rsplit_once(" (") {
        Some((name, duration)) if duration.ends_with(" ms)") => name,
        _ => text,
    }
}

impl FileResult {
    /// How many cases fewer it ran than stock Redis passes.
    pub(super) fn not_run(&self) -> usize {
        let failed = self.failed.iter().filter(|failure| failure.case.is_some()).count();
        self.file.stock_cases.saturating_sub(self.passed.len() + failed)
    }
}

impl Failure {
    /// The error in a line. The suite cuts the first letters off the message itself, but not off the trace behind it; and
    /// the arguments of an unknown command may differ from run to run.
    pub(super) fn headline(&self) -> &str {
        let line = self.message.lines().nth(1).unwrap_or_else(|| first_line(&self.message));
        line.split(", with args").next().unwrap_or(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::FILES;

    const TRANSCRIPT: &str = "\
Starting test server at port 21079
[ready]: 4711
Testing unit/quit
[ok]: QUIT returns OK (12 ms)
[ignore]: needs it: Tag: needs:debug denied
[err]: Pipelined commands after QUIT in tests/unit/quit.tcl
Expected 'a' to be equal to 'b'
[ok]: with (brackets) (0 ms)
[err]: known command 'debug'
ERR unknown command 'debug', with args beginning with: 'x'
    while executing
[1/1 done]: unit/quit (0 seconds)

                   The End

*** [err]: Pipelined commands after QUIT in tests/unit/quit.tcl
";

    fn parsed(text: &str) -> FileResult {
        parse(&FILES[0], text, Duration::ZERO)
    }

    #[test]
    fn cases_are_read_with_their_outcome() {
        let result = parsed(TRANSCRIPT);
        assert_eq!(result.passed, ["QUIT returns OK", "with (brackets)"]);
        assert_eq!(result.ignored, 1);
        assert_eq!(result.end, End::Whole);
        let [case, block] = result.failed.as_slice() else { panic!("{:?}", result.failed) };
        assert_eq!(case.case.as_deref(), Some("Pipelined commands after QUIT"));
        assert_eq!(case.headline(), "Expected 'a' to be equal to 'b'");
        assert_eq!(block.case, None);
        assert_eq!(block.headline(), "ERR unknown command 'debug'");
    }

    #[test]
    fn a_file_that_does_not_end_is_not_whole() {
        let cut = TRANSCRIPT.split("[1/1 done]").next().unwrap();
        assert!(matches!(parsed(cut).end, End::Aborted(_)));
        let aborted = format!("{cut}[exception]: ERR unknown command 'x'\n    while executing\n");
        assert_eq!(parsed(&aborted).end, End::Aborted("ERR unknown command 'x'".to_owned()));
        let slow = format!("{cut}[TIMEOUT]: clients state report follows.\n\n                   The End\n");
        assert_eq!(parsed(&slow).end, End::TimedOut);
    }
}
