//! What a recovery makes of the end of a log.

use super::*;
use crate::segment::file_name;

const SEGMENT: u64 = 16 * 1024;

fn open_at(disk: &MemoryDisk, durability: Durability) -> Result<(Log, Vec<Vec<u8>>), OpenError> {
    let mut records = Collect::default();
    let log = Log::open(Arc::new(disk.clone()), options(durability, SEGMENT), &mut records)?;
    Ok((log, records.0))
}

/// A segment of `count` records, none of which says that another one is synced.
fn unsynced(count: usize) -> (Vec<u8>, Vec<Vec<u8>>) {
    let disk = MemoryDisk::new();
    let (log, _) = open_at(&disk, Durability::None).unwrap();
    let payloads: Vec<Vec<u8>> =
        (0..count).map(|i| vec![u8::try_from(i % 251).unwrap() + 1; 10 + i * 7 % 60]).collect();
    for payload in &payloads {
        write(&log, payload);
    }
    log.close().unwrap();
    (disk.bytes(&file_name(1)), payloads)
}

/// Opens, expects exactly the first `kept` records, and that the log goes on behind them.
fn expect_prefix(bytes: &[u8], payloads: &[Vec<u8>], kept: usize, what: &str) {
    let disk = MemoryDisk::with_file(&file_name(1), bytes);
    let (log, records) = open_at(&disk, Durability::Always).unwrap();
    assert_eq!(records, payloads[..kept], "{what}");
    write_committed(&log, b"goes on");
    drop(log);
    let mut expected = payloads[..kept].to_vec();
    expected.push(b"goes on".to_vec());
    assert_eq!(open_at(&disk.after_power_loss(), Durability::Always).unwrap().1, expected, "{what}, again");
}

#[test]
fn a_log_cut_at_any_byte_of_its_last_records_is_a_prefix() {
    let (bytes, payloads) = unsynced(12);
    let ends = ends(&payloads);
    for cut in ends[9]..=ends[12] {
        let whole = (0..12).filter(|i| ends[i + 1] <= cut).count();
        expect_prefix(&bytes[..cut], &payloads, whole, &format!("file cut at {cut}"));
        let mut zeroed = bytes.clone();
        zeroed[cut..].fill(0);
        // Padding is zeros already.
        let whole = (0..12).filter(|i| ends[*i] + 24 + payloads[*i].len() <= cut).count();
        expect_prefix(&zeroed, &payloads, whole, &format!("zeros from {cut}"));
    }
}

#[test]
fn a_hole_anywhere_in_unsynced_records_ends_the_log() {
    let (bytes, payloads) = unsynced(12);
    let ends = ends(&payloads);
    for at in ends[8]..ends[12] {
        let mut flipped = bytes.clone();
        flipped[at] ^= 0x40;
        let hit = (0..12).find(|i| at < ends[i + 1]).unwrap();
        let in_padding = at >= ends[hit] + 24 + payloads[hit].len();
        expect_prefix(&flipped, &payloads, if in_padding { 12 } else { hit }, &format!("flipped at {at}"));
    }
}

#[test]
fn any_number_of_zeros_or_random_bytes_behind_the_end_is_no_record() {
    let (bytes, payloads) = unsynced(5);
    let end = *ends(&payloads).last().unwrap();
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        random.to_be_bytes()[0]
    })
    .take(4096)
    .collect();
    for count in 1..=4096 {
        let mut with_noise = bytes[..end].to_vec();
        with_noise.extend_from_slice(&noise[4096 - count..]);
        let disk = MemoryDisk::with_file(&file_name(1), &with_noise);
        assert_eq!(open_at(&disk, Durability::Always).unwrap().1, payloads, "{count} random bytes");
        assert!(disk.bytes(&file_name(1))[end..].iter().all(|byte| *byte == 0), "the tail is cleared");
        if count % 64 > 8 {
            // Zeros are all alike: the lengths around some pages and sectors will do.
            continue;
        }
        let mut with_zeros = bytes[..end].to_vec();
        with_zeros.resize(end + count, 0);
        let disk = MemoryDisk::with_file(&file_name(1), &with_zeros);
        assert_eq!(open_at(&disk, Durability::Always).unwrap().1, payloads, "{count} zeros");
    }
}

