//! The state of one RESP connection, and the commands that are about it.

mod client;
mod hello;
mod kill;
mod shutdown;
mod subscriptions;
mod tracking;
mod transaction;

pub(crate) use subscriptions::write_delivery;

use std::sync::Arc;

use selvedge_node::{
    Args, Blocked, Caller, Command, Connection as Word, Permission, Run, Subscriber, Watch, one_database,
};
use selvedge_wire::resp::{Limits, RespSink};
use selvedge_wire::{Protocol, ReplySink};

use crate::clients::{About, Client, Flag};
use crate::commands;
use crate::connection::tracking::Tracked;
use crate::connection::transaction::{Transaction, acts_at_once};
use crate::shared::Shared;
use crate::statistics::Measured;
use crate::turn::{Ended, Turn, admit};

/// Who is asking and how.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) shared: Arc<Shared>,
    pub(crate) client: Arc<Client>,
    pub(crate) caller: Caller,
    pub(crate) protocol: Protocol,
    /// Set when the limits of requests changed with the permission.
    pub(crate) new_limits: Option<Limits>,
    /// Set while a command waits, which keeps those behind it waiting too.
    pub(crate) blocked: Option<BlockedCommand>,
    /// Set from the first subscription on.
    pub(crate) subscriber: Option<Subscriber>,
    transaction: Option<Transaction>,
    /// Set while the client is told about keys that change.
    tracked: Option<Tracked>,
    watch: Watch,
    replies: Replies,
    /// The reply of the command that ran just now leaves although replies were off.
    speaks_again: bool,
    /// A wrong token was shown.
    has_failed: bool,
    pub(crate) closing: bool,
}

/// A command that waits.
#[derive(Debug)]
pub(crate) struct BlockedCommand {
    pub(crate) blocked: Blocked,
    /// CLIENT REPLY asked for no reply.
    pub(crate) is_silent: bool,
}

/// What CLIENT REPLY asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Replies {
    On,
    Off,
    /// The reply of the next command is dropped.
    SkipNext,
}

impl Connection {
    pub(crate) fn new(shared: Arc<Shared>, client: Arc<Client>) -> Self {
        let permission = shared.tokens.before();
        let watch = shared.database.new_watch();
        let mut connection = Self {
            shared,
            client,
            caller: Caller { permission },
            protocol: Protocol::Resp2,
            new_limits: None,
            blocked: None,
            subscriber: None,
            transaction: None,
            tracked: None,
            watch,
            replies: Replies::On,
            speaks_again: false,
            has_failed: false,
            closing: false,
        };
        connection.set_permission(permission);
        connection
    }

    /// Runs one request; its reply goes to the end of the turn's output.
    pub(crate) async fn request(&mut self, args: Args<'_>, turn: &mut Turn) {
        let start = turn.out.len();
        let before = self.replies;
        if before == Replies::SkipNext {
            self.replies = Replies::On;
        }
        match admit(&self.shared, self.caller, args) {
            Err(error) => {
                let text = self.refused(args, error.to_string());
                self.sink(turn).error(&text);
            }
            Ok(command) => {
                self.client.live.runs(command);
                self.admitted(command, args, turn).await;
            }
        }
        if std::mem::take(&mut self.has_failed) {
            self.shared.punish(self.client.ends.host).await;
        }
        turn.commands += 1;
        let speaks_again = std::mem::take(&mut self.speaks_again);
        if before != Replies::On && !speaks_again {
            turn.out.truncate(start);
            if let Some(waiting) = &mut self.blocked {
                waiting.is_silent = true;
            }
        }
    }

