//! CLIENT PAUSE: commands of all connections are held up for a time.

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::timeout;

/// So long that its end is never seen, and that every clock can tell it.
const TIME_MAX: Duration = Duration::from_secs(100 * 366 * 24 * 3600);

const OFF: u8 = 0;
const WRITES: u8 = 1;
const ALL: u8 = 2;

/// Whether commands are held up, which and until when.
#[derive(Debug, Default)]
pub(crate) struct Pause {
    /// The one thing that a command looks at while there is no pause.
    mode: AtomicU8,
    until: Mutex<Option<Instant>>,
    ended: Notify,
}

impl Pause {
    /// Holds up commands for `time` from now, a century at the most. A pause that is longer, or that holds up more, stays so.
    /// Returns how long it lasts.
    pub(crate) fn begin(&self, now: Instant, time: Duration, all: bool) -> Duration {
        let end = now + time.min(TIME_MAX);
        let mut until = self.until.lock();
        let running = until.filter(|until| *until > now);
        let mode = if all { ALL } else { WRITES };
        let before = if running.is_some() { self.mode.load(Ordering::Relaxed) } else { OFF };
        let last = running.map_or(end, |until| until.max(end));
        *until = Some(last);
        self.mode.store(mode.max(before), Ordering::Release);
        last.saturating_duration_since(now)
    }

    /// Lets all commands go on.
    pub(crate) fn end(&self) {
        let mut until = self.until.lock();
        *until = None;
        self.mode.store(OFF, Ordering::Release);
        drop(until);
        self.ended.notify_waiters();
    }

    /// Whether any command may have to wait: one load.
    pub(crate) fn is_on(&self) -> bool {
        self.mode.load(Ordering::Acquire) != OFF
    }

    /// Whether a command has to wait.
    pub(crate) fn holds(&self, writes: bool) -> bool {
        match self.mode.load(Ordering::Acquire) {
            OFF => false,
            WRITES => writes,
            _ => true,
        }
    }

    /// Waits until a command may go on.
    pub(crate) async fn wait(&self, writes: bool) {
        loop {
            let ended = self.ended.notified();
            tokio::pin!(ended);
            // From here on no end is missed.
            ended.as_mut().enable();
            let Some(left) = self.left(writes, Instant::now()) else { return };
            // Either way the next look tells.
            let _ = timeout(left, ended).await;
        }
    }

    /// How long a command has to wait still. A pause whose time is over ends here.
    fn left(&self, writes: bool, now: Instant) -> Option<Duration> {
        let until = self.until.lock();
        if !self.holds(writes) {
            return None;
        }
        let left = until.and_then(|until| until.checked_duration_since(now)).filter(|left| !left.is_zero());
        if left.is_none() {
            self.mode.store(OFF, Ordering::Release);
        }
        left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_and_the_stricter_pause_wins() {
        let pause = Pause::default();
        let now = Instant::now();
        let ms = Duration::from_millis;
        assert!(!pause.holds(true));
        pause.begin(now, ms(300), false);
        assert!(pause.holds(true) && !pause.holds(false));
        pause.begin(now, ms(100), true);
        assert_eq!(pause.left(false, now), Some(ms(300)));
        assert_eq!(pause.left(false, now + ms(300)), None);
        assert!(!pause.holds(true), "its time is over");
        pause.begin(now + ms(400), ms(100), false);
        assert!(!pause.holds(false), "the strict one was over");
        pause.begin(now, Duration::MAX, true);
        assert!(pause.holds(false));
        pause.end();
        assert!(!pause.holds(true));
    }

    #[tokio::test]
    async fn the_end_wakes_who_waits() {
        let pause = std::sync::Arc::new(Pause::default());
        pause.begin(Instant::now(), Duration::from_secs(3600), true);
        let waiting = std::sync::Arc::clone(&pause);
        let waits = tokio::spawn(async move { waiting.wait(false).await });
        tokio::task::yield_now().await;
        pause.end();
        waits.await.unwrap();
    }
}