#[test]
fn a_whole_record_behind_a_hole_never_comes_back() {
    let (mut bytes, payloads) = unsynced(12);
    let ends = ends(&payloads);
    bytes[ends[4] + 24] ^= 1;
    let disk = MemoryDisk::with_file(&file_name(1), &bytes);
    let (log, records) = open_at(&disk, Durability::Always).unwrap();
    assert_eq!(records, payloads[..4]);
    // Exactly as large as what was torn: record 6 of the earlier life would now be the next in line.
    write_committed(&log, &vec![0xEE; payloads[4].len()]);
    drop(log);
    assert_eq!(open_at(&disk, Durability::Always).unwrap().1.len(), 5);
}

#[test]
fn a_damaged_segment_before_the_last_is_named_even_if_nothing_says_it_was_synced() {
    let disk = MemoryDisk::new();
    let (log, _) = open_at(&disk, Durability::None).unwrap();
    for i in 0..40 {
        write(&log, &[i; 1000]);
    }
    log.close().unwrap();
    let mut names: Vec<_> = disk.list().unwrap();
    names.sort();
    assert!(names.len() >= 3);
    let mut bytes = disk.bytes(&names[1]);
    bytes[HEADER_BYTES + 2 * 1024 + 100] ^= 1;
    disk.replace(&names[1], bytes);
    match open_at(&disk, Durability::None) {
        Err(OpenError::Damaged { file, offset, .. }) => {
            assert_eq!((file, offset), (names[1].clone(), HEADER_BYTES as u64 + 2 * 1024));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_crash_while_segments_change_loses_nothing() {
    // Every sync is a moment at which the power may go.
    let disk = MemoryDisk::new();
    let (log, _) = open_at(&disk, Durability::Always).unwrap();
    for i in 0..60_u8 {
        write_committed(&log, &[i; 700]);
        for after in [disk.after_power_loss(), disk.after_kill()] {
            let records = open_at(&after, Durability::Always).unwrap().1;
            assert_eq!(records.len(), usize::from(i) + 1);
        }
    }
}

#[test]
fn what_a_failed_sync_left_in_the_cache_is_written_again() {
    let disk = MemoryDisk::new();
    let (log, _) = open_at(&disk, Durability::Always).unwrap();
    write_committed(&log, b"synced");
    disk.fail_syncs(true);
    let sequence = write(&log, b"in the cache");
    assert!(block_on(log.commit(sequence)).is_err());
    drop(log);
    disk.fail_syncs(false);
    // The kernel calls the page clean now, so a sync alone would have nothing to write.
    let (log, records) = open_at(&disk, Durability::Always).unwrap();
    assert_eq!(records.len(), 2);
    assert_eq!(log.synced(), 2);
    assert_eq!(open_at(&disk.after_power_loss(), Durability::Always).unwrap().1.len(), 2);
}

#[test]
fn an_open_log_counts_what_it_read_and_tells_progress() {
    struct Watch(Vec<(u64, u64)>);
    impl RecoveryVisitor for Watch {
        fn on_record(&mut self, sequence: Sequence, _: &[u8]) -> Result<(), String> {
            if sequence == 30 { Err("no thirty".to_owned()) } else { Ok(()) }
        }
        fn on_progress(&mut self, bytes_read: u64, bytes_total: u64) {
            self.0.push((bytes_read, bytes_total));
        }
    }
    let disk = MemoryDisk::new();
    let (log, _) = open_at(&disk, Durability::Always).unwrap();
    (0..29).for_each(|i| write_committed(&log, &[i; 1000]));
    drop(log);
    let mut watch = Watch(Vec::new());
    let log = Log::open(Arc::new(disk.clone()), options(Durability::Always, SEGMENT), &mut watch).unwrap();
    assert_eq!(watch.0, [(SEGMENT, 3 * SEGMENT), (2 * SEGMENT, 3 * SEGMENT), (3 * SEGMENT, 3 * SEGMENT)]);
    write_committed(&log, b"thirty");
    drop(log);
    let refused = Log::open(Arc::new(disk), options(Durability::Always, SEGMENT), &mut Watch(Vec::new()));
    assert!(matches!(refused, Err(OpenError::Refused { sequence: 30, .. })));
}
