//! CLIENT KILL and the filters it shares with CLIENT LIST.

use selvedge_node::Args;
use selvedge_wire::ReplySink;

use crate::clients::{Client, Kind};
use crate::connection::Connection;
use crate::connection::client::number;
use crate::turn::Turn;

/// The users that there are: one for each token.
const USERS: [&str; 2] = ["default", "default_ro"];

/// Which connections are meant. All conditions must hold.
#[derive(Debug, Default)]
struct Filter<'a> {
    id: Option<u64>,
    address: Option<&'a [u8]>,
    local_address: Option<&'a [u8]>,
    user: Option<&'a [u8]>,
    age_s_min: Option<u64>,
    kind: Option<Kind>,
    /// The connection that asks is not meant.
    skips_self: bool,
}

/// Which kind of connection a word means. The text of the refusal.
pub(super) fn kind(kind: &[u8]) -> Result<Kind, String> {
    match kind.to_ascii_lowercase().as_slice() {
        b"normal" => Ok(Kind::Normal),
        b"pubsub" => Ok(Kind::PubSub),
        b"master" | b"slave" | b"replica" => Ok(Kind::Server),
        _ => Err(format!("ERR Unknown client type '{}'", String::from_utf8_lossy(kind))),
    }
}

impl<'a> Filter<'a> {
    /// Reads pairs of a condition and its value. The text of the first mistake.
    fn parse(pairs: Args<'a>) -> Result<Self, String> {
        let mut filter = Self { skips_self: true, ..Self::default() };
        for pair in pairs.chunks(2) {
            let [condition, value] = pair else { return Err("ERR syntax error".to_owned()) };
            match condition.to_ascii_lowercase().as_slice() {
                b"id" => {
                    let id = number(value).and_then(|id| u64::try_from(id).ok()).filter(|id| *id > 0);
                    filter.id = Some(id.ok_or("ERR client-id should be greater than 0")?);
                }
                b"type" => filter.kind = Some(kind(value)?),
                b"addr" => filter.address = Some(value),
                b"laddr" => filter.local_address = Some(value),
                b"user" => {
                    if !USERS.iter().any(|user| user.as_bytes() == *value) {
                        return Err(format!("ERR No such user '{}'", String::from_utf8_lossy(value)));
                    }
                    filter.user = Some(value);
                }
                b"skipme" => match value.to_ascii_lowercase().as_slice() {
                    b"yes" => filter.skips_self = true,
                    b"no" => filter.skips_self = false,
                    _ => return Err("ERR syntax error".to_owned()),
                },
                b"maxage" => {
                    let age_s = number(value).ok_or("ERR maxage is not an integer or out of range")?;
                    let age_s = u64::try_from(age_s).ok().filter(|age_s| *age_s > 0);
                    filter.age_s_min = Some(age_s.ok_or("ERR maxage should be greater than 0")?);
                }
                _ => return Err("ERR syntax error".to_owned()),
            }
        }
        Ok(filter)
    }

    fn matches(&self, client: &Client, now_ms: u64) -> bool {
        let is =
            |wanted: Option<&[u8]>, actual: &str| wanted.is_none_or(|wanted| wanted == actual.as_bytes());
        let age_s = now_ms.saturating_sub(client.connected_ms) / 1000;
        self.kind.is_none_or(|kind| kind == client.live.kind())
            && self.id.is_none_or(|id| id == client.id)
            && is(self.address, &client.ends.peer)
            && is(self.local_address, &client.ends.local)
            && is(self.user, client.about.lock().user)
            && self.age_s_min.is_none_or(|age_s_min| age_s >= age_s_min)
    }
}

impl Connection {
    /// Closes connections: the one at an address, or those that a filter finds.
    pub(super) fn client_kill(&mut self, args: Args<'_>, now_ms: u64, turn: &mut Turn) {
        if let [address] = args {
            let filter = Filter { address: Some(address), ..Filter::default() };
            if self.kill(&filter, now_ms) == 0 {
                self.sink(turn).error("ERR No such client");
            } else {
                self.sink(turn).status("OK");
            }
            return;
        }
        match Filter::parse(args) {
            Ok(filter) => {
                let count = self.kill(&filter, now_ms);
                self.sink(turn).integer(count);
            }
            Err(text) => self.sink(turn).error(&text),
        }
    }

    /// Closes the connections that are meant; this one only after its reply. How many those were.
    fn kill(&mut self, filter: &Filter<'_>, now_ms: u64) -> i64 {
        let mut count = 0;
        for client in self.shared.clients.all() {
            let is_self = client.id == self.client.id;
            if (is_self && filter.skips_self) || !filter.matches(&client, now_ms) {
                continue;
            }
            if is_self {
                self.closing = true;
            } else {
                client.kill();
            }
            count += 1;
        }
        count
    }
}
