//! CLIENT TRACKING and its kin, and telling a client that what it caches may be old.

use std::sync::Arc;

use selvedge_node::{Args, Inbox, News, Notice, Reader, Tracker, TrackingMode, TrackingOptions};
use selvedge_wire::{Protocol, ReplySink};

use crate::clients::Flag;
use crate::connection::Connection;
use crate::connection::client::number;
use crate::limits::TRACKED_PREFIXES_MAX;
use crate::turn::Turn;

const SYNTAX: &str = "ERR syntax error";
const NO_SUCH_CLIENT: &str = "ERR The client ID you want redirect to does not exist";
/// Where RESP2 clients get the notices that are sent to them on behalf of others.
const CHANNEL: &[u8] = b"__redis__:invalidate";

/// A connection whose client caches what it reads.
#[derive(Debug)]
pub(super) struct Tracked {
    tracker: Tracker,
    /// CLIENT CACHING was said about the next command.
    is_asked: bool,
}

/// The words behind CLIENT TRACKING ON.
#[derive(Debug, Default)]
struct Words<'a> {
    redirect: Option<u64>,
    broadcast: bool,
    opt_in: bool,
    opt_out: bool,
    skips_own_writes: bool,
    prefixes: Vec<&'a [u8]>,
}

impl<'a> Words<'a> {
    fn parse(words: &[&'a [u8]], exists: impl Fn(u64) -> bool) -> Result<Self, &'static str> {
        let mut parsed = Self::default();
        let mut rest = words;
        while let [word, after @ ..] = rest {
            rest = after;
            match word.to_ascii_uppercase().as_slice() {
                b"BCAST" => parsed.broadcast = true,
                b"OPTIN" => parsed.opt_in = true,
                b"OPTOUT" => parsed.opt_out = true,
                b"NOLOOP" => parsed.skips_own_writes = true,
                b"REDIRECT" => {
                    let [id, after @ ..] = rest else { return Err(SYNTAX) };
                    rest = after;
                    if parsed.redirect.is_some() {
                        return Err("ERR A client can only redirect to a single other client");
                    }
                    let id = number(id).ok_or("ERR value is not an integer or out of range")?;
                    let id = u64::try_from(id).ok().filter(|id| exists(*id)).ok_or(NO_SUCH_CLIENT)?;
                    parsed.redirect = Some(id);
                }
                b"PREFIX" => {
                    let [prefix, after @ ..] = rest else { return Err(SYNTAX) };
                    rest = after;
                    parsed.prefixes.push(prefix);
                }
                _ => return Err(SYNTAX),
            }
        }
        Ok(parsed)
    }

    fn mode(&self) -> TrackingMode {
        match (self.broadcast, self.opt_in, self.opt_out) {
            (true, _, _) => TrackingMode::Broadcast,
            (_, true, _) => TrackingMode::OptIn,
            (_, _, true) => TrackingMode::OptOut,
            _ => TrackingMode::Reads,
        }
    }

    /// Checks that they go together, and with what the client said before.
    fn check(&self, before: Option<&Tracker>) -> Result<(), String> {
        let refuse = |text: &str| Err(text.to_owned());
        if !self.prefixes.is_empty() && !self.broadcast {
            return refuse("ERR PREFIX option requires BCAST mode to be enabled");
        }
        let mode_before = before.map(Tracker::mode);
        if mode_before.is_some_and(|before| (before == TrackingMode::Broadcast) != self.broadcast) {
            return refuse(
                "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then \
                 re-enabling it with a different mode.",
            );
        }
        if self.broadcast && (self.opt_in || self.opt_out) {
            return refuse("ERR OPTIN and OPTOUT are not compatible with BCAST");
        }
        if self.opt_in && self.opt_out {
            return refuse("ERR You can't specify both OPTIN mode and OPTOUT mode");
        }
        let switches = match mode_before {
            Some(TrackingMode::OptIn) => self.opt_out,
            Some(TrackingMode::OptOut) => self.opt_in,
            Some(TrackingMode::Reads | TrackingMode::Broadcast) | None => false,
        };
        if switches {
            return refuse(
                "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then \
                 re-enabling it with a different mode.",
            );
        }
        self.check_prefixes(before)
    }

    fn check_prefixes(&self, before: Option<&Tracker>) -> Result<(), String> {
        let known = before.map(Tracker::prefixes).unwrap_or_default();
        if known.len() + self.prefixes.len() > TRACKED_PREFIXES_MAX {
            return Err(format!("LIMIT a connection tracks at most {TRACKED_PREFIXES_MAX} prefixes"));
        }
        let overlap = |prefix: &[u8], other: &[u8]| prefix.starts_with(other) || other.starts_with(prefix);
        let text = |prefix: &[u8], other: &[u8], kind: &str| {
            Err(format!(
                "ERR Prefix '{}' overlaps with {kind} prefix '{}'. Prefixes for a single client must not overlap.",
                String::from_utf8_lossy(prefix),
                String::from_utf8_lossy(other),
            ))
        };
        for (index, prefix) in self.prefixes.iter().enumerate() {
            if let Some(other) = known.iter().find(|other| overlap(prefix, other)) {
                return text(prefix, other, "an existing");
            }
            let later = self.prefixes.get(index + 1..).unwrap_or_default();
            if let Some(other) = later.iter().find(|other| overlap(prefix, other)) {
                return text(prefix, other, "another provided");
            }
        }
        Ok(())
    }
}

impl Connection {
    /// CLIENT TRACKING.
    pub(super) fn client_tracking(&mut self, args: Args<'_>, turn: &mut Turn) {
        let words = args.get(3..).unwrap_or_default();
        let clients = self.shared.clients.all();
        let exists = |id| clients.iter().any(|client| client.id == id);
        let parsed = match Words::parse(words, exists) {
            Ok(parsed) => parsed,
            Err(text) => return self.sink(turn).error(text),
        };
        let switch = args.get(2).copied().unwrap_or_default();
        if switch.eq_ignore_ascii_case(b"off") {
            self.stop_tracking();
        } else if switch.eq_ignore_ascii_case(b"on") {
            if let Err(text) = parsed.check(self.tracked.as_ref().map(|tracked| &tracked.tracker)) {
                return self.sink(turn).error(&text);
            }
            let target = parsed.redirect.and_then(|id| clients.iter().find(|client| client.id == id));
            self.start_tracking(&parsed, target.map(|client| (client.id, Arc::clone(&client.inbox))));
        } else {
            return self.sink(turn).error(SYNTAX);
        }
        self.sink(turn).status("OK");
    }

    fn start_tracking(&mut self, words: &Words<'_>, redirect: Option<(u64, Arc<Inbox>)>) {
        let redirects_to = redirect.as_ref().map(|(id, _)| *id);
        let options =
            TrackingOptions { mode: words.mode(), redirect, skips_own_writes: words.skips_own_writes };
        match &self.tracked {
            Some(tracked) => tracked.tracker.set_options(options),
            None => {
                let client = &self.client;
                let tracker = self.shared.database.track(client.id, &client.inbox, options);
                self.tracked = Some(Tracked { tracker, is_asked: false });
            }
        }
        if let Some(tracked) = self.tracked.as_ref().filter(|_| words.broadcast) {
            match words.prefixes.as_slice() {
                [] if tracked.tracker.prefixes().is_empty() => tracked.tracker.add_prefixes(&[b""]),
                prefixes => tracked.tracker.add_prefixes(prefixes),
            }
        }
        let live = &self.client.live;
        live.set(Flag::Tracking, true);
        live.set(Flag::Broadcast, words.broadcast);
        live.redirects(redirects_to.map_or(0, |id| i64::try_from(id).unwrap_or(i64::MAX)));
    }

    pub(super) fn stop_tracking(&mut self) {
        self.tracked = None;
        self.client.live.set(Flag::Tracking, false);
        self.client.live.set(Flag::Broadcast, false);
        self.client.live.redirects(-1);
    }

    /// CLIENT CACHING.
    pub(super) fn client_caching(&mut self, word: &[u8], turn: &mut Turn) {
        let mode = self.tracked.as_ref().map(|tracked| tracked.tracker.mode());
        let refusal = match mode {
            None => Some(
                "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode \
                 enabled",
            ),
            Some(mode) => match word.to_ascii_uppercase().as_slice() {
                b"YES" if mode == TrackingMode::OptIn => None,
                b"YES" => {
                    Some("ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.")
                }
                b"NO" if mode == TrackingMode::OptOut => None,
                b"NO" => Some("ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode."),
                _ => Some(SYNTAX),
            },
        };
        if let Some(text) = refusal {
            return self.sink(turn).error(text);
        }
        if let Some(tracked) = &mut self.tracked {
            tracked.is_asked = true;
        }
        self.sink(turn).status("OK");
    }

    /// CLIENT GETREDIR.
    pub(super) fn client_getredir(&self, turn: &mut Turn) {
        let to = self.redirects_to();
        self.sink(turn).integer(to);
    }

    /// The connection that notices go to; 0: this one; -1: there are none.
    fn redirects_to(&self) -> i64 {
        self.tracked.as_ref().map_or(-1, |tracked| {
            i64::try_from(tracked.tracker.redirect().unwrap_or_default()).unwrap_or(i64::MAX)
        })
    }

    /// CLIENT TRACKINGINFO.
    pub(super) fn client_trackinginfo(&self, turn: &mut Turn) {
        let mut flags = Vec::new();
        let mut prefixes = Vec::new();
        match &self.tracked {
            None => flags.push("off"),
            Some(Tracked { tracker, is_asked }) => {
                flags.push("on");
                match (tracker.mode(), is_asked) {
                    (TrackingMode::Reads, _) => {}
                    (TrackingMode::Broadcast, _) => flags.push("bcast"),
                    (TrackingMode::OptIn, false) => flags.push("optin"),
                    (TrackingMode::OptIn, true) => flags.extend(["optin", "caching-yes"]),
                    (TrackingMode::OptOut, false) => flags.push("optout"),
                    (TrackingMode::OptOut, true) => flags.extend(["optout", "caching-no"]),
                }
                if tracker.skips_own_writes() {
                    flags.push("noloop");
                }
                if tracker.is_broken() {
                    flags.push("broken_redirect");
                }
                prefixes = tracker.prefixes();
            }
        }
        let redirects_to = self.redirects_to();
        let mut sink = self.sink(turn);
        sink.map(3);
        sink.bulk(b"flags");
        sink.set(flags.len());
        flags.iter().for_each(|flag| sink.bulk(flag.as_bytes()));
        sink.bulk(b"redirect");
        sink.integer(redirects_to);
        sink.bulk(b"prefixes");
        sink.array(prefixes.len());
        prefixes.iter().for_each(|prefix| sink.bulk(prefix));
    }

    /// What commands are run as, if the client tracks keys.
    pub(super) fn reader(&self) -> Option<Reader> {
        self.tracked.as_ref().map(|tracked| tracked.tracker.reader(tracked.is_asked))
    }

    /// A command is done: what CLIENT CACHING said was about it.
    pub(super) fn forget_caching(&mut self) {
        if let Some(tracked) = &mut self.tracked {
            tracked.is_asked = false;
        }
    }

    /// Writes a notice, unless this client cannot be told.
    pub(crate) fn write_notice(&self, notice: &Notice, sink: &mut dyn ReplySink) {
        let keys = match &notice.news {
            News::RedirectBroken { client } => {
                if self.protocol == Protocol::Resp3 {
                    sink.push(2);
                    sink.bulk(b"tracking-redir-broken");
                    sink.integer(i64::try_from(*client).unwrap_or(i64::MAX));
                }
                return;
            }
            News::Keys(keys) => Some(keys),
            News::Everything => None,
        };
        match self.protocol {
            Protocol::Resp3 => {
                sink.push(2);
                sink.bulk(b"invalidate");
            }
            // RESP2 has no pushes: only who listens can be told, and only on behalf of another.
            Protocol::Resp2 if notice.is_redirected && self.listens_in_resp2() => {
                sink.push(3);
                sink.bulk(b"message");
                sink.bulk(CHANNEL);
            }
            Protocol::Resp2 => return,
        }
        match keys {
            Some(keys) => {
                sink.array(keys.len());
                keys.iter().for_each(|key| sink.bulk(key));
            }
            None => sink.null_array(),
        }
    }
}
