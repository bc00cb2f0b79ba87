//! The table of a run.

use super::output::{End, FileResult};

/// Prints a line per file, and the sums.
pub(super) fn table(results: &[FileResult]) {
    println!(
        "\n{:<24} {:>7} {:>7} {:>8} {:>8} {:>8}  end",
        "file", "passed", "failed", "not run", "ignored", "seconds"
    );
    let mut sums = [0; 4];
    for result in results {
        let cells = [result.passed.len(), result.failed.len(), result.not_run(), result.ignored];
        for (sum, cell) in sums.iter_mut().zip(cells) {
            *sum += cell;
        }
        row(result.file.name, cells, &format!("{:.1}", result.took.as_secs_f64()), &end(&result.end));
    }
    row("sum", sums, "", "");
    println!();
    for result in results {
        if let End::ServerDied(log) = &result.end {
            println!("{}: the server died; its log:\n{log}", result.file.name);
        }
    }
}

/// Prints the names of what failed.
pub(super) fn failures(results: &[FileResult]) {
    for result in results {
        for failure in &result.failed {
            match &failure.case {
                Some(case) => println!("{}: failed: {case}", result.file.name),
                None => println!("{}: a block failed: {}", result.file.name, failure.headline()),
            }
        }
    }
}

fn row(name: &str, [passed, failed, not_run, ignored]: [usize; 4], seconds: &str, end: &str) {
    println!("{name:<24} {passed:>7} {failed:>7} {not_run:>8} {ignored:>8} {seconds:>8}  {end}");
}

fn end(end: &End) -> String {
    match end {
        End::Whole => String::new(),
        End::Aborted(message) => format!("ABORTED: {message}"),
        End::TimedOut => "TIMED OUT".to_owned(),
        End::ServerDied(_) => "THE SERVER DIED".to_owned(),
    }
}

/// Prints what the suite says about each failure.
pub(super) fn details(results: &[FileResult]) {
    for failure in results.iter().flat_map(|result| &result.failed) {
        println!("\n{}", failure.message);
    }
}
