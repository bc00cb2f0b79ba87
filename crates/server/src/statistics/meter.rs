//! Measuring the commands of a turn.

use std::time::{Duration, Instant};

use selvedge_node::{Args, Command, Traits};

use crate::shared::Shared;
use crate::statistics::Counters;

/// A stop watch that is read once per command: where one command ends the next begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Meter {
    since: Instant,
}

/// A command that has ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured<'a> {
    pub(crate) command: &'static Command,
    pub(crate) args: Args<'a>,
    pub(crate) took: Duration,
    /// The text of its reply if that is an error.
    pub(crate) error: Option<&'a str>,
}

/// Who sent it, for the slow log: address and name.
pub(crate) type Sender<'a> = &'a dyn Fn() -> (String, String);

impl Meter {
    /// Begins to measure.
    pub(crate) fn begin() -> Self {
        Self { since: Instant::now() }
    }

    /// How long it has been since the last command ended, or since the beginning.
    pub(crate) fn lap(&mut self) -> Duration {
        self.lap_from(self.since)
    }

    /// When the last command ended.
    pub(crate) fn since(&self) -> Instant {
        self.since
    }

    /// [`Meter::lap`] of what began earlier.
    pub(crate) fn lap_from(&mut self, begun: Instant) -> Duration {
        self.since = Instant::now();
        self.since.duration_since(begun)
    }
}

impl Measured<'_> {
    /// Counts it, and notes it where it was slow.
    pub(crate) fn note(self, shared: &Shared, sender: Sender<'_>) {
        Counters::own(|counters| counters.ran(self.command, self.took, self.error));
        if shared.slow_log.is_slow(self.took) && !self.command.traits.contains(Traits::SKIP_SLOWLOG) {
            let (peer, name) = sender();
            shared.slow_log.push(shared.now_s(), self.took, self.args, &peer, &name);
        }
        if shared.latency.is_spike(self.took) {
            let is_fast = self.command.traits.contains(Traits::FAST);
            let event = if is_fast { "fast-command" } else { "command" };
            shared.latency.note(event, shared.now_s(), self.took);
        }
    }
}
