//! The host of a script: its commands run on the guards, in the batch and at the instant of the script.

use selvedge_engine::batch::Batch;
use selvedge_engine::cx::{Lookup, ReadCx, WriteCx};
use selvedge_engine::keyspace::{ReadGuards, WriteGuards};
use selvedge_engine::scripting::{LogLevel, ScriptHost};
use selvedge_engine::time::Now;
use selvedge_engine::{Args, Command, CommandError, Connection, Keyspace, Run, Traits, table};
use selvedge_wire::ReplySink;

use crate::entropy::split_mix;
use crate::execute::By;
use crate::outbox::Outbox;

/// Runs the commands of one script.
pub(crate) struct Host<'a, 'g> {
    pub(crate) keyspace: &'a Keyspace,
    pub(crate) access: Access<'a, 'g>,
    pub(crate) is_read_only: bool,
    /// The keys that it may touch, if only those are locked.
    pub(crate) declared: Option<&'a [&'a [u8]]>,
    pub(crate) outbox: &'a Outbox<'a>,
    pub(crate) now: Now,
    pub(crate) random: u64,
    /// For whom it runs.
    pub(crate) by: By<'a>,
    /// Keys that were read, where somebody wants to know.
    pub(crate) read: Vec<Box<[u8]>>,
    /// Keys at which something expired was met.
    pub(crate) met_expired: Vec<Box<[u8]>>,
}

/// What it may do with the shards that are locked for it.
pub(crate) enum Access<'a, 'g> {
    Read(&'a ReadGuards<'g>),
    Write { guards: &'a mut WriteGuards<'g>, batch: &'a mut Batch },
}

impl Host<'_, '_> {
    fn check(&self, command: &Command, args: Args<'_>) -> Result<(), CommandError> {
        if command.traits.contains(Traits::NO_SCRIPT) {
            return Err(CommandError::CallNotAllowed);
        }
        if self.is_read_only && command.is_held_with_writes() {
            return Err(CommandError::CallReadOnly);
        }
        let Some(declared) = self.declared else { return Ok(()) };
        if command.needs_all_shards(args) {
            return Err(CommandError::CallWholeKeyspace { command: command.name });
        }
        for position in command.key_positions(args).unwrap_or_default() {
            let key = args.get(position).copied().unwrap_or_default();
            if !declared.contains(&key) {
                return Err(CommandError::dynamic_key(key));
            }
        }
        Ok(())
    }

    /// Notes for the client what the script read: its own keys too if it read any, as clients of older versions expect. Called
    /// while the shards are still locked.
    pub(crate) fn remember(&self, declared: &[&[u8]]) {
        if let Some(reader) = self.by.reader.filter(|_| !self.read.is_empty()) {
            reader.remember(declared.iter().copied().chain(self.read.iter().map(|key| &**key)));
        }
    }

    fn note_read(&mut self, command: &Command, args: Args<'_>) {
        if self.by.reader.is_some() && command.is_read() {
            let positions = command.key_positions(args).unwrap_or_default();
            let keys = positions.into_iter().filter_map(|position| args.get(position));
            self.read.extend(keys.map(|key| Box::from(*key)));
        }
    }

    fn note_expired(&mut self, command: &Command, args: Args<'_>, met: bool) {
        if met {
            let positions = command.key_positions(args).unwrap_or_default();
            let keys = positions.into_iter().filter_map(|position| args.get(position));
            self.met_expired.extend(keys.map(|key| Box::from(*key)));
        }
    }
}

impl ScriptHost for Host<'_, '_> {
    fn call(&mut self, args: Args<'_>, out: &mut dyn ReplySink) -> Result<(), CommandError> {
        let command = table::lookup(args).map_err(|error| match error {
            CommandError::WrongArity { .. } => CommandError::CallArity,
            _ => CommandError::CallUnknown,
        })?;
        self.check(command, args)?;
        let random = split_mix(&mut self.random);
        let (result, met) = match (command.run, &mut self.access) {
            (Run::Read(handler), Access::Read(guards)) => {
                let cx = ReadCx::new(self.keyspace, guards, self.now);
                let cx = cx.with_random(random).with_post(self.outbox).in_script();
                (handler(&cx, args, out), cx.seen().expired)
            }
            (Run::Read(handler), Access::Write { guards, .. }) => {
                let cx = ReadCx::within(self.keyspace, guards, self.now);
                let cx = cx.with_random(random).with_post(self.outbox).in_script();
                (handler(&cx, args, out), cx.seen().expired)
            }
            (Run::Guard(handler), access) => {
                let cx = match access {
                    Access::Read(guards) => ReadCx::new(self.keyspace, guards, self.now),
                    Access::Write { guards, .. } => ReadCx::within(self.keyspace, guards, self.now),
                };
                let result = match handler(&cx, args) {
                    Ok(true) => {
                        out.integer(1);
                        Ok(())
                    }
                    Ok(false) => Err(CommandError::Outdated),
                    Err(error) => Err(error),
                };
                (result, cx.seen().expired)
            }
            (Run::Write(handler), Access::Write { guards, batch }) => {
                let cx = WriteCx::new(self.keyspace, guards, batch, self.now, random);
                let mut cx = cx.with_post(self.outbox).in_script();
                let result = handler(&mut cx, args, out);
                (result, cx.seen().expired)
            }
            (Run::Blocking(handler), Access::Write { guards, batch }) => {
                let cx = WriteCx::new(self.keyspace, guards, batch, self.now, random);
                let mut cx = cx.with_post(self.outbox).in_script();
                let attempt = handler(&mut cx, args, out);
                let met = cx.seen().expired;
                // A script never waits: nobody else could put anything in.
                (attempt.map(|attempt| attempt.settle(out)), met)
            }
            (Run::BlockingRead(handler), access) => {
                let cx = match access {
                    Access::Read(guards) => ReadCx::new(self.keyspace, guards, self.now),
                    Access::Write { guards, .. } => ReadCx::within(self.keyspace, guards, self.now),
                };
                let cx = cx.with_random(random).with_post(self.outbox).in_script();
                let attempt = handler(&cx, args, out);
                (attempt.map(|attempt| attempt.settle(out)), cx.seen().expired)
            }
            (Run::Write(_) | Run::Blocking(_), Access::Read(_)) => (Err(CommandError::CallReadOnly), false),
            (Run::Connection(Connection::Select), _) => match args.get(1) {
                Some(index) if **index == *b"0" => {
                    out.status("OK");
                    (Ok(()), false)
                }
                _ => (Err(CommandError::DatabaseOutOfRange), false),
            },
            (Run::Connection(_) | Run::Script(_) | Run::Container, _) => {
                (Err(CommandError::CallNotAllowed), false)
            }
        };
        self.outbox.show_command(self.now, args);
        self.note_expired(command, args, met);
        self.note_read(command, args);
        result
    }

    fn may(&self, args: Args<'_>) -> Result<bool, CommandError> {
        // Whoever may run a script may run everything.
        table::lookup(args).map(|_| true)
    }

    fn log(&mut self, level: LogLevel, text: &str) {
        match level {
            LogLevel::Debug => tracing::debug!("script: {text}"),
            LogLevel::Verbose | LogLevel::Notice => tracing::info!("script: {text}"),
            LogLevel::Warning => tracing::warn!("script: {text}"),
        }
    }
}
