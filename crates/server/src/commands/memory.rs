//! MEMORY DOCTOR and MEMORY STATS.

use selvedge_wire::ReplySink;

use crate::commands::integer;
use crate::info::process;
use crate::shared::Shared;

/// Says what there is to say about the memory of the process.
pub(super) fn doctor(shared: &Shared, sink: &mut dyn ReplySink) {
    let memory = process::memory();
    let keys = shared.database.statistics().keys;
    let [resident, peak] = [memory.resident_bytes, memory.peak_bytes].map(process::readable);
    let text = format!(
        "The process holds {resident} for {keys} keys, and held {peak} at the most. What exceeds the data goes back to the \
         system by itself.\n"
    );
    sink.verbatim(b"txt", text.as_bytes());
}

/// Figures under Redis' names; those that are not collected are left out.
pub(super) fn statistics(shared: &Shared, sink: &mut dyn ReplySink) {
    let memory = process::memory();
    let keys = shared.database.statistics().keys;
    let bytes = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
    let per_key = memory.resident_bytes.checked_div(keys as u64).unwrap_or(0);
    let figures = [
        ("peak.allocated", bytes(memory.peak_bytes)),
        ("total.allocated", bytes(memory.resident_bytes)),
        ("keys.count", integer(keys)),
        ("keys.bytes-per-key", bytes(per_key)),
        ("allocator.resident", bytes(memory.resident_bytes)),
    ];
    sink.map(figures.len());
    for (name, figure) in figures {
        sink.bulk(name.as_bytes());
        sink.integer(figure);
    }
}
