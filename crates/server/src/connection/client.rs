//! CLIENT and its subcommands.

use selvedge_node::{Args, Connection as Word};
use selvedge_wire::ReplySink;

use crate::connection::{Connection, Replies};
use crate::limits::NAME_BYTES_MAX;
use crate::turn::Turn;

pub(super) const BAD_NAME: &str = "ERR Client names cannot contain spaces, newlines or special characters.";

impl Connection {
    pub(super) fn client_command(&mut self, word: Word, args: Args<'_>, turn: &mut Turn) {
        let third = args.get(2).copied().unwrap_or_default();
        let now_ms = self.shared.database.now().ms();
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
            Word::ClientList => {
                let lines: String =
                    self.shared.clients.all().iter().map(|client| client.line(now_ms)).collect();
                self.sink(turn).verbatim(b"txt", lines.as_bytes());
            }
            Word::ClientReply => match third.to_ascii_uppercase().as_slice() {
                b"ON" => {
                    self.replies = Replies::On;
                    self.sink(turn).status("OK");
                }
                b"OFF" => self.replies = Replies::Off,
                b"SKIP" => {
                    self.replies = if self.replies == Replies::Off { Replies::Off } else { Replies::SkipNext }
                }
                _ => self.sink(turn).error("ERR syntax error"),
            },
            _ => match third.to_ascii_uppercase().as_slice() {
                b"ON" | b"OFF" => self.sink(turn).status("OK"),
                _ => self.sink(turn).error("ERR syntax error"),
            },
        }
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
