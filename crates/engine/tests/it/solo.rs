//! A database of its own: keyspace, batch and a clock that is moved by hand.

use selvedge_engine::keyspace::Keyspace;
use selvedge_engine::table::{self, Run};
use selvedge_engine::{Args, Attempt, Batch, CommandError, HybridTime, Now, ReadCx, Scope, WriteCx};
use selvedge_golden::{Need, Target, TargetError};
use selvedge_wire::{Protocol, ReplySink, Value, ValueSink};

/// Where the clock starts: a day in 2026, so that expiries far in the future and past look as in life.
const START_US: u64 = 1_800_000_000_123_456;

/// Runs commands on the engine alone.
#[derive(Debug)]
pub(crate) struct Solo {
    keyspace: Keyspace,
    batch: Batch,
    sequence: u64,
    now_us: u64,
    protocol: Protocol,
}

impl Solo {
    pub(crate) fn new() -> Self {
        Self {
            keyspace: Keyspace::new([7; 16]),
            batch: Batch::new(0),
            sequence: 0,
            now_us: START_US,
            protocol: Protocol::Resp2,
        }
    }

    fn execute(&mut self, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
        let command = table::lookup(args)?;
        // A handler refuses a count of keys that does not fit before it looks any key up.
        let positions = command.key_positions(args).unwrap_or_default();
        let keys = positions.into_iter().map(|position| self.keyspace.hash(args[position]));
        let scope = if command.needs_all_shards(args) { Scope::All } else { Scope::Keys(keys.collect()) };
        let now = Now::from_us(self.now_us);
        match command.run {
            Run::Read(handler) => {
                let guards = self.keyspace.read(&scope);
                handler(&ReadCx::new(&self.keyspace, &guards, now), args, out)
            }
            Run::Write(handler) => self.write(&scope, now, |cx| handler(cx, args, out)),
            // Nobody else is there who could bring what it waits for.
            Run::Blocking(handler) => self.write(&scope, now, |cx| {
                if let Attempt::Blocked(patience) = handler(cx, args, out)? {
                    patience.nothing.write(out);
                }
                Ok(())
            }),
            Run::Script(_) | Run::Connection(_) | Run::Container => {
                panic!("scripts of these commands need a node")
            }
        }
    }
}

impl Solo {
    fn write<T>(&mut self, scope: &Scope, now: Now, run: impl FnOnce(&mut WriteCx<'_>) -> T) -> T {
        self.sequence += 1;
        let time = HybridTime::new(now.ms(), 0);
        let mut guards = self.keyspace.write(scope);
        self.batch.begin(self.sequence, time, self.sequence - 1);
        run(&mut WriteCx::new(&self.keyspace, &mut guards, &mut self.batch, now, self.sequence))
    }
}

impl Target for Solo {
    fn reset(&mut self) -> Result<(), TargetError> {
        *self = Self::new();
        Ok(())
    }

    fn run(&mut self, words: &[Vec<u8>]) -> Result<Value, TargetError> {
        let args: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        let mut sink = ValueSink::new(self.protocol);
        if let Err(error) = self.execute(&args, &mut sink) {
            // Exactly one reply: an error after half a reply would leave two values.
            sink.error(&error.to_string());
        }
        let mut values = sink.into_values();
        assert_eq!(values.len(), 1, "one reply per command: {words:?}");
        // Time passes between commands, as on a real server.
        self.now_us += 3;
        Ok(values.remove(0))
    }

    fn set_protocol(&mut self, protocol: Protocol) -> Result<bool, TargetError> {
        self.protocol = protocol;
        Ok(true)
    }

    fn has(&self, need: Need) -> bool {
        need == Need::Clock
    }

    fn advance_ms(&mut self, ms: u64) {
        self.now_us += ms * 1000;
    }
}
