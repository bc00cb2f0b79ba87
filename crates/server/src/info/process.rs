//! What the system says about the process. Everything is 0 where it does not tell.

use std::time::Duration;

/// Kernel ticks per second in `/proc`: fixed on Linux for programs.
const TICKS_PER_SECOND: u64 = 100;

/// Memory in bytes.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Memory {
    /// What the process has now.
    pub(crate) resident_bytes: u64,
    /// The most that it had.
    pub(crate) peak_bytes: u64,
    /// What the machine has.
    pub(crate) system_bytes: u64,
}

pub(crate) fn memory() -> Memory {
    let status = read("/proc/self/status");
    Memory {
        resident_bytes: kibibytes(&status, "VmRSS:"),
        peak_bytes: kibibytes(&status, "VmHWM:"),
        system_bytes: kibibytes(&read("/proc/meminfo"), "MemTotal:"),
    }
}

/// Processor time in the kernel and outside it.
pub(crate) fn processor_time() -> (Duration, Duration) {
    let stat = read("/proc/self/stat");
    // The second field, the name in brackets, may hold blanks.
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = |index: usize| -> u64 {
        fields.split_whitespace().nth(index).and_then(|field| field.parse().ok()).unwrap_or(0)
    };
    let time = |ticks: u64| Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND);
    (time(ticks(12)), time(ticks(11)))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

fn kibibytes(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) * 1024
}

/// A size as people read it: `1.50M`.
pub(crate) fn readable(bytes: u64) -> String {
    let units = ["B", "K", "M", "G", "T", "P"];
    let mut size = bytes as f64;
    let mut unit = units.iter();
    let mut name = unit.next().copied().unwrap_or_default();
    while size >= 1024.0
        && let Some(larger) = unit.next()
    {
        size /= 1024.0;
        name = larger;
    }
    if bytes < 1024 { format!("{bytes}B") } else { format!("{size:.2}{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_readable() {
        for (bytes, text) in
            [(0, "0B"), (1023, "1023B"), (1024, "1.00K"), (1 << 20, "1.00M"), (3 << 29, "1.50G")]
        {
            assert_eq!(readable(bytes), text);
        }
    }

    #[test]
    fn the_process_has_memory() {
        let memory = memory();
        assert!(memory.resident_bytes > 0 && memory.peak_bytes >= memory.resident_bytes);
        assert!(memory.system_bytes > memory.resident_bytes);
    }
}
