//! Slow, full and failing disks, and who is told what.

use super::*;

const INTERVAL: Durability = Durability::Interval { sync_every: Duration::from_secs(3600) };

#[test]
fn appends_go_on_during_a_sync_and_share_the_next() {
    let disk = MemoryDisk::new();
    // Large enough that no spare is prepared, whose syncs would be held as well.
    let options = options(Durability::Always, 4 * SMALL);
    let log = Log::open(Arc::new(disk.clone()), options, &mut Collect::default()).unwrap();
    let before = log.statistics().syncs;
    disk.hold_syncs(true);
    write(&log, b"first");
    let mut first = log.commit(1);
    assert!(poll_once(&mut first).is_pending());
    disk.wait_for_held_sync();
    for _ in 0..50 {
        write(&log, b"next");
    }
    let mut last = log.commit(51);
    assert!(poll_once(&mut first).is_pending() && poll_once(&mut last).is_pending());
    assert_eq!((log.committed(), log.synced()), (0, 0));
    disk.hold_syncs(false);
    block_on(first).unwrap();
    block_on(last).unwrap();
    assert_eq!(log.statistics().syncs - before, 2);
    assert!(poll_once(&mut log.commit(1)).is_ready(), "who comes late waits for nothing");
}

#[test]
fn a_waiter_that_leaves_is_forgotten() {
    let disk = MemoryDisk::new();
    let (log, _) = open(&disk).unwrap();
    let counter = Arc::new(());
    struct Counted(#[expect(dead_code, reason = "counted by its references")] Arc<()>);
    impl Wake for Counted {
        fn wake(self: Arc<Self>) {}
    }
    let waker = Waker::from(Arc::new(Counted(Arc::clone(&counter))));
    {
        let mut commit = pin!(log.commit(7));
        for _ in 0..3 {
            assert!(commit.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        }
    }
    drop(waker);
    assert_eq!(Arc::strong_count(&counter), 1);
}

#[test]
fn writing_out_never_waits_for_a_sync() {
    let disk = MemoryDisk::new();
    let (log, _) = open_with(&disk, INTERVAL).unwrap();
    while log.admit(500).is_ok() && log.last_sequence() < 6 {
        let sequence = log.last_sequence() + 1;
        log.append(sequence, &[&[1; 500]]).unwrap();
        log.write_out().unwrap();
        assert_eq!(log.committed(), sequence);
    }
    block_on(log.room(2000)).unwrap();
    disk.hold_syncs(true);
    // The next record begins a segment, which takes syncs: it is the log's thread that waits for them.
    let sequence = log.last_sequence() + 1;
    log.append(sequence, &[&[1; 2000]]).unwrap();
    log.write_out().unwrap();
    log.write_out().unwrap();
    assert_eq!(log.committed(), sequence - 1);
    let mut commit = log.commit(sequence);
    assert!(poll_once(&mut commit).is_pending());
    disk.hold_syncs(false);
    block_on(commit).unwrap();
    assert_eq!(open(&disk.after_kill()).unwrap().1.len() as u64, sequence);
}

#[test]
fn interval_survives_the_process_and_its_end() {
    let disk = MemoryDisk::new();
    let (log, _) = open_with(&disk, INTERVAL).unwrap();
    for i in 0..60_u8 {
        let sequence = write(&log, &[i; 400]);
        log.write_out().unwrap();
        block_on(log.commit(sequence)).unwrap();
        assert_eq!(open(&disk.after_kill()).unwrap().1.len(), usize::from(i) + 1);
    }
    assert!(log.synced() < 60);
    log.close().unwrap();
    assert_eq!(open(&disk.after_power_loss()).unwrap().1.len(), 60);
}

#[test]
fn a_failed_write_is_the_end() {
    for durability in [Durability::Always, INTERVAL, Durability::None] {
        let disk = MemoryDisk::new();
        let (log, _) = open_with(&disk, durability).unwrap();
        write(&log, b"before");
        if durability == INTERVAL {
            log.write_out().unwrap();
        }
        block_on(log.commit(1)).unwrap();
        disk.fail_writes(true);
        write(&log, b"lost");
        let mut later = log.commit(3);
        assert!(poll_once(&mut later).is_pending());
        if durability == INTERVAL {
            assert!(log.write_out().is_err());
        }
        assert!(block_on(later).is_err());
        disk.fail_writes(false);
        assert!(log.write_out().is_err());
        assert!(matches!(log.admit(1), Err(Refused::Failed(_))));
        assert!(matches!(block_on(log.room(1)), Err(Refused::Failed(_))));
        assert!(log.append(3, &[b"after"]).is_err());
        assert!(log.health().failure.is_some());
        let committed = log.committed();
        assert!(log.close().is_err());
        assert_eq!(log.committed(), committed, "closing acknowledges nothing either");
        let records = open(&disk.after_kill()).unwrap().1;
        assert!(records.len() <= 1, "nothing is written behind a failed write");
    }
}

#[test]
fn a_panic_of_the_logs_thread_is_told_to_everybody() {
    let disk = MemoryDisk::new();
    let (log, _) = open(&disk).unwrap();
    disk.panic_on_sync();
    let sequence = write(&log, b"lost");
    assert!(block_on(log.commit(sequence)).is_err());
    assert!(matches!(log.admit(1), Err(Refused::Failed(_))));
    assert!(log.close().is_err());
}

#[test]
fn a_large_record_without_space_does_not_stand_in_the_way_of_small_ones() {
    let disk = MemoryDisk::new();
    let (log, _) = open(&disk).unwrap();
    write_committed(&log, b"small");
    disk.limit_bytes(Some(4 * SMALL));
    let large = usize::try_from(SMALL).unwrap() * 8;
    let refused = block_on(log.room(large));
    assert!(matches!(refused, Err(Refused::NoSpace(_))), "{refused:?}");
    for _ in 0..12 {
        write_committed(&log, &[3; 500]);
    }
    assert!(disk.list().unwrap().len() >= 2, "small records went on to another segment");
    disk.limit_bytes(None);
    while let Err(refused) = log.admit(large) {
        assert!(matches!(refused, Refused::NoSpace(_) | Refused::Wait), "{refused:?}");
        thread::yield_now();
    }
    write_committed(&log, &vec![4; large]);
    log.close().unwrap();
    assert_eq!(open(&disk).unwrap().1.len(), 14);
    assert!(log.health().is_ok());
}

#[test]
fn a_batch_larger_than_admitted_waits_for_its_segment() {
    let disk = MemoryDisk::new();
    let (log, _) = open(&disk).unwrap();
    log.admit(10).unwrap();
    let large = vec![7; usize::try_from(SMALL).unwrap() * 5];
    log.append(1, &[&large]).unwrap();
    block_on(log.commit(1)).unwrap();
    assert_eq!(open(&disk.after_power_loss()).unwrap().1, [large]);
}

#[test]
fn a_batch_larger_than_admitted_on_a_full_disk_is_the_end() {
    let disk = MemoryDisk::new();
    let (log, _) = open(&disk).unwrap();
    write_committed(&log, b"before");
    disk.limit_bytes(Some(SMALL));
    log.admit(10).unwrap();
    assert!(log.append(2, &[&vec![7; usize::try_from(SMALL).unwrap()]]).is_err());
    assert!(matches!(log.admit(1), Err(Refused::Failed(_))));
    assert_eq!(log.last_sequence(), 1);
}

#[test]
fn a_closed_log_takes_nothing_and_leaves_nobody_waiting() {
    let disk = MemoryDisk::new();
    let (log, _) = open(&disk).unwrap();
    write_committed(&log, b"a");
    thread::scope(|scope| {
        let waiter = scope.spawn(|| block_on(log.commit(2)));
        log.close().unwrap();
        assert!(waiter.join().unwrap().is_err());
    });
    log.close().unwrap();
    assert!(matches!(log.admit(1), Err(Refused::Failed(_))));
    assert!(log.append(2, &[b"b"]).is_err());
    block_on(log.commit(1)).unwrap();
    assert!(disk.list().unwrap().iter().all(|name| name.starts_with("log-")), "no spare is left behind");
}

#[test]
fn a_small_log_takes_one_segment_of_disk() {
    let disk = MemoryDisk::new();
    let options = options(Durability::Always, 4 * SMALL);
    let log = Log::open(Arc::new(disk.clone()), options, &mut Collect::default()).unwrap();
    write_committed(&log, &[1; 100]);
    log.close().unwrap();
    assert_eq!(disk.list().unwrap().len(), 1);
}
