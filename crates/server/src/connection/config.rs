//! CONFIG GET and SET, in Redis' names for what there is.

use selvedge_node::{Args, glob_matches};
use selvedge_wire::ReplySink;

use crate::settings::DurabilityMode;
use crate::shared::Shared;

pub(crate) fn get(shared: &Shared, args: Args<'_>, sink: &mut dyn ReplySink) {
    let patterns = args.get(2..).unwrap_or_default();
    let all = parameters(shared);
    let found: Vec<_> = all
        .iter()
        .filter(|(name, _)| {
            patterns.iter().any(|pattern| glob_matches(&pattern.to_ascii_lowercase(), name.as_bytes()))
        })
        .collect();
    sink.map(found.len());
    for (name, value) in found {
        sink.bulk(name.as_bytes());
        sink.bulk(value.as_bytes());
    }
}

pub(super) fn set(shared: &Shared, args: Args<'_>, sink: &mut dyn ReplySink) {
    let name = String::from_utf8_lossy(args.get(2).copied().unwrap_or_default()).to_ascii_lowercase();
    if parameters(shared).iter().any(|(known, _)| *known == name) {
        sink.error(&format!(
            "ERR CONFIG SET failed (possibly related to argument '{name}') - can't set immutable config"
        ));
    } else {
        sink.error(&format!("ERR Unknown option or number of arguments for CONFIG SET - '{name}'"));
    }
}

fn parameters(shared: &Shared) -> Vec<(&'static str, String)> {
    let settings = &shared.settings;
    let append_fsync = match settings.durability {
        DurabilityMode::Always => "always",
        DurabilityMode::Interval => "everysec",
        DurabilityMode::None => "no",
    };
    vec![
        ("appendfsync", append_fsync.to_owned()),
        ("appendonly", "yes".to_owned()),
        ("bind", settings.resp_addr.ip().to_string()),
        ("databases", "1".to_owned()),
        ("dir", settings.data_dir.display().to_string()),
        ("maxclients", settings.connections_max.to_string()),
        ("maxmemory", "0".to_owned()),
        ("maxmemory-policy", "noeviction".to_owned()),
        ("port", shared.resp_port.to_string()),
        ("proto-max-bulk-len", settings.bulk_bytes_max.to_string()),
        ("save", String::new()),
        ("timeout", (settings.idle_timeout_ms / 1000).to_string()),
    ]
}
