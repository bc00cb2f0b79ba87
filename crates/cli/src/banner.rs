//! The lines to paste into an app's `.env`.

use std::io::{self, Write};
use std::net::SocketAddr;

/// A token as it is printed: its text where we drew it, the name of its variable where the operator gave it, because
/// an operator's standard output often ends in a journal.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shown<'a> {
    /// The token itself.
    Text(&'a str),
    /// The variable that holds it.
    Variable(&'static str),
    /// None is asked for.
    Open,
}

impl std::fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Variable(name) => write!(f, "${name}"),
            // The SDKs refuse to start without a token, so there is a word for it.
            Self::Open => f.write_str("none"),
        }
    }
}

/// Where the doors are and how to enter.
#[derive(Debug)]
pub(crate) struct Doors<'a> {
    pub(crate) http: SocketAddr,
    pub(crate) resp: SocketAddr,
    pub(crate) token: Shown<'a>,
    pub(crate) read_only_token: Shown<'a>,
}

/// Writes the lines, values without quotes, so that shells, dotenv and `docker --env-file` all read them.
pub(crate) fn write(out: &mut impl Write, doors: &Doors<'_>) -> io::Result<()> {
    let Doors { http, resp, token, read_only_token } = doors;
    let (http, resp) = (reachable(*http), reachable(*resp));
    writeln!(out, "# Selvedge {} is ready. For an app's .env:", env!("CARGO_PKG_VERSION"))?;
    writeln!(out, "UPSTASH_REDIS_REST_URL=http://{http}")?;
    writeln!(out, "UPSTASH_REDIS_REST_TOKEN={token}")?;
    writeln!(out, "KV_REST_API_URL=http://{http}")?;
    writeln!(out, "KV_REST_API_TOKEN={token}")?;
    writeln!(out, "KV_REST_API_READ_ONLY_TOKEN={read_only_token}")?;
    match token {
        Shown::Open => writeln!(out, "REDIS_URL=redis://{resp}")?,
        Shown::Text(_) | Shown::Variable(_) => writeln!(out, "REDIS_URL=redis://default:{token}@{resp}")?,
    }
    out.flush()
}

/// An address that listens on all interfaces is reached from this machine over loopback.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(token: Shown<'_>) -> String {
        let doors = Doors {
            http: "0.0.0.0:8079".parse().unwrap(),
            resp: "127.0.0.1:6379".parse().unwrap(),
            token,
            read_only_token: Shown::Text("r"),
        };
        let mut out = Vec::new();
        write(&mut out, &doors).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_lines_can_be_pasted() {
        let text = lines(Shown::Text("t"));
        assert!(
            text.contains("\nUPSTASH_REDIS_REST_URL=http://127.0.0.1:8079\nUPSTASH_REDIS_REST_TOKEN=t\n")
        );
        assert!(
            text.ends_with("KV_REST_API_READ_ONLY_TOKEN=r\nREDIS_URL=redis://default:t@127.0.0.1:6379\n")
        );
    }

    #[test]
    fn a_given_token_is_named_and_an_open_door_has_none() {
        assert!(
            lines(Shown::Variable("SELVEDGE_TOKEN"))
                .ends_with("REDIS_URL=redis://default:$SELVEDGE_TOKEN@127.0.0.1:6379\n")
        );
        assert!(lines(Shown::Open).ends_with("REDIS_URL=redis://127.0.0.1:6379\n"));
    }
}
