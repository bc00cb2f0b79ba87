//! SHUTDOWN.

use selvedge_node::Args;
use selvedge_wire::ReplySink;

use crate::connection::Connection;
use crate::turn::Turn;

const SYNTAX: &str = "ERR syntax error";

impl Connection {
    /// Stops the server as a signal does. There is no reply: the connection ends. What was acknowledged is in the log whatever
    /// the options say; NOSAVE also ends the scripts that run, undone.
    pub(super) fn shutdown(&mut self, args: Args<'_>, turn: &mut Turn) {
        let refusal = match Options::parse(args.get(1..).unwrap_or_default()) {
            None => SYNTAX.to_owned(),
            Some(Options::Abort) => "ERR No shutdown in progress.".to_owned(),
            Some(Options::Stop { ends_scripts }) => match self.shared.database.busy_error() {
                Some(busy) if !ends_scripts => busy.to_string(),
                _ => {
                    tracing::info!("SHUTDOWN: finishing what is in progress");
                    if ends_scripts {
                        self.shared.database.end_scripts();
                    }
                    self.shared.stop.notify_one();
                    self.closing = true;
                    return;
                }
            },
        };
        self.sink(turn).error(&refusal);
    }
}

/// What SHUTDOWN is to do.
enum Options {
    Stop { ends_scripts: bool },
    Abort,
}

impl Options {
    /// None: they are none, or contradict each other.
    fn parse(words: Args<'_>) -> Option<Self> {
        let (mut saves, mut ends_scripts, mut aborts, mut hurries) = (false, false, false, false);
        for word in words {
            match word.to_ascii_uppercase().as_slice() {
                b"SAVE" => saves = true,
                b"NOSAVE" => ends_scripts = true,
                // There is nobody to wait for, and no error that could hold it up.
                b"NOW" | b"FORCE" => hurries = true,
                b"ABORT" => aborts = true,
                _ => return None,
            }
        }
        match (aborts, saves && ends_scripts) {
            (true, _) if saves || ends_scripts || hurries => None,
            (true, _) => Some(Self::Abort),
            (false, true) => None,
            (false, false) => Some(Self::Stop { ends_scripts }),
        }
    }
}
