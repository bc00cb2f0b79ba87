//! Bytes per key: how much the resident memory of a fresh server grows.

use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use super::servers::{Peer, Running};
use super::{Scale, load, sampling};

/// Fields of each hash.
const HASH_FIELDS: usize = 5;

/// What one data set cost on one server.
#[derive(Debug, Serialize)]
pub(crate) struct MemoryFigure {
    pub(super) data: &'static str,
    pub(super) server: &'static str,
    pub(super) keys: u64,
    pub(super) bytes_per_key: f64,
}

/// Loads each data set into a fresh server of each kind.
pub(super) fn measure(peers: &[Peer], scale: Scale) -> Result<Vec<MemoryFigure>> {
    let mut figures = Vec::new();
    for peer in peers {
        figures.push(grown(peer, "strings, 16 B key, 64 B value", scale.memory_keys, scale, strings)?);
        figures.push(grown(peer, "hashes of 5 fields, 16 B key", scale.memory_keys / 5, scale, hashes)?);
    }
    Ok(figures)
}

fn grown(
    peer: &Peer,
    data: &'static str,
    keys: u64,
    scale: Scale,
    load: fn(&Running, u64) -> Result<()>,
) -> Result<MemoryFigure> {
    let server = peer.start()?;
    let before = sampling::resident_bytes(server.id())?;
    load(&server, keys)?;
    std::thread::sleep(Duration::from_secs(scale.settle_seconds));
    let after = sampling::resident_bytes(server.id())?;
    let bytes_per_key = after.saturating_sub(before) as f64 / keys as f64;
    println!("{}: {data}: {bytes_per_key:.1} bytes per key", server.name());
    Ok(MemoryFigure { data, server: server.name(), keys, bytes_per_key })
}

fn strings(server: &Running, keys: u64) -> Result<()> {
    let value = "v".repeat(64);
    load::send(server.resp_port(), keys, |out| {
        (0..keys).try_for_each(|key| load::command(out, &["SET", &name(key), &value]))
    })
}

fn hashes(server: &Running, keys: u64) -> Result<()> {
    let fields: Vec<String> = (0..HASH_FIELDS).map(|field| format!("field:{field}")).collect();
    load::send(server.resp_port(), keys, |out| {
        (0..keys).try_for_each(|key| {
            let key = name(key);
            let mut arguments = vec!["HSET", key.as_str()];
            for field in &fields {
                arguments.extend([field.as_str(), "value-of-16-byte"]);
            }
            load::command(out, &arguments)
        })
    })
}

/// A key of 16 bytes.
fn name(key: u64) -> String {
    format!("key:{key:012}")
}
