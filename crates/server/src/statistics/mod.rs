//! What commands cost: counted by the thread that runs them, put together when somebody asks.

mod counters;
mod latency;
mod meter;
mod rate;
mod slow_log;
mod totals;

pub(crate) use counters::{Counters, LATENCY_BUCKETS, bucket_bound_us};
pub(crate) use latency::{LatencyMonitor, Spike};
pub(crate) use meter::{Measured, Meter, Sender};
pub(crate) use rate::Rate;
pub(crate) use slow_log::{SlowLog, without_secrets};
pub(crate) use totals::{CommandTotals, Statistics, Totals};
