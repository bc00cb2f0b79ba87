//! What the kernel says about CPU time and memory, and a source of order.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use serde::Serialize;

/// Kernel ticks per second that `/proc` counts in; fixed at 100 for user space on Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// The machine the figures are from.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    pub(super) cpu: String,
    pub(super) cores: usize,
    pub(super) kernel: String,
    pub(super) measured_unix_s: u64,
}

/// Describes this machine.
pub(super) fn machine() -> Machine {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
    Machine {
        cpu: model.trim_start_matches([' ', '\t', ':']).to_owned(),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        kernel: fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned(),
        measured_unix_s: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
    }
}

/// CPU time a process has used over all its threads, in microseconds.
pub(super) fn cpu_us(process: u32) -> Result<f64> {
    let mut sum_ns = 0_u64;
    for thread in fs::read_dir(format!("/proc/{process}/task")).context("the server is gone")? {
        // A thread may end between the listing and the read; what it used is then missing, which is rare and small.
        let Ok(text) = fs::read_to_string(thread?.path().join("schedstat")) else { continue };
        sum_ns += text.split_whitespace().next().and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
    }
    Ok(sum_ns as f64 / 1e3)
}

/// Resident bytes of a process.
pub(super) fn resident_bytes(process: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).context("the server is gone")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse().context("VmRSS")?;
    Ok(kib * 1024)
}

/// CPU time of the whole machine and of our ended children, to tell how much strangers used.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ticks {
    busy: f64,
    total: f64,
    children: f64,
}

impl Ticks {
    /// Reads them now.
    pub(super) fn now() -> Result<Self> {
        let stat = fs::read_to_string("/proc/stat")?;
        let first = stat.lines().next().unwrap_or_default();
        let fields: Vec<f64> =
            first.split_whitespace().skip(1).filter_map(|field| field.parse().ok()).collect();
        // user nice system idle iowait irq softirq steal; guest time is inside user.
        let total: f64 = fields.iter().take(8).sum();
        let idle: f64 = fields.iter().skip(3).take(2).sum();
        let own = fs::read_to_string("/proc/self/stat")?;
        // After the name in brackets: state is field 3, children's user and system time are fields 16 and 17.
        let rest = own.rsplit_once(')').map_or("", |(_, rest)| rest);
        let children =
            rest.split_whitespace().skip(13).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
        Ok(Self { busy: total - idle, total, children })
    }

    /// Share of all cores that neither the server nor our children used since `self` was read.
    pub(super) fn foreign_since(&self, server_us: f64) -> Result<f64> {
        let now = Self::now()?;
        let known = (now.children - self.children) + server_us / 1e6 * TICKS_PER_SECOND;
        let total = now.total - self.total;
        Ok(if total > 0.0 { ((now.busy - self.busy - known) / total).max(0.0) } else { 0.0 })
    }
}

/// A small generator for shuffling; quality does not matter here.
#[derive(Debug)]
pub(super) struct Shuffle(u64);

impl Shuffle {
    /// Seeded with the time.
    pub(super) fn from_time() -> Self {
        Self(
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(1, |since| u64::from(since.subsec_nanos()) | 1),
        )
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Brings the items into another order (Fisher and Yates).
    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = usize::try_from(self.next() % (last as u64 + 1)).unwrap_or(0);
            items.swap(last, other);
        }
    }
}

/// The middle value; `None` of nothing.
pub(super) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    values.get(values.len() / 2 - 1).map(|lower| (lower + upper) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), Some(2.5));
    }

    #[test]
    fn shuffling_keeps_the_items() {
        let mut items: Vec<u32> = (0..50).collect();
        Shuffle(7).shuffle(&mut items);
        assert_ne!(items, (0..50).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..50).collect::<Vec<_>>());
    }

    #[test]
    fn our_own_process_can_be_sampled() {
        assert!(cpu_us(std::process::id()).unwrap() > 0.0);
        assert!(resident_bytes(std::process::id()).unwrap() > 0);
        assert!(Ticks::now().unwrap().total > 0.0);
    }
}
