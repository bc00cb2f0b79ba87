//! What the log does when it is used as intended, and what it says about damage.

use super::*;
use crate::segment::file_name;

#[test]
fn what_is_committed_survives_a_power_cut() {
    let disk = MemoryDisk::new();
    let (log, _) = open(&disk).unwrap();
    for i in 0..200_u8 {
        write_committed(&log, &[i; 100]);
        let (_, records) = open(&disk.after_power_loss()).unwrap();
        assert_eq!(records.len(), usize::from(i) + 1);
    }
    assert!(disk.list().unwrap().len() > 3, "several segments were used");
}

#[test]
fn interval_and_none_are_there_after_a_clean_end() {
    for durability in [Durability::Interval { sync_every: Duration::from_secs(3600) }, Durability::None] {
        let disk = MemoryDisk::new();
        let (log, _) = open_with(&disk, durability).unwrap();
        for i in 0..100_u8 {
            let sequence = write(&log, &[i; 90]);
            log.write_out().unwrap();
            block_on(log.commit(sequence)).unwrap();
        }
        log.close().unwrap();
        assert_eq!(open(&disk.after_power_loss()).unwrap().1.len(), 100);
    }
}

#[test]
fn a_tail_cut_anywhere_leaves_the_records_before_it() {
    let (disk, payloads) = filled(12);
    let name = file_name(1);
    let whole = disk.bytes(&name);
    let mut ends = vec![HEADER_BYTES];
    for payload in &payloads {
        ends.push(ends.last().unwrap() + framed_bytes(payload.len()));
    }
    let last = *ends.last().unwrap();
    for cut in ends[9]..last {
        // The last three records say that what was before them is synced: only a cut in the last one is no damage.
        let mut bytes = whole.clone();
        bytes[cut..last].fill(0);
        let kept = ends.iter().filter(|end| **end <= cut).count() - 1;
        let (log, records) = open(&MemoryDisk::with_file(&name, &bytes)).unwrap();
        // Padding behind a payload is part of no checksum: a cut there loses nothing.
        assert!(records.len() >= kept && records.len() <= kept + 1, "cut at {cut}");
        assert_eq!(records, payloads[..records.len()]);
        write_committed(&log, b"goes on");
    }
}

#[test]
fn garbage_behind_the_end_is_no_record() {
    let (disk, payloads) = filled(5);
    let name = file_name(1);
    let whole = disk.bytes(&name);
    let end: usize = HEADER_BYTES + payloads.iter().map(|payload| framed_bytes(payload.len())).sum::<usize>();
    for len in [1, 7, 8, 64, 500, 2000] {
        let mut bytes = whole.clone();
        for (i, byte) in bytes[end..end + len].iter_mut().enumerate() {
            *byte = u8::try_from((i * 7919 + len) % 256).unwrap();
        }
        assert_eq!(open(&MemoryDisk::with_file(&name, &bytes)).unwrap().1, payloads);
    }
    let last_start = end - framed_bytes(payloads[4].len());
    let mut doubled = whole.clone();
    doubled.copy_within(last_start..end, end);
    assert_eq!(open(&MemoryDisk::with_file(&name, &doubled)).unwrap().1, payloads);
}

