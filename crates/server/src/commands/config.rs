//! CONFIG.

use selvedge_node::Args;
use selvedge_wire::ReplySink;

use crate::configuration;
use crate::shared::Shared;

pub(super) fn get(shared: &Shared, patterns: Args<'_>, sink: &mut dyn ReplySink) {
    let found = configuration::get(shared, patterns);
    sink.map(found.len());
    for (name, value) in found {
        sink.bulk(name.as_bytes());
        sink.bulk(value.as_bytes());
    }
}

pub(super) fn set(shared: &Shared, pairs: Args<'_>, sink: &mut dyn ReplySink) {
    match configuration::set(shared, pairs) {
        Ok(()) => sink.status("OK"),
        Err(text) => sink.error(&text),
    }
}

pub(super) fn reset_statistics(shared: &Shared, sink: &mut dyn ReplySink) {
    shared.reset_statistics();
    sink.status("OK");
}

pub(super) fn rewrite(shared: &Shared, sink: &mut dyn ReplySink) {
    sink.error(match shared.settings.config {
        Some(_) => "ERR Rewriting config file: the settings file is the operator's and is not written",
        None => "ERR The server is running without a config file",
    });
}
