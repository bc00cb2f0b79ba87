//! CLIENT and its subcommands.

use std::time::Duration;

use selvedge_node::{Args, Connection as Word};
use selvedge_wire::ReplySink;

use crate::clients::{Flag, WaitEnd};
use crate::commands;
use crate::connection::{Connection, Replies, kill};
use crate::limits::NAME_BYTES_MAX;
use crate::turn::Turn;

pub(super) const BAD_NAME: &str = "ERR Client names cannot contain spaces, newlines or special characters.";

impl Connection {
    pub(super) fn client_command(&mut self, word: Word, args: Args<'_>, turn: &mut Turn) {
        let third = args.get(2).copied().unwrap_or_default();
        let now_ms = self.shared.ms_until(turn.meter.since());
        match word {
            Word::ClientId => {
                let id = i64::try_from(self.client.id).unwrap_or(i64::MAX);
                self.sink(turn).integer(id);
            }
            Word::ClientGetname => {
                let name = self.client.about.lock().name.clone();
                if name.is_empty() { self.sink(turn).null() } else { self.sink(turn).bulk(name.as_bytes()) }
            }
            Word::ClientSetname => match checked_name(third) {
                Ok(name) => {
                    self.client.about.lock().name = name;
                    self.sink(turn).status("OK");
                }
                Err(()) => self.sink(turn).error(BAD_NAME),
            },
            Word::ClientSetinfo => self.set_info(third, args.get(3).copied().unwrap_or_default(), turn),
            Word::ClientInfo => {
                let line = self.client.line(now_ms);
                self.sink(turn).verbatim(b"txt", line.as_bytes());
            }
            Word::ClientList => self.client_list(args.get(2..).unwrap_or_default(), now_ms, turn),
            Word::ClientKill => self.client_kill(args.get(2..).unwrap_or_default(), now_ms, turn),
            Word::ClientPause => self.client_pause(args, turn),
            Word::ClientUnblock => self.client_unblock(args, turn),
            Word::ClientUnpause => {
                self.shared.pause.end();
                self.shared.database.hold_removals(Duration::ZERO);
                self.sink(turn).status("OK");
            }
            Word::ClientCaching => self.client_caching(third, turn),
            Word::ClientGetredir => self.client_getredir(turn),
            Word::ClientTracking => self.client_tracking(args, turn),
            Word::ClientTrackinginfo => self.client_trackinginfo(turn),
            Word::ClientReply => match third.to_ascii_uppercase().as_slice() {
                b"ON" => {
                    self.replies = Replies::On;
                    self.speaks_again = true;
                    self.sink(turn).status("OK");
                }
                b"OFF" => self.replies = Replies::Off,
                b"SKIP" => {
                    self.replies = if self.replies == Replies::Off { Replies::Off } else { Replies::SkipNext }
                }
                _ => self.sink(turn).error("ERR syntax error"),
            },
            Word::ClientNoEvict => self.client_switch(Flag::NoEvict, third, turn),
            Word::ClientNoTouch => self.client_switch(Flag::NoTouch, third, turn),
            _ => debug_assert!(false, "{word:?} is run elsewhere"),
        }
    }

    fn client_unblock(&self, args: Args<'_>, turn: &mut Turn) {
        let mut sink = self.sink(turn);
        let (id, how) = match args.get(2..).unwrap_or_default() {
            [id] => (id, WaitEnd::Timeout),
            [id, how] if how.eq_ignore_ascii_case(b"timeout") => (id, WaitEnd::Timeout),
            [id, how] if how.eq_ignore_ascii_case(b"error") => (id, WaitEnd::Error),
            [_, _] => return sink.error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR"),
            _ => {
                return sink.error(&commands::bad_subcommand("CLIENT", args));
            }
        };
        let Some(id) = number(id) else {
            return sink.error("ERR value is not an integer or out of range");
        };
        let clients = self.shared.clients.all();
        let found = clients.iter().find(|client| u64::try_from(id) == Ok(client.id));
        sink.integer(i64::from(found.is_some_and(|client| client.end_wait(how))));
    }

