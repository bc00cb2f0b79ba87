//! Events per second, measured over the last full second.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// Counts that have a rate.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(crate) struct Rates {
    pub(crate) commands: f64,
    pub(crate) received_bytes: f64,
    pub(crate) sent_bytes: f64,
}

/// How fast counts rise.
#[derive(Debug, Default)]
pub(crate) struct Rate {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    before: Option<(Instant, [u64; 3])>,
    rates: Rates,
}

impl Rate {
    /// How often [`Rate::sample`] wants to be called.
    pub(crate) const EVERY: Duration = Duration::from_secs(1);

    /// Takes what the counts are now: commands, bytes received, bytes sent.
    pub(crate) fn sample(&self, now: Instant, counts: [u64; 3]) {
        let mut state = self.state.lock();
        if let Some((then, before)) = state.before {
            let seconds = now.duration_since(then).as_secs_f64().max(f64::EPSILON);
            let [commands, received_bytes, sent_bytes] = [0, 1, 2].map(|index: usize| {
                let count = |counts: &[u64; 3]| counts.get(index).copied().unwrap_or_default();
                count(&counts).saturating_sub(count(&before)) as f64 / seconds
            });
            state.rates = Rates { commands, received_bytes, sent_bytes };
        }
        state.before = Some((now, counts));
    }

    /// The rates of the last second that was sampled.
    pub(crate) fn latest(&self) -> Rates {
        self.state.lock().rates
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_the_rise_over_the_time() {
        let rate = Rate::default();
        let start = Instant::now();
        rate.sample(start, [100, 0, 7]);
        assert_eq!(rate.latest(), Rates::default());
        rate.sample(start + Duration::from_secs(2), [300, 1000, 7]);
        assert_eq!(rate.latest(), Rates { commands: 100.0, received_bytes: 500.0, sent_bytes: 0.0 });
    }
}
