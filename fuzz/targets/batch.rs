//! Payloads of batches: damaged ones are refused without a panic, whole ones are written again as they were, and what they
//! do to a keyspace, once or again, is no panic either.
//!
//! That a batch changes nothing the second time holds for those that the door wrote, which record no change that changes
//! nothing; the properties in `engine` look at it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use selvedge_engine::batch::{BatchHeader, decode_batch};
use selvedge_engine::{Batch, Keyspace, apply_batch, genesis_seed};

fuzz_target!(|payload: &[u8]| {
    let mut again = Batch::new(0);
    let decoded = decode_batch(payload, &mut |mutation| {
        again.record(mutation);
        Ok(())
    });
    let Ok(header) = decoded else { return };
    let mutations = |payload| BatchHeader::decode(payload).expect("a header that was read").1;
    if header.count > 0 {
        assert_eq!(mutations(again.payload()), mutations(payload));
    }
    let keyspace = Keyspace::new(genesis_seed(payload).ok().flatten().unwrap_or([7; 16]));
    let mut garbage = Vec::new();
    if apply_batch(&keyspace, payload, &mut garbage).is_ok() {
        let _ = apply_batch(&keyspace, payload, &mut garbage);
        let _ = keyspace.digest();
    }
});
