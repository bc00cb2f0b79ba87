//! A client that asks on a steady beat and notes how late each answer was.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::client::{Client, words};

/// The time from one question to the next.
pub(super) const BEAT: Duration = Duration::from_millis(1);

/// How late answers were.
#[derive(Debug, Default)]
pub(super) struct Lateness {
    /// In milliseconds, in order of size.
    sorted_ms: Vec<f64>,
}

impl Lateness {
    /// The time within which that share of the answers came, in percent.
    pub(super) fn percentile_ms(&self, percent: usize) -> f64 {
        let last = self.sorted_ms.len().saturating_sub(1);
        self.sorted_ms.get((last * percent).div_ceil(100)).copied().unwrap_or(0.0)
    }
}

/// A client on a thread of its own.
#[derive(Debug)]
pub(super) struct Observer {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<Lateness>>,
}

impl Observer {
    /// Begins to ask.
    pub(super) fn start(port: u16) -> Result<Self> {
        let mut client = Client::connect(port)?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let questions = [words("GET small"), words("SET other 1")];
            let mut late = Vec::new();
            let mut beat = Instant::now();
            for question in questions.iter().cycle() {
                if stopped.load(Ordering::Acquire) {
                    break;
                }
                std::thread::sleep(beat.saturating_duration_since(Instant::now()));
                if let Some(error) = client.call(question)?.error {
                    bail!("the observer was refused: {error}");
                }
                late.push(beat.elapsed().as_secs_f64() * 1e3);
                beat += BEAT;
            }
            late.sort_by(f64::total_cmp);
            Ok(Lateness { sorted_ms: late })
        });
        Ok(Self { stop, thread })
    }

    /// Ends it.
    pub(super) fn stop(self) -> Result<Lateness> {
        self.stop.store(true, Ordering::Release);
        self.thread.join().unwrap_or_else(|_| bail!("the observer panicked"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_answers() {
        let lateness = Lateness { sorted_ms: (0..=100).map(f64::from).collect() };
        assert_eq!(lateness.percentile_ms(50), 50.0);
        assert_eq!(lateness.percentile_ms(99), 99.0);
        assert_eq!(lateness.percentile_ms(100), 100.0);
        assert_eq!(Lateness::default().percentile_ms(99), 0.0);
    }
}