    fn client_switch(&mut self, flag: Flag, switch: &[u8], turn: &mut Turn) {
        let is_on = switch.eq_ignore_ascii_case(b"on");
        if !is_on && !switch.eq_ignore_ascii_case(b"off") {
            self.sink(turn).error("ERR syntax error");
            return;
        }
        self.client.live.set(flag, is_on);
        self.sink(turn).status("OK");
    }

    fn client_list(&mut self, filter: Args<'_>, now_ms: u64, turn: &mut Turn) {
        let is =
            |index: usize, word: &[u8]| filter.get(index).is_some_and(|arg| arg.eq_ignore_ascii_case(word));
        let mut clients = self.shared.clients.all();
        match filter {
            [] => {}
            [_, kind] if is(0, b"type") => match kill::kind(kind) {
                Ok(kind) => clients.retain(|client| client.live.kind() == kind),
                Err(text) => {
                    self.sink(turn).error(&text);
                    return;
                }
            },
            [_, ids @ ..] if is(0, b"id") && !ids.is_empty() => {
                let Some(ids) = ids.iter().map(|id| number(id)).collect::<Option<Vec<i64>>>() else {
                    self.sink(turn).error("ERR Invalid client ID");
                    return;
                };
                clients.retain(|client| ids.iter().any(|id| u64::try_from(*id) == Ok(client.id)));
            }
            _ => {
                self.sink(turn).error("ERR syntax error");
                return;
            }
        }
        let lines: String = clients.iter().map(|client| client.line(now_ms)).collect();
        self.sink(turn).verbatim(b"txt", lines.as_bytes());
    }

    fn client_pause(&mut self, args: Args<'_>, turn: &mut Turn) {
        let text = match args.get(2..).unwrap_or_default() {
            [time, mode @ ..] if mode.len() <= 1 => {
                let all = mode.first().is_none_or(|mode| mode.eq_ignore_ascii_case(b"all"));
                let is_known = all || mode.first().is_some_and(|mode| mode.eq_ignore_ascii_case(b"write"));
                match number(time) {
                    _ if !is_known => "ERR CLIENT PAUSE mode must be WRITE or ALL",
                    None => "ERR timeout is not an integer or out of range",
                    Some(time_ms) => match u64::try_from(time_ms) {
                        Err(_) => "ERR timeout is negative",
                        // Redis adds it to a Unix time in signed milliseconds.
                        Ok(time_ms) if time_ms > i64::MAX as u64 - self.shared.database.now().ms() => {
                            "ERR timeout is out of range"
                        }
                        Ok(time_ms) => {
                            let time = Duration::from_millis(time_ms);
                            let lasts = self.shared.pause.begin(turn.meter.since(), time, all);
                            self.shared.database.hold_removals(lasts);
                            self.sink(turn).status("OK");
                            return;
                        }
                    },
                }
            }
            _ => {
                let text = commands::bad_subcommand("CLIENT", args);
                self.sink(turn).error(&text);
                return;
            }
        };
        self.sink(turn).error(text);
    }

    fn set_info(&mut self, attribute: &[u8], value: &[u8], turn: &mut Turn) {
        let Ok(text) = checked_name(value) else {
            let text = format!(
                "ERR {} cannot contain spaces, newlines or special characters.",
                String::from_utf8_lossy(attribute)
            );
            self.sink(turn).error(&text);
            return;
        };
        let mut about = self.client.about.lock();
        match attribute.to_ascii_lowercase().as_slice() {
            b"lib-name" => about.library_name = text,
            b"lib-ver" => about.library_version = text,
            _ => {
                drop(about);
                let text = format!("ERR Unrecognized option '{}'", String::from_utf8_lossy(attribute));
                self.sink(turn).error(&text);
                return;
            }
        }
        drop(about);
        self.sink(turn).status("OK");
    }
}

/// A name of printable ASCII without blanks.
pub(super) fn checked_name(bytes: &[u8]) -> Result<String, ()> {
    if bytes.len() > NAME_BYTES_MAX || !bytes.iter().all(|byte| (b'!'..=b'~').contains(byte)) {
        return Err(());
    }
    String::from_utf8(bytes.to_vec()).map_err(|_| ())
}

/// A signed integer of 64 bits.
pub(super) fn number(bytes: &[u8]) -> Option<i64> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}
