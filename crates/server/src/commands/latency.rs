//! LATENCY.

use std::fmt::Write as _;

use selvedge_node::{Args, table};
use selvedge_wire::ReplySink;

use crate::commands::integer;
use crate::shared::Shared;
use crate::statistics::{LATENCY_BUCKETS, Spike, bucket_bound_us};

/// Columns of a graph: as many spikes as fit into a terminal.
const GRAPH_COLUMNS: usize = 80;
/// Lines of a graph.
const GRAPH_LINES: i64 = 4;

pub(super) fn latest(shared: &Shared, sink: &mut dyn ReplySink) {
    let events = shared.latency.events();
    sink.array(events.len());
    for (event, spikes) in events {
        let spike = spikes.latest.back().copied();
        sink.array(4);
        sink.bulk(event.as_bytes());
        sink.integer(spike.map_or(0, |spike| spike.at_s));
        sink.integer(spike.map_or(0, |spike| spike.took_ms));
        sink.integer(spikes.worst_ms);
    }
}

pub(super) fn history(shared: &Shared, args: Args<'_>, sink: &mut dyn ReplySink) {
    let events = shared.latency.events();
    let spikes = events.iter().find(|(event, _)| args == [event.as_bytes()]).map(|(_, spikes)| spikes);
    sink.array(spikes.map_or(0, |spikes| spikes.latest.len()));
    for Spike { at_s, took_ms } in spikes.into_iter().flat_map(|spikes| &spikes.latest) {
        sink.array(2);
        sink.integer(*at_s);
        sink.integer(*took_ms);
    }
}

pub(super) fn reset(shared: &Shared, args: Args<'_>, sink: &mut dyn ReplySink) {
    let count = shared.latency.reset(|event| args.is_empty() || args.contains(&event.as_bytes()));
    sink.integer(integer(count));
}

/// A column per spike, the newest on the right, as high as it was long.
pub(super) fn graph(shared: &Shared, args: Args<'_>, sink: &mut dyn ReplySink) {
    let wanted = args.first().copied().unwrap_or_default();
    let Some((event, spikes)) =
        shared.latency.events().into_iter().find(|(event, _)| event.as_bytes() == wanted)
    else {
        let text = format!("ERR No samples available for event '{}'", String::from_utf8_lossy(wanted));
        sink.error(&text);
        return;
    };
    let shown: Vec<i64> = spikes.latest.iter().rev().take(GRAPH_COLUMNS).map(|spike| spike.took_ms).collect();
    let (high, low) = (shown.iter().max().copied().unwrap_or(0), shown.iter().min().copied().unwrap_or(0));
    let mut text = format!(
        "{event} - high {high} ms, low {low} ms (all time high {} ms)\n{}\n",
        spikes.worst_ms,
        "-".repeat(GRAPH_COLUMNS)
    );
    for line in (1..=GRAPH_LINES).rev() {
        for took_ms in shown.iter().rev() {
            // The line is drawn where the column is higher than the lines below it.
            text.push(if took_ms * GRAPH_LINES > high * (line - 1) { '#' } else { ' ' });
        }
        text.push('\n');
    }
    sink.verbatim(b"txt", text.as_bytes());
}

pub(super) fn doctor(shared: &Shared, sink: &mut dyn ReplySink) {
    let threshold_ms = shared.latency.threshold_ms();
    let events = shared.latency.events();
    let mut text = String::new();
    if threshold_ms == 0 {
        text.push_str(
            "The latency monitor is off. CONFIG SET latency-monitor-threshold <milliseconds> turns it on.\n",
        );
    } else if events.is_empty() {
        let _ = writeln!(text, "No event took {threshold_ms} ms or more.");
    }
    for (event, spikes) in &events {
        let count = integer(spikes.latest.len()).max(1);
        let average = spikes.latest.iter().map(|spike| spike.took_ms).sum::<i64>() / count;
        let _ = writeln!(
            text,
            "{event}: {count} seconds with latency spikes, {average} ms on average, {} ms at worst.",
            spikes.worst_ms
        );
    }
    if !events.is_empty() {
        text.push_str("SLOWLOG GET shows the slow commands themselves.\n");
    }
    sink.verbatim(b"txt", text.as_bytes());
}

/// How many calls took up to how long, of the commands named, or of all. A container stands for its subcommands.
pub(super) fn histogram(shared: &Shared, args: Args<'_>, sink: &mut dyn ReplySink) {
    let totals = shared.statistics.since_reset();
    let is_wanted = |name: &str| {
        args.is_empty()
            || args.iter().filter_map(|wanted| table::find(wanted)).any(|wanted| {
                name == wanted.name || wanted.subcommands.iter().any(|subcommand| subcommand.name == name)
            })
    };
    let shown: Vec<_> = totals
        .commands()
        .filter(|(command, totals)| totals.call_count() > 0 && is_wanted(command.name))
        .collect();
    sink.map(shown.len());
    for (command, totals) in shown {
        sink.bulk(command.name.as_bytes());
        sink.map(2);
        sink.bulk(b"calls");
        sink.integer(i64::try_from(totals.call_count()).unwrap_or(i64::MAX));
        sink.bulk(b"histogram_usec");
        sink.map(totals.calls.iter().filter(|count| **count > 0).count());
        let mut sum = 0;
        for bucket in 0..LATENCY_BUCKETS {
            let count = totals.calls.get(bucket).copied().unwrap_or(0);
            sum += count;
            if count > 0 {
                let bound = bucket_bound_us(bucket).unwrap_or(1 << bucket);
                sink.integer(i64::try_from(bound).unwrap_or(i64::MAX));
                sink.integer(i64::try_from(sum).unwrap_or(i64::MAX));
            }
        }
    }
}