    async fn admitted(&mut self, command: &'static Command, args: Args<'_>, turn: &mut Turn) {
        let writes = || {
            self.shared.database.is_held_with_writes(command, args)
                || self.transaction.as_ref().is_some_and(|queue| queue.writes(&self.shared.database, command))
        };
        self.shared.wait_for_the_end_of_a_pause(writes).await;
        let (start, begun) = (turn.out.len(), turn.meter.since());
        let protocol = self.protocol;
        if let Some(text) = self.refusal(command) {
            self.sink(turn).error(&text);
            return;
        }
        turn.reader = self.reader();
        // A program is shown before its commands, everything else when it is done.
        let is_program = command.runs_program() && self.transaction.is_none();
        if is_program {
            self.shared.show_command(command, args, &|| self.sender());
        }
        match command.run {
            Run::Connection(Word::Exec) => self.exec(turn).await,
            Run::Connection(Word::Watch) => self.watch(args, turn).await,
            Run::Connection(Word::Waitaof) if self.transaction.is_none() => {
                let sequence = commands::wait_for_sync(&self.shared, args).await;
                commands::synced(&self.shared, args, sequence, &mut self.sink(turn));
            }
            Run::Connection(word) if self.transaction.is_none() || acts_at_once(word) => {
                self.own(word, args, turn);
            }
            _ if self.transaction.is_some() => {
                self.queue(command, args, turn);
                return;
            }
            Run::Read(_) if subscriptions::is_ping(command) && self.listens_in_resp2() => {
                self.ping_listener(args, turn);
            }
            Run::Read(_)
            | Run::Guard(_)
            | Run::Write(_)
            | Run::Blocking(_)
            | Run::BlockingRead(_)
            | Run::Script(_) => {
                let ended = turn
                    .execute(&self.shared, command, args, |out, run| run(&mut RespSink::new(out, protocol)))
                    .await;
                match ended {
                    Ended::Replied | Ended::Outdated { .. } => {}
                    Ended::Undone(error) => self.sink(turn).error(&error),
                    Ended::Blocked(blocked) => {
                        self.blocked = Some(BlockedCommand { blocked, is_silent: false });
                    }
                }
            }
            Run::Connection(_) | Run::Container => {}
        }
        if !command.name.starts_with("client|") && self.transaction.is_none() {
            self.forget_caching();
        }
        let took = turn.meter.lap_from(begun);
        let error = error_text(&turn.out, start);
        let measured = Measured { command, args, took, error: error.as_deref() };
        measured.note(&self.shared, &|| self.sender());
        if !is_program {
            self.shared.show_command(command, args, &|| self.sender());
        }
    }

    /// Address and name, for the slow log and those who monitor.
    fn sender(&self) -> (String, String) {
        (self.client.ends.peer.clone(), self.client.about.lock().name.clone())
    }

    /// Runs a command about the connection or the process, all but EXEC and WATCH.
    fn own(&mut self, word: Word, args: Args<'_>, turn: &mut Turn) {
        match word {
            Word::Exec | Word::Watch => {}
            Word::Multi => self.multi(turn),
            Word::Discard => self.discard(turn),
            Word::Quit => {
                self.closing = true;
                self.sink(turn).status("OK");
            }
            Word::Shutdown => self.shutdown(args, turn),
            Word::Unwatch => {
                self.unwatch();
                self.sink(turn).status("OK");
            }
            Word::Monitor => self.monitor(turn),
            Word::Subscribe | Word::Psubscribe | Word::Ssubscribe => {
                if let Some(topic) = subscriptions::topic_of(word) {
                    self.subscribe(topic, args, turn);
                }
            }
            Word::Unsubscribe | Word::Punsubscribe | Word::Sunsubscribe => {
                if let Some(topic) = subscriptions::topic_of(word) {
                    self.unsubscribe(topic, args, turn);
                }
            }
            Word::Reset => {
                self.stop_tracking();
                self.transaction = None;
                self.subscriber = None;
                self.watch.clear();
                self.replies = Replies::On;
                self.protocol = Protocol::Resp2;
                self.speaks_again = true;
                *self.client.about.lock() = About::default();
                self.client.live.queues(None);
                self.client.live.watches(0);
                self.client.live.listens([0; 3]);
                for flag in [Flag::Resp3, Flag::NoEvict, Flag::NoTouch, Flag::Monitor] {
                    self.client.live.set(flag, false);
                }
                self.set_permission(self.shared.tokens.before());
                self.sink(turn).status("RESET");
            }
            Word::Select => match one_database(args.get(1).copied().unwrap_or_default()) {
                Ok(()) => self.sink(turn).status("OK"),
                Err(error) => self.sink(turn).error(&error.to_string()),
            },
            Word::Auth => self.auth(args, turn),
            Word::Hello => self.hello(args, turn),
            word if commands::is_about_process(word) => {
                commands::answer(&self.shared, word, args, &mut self.sink(turn));
            }
            word => self.client_command(word, args, turn),
        }
    }

    pub(crate) fn sink<'a>(&self, turn: &'a mut Turn) -> RespSink<'a> {
        RespSink::new(&mut turn.out, self.protocol)
    }

    fn set_permission(&mut self, permission: Permission) {
        self.caller.permission = permission;
        self.client.about.lock().user = match permission {
            Permission::ReadOnly => "default_ro",
            Permission::None | Permission::Full => "default",
        };
        self.new_limits = Some(match permission {
            Permission::None => Limits::unauthenticated(),
            Permission::ReadOnly | Permission::Full => Limits {
                bulk_bytes_max: usize::try_from(self.shared.settings.bulk_bytes_max).unwrap_or(usize::MAX),
                ..Limits::default()
            },
        });
    }
}

/// The text of an error that begins at `start`.
fn error_text(out: &[u8], start: usize) -> Option<String> {
    let text = out.get(start..)?.strip_prefix(b"-")?;
    Some(String::from_utf8_lossy(text).trim_end().to_owned())
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.client.inbox.close();
        self.shared.clients.close(self.client.id);
    }
}
