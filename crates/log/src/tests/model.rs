//! Random lives of a log beside a plain list of records.

use proptest::prelude::*;

use super::*;

/// How one life of the log ends.
#[derive(Debug, Clone, Copy)]
enum End {
    Close,
    Kill,
    PowerLoss,
    /// Power loss that keeps some of the sectors that were not synced.
    Torn(u64),
}

#[derive(Debug, Clone)]
struct Life {
    durability: u8,
    payloads: Vec<Vec<u8>>,
    /// Waits for the commit of every record whose number has this factor.
    commit_every: usize,
    end: End,
}

fn life() -> impl Strategy<Value = Life> {
    let payload = prop_oneof![
        8 => prop::collection::vec(any::<u8>(), 0..600),
        1 => prop::collection::vec(Just(0), 0..2000),
        1 => prop::collection::vec(any::<u8>(), 3000..20_000),
    ];
    let end = prop_oneof![
        Just(End::Close),
        Just(End::Kill),
        Just(End::PowerLoss),
        any::<u64>().prop_map(End::Torn)
    ];
    (0..3_u8, prop::collection::vec(payload, 0..25), 1..6_usize, end).prop_map(
        |(durability, payloads, commit_every, end)| Life { durability, payloads, commit_every, end },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn what_is_promised_is_there_and_nothing_else(lives in prop::collection::vec(life(), 1..6)) {
        let mut disk = MemoryDisk::new();
        let mut model: Vec<Vec<u8>> = Vec::new();
        for life in lives {
            let durability = match life.durability {
                0 => Durability::Always,
                1 => Durability::Interval { sync_every: Duration::from_secs(3600) },
                _ => Durability::None,
            };
            let (log, records) = open_with(&disk, durability).unwrap();
            prop_assert_eq!(&records, &model);
            for (index, payload) in life.payloads.iter().enumerate() {
                let sequence = write(&log, payload);
                model.push(payload.clone());
                log.write_out().unwrap();
                if index % life.commit_every == 0 {
                    block_on(log.commit(sequence)).unwrap();
                }
            }
            // Read before the crash: what is promised by then must be there.
            let (committed, synced) = (log.committed(), log.synced());
            let promised = match (life.end, durability) {
                (End::Close, _) => { log.close().unwrap(); log.last_sequence() }
                (_, Durability::None) => synced,
                (End::Kill, _) => committed,
                (End::PowerLoss | End::Torn(_), _) => synced,
            };
            disk = match life.end {
                End::Close | End::PowerLoss => disk.after_power_loss(),
                End::Kill => disk.after_kill(),
                End::Torn(mut seed) => disk.after_torn_power_loss(|| {
                    seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    seed >> 63 == 1
                }),
            };
            drop(log);
            let found = open(&disk).unwrap().1;
            prop_assert!(found.len() as u64 >= promised, "{} of {} promised", found.len(), promised);
            prop_assert!(found.len() <= model.len());
            model.truncate(found.len());
            prop_assert_eq!(&found, &model);
        }
    }
}
