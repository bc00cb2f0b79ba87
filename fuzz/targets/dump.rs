//! Payloads of RESTORE: whatever bytes stand before a footer that is right, they are a value or are refused; a value goes
//! out through DUMP and comes in again as it was.
#![no_main]

use crc::{CRC_64_REDIS, Crc};
use libfuzzer_sys::fuzz_target;
use selvedge_engine::{Batch, HybridTime, Keyspace, Now, ReadCx, Scope, WriteCx, load_libraries, table};
use selvedge_wire::{Protocol, Value, ValueSink};

/// Appends the footer that belongs behind these bytes.
fn seal(payload: &mut Vec<u8>) {
    payload.extend_from_slice(&12_u16.to_le_bytes());
    let checksum = Crc::<u64>::new(&CRC_64_REDIS).checksum(payload);
    payload.extend_from_slice(&checksum.to_le_bytes());
}

/// Runs one command alone.
fn run(keyspace: &Keyspace, args: &[&[u8]]) -> Value {
    let mut sink = ValueSink::new(Protocol::Resp2);
    let mut batch = Batch::new(0);
    batch.begin(1, HybridTime::new(1, 0), 0);
    let command = table::lookup(args).expect("a command");
    let now = Now::from_ms(1_800_000_000_000);
    let result = match command.run {
        table::Run::Read(handler) => {
            let guards = keyspace.read(&Scope::All);
            handler(&ReadCx::new(keyspace, &guards, now), args, &mut sink)
        }
        table::Run::Write(handler) => {
            let mut guards = keyspace.write(&Scope::All);
            handler(&mut WriteCx::new(keyspace, &mut guards, &mut batch, now, 1), args, &mut sink)
        }
        _ => unreachable!("DUMP and RESTORE are handlers of the engine"),
    };
    match result {
        Ok(()) => sink.into_values().remove(0),
        Err(error) => Value::Error(error.to_string()),
    }
}

fuzz_target!(|body: &[u8]| {
    let mut payload = body.to_vec();
    seal(&mut payload);
    let _ = load_libraries(&payload);
    let keyspace = Keyspace::new([7; 16]);
    if let Value::Error(_) = run(&keyspace, &[b"RESTORE", b"k", b"0", &payload]) {
        return;
    }
    let Value::Bulk(dumped) = run(&keyspace, &[b"DUMP", b"k"]) else {
        // All its fields had expired.
        return;
    };
    assert!(!matches!(run(&keyspace, &[b"RESTORE", b"l", b"0", &dumped]), Value::Error(_)));
    let Value::Bulk(again) = run(&keyspace, &[b"DUMP", b"l"]) else { panic!("what was restored is there") };
    assert_eq!(again.len(), dumped.len());
});
