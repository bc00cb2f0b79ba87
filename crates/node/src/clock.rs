//! Time comes from outside the engine; this is where it comes in.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use selvedge_engine::time::Now;

/// A source of time.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// Microseconds since the Unix epoch, as the machine believes. May jump either way.
    fn wall_us(&self) -> u64;

    /// Microseconds since some fixed point. Never goes back.
    fn monotonic_us(&self) -> u64;
}

/// The machine's clocks.
#[derive(Debug)]
pub struct SystemClock {
    start: Instant,
}

impl Default for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the replacement that the lint names")]
    fn default() -> Self {
        Self { start: Instant::now() }
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the replacement that the lint names")]
    fn wall_us(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, whole_us)
    }

    fn monotonic_us(&self) -> u64 {
        whole_us(self.start.elapsed())
    }
}

fn whole_us(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// A clock that stands still until a test moves it.
#[derive(Debug, Default)]
pub struct ManualClock {
    wall_us: AtomicU64,
    monotonic_us: AtomicU64,
}

impl ManualClock {
    /// A clock that shows `wall_ms`.
    #[must_use]
    pub fn at_ms(wall_ms: u64) -> Self {
        Self { wall_us: AtomicU64::new(wall_ms.saturating_mul(1000)), monotonic_us: AtomicU64::new(0) }
    }

    /// Lets time pass on both clocks.
    pub fn advance_ms(&self, by_ms: u64) {
        let by_us = by_ms.saturating_mul(1000);
        self.wall_us.fetch_add(by_us, Ordering::SeqCst);
        self.monotonic_us.fetch_add(by_us, Ordering::SeqCst);
    }

    /// Sets the wall clock alone, as an operator or NTP would.
    pub fn set_wall_ms(&self, wall_ms: u64) {
        self.wall_us.store(wall_ms.saturating_mul(1000), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn wall_us(&self) -> u64 {
        self.wall_us.load(Ordering::SeqCst)
    }

    fn monotonic_us(&self) -> u64 {
        self.monotonic_us.load(Ordering::SeqCst)
    }
}

/// The database's own time: the larger of the wall clock and the newest time known plus what has passed since.
///
/// It never goes back, also over restarts, because recovery tells it the stamp of the last batch.
#[derive(Debug)]
pub(crate) struct DatabaseClock {
    source: std::sync::Arc<dyn Clock>,
    /// `database time - monotonic time`, at its largest so far.
    offset_us: AtomicU64,
    /// The monotonic time from which on the wall clock is looked at again.
    look_again_us: AtomicU64,
}

/// How late a step of the wall clock may be noticed. Commands come faster than this, and one clock is enough for them.
const WALL_CLOCK_EVERY_US: u64 = 500;

impl DatabaseClock {
    pub(crate) fn new(source: std::sync::Arc<dyn Clock>) -> Self {
        Self { source, offset_us: AtomicU64::new(0), look_again_us: AtomicU64::new(0) }
    }

    /// Learns of a moment that has been: time is never before it again.
    pub(crate) fn witness_us(&self, us: u64) {
        let offset = us.saturating_sub(self.source.monotonic_us());
        self.offset_us.fetch_max(offset, Ordering::AcqRel);
    }

    pub(crate) fn now(&self) -> Now {
        let monotonic_us = self.source.monotonic_us();
        let mut offset = self.offset_us.load(Ordering::Acquire);
        if monotonic_us >= self.look_again_us.load(Ordering::Relaxed) {
            self.look_again_us.store(monotonic_us + WALL_CLOCK_EVERY_US, Ordering::Relaxed);
            let wall_offset = self.source.wall_us().saturating_sub(monotonic_us);
            offset = offset.max(self.offset_us.fetch_max(wall_offset, Ordering::AcqRel)).max(wall_offset);
        }
        Now::from_us(offset.saturating_add(monotonic_us))
    }

    /// Monotonic microseconds, for durations.
    pub(crate) fn monotonic_us(&self) -> u64 {
        self.source.monotonic_us()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn time_goes_on_when_the_wall_clock_goes_back() {
        let source = Arc::new(ManualClock::at_ms(10_000));
        let clock = DatabaseClock::new(source.clone());
        assert_eq!(clock.now().ms(), 10_000);
        source.set_wall_ms(4_000);
        source.advance_ms(5);
        assert_eq!(clock.now().ms(), 10_005);
    }

    #[test]
    fn time_follows_the_wall_clock_forward() {
        let source = Arc::new(ManualClock::at_ms(10_000));
        let clock = DatabaseClock::new(source.clone());
        assert_eq!(clock.now().ms(), 10_000);
        source.set_wall_ms(50_000);
        source.advance_ms(1);
        assert_eq!(clock.now().ms(), 50_001);
    }

    #[test]
    fn time_is_never_before_what_was_witnessed() {
        let source = Arc::new(ManualClock::at_ms(10_000));
        let clock = DatabaseClock::new(source.clone());
        clock.witness_us(99_000_000);
        assert_eq!(clock.now().ms(), 99_000);
        source.advance_ms(1);
        assert_eq!(clock.now().ms(), 99_001);
    }
}
