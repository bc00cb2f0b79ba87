//! The results as a page of Markdown.

use std::fmt::Write;

use super::Results;
use super::sampling::median;
use super::shots::Measurement;

/// A measurement counts when strangers used no more than this share of the machine.
const FOREIGN_MAX: f64 = 0.25;

/// With fewer quiet rounds than this, all rounds are used and the row is marked.
const QUIET_ROUNDS_MIN: usize = 3;

const OURS: &str = "selvedge";
const THEIRS: &str = "redis";

/// The page.
pub(super) fn markdown(results: &Results) -> String {
    let mut page = String::new();
    page.push_str("<!-- Written by `cargo xtask bench`. -->\n# The latest benchmark\n\n");
    let machine = &results.machine;
    let _ = writeln!(page, "{} cores of {}, kernel {}.", machine.cores, machine.cpu, machine.kernel);
    for version in &results.versions {
        let _ = writeln!(page, "- {version}");
    }
    page.push_str(
        "\nSelvedge with `--durability interval` (synced every 100 ms), Redis with `appendfsync everysec`; 50 connections, \
         values of 64 bytes, 100,000 keys; client and servers share the machine. Medians over rounds; the ratio is the \
         median of the ratios within a round. At P=1 the client is the limit: compare the CPU time. `*`: strangers used \
         more than a quarter of the machine in most rounds.\n\n",
    );
    page.push_str(
        "| shot | Selvedge/s | Redis/s | ratio | p50 ms | p99 ms (Redis) | CPU us/op (Redis) | CPU ratio |\n",
    );
    page.push_str("|---|---|---|---|---|---|---|---|\n");
    for shot in shots(&results.measurements) {
        page.push_str(&row(&results.measurements, shot));
    }
    if !results.memory.is_empty() {
        page.push_str("\n| data | keys | Selvedge B/key | Redis B/key | ratio |\n|---|---|---|---|---|\n");
        for ours in results.memory.iter().filter(|figure| figure.server == OURS) {
            let theirs =
                results.memory.iter().find(|figure| figure.server == THEIRS && figure.data == ours.data);
            let (text, ratio) = theirs.map_or(("-".to_owned(), "-".to_owned()), |theirs| {
                let ratio = ours.bytes_per_key / theirs.bytes_per_key;
                (format!("{:.1}", theirs.bytes_per_key), format!("{ratio:.2}"))
            });
            let _ = writeln!(
                page,
                "| {} | {} | {:.1} | {text} | {ratio} |",
                ours.data, ours.keys, ours.bytes_per_key
            );
        }
    }
    page
}

/// The names of the shots in the order they first appear in the table of shots.
fn shots(measurements: &[Measurement]) -> Vec<&str> {
    let mut names: Vec<&str> = super::shots::RESP.iter().map(super::shots::Shot::name).collect();
    for measurement in measurements {
        if !names.contains(&measurement.shot.as_str()) {
            names.push(&measurement.shot);
        }
    }
    names.retain(|name| measurements.iter().any(|measurement| measurement.shot == *name));
    names
}

fn row(measurements: &[Measurement], shot: &str) -> String {
    let (ours, noisy) = counted(measurements, shot, OURS);
    let (theirs, noisy_too) = counted(measurements, shot, THEIRS);
    let mark = if noisy || noisy_too { " *" } else { "" };
    let of = |side: &[&Measurement], figure: fn(&Measurement) -> f64| {
        median(side.iter().map(|one| figure(one)).collect())
    };
    let show =
        |value: Option<f64>, digits: usize| value.map_or("-".to_owned(), |value| format!("{value:.digits$}"));
    let ratio = |figure: fn(&Measurement) -> f64| {
        let pair = |our: &&Measurement| {
            let their = theirs.iter().find(|their| their.round == our.round)?;
            Some(figure(our) / figure(their))
        };
        show(median(ours.iter().filter_map(pair).collect()), 2)
    };
    format!(
        "| {shot}{mark} | {} | {} | {} | {} | {} ({}) | {} ({}) | {} |\n",
        show(of(&ours, |one| one.per_second), 0),
        show(of(&theirs, |one| one.per_second), 0),
        ratio(|one| one.per_second),
        show(of(&ours, |one| one.p50_ms), 3),
        show(of(&ours, |one| one.p99_ms), 3),
        show(of(&theirs, |one| one.p99_ms), 3),
        show(of(&ours, |one| one.cpu_us), 2),
        show(of(&theirs, |one| one.cpu_us), 2),
        ratio(|one| one.cpu_us),
    )
}

/// The quiet measurements of one shot at one server, or all and `true` when too few were quiet.
fn counted<'a>(measurements: &'a [Measurement], shot: &str, server: &str) -> (Vec<&'a Measurement>, bool) {
    let all: Vec<_> = measurements.iter().filter(|one| one.shot == shot && one.server == server).collect();
    let quiet: Vec<_> = all.iter().copied().filter(|one| one.foreign <= FOREIGN_MAX).collect();
    match all.is_empty() || quiet.len() >= QUIET_ROUNDS_MIN.min(all.len()) {
        true => (quiet, false),
        false => (all, true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measurement(server: &'static str, round: usize, per_second: f64, foreign: f64) -> Measurement {
        let shot = "GET P=1".to_owned();
        Measurement { shot, server, round, per_second, p50_ms: 0.1, p99_ms: 0.2, cpu_us: 5.0, foreign }
    }

    #[test]
    fn ratios_are_taken_within_a_round() {
        let measurements = [
            measurement(OURS, 0, 100.0, 0.0),
            measurement(THEIRS, 0, 50.0, 0.0),
            measurement(OURS, 1, 10.0, 0.0),
            measurement(THEIRS, 1, 5.0, 0.0),
            measurement(OURS, 2, 1.0, 0.0),
            measurement(THEIRS, 2, 1.0, 0.0),
        ];
        let row = row(&measurements, "GET P=1");
        assert!(row.starts_with("| GET P=1 | 10 | 5 | 2.00 | 0.100 |"), "{row}");
    }

    #[test]
    fn noisy_rows_are_marked() {
        let measurements = [measurement(OURS, 0, 1.0, 0.9), measurement(OURS, 1, 1.0, 0.0)];
        assert!(row(&measurements, "GET P=1").starts_with("| GET P=1 * | 1 | - | - |"));
    }
}
