//! AUTH and HELLO.

use selvedge_node::{Args, Permission, REDIS_VERSION};
use selvedge_wire::{Protocol, ReplySink};

use crate::clients::Flag;
use crate::connection::{Connection, client};
use crate::turn::Turn;

const WRONG: &str = "WRONGPASS invalid username-password pair or user is disabled.";
const NO_PASSWORD: &str = "ERR AUTH <password> called without any password configured for the default user. \
                           Are you sure your configuration is correct?";

impl Connection {
    pub(super) fn auth(&mut self, args: Args<'_>, turn: &mut Turn) {
        let permission = match args {
            [_, _] if self.shared.tokens.is_insecure() => {
                self.sink(turn).error(NO_PASSWORD);
                return;
            }
            // Redis knows the password alone as that of `default`; either token is clear about what it may do.
            [_, secret] => self.shared.tokens.check(secret),
            [_, user, secret] => self.shared.tokens.check_user(user, secret),
            _ => {
                self.sink(turn).error("ERR syntax error");
                return;
            }
        };
        if permission == Permission::None {
            self.has_failed = true;
            self.sink(turn).error(WRONG);
        } else {
            self.set_permission(permission);
            self.sink(turn).status("OK");
        }
    }

    pub(super) fn hello(&mut self, args: Args<'_>, turn: &mut Turn) {
        let mut protocol = self.protocol;
        let mut rest = args.get(1..).unwrap_or_default();
        if let [version, after @ ..] = rest {
            protocol = match *version {
                b"2" => Protocol::Resp2,
                b"3" => Protocol::Resp3,
                other => {
                    let is_number = std::str::from_utf8(other).is_ok_and(|text| text.parse::<i64>().is_ok());
                    self.sink(turn).error(if is_number {
                        "NOPROTO unsupported protocol version"
                    } else {
                        "ERR Protocol version is not an integer or out of range"
                    });
                    return;
                }
            };
            rest = after;
        }
        let mut permission = self.caller.permission;
        let mut name = None;
        while let [option, after @ ..] = rest {
            match (option.to_ascii_uppercase().as_slice(), after) {
                (b"AUTH", [user, secret, after @ ..]) => {
                    permission = self.shared.tokens.check_user(user, secret);
                    if permission == Permission::None {
                        self.has_failed = true;
                        self.sink(turn).error(WRONG);
                        return;
                    }
                    rest = after;
                }
                (b"SETNAME", [wanted, after @ ..]) => {
                    let Ok(wanted) = client::checked_name(wanted) else {
                        self.sink(turn).error(client::BAD_NAME);
                        return;
                    };
                    name = Some(wanted);
                    rest = after;
                }
                _ => {
                    let text =
                        format!("ERR Syntax error in HELLO option '{}'", String::from_utf8_lossy(option));
                    self.sink(turn).error(&text);
                    return;
                }
            }
        }
        if permission == Permission::None {
            self.sink(turn).error(
                "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH \
                 <user> <pass> option can be used to authenticate the client and select the RESP protocol version at \
                 the same time",
            );
            return;
        }
        self.set_permission(permission);
        self.protocol = protocol;
        self.client.live.set(Flag::Resp3, protocol == Protocol::Resp3);
        if let Some(name) = name {
            self.client.about.lock().name = name;
        }
        let id = i64::try_from(self.client.id).unwrap_or(i64::MAX);
        let mut sink = self.sink(turn);
        sink.map(7);
        sink.bulk(b"server");
        sink.bulk(b"redis");
        sink.bulk(b"version");
        sink.bulk(REDIS_VERSION.as_bytes());
        sink.bulk(b"proto");
        sink.integer(if protocol == Protocol::Resp3 { 3 } else { 2 });
        sink.bulk(b"id");
        sink.integer(id);
        sink.bulk(b"mode");
        sink.bulk(b"standalone");
        sink.bulk(b"role");
        sink.bulk(b"master");
        sink.bulk(b"modules");
        sink.array(0);
    }
}
