//! Wrong tokens: who shows many is answered late.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::limits::{
    FAILURE_DELAY_MAX, FAILURE_DELAY_MIN, FAILURES_FORGOTTEN_AFTER, FAILURES_FREE, FAILURES_HOSTS_MAX,
};

/// Failed authentications by the host they came from. Right tokens are never looked up in here, so that nobody is slowed
/// down by a neighbour behind the same proxy.
#[derive(Debug, Default)]
pub(crate) struct Failures {
    hosts: Mutex<HashMap<IpAddr, Host>>,
}

#[derive(Debug)]
struct Host {
    count: u32,
    latest: Instant,
}

impl Failures {
    /// Notes a failure, and says how long its answer has to wait.
    pub(crate) fn note(&self, host: IpAddr, now: Instant) -> Duration {
        let mut hosts = self.hosts.lock();
        if hosts.len() >= FAILURES_HOSTS_MAX && !hosts.contains_key(&host) {
            hosts.retain(|_, host| now.duration_since(host.latest) < FAILURES_FORGOTTEN_AFTER);
            if hosts.len() >= FAILURES_HOSTS_MAX {
                // Many hosts at once: all wait the longest, and none of them takes memory.
                return FAILURE_DELAY_MAX;
            }
        }
        let host = hosts.entry(host).or_insert(Host { count: 0, latest: now });
        if now.duration_since(host.latest) >= FAILURES_FORGOTTEN_AFTER {
            host.count = 0;
        }
        host.latest = now;
        host.count = host.count.saturating_add(1);
        match host.count.checked_sub(FAILURES_FREE + 1) {
            None => Duration::ZERO,
            Some(doublings) => {
                let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
                FAILURE_DELAY_MIN.saturating_mul(factor).min(FAILURE_DELAY_MAX)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(number: u32) -> IpAddr {
        IpAddr::from(number.to_be_bytes())
    }

    #[test]
    fn the_wait_doubles_after_the_free_failures_and_is_forgotten() {
        let failures = Failures::default();
        let now = Instant::now();
        for _ in 0..FAILURES_FREE {
            assert_eq!(failures.note(host(1), now), Duration::ZERO);
        }
        assert_eq!(failures.note(host(1), now), FAILURE_DELAY_MIN);
        assert_eq!(failures.note(host(1), now), FAILURE_DELAY_MIN * 2);
        assert_eq!(failures.note(host(2), now), Duration::ZERO, "another host");
        for _ in 0..100 {
            failures.note(host(1), now);
        }
        assert_eq!(failures.note(host(1), now), FAILURE_DELAY_MAX);
        assert_eq!(failures.note(host(1), now + FAILURES_FORGOTTEN_AFTER), Duration::ZERO);
    }

    #[test]
    fn the_number_of_hosts_is_bounded() {
        let failures = Failures::default();
        let now = Instant::now();
        let count = u32::try_from(FAILURES_HOSTS_MAX).unwrap();
        for number in 0..count {
            failures.note(host(number), now);
        }
        assert_eq!(failures.note(host(count), now), FAILURE_DELAY_MAX);
        assert_eq!(failures.note(host(0), now), Duration::ZERO, "a known one");
        assert_eq!(failures.note(host(count), now + FAILURES_FORGOTTEN_AFTER), Duration::ZERO);
        assert_eq!(failures.hosts.lock().len(), 1);
    }
}
