//! The latency monitor: spikes by the event that caused them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use crate::limits::LATENCY_SPIKES_MAX;

/// A second in which an event took long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spike {
    /// Seconds since the Unix epoch.
    pub(crate) at_s: i64,
    /// The worst of that second.
    pub(crate) took_ms: i64,
}

/// The spikes of one event.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spikes {
    /// The oldest first.
    pub(crate) latest: VecDeque<Spike>,
    /// The worst since the last reset.
    pub(crate) worst_ms: i64,
}

/// Events that took longer than they should.
#[derive(Debug, Default)]
pub(crate) struct LatencyMonitor {
    /// 0: nothing is noted.
    threshold_ms: AtomicU64,
    events: Mutex<BTreeMap<&'static str, Spikes>>,
}

impl LatencyMonitor {
    /// Sets from when on an event is a spike, in milliseconds; 0: never.
    pub(crate) fn set_threshold_ms(&self, threshold_ms: u64) {
        self.threshold_ms.store(threshold_ms, Ordering::Relaxed);
    }

    pub(crate) fn threshold_ms(&self) -> u64 {
        self.threshold_ms.load(Ordering::Relaxed)
    }

    /// Whether an event that took that long is a spike. One relaxed load.
    pub(crate) fn is_spike(&self, took: Duration) -> bool {
        let threshold_ms = self.threshold_ms();
        threshold_ms > 0 && took.as_millis() >= u128::from(threshold_ms)
    }

    /// Notes a spike.
    #[cold]
    pub(crate) fn note(&self, event: &'static str, at_s: i64, took: Duration) {
        let took_ms = i64::try_from(took.as_millis()).unwrap_or(i64::MAX);
        let mut events = self.events.lock();
        let spikes = events.entry(event).or_default();
        spikes.worst_ms = spikes.worst_ms.max(took_ms);
        match spikes.latest.back_mut() {
            Some(spike) if spike.at_s == at_s => spike.took_ms = spike.took_ms.max(took_ms),
            _ => {
                if spikes.latest.len() == LATENCY_SPIKES_MAX {
                    spikes.latest.pop_front();
                }
                spikes.latest.push_back(Spike { at_s, took_ms });
            }
        }
    }

    /// All events with their spikes.
    pub(crate) fn events(&self) -> BTreeMap<&'static str, Spikes> {
        self.events.lock().clone()
    }

    /// Forgets the events for which `forget` holds. How many those were.
    pub(crate) fn reset(&self, forget: impl Fn(&str) -> bool) -> usize {
        let mut events = self.events.lock();
        let before = events.len();
        events.retain(|event, _| !forget(event));
        before - events.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_of_a_second_is_kept_and_the_oldest_second_goes() {
        let monitor = LatencyMonitor::default();
        let ms = Duration::from_millis;
        assert!(!monitor.is_spike(ms(1000)), "off");
        monitor.set_threshold_ms(10);
        assert!(monitor.is_spike(ms(10)) && !monitor.is_spike(ms(9)));
        for (at_s, took) in [(1, 10), (1, 30), (1, 20)] {
            monitor.note("command", at_s, ms(took));
        }
        assert_eq!(monitor.events()["command"].latest, [Spike { at_s: 1, took_ms: 30 }]);
        for at_s in 2..500 {
            monitor.note("command", at_s, ms(11));
        }
        let spikes = monitor.events().remove("command").unwrap();
        assert_eq!((spikes.latest.len(), spikes.worst_ms), (LATENCY_SPIKES_MAX, 30));
        assert_eq!(monitor.reset(|event| event == "other"), 0);
        assert_eq!(monitor.reset(|_| true), 1);
    }
}
