//! A database of its own: keyspace, batch and a clock that is moved by hand.

use std::cell::RefCell;

use selvedge_engine::keyspace::Keyspace;
use selvedge_engine::table::{self, Run};
use selvedge_engine::{
    Args, Batch, ChannelKind, CommandError, Event, Events, HybridTime, Now, Post, ReadCx, Scope, WriteCx,
};
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
    recorder: Recorder,
}

/// Keeps the events that a script asks for.
#[derive(Debug, Default)]
struct Recorder {
    events: Events,
    told: RefCell<Vec<String>>,
}

impl Post for Recorder {
    fn post(&self, _kind: ChannelKind, _channel: &[u8], _message: &[u8]) -> usize {
        0
    }

    fn events(&self) -> Events {
        self.events
    }

    fn notify(&self, event: Event, key: &[u8]) {
        self.told.borrow_mut().push(format!("{} {}", event.name(), String::from_utf8_lossy(key)));
    }
}

impl Solo {
    pub(crate) fn new() -> Self {
        Self {
            keyspace: Keyspace::new([7; 16]),
            batch: Batch::new(0),
            sequence: 0,
            now_us: START_US,
            protocol: Protocol::Resp2,
            recorder: Recorder::default(),
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
                let cx = ReadCx::new(&self.keyspace, &guards, now);
                handler(&cx.with_post(&self.recorder), args, out)
            }
            Run::Write(handler) => self.write(&scope, now, |cx| handler(cx, args, out)),
            // Nobody else is there who could bring what it waits for.
            Run::Blocking(handler) => self.write(&scope, now, |cx| {
                handler(cx, args, out)?.settle(out);
                Ok(())
            }),
            Run::Guard(_) => Err(CommandError::GuardAlone),
            Run::BlockingRead(handler) => {
                let guards = self.keyspace.read(&scope);
                let cx = ReadCx::new(&self.keyspace, &guards, now);
                handler(&cx.with_post(&self.recorder), args, out)?.settle(out);
                Ok(())
            }
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
        let cx = WriteCx::new(&self.keyspace, &mut guards, &mut self.batch, now, self.sequence);
        run(&mut cx.with_post(&self.recorder))
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

    fn watch_events(&mut self, classes: &str) -> Result<bool, TargetError> {
        self.recorder.events = Events::parse(&format!("E{classes}")).expect("classes of events");
        Ok(true)
    }

    fn take_events(&mut self) -> Result<Vec<String>, TargetError> {
        Ok(self.recorder.told.take())
    }

    fn has(&self, need: Need) -> bool {
        matches!(need, Need::Clock | Need::Selvedge)
    }

    fn advance_ms(&mut self, ms: u64) {
        self.now_us += ms * 1000;
    }
}