#[test]
fn a_flipped_bit_before_synced_records_is_damage() {
    let (disk, payloads) = filled(12);
    let name = file_name(1);
    let whole = disk.bytes(&name);
    let end: usize =
        HEADER_BYTES + payloads[..9].iter().map(|payload| framed_bytes(payload.len())).sum::<usize>();
    let mut padding = 0;
    for at in HEADER_BYTES..end {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        match open(&MemoryDisk::with_file(&name, &bytes)) {
            Err(OpenError::Damaged { file, offset, .. }) => {
                assert_eq!(file, name);
                assert!(offset <= at as u64 && at as u64 - offset < 100);
            }
            Ok((_, records)) => {
                assert_eq!(records, payloads, "a bit at {at} was lost silently");
                padding += 1;
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert!(padding < 9 * 8, "only padding may flip unnoticed");
}

#[test]
fn a_torn_record_never_comes_back() {
    let (disk, payloads) = filled(3);
    let name = file_name(1);
    // Record 3 is torn and a whole unsynced record 4 stood behind it; then 3 is written anew with the same length.
    let (log, _) = open_with(&disk, Durability::None).unwrap();
    write(&log, b"unsynced");
    log.write_out().unwrap();
    let mut bytes = disk.bytes(&name);
    let third = HEADER_BYTES + payloads[..2].iter().map(|payload| framed_bytes(payload.len())).sum::<usize>();
    bytes[third + 30] ^= 1;
    // What record 4 says of the sync must not matter here: it was made while 3 was synced, so it is damage ...
    assert!(matches!(open(&MemoryDisk::with_file(&name, &bytes)), Err(OpenError::Damaged { .. })));
    // ... unless 4 says that 3 was not synced.
    let torn = MemoryDisk::new();
    let (log, _) = open_with(&torn, Durability::None).unwrap();
    for payload in &payloads {
        write(&log, payload);
    }
    write(&log, b"unsynced");
    log.write_out().unwrap();
    let mut bytes = torn.bytes(&name);
    bytes[third + 30] ^= 1;
    let disk = MemoryDisk::with_file(&name, &bytes);
    let (log, records) = open(&disk).unwrap();
    assert_eq!(records.len(), 2);
    write_committed(&log, &vec![9; payloads[2].len()]);
    log.close().unwrap();
    assert_eq!(open(&disk).unwrap().1.len(), 3);
}

#[test]
fn a_missing_segment_and_a_newer_version_are_named() {
    let (disk, _) = filled(200);
    let mut names = disk.list().unwrap();
    names.sort();
    for missing in 0..names.len() - 1 {
        let disk = disk.after_kill();
        disk.remove(&names[missing]).unwrap();
        // Without the first segment the second one begins too late; without a middle one the one before ends too early.
        let named = if missing == 0 { &names[1] } else { &names[missing - 1] };
        assert!(matches!(open(&disk), Err(OpenError::Damaged { file, .. }) if file == *named));
    }

    let (disk, _) = filled(1);
    let mut bytes = disk.bytes(&file_name(1));
    bytes[8] = 2;
    let flipped = open(&MemoryDisk::with_file(&file_name(1), &bytes));
    assert!(matches!(flipped, Err(OpenError::Damaged { offset: 0, .. })), "a flipped bit is no version");
    let checksum = crc32c::crc32c_append(crc32c::crc32c(&bytes[..12]), &bytes[16..HEADER_BYTES]);
    bytes[12..16].copy_from_slice(&checksum.to_le_bytes());
    let newer = open(&MemoryDisk::with_file(&file_name(1), &bytes));
    assert!(matches!(newer, Err(OpenError::NewerVersion { version: 2, known: 1, .. })));
}

#[test]
fn nothing_is_acknowledged_after_a_failed_sync() {
    let disk = MemoryDisk::new();
    let (log, _) = open(&disk).unwrap();
    write_committed(&log, b"before");
    disk.fail_syncs(true);
    let sequence = write(&log, b"lost");
    assert!(block_on(log.commit(sequence)).is_err());
    disk.fail_syncs(false);
    assert!(matches!(log.admit(1), Err(Refused::Failed(_))));
    assert!(log.append(sequence + 1, &[b"after"]).is_err());
    assert!(block_on(log.commit(sequence)).is_err());
    assert_eq!(log.committed(), 1);
    assert!(!log.health().is_ok());
}

#[test]
fn a_full_disk_refuses_at_admission_and_recovers() {
    let disk = MemoryDisk::new();
    disk.limit_bytes(Some(SMALL));
    let (log, _) = open(&disk).unwrap();
    let mut written = 0;
    let refused = loop {
        match block_on(log.room(500)) {
            Ok(()) => {
                write_committed(&log, &[1; 500]);
                written += 1;
            }
            Err(refused) => break refused,
        }
    };
    assert!(matches!(refused, Refused::NoSpace(_)), "{refused:?}");
    assert!(log.health().no_space.is_some());
    disk.limit_bytes(None);
    while log.admit(500).is_err() {
        thread::yield_now();
    }
    write_committed(&log, &[2; 500]);
    log.close().unwrap();
    assert_eq!(open(&disk).unwrap().1.len(), written + 1);
}

#[test]
fn a_record_larger_than_a_segment_gets_a_larger_one() {
    let disk = MemoryDisk::new();
    let (log, _) = open(&disk).unwrap();
    let large = vec![5; usize::try_from(SMALL).unwrap() * 3];
    write_committed(&log, b"small");
    write_committed(&log, &large);
    write_committed(&log, b"small");
    log.close().unwrap();
    assert_eq!(open(&disk).unwrap().1, [b"small".to_vec(), large, b"small".to_vec()]);
    let too_large = limits::RECORD_BYTES_MAX + 1;
    let (log, _) = open(&disk).unwrap();
    assert_eq!(log.admit(too_large), Err(Refused::TooLarge { max: limits::RECORD_BYTES_MAX }));
}

#[test]
fn many_threads_commit_together() {
    let disk = MemoryDisk::new();
    let (log, _) = open(&disk).unwrap();
    let lane = parking_lot::Mutex::new(());
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..100 {
                    let sequence = loop {
                        block_on(log.room(20)).unwrap();
                        let _lane = lane.lock();
                        if log.admit(20).is_ok() {
                            let sequence = log.last_sequence() + 1;
                            log.append(sequence, &[&[1; 20]]).unwrap();
                            break sequence;
                        }
                    };
                    block_on(log.commit(sequence)).unwrap();
                    assert!(log.synced() >= sequence);
                }
            });
        }
    });
    assert_eq!(log.last_sequence(), 800);
}

#[test]
fn one_process_holds_a_directory() {
    let directory = tempfile::tempdir().unwrap();
    let disk = FileDisk::open(directory.path()).unwrap();
    assert!(matches!(FileDisk::open(directory.path()), Err(DirectoryError::Locked { .. })));
    let log = Log::open(Arc::new(disk), options(Durability::Always, SMALL), &mut Collect::default()).unwrap();
    write_committed(&log, b"on a real disk");
    drop(log);
    let mut records = Collect::default();
    let disk = FileDisk::open(directory.path()).unwrap();
    Log::open(Arc::new(disk), options(Durability::Always, SMALL), &mut records).unwrap();
    assert_eq!(records.0, [b"on a real disk".to_vec()]);
}
