//! Random operations: the door agrees with the model, undo restores, replay repeats.

use proptest::prelude::*;

use super::model::{Model, Operation, compare, operations, perform};
use super::{Database, SEED};
use crate::batch::{Batch, BatchHeader, decode_batch};
use crate::keyspace::{Garbage, Keyspace};
use crate::time::HybridTime;
use crate::{apply_batch, batch::BatchError};

fn run(database: &mut Database, model: &mut Model, operation: &Operation) {
    if let Operation::Pass(ms) = operation {
        database.now_ms += ms;
    }
    database.write(|cx| perform(cx, model, operation));
}

/// Applies what a batch recorded, twice.
fn repeat(replayed: &Keyspace, batch: &Batch, garbage: &mut Vec<Garbage>) {
    for _ in 0..if batch.is_empty() { 0 } else { 2 } {
        assert_eq!(apply_batch(replayed, batch.payload(), garbage), Ok(batch.header()));
    }
}

/// Lets the time pass that the operations of a batch ask for: within one batch there is one instant.
fn pass(database: &mut Database, operations: &[Operation]) {
    for operation in operations {
        if let Operation::Pass(ms) = operation {
            database.now_ms += ms;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_door_agrees_with_the_model(operations in operations()) {
        let (mut database, mut model) = (Database::new(), Model::default());
        for (step, operation) in operations.iter().enumerate() {
            run(&mut database, &mut model, operation);
            if step % 16 == 0 {
                model.forget_expired(database.now_ms);
                database.read(|cx| compare(cx, &model));
            }
        }
        model.forget_expired(database.now_ms);
        database.read(|cx| compare(cx, &model));
        let counts = database.keyspace.counts();
        prop_assert_eq!(counts.entries() as u64, database.keyspace.digest().entries);
        prop_assert!(counts.entries() >= model.entries.len());
    }

    /// Every batch is undone and done again: the first changes nothing at all, the second ends in the same place.
    #[test]
    fn undo_restores_everything(operations in operations(), batch_len in 1usize..40) {
        let (mut database, mut model) = (Database::new(), Model::default());
        database.batch.record_inverses(true);
        for operations in operations.chunks(batch_len) {
            pass(&mut database, operations);
            let (before, counts) = (database.keyspace.digest(), database.keyspace.counts());
            let absence = absence_of(&database);
            model.forget_expired(database.now_ms);
            let copy = model.clone();
            database.write(|cx| operations.iter().for_each(|operation| perform(cx, &mut model, operation)));
            let after = database.keyspace.digest();
            database.undo();
            prop_assert_eq!(database.keyspace.digest(), before);
            prop_assert_eq!(database.keyspace.counts(), counts);
            prop_assert_eq!(absence_of(&database), absence);
            prop_assert!(database.batch.is_empty() && database.batch.payload().is_empty());
            database.read(|cx| compare(cx, &copy));
            database.sequence -= 1;
            let mut model = copy;
            database.write(|cx| operations.iter().for_each(|operation| perform(cx, &mut model, operation)));
            prop_assert_eq!(database.keyspace.digest(), after);
        }
    }

    /// A fresh keyspace that gets the payloads ends in the same state, also if each one comes twice, or all come again.
    #[test]
    fn replay_repeats_the_batches(operations in operations(), batch_len in 1usize..40, inverses: bool) {
        let (mut database, mut model) = (Database::new(), Model::default());
        database.batch.record_inverses(inverses);
        let replayed = Keyspace::new(SEED);
        let mut garbage = Vec::<Garbage>::new();
        for (number, operations) in operations.chunks(batch_len).enumerate() {
            pass(&mut database, operations);
            database.write(|cx| operations.iter().for_each(|operation| perform(cx, &mut model, operation)));
            repeat(&replayed, &database.batch, &mut garbage);
            database.sweep(u8::try_from(number % 64).unwrap());
            repeat(&replayed, &database.batch, &mut garbage);
            let payload = database.batch.payload();
            let flipped: Vec<u8> = payload.iter().map(|byte| byte ^ 0x55).collect();
            prop_assert!(apply_batch(&replayed, &flipped, &mut garbage).is_err());
        }
        prop_assert_eq!(replayed.digest(), database.keyspace.digest());
        prop_assert_eq!(replayed.counts(), database.keyspace.counts());
    }

    /// Flipped, cut and lengthened payloads are errors or other batches; they never panic.
    #[test]
    fn damaged_payloads_never_panic(operations in operations(), at: proptest::sample::Index, bit in 0u8..8, cut: proptest::sample::Index) {
        let (mut database, mut model) = (Database::new(), Model::default());
        let replayed = Keyspace::new(SEED);
        let mut garbage = Vec::new();
        database.write(|cx| operations.iter().take(60).for_each(|operation| perform(cx, &mut model, operation)));
        let payload = database.batch.payload().to_vec();
        if !payload.is_empty() {
            let mut damaged = payload.clone();
            damaged[at.index(payload.len())] ^= 1 << bit;
            let _ = apply_batch(&replayed, &damaged, &mut garbage);
            prop_assert!(apply_batch(&replayed, &payload[..cut.index(payload.len())], &mut garbage).is_err());
            damaged = payload;
            damaged.push(14);
            prop_assert!(matches!(apply_batch(&replayed, &damaged, &mut garbage), Err(BatchError::CountMismatch(_))));
        }
    }

    #[test]
    fn random_bytes_never_panic(body in proptest::collection::vec(any::<u8>(), 0..100), count in 0u32..4) {
        let mut payload = vec![1, 0];
        payload.extend(count.to_le_bytes());
        payload.extend([0; 24]);
        payload.extend(body);
        let _ = apply_batch(&Keyspace::new(SEED), &payload, &mut Vec::new());
    }
}

fn absence_of(database: &Database) -> Vec<u64> {
    use crate::cx::Lookup;
    database.read(|cx| (0..300u32).map(|i| cx.version(&i.to_le_bytes())).collect())
}

/// The bytes of a whole payload, as `docs/format.md` has them.
#[test]
fn a_payload_is_frozen() {
    let mut database = Database::new();
    database.now_ms = 0x0102_0304_0506;
    database.write(|cx| {
        cx.set_string(b"key", b"value", None);
        cx.remove(b"key");
    });
    let expected: &[u8] =
        b"\x01\x00\x02\x00\x00\x00\x01\0\0\0\0\0\0\0\x09\0\0\0\0\0\0\0\0\0\x06\x05\x04\x03\x02\x01\
        \x02\x03key\x00\x05value\x04\x03key";
    assert_eq!(database.batch.payload(), expected);
    let mut mutations = 0;
    let header = decode_batch(expected, &mut |_| {
        mutations += 1;
        Ok(())
    });
    let time = HybridTime::new(0x0102_0304_0506, 0);
    assert_eq!(header.unwrap(), BatchHeader { sequence: 1, count: 2, origin: 9, time, flags: 0 });
    assert_eq!(mutations, 2);
}

#[test]
fn a_batch_of_a_later_version_is_refused() {
    let keyspace = Keyspace::new(SEED);
    let refused = |payload: &[u8]| apply_batch(&keyspace, payload, &mut Vec::new()).unwrap_err();
    assert_eq!(refused(&[]), BatchError::CutOff);
    assert_eq!(refused(&[2; 30]), BatchError::UnknownCodec(2));
    assert_eq!(refused(&[1; 30]), BatchError::UnknownFlags(1));
    let mut genesis = crate::batch::Batch::new(1);
    genesis.begin(1, HybridTime::default(), 0);
    genesis.record(&crate::mutation::Mutation::Genesis { hash_seed: [4; 16] });
    assert_eq!(crate::genesis_seed(genesis.payload()), Ok(Some([4; 16])));
    assert_eq!(refused(genesis.payload()), BatchError::OtherDatabase);
    assert!(apply_batch(&Keyspace::new([4; 16]), genesis.payload(), &mut Vec::new()).is_ok());
}
