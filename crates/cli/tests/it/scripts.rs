//! Scripts that take long, and functions over a crash.

use std::path::Path;

use crate::harness::{Resp, Selvedge};

const LOOP: &str = "redis.call('SET', 'k', 'from the script') while true do end";
const BUSY: &str = "-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";

/// Scripts are busy after 50 ms, and over after `most_ms`.
fn start(data: &Path, most_ms: &str) -> Selvedge {
    Selvedge::start_with(data, |command| {
        command.args(["--busy-reply-threshold-ms", "50", "--script-time-ms-max", most_ms, "--threads", "1"]);
    })
}

/// Asks until the script that runs is busy; meanwhile commands answer as before it, or wait for it.
fn until_busy(connection: &mut Resp, words: &[&str]) {
    while connection.call(words) != BUSY {}
}

#[test]
fn others_are_told_and_can_kill() {
    let data = tempfile::tempdir().unwrap();
    let server = start(data.path(), "600000");
    let (mut runs, mut other) = (server.connect(), server.connect());
    assert_eq!(other.call(&["SET", "k", "before"]), "OK");
    assert!(other.call(&["SCRIPT", "KILL"]).starts_with("-NOTBUSY"));
    runs.send(&["EVAL", LOOP, "0"]);
    until_busy(&mut other, &["GET", "k"]);
    for words in [&["SET", "x", "1"][..], &["EVAL", "return 1", "0"], &["DBSIZE"], &["FCALL", "f", "0"]] {
        assert_eq!(other.call(words), BUSY, "{words:?}");
    }
    assert_eq!(other.call(&["FUNCTION", "KILL"]), BUSY);
    assert_eq!(other.call(&["SCRIPT", "KILL"]), "OK");
    assert!(runs.reply().unwrap().starts_with("-ERR Script killed by user with SCRIPT KILL... script: "));
    assert_eq!(other.call(&["GET", "k"]), "before");
    assert_eq!(runs.call(&["EVAL", "return redis.call('GET', 'k')", "0"]), "before");
}

#[test]
fn the_threshold_can_be_set_and_some_commands_run_meanwhile() {
    let data = tempfile::tempdir().unwrap();
    let server = start(data.path(), "600000");
    let (mut runs, mut other) = (server.connect(), server.connect());
    let load = "#!lua name=lib\nredis.register_function('loop', function() while true do end end)";
    assert_eq!(other.call(&["FUNCTION", "LOAD", load]), "lib");
    assert_eq!(other.call(&["CONFIG", "GET", "lua-time-limit"]), "lua-time-limit 50");
    assert_eq!(other.call(&["CONFIG", "SET", "lua-time-limit", "10"]), "OK");
    assert_eq!(other.call(&["CONFIG", "GET", "busy-reply-threshold"]), "busy-reply-threshold 10");
    let mut queued = server.connect();
    assert_eq!(queued.call(&["MULTI"]), "OK");
    assert_eq!(queued.call(&["SET", "k", "v"]), "QUEUED");
    runs.send(&["FCALL", "loop", "0"]);
    let busy = BUSY.replace("SCRIPT", "FUNCTION");
    while other.call(&["PING"]) != busy {}
    for words in [
        &["SCRIPT", "KILL"][..],
        &["CLIENT", "ID"],
        &["INFO"],
        &["WATCH", "k"],
        &["KEYS", "*"],
        &["SCAN", "0"],
    ] {
        assert_eq!(other.call(words), busy, "{words:?}");
    }
    for words in ["MULTI", "DISCARD", "UNWATCH"] {
        assert_eq!(other.call(&[words]), "OK", "{words}");
    }
    assert!(other.call(&["FUNCTION", "STATS"]).starts_with("running_script "));
    // The transaction is over, and nothing of it ran.
    let aborted = busy.replace("-BUSY", "-EXECABORT Transaction discarded because of: BUSY");
    assert_eq!(queued.call(&["EXEC"]), aborted);
    // One that is refused a command is discarded later.
    assert_eq!(other.call(&["MULTI"]), "OK");
    assert_eq!(other.call(&["INCR", "n"]), busy);
    assert_eq!(queued.call(&["FUNCTION", "KILL"]), "OK");
    let killed = runs.reply().unwrap();
    assert!(
        killed
            .starts_with("-ERR Script killed by user with SCRIPT KILL... script: loop, on @user_function:2"),
        "{killed}"
    );
    assert!(other.call(&["EXEC"]).starts_with("-EXECABORT Transaction discarded because of previous errors"));
    assert_eq!(queued.call(&["EXISTS", "k", "n"]), "0");
}

#[test]
fn scripts_that_lock_their_keys_hold_nobody_up() {
    let data = tempfile::tempdir().unwrap();
    let server = start(data.path(), "600000");
    let (mut runs, mut other) = (server.connect(), server.connect());
    let endless = "#!lua flags=allow-key-locking\nredis.call('SET', KEYS[1], 'script') while true do end";
    runs.send(&["EVAL", endless, "1", "k"]);
    // Far beyond the threshold others write what they like, the script's own key included.
    for round in 0..200 {
        let value = round.to_string();
        assert_eq!(other.call(&["SET", "k", &value]), "OK");
        assert_eq!(other.call(&["SET", "other", &value]), "OK");
        assert_eq!(other.call(&["EVAL", "return redis.call('DBSIZE')", "0"]), "2");
    }
    while other.call(&["SCRIPT", "KILL"]) != "OK" {}
    assert!(runs.reply().unwrap().contains("killed by user"));
    assert_eq!(other.call(&["GET", "k"]), "199");
    // What they write is as if they had run at one moment: nothing is lost between them and others.
    let counting = "#!lua flags=allow-key-locking\nlocal n = redis.call('INCR', KEYS[1]) \
                    for i = 1, 300000 do end redis.call('PEXPIRE', KEYS[1], 100000) return n";
    for _ in 0..10 {
        runs.send(&["EVAL", counting, "1", "n"]);
        for _ in 0..5 {
            assert!(other.call(&["INCR", "n"]).parse::<u32>().is_ok());
        }
        assert!(runs.reply().unwrap().parse::<u32>().is_ok());
    }
    assert_eq!(other.call(&["GET", "n"]), "60");
    let reading = "#!lua flags=allow-key-locking,no-writes\nfor i = 1, 300000 do end \
                   return redis.call('GET', KEYS[1])";
    assert_eq!(other.call(&["EVAL_RO", reading, "1", "n"]), "60");
}

#[test]
fn shutdown_ends_the_server_and_what_runs() {
    let data = tempfile::tempdir().unwrap();
    let server = start(data.path(), "600000");
    let (mut runs, mut other) = (server.connect(), server.connect());
    assert_eq!(other.call(&["SET", "k", "v"]), "OK");
    assert_eq!(other.call(&["SHUTDOWN", "NOW", "LATER"]), "-ERR syntax error");
    assert_eq!(other.call(&["SHUTDOWN", "SAVE", "NOSAVE"]), "-ERR syntax error");
    assert_eq!(other.call(&["SHUTDOWN", "ABORT"]), "-ERR No shutdown in progress.");
    runs.send(&["EVAL", LOOP, "0"]);
    until_busy(&mut other, &["PING"]);
    assert_eq!(other.call(&["SHUTDOWN"]), BUSY);
    other.send(&["SHUTDOWN", "NOSAVE"]);
    assert!(other.reply().is_err(), "there is no reply, the connection ends");
    assert!(server.wait().success());
    let server = Selvedge::start(data.path());
    assert_eq!(server.connect().call(&["GET", "k"]), "v");
}

#[test]
fn time_ends_what_nobody_kills() {
    let data = tempfile::tempdir().unwrap();
    let server = start(data.path(), "300");
    let (mut runs, mut other) = (server.connect(), server.connect());
    for words in [&["EVAL", LOOP, "0"][..], &["EVAL_RO", "while true do end", "0"]] {
        runs.send(words);
        until_busy(&mut other, &["SET", "x", "1"]);
        assert!(runs.reply().unwrap().contains("script_time_ms_max"), "{words:?}");
        assert_eq!(other.call(&["EXISTS", "k"]), "0");
    }
    // All of the transaction is undone and run again, and the script in it fails alone.
    assert_eq!(runs.call(&["MULTI"]), "OK");
    runs.call(&["INCR", "n"]);
    runs.call(&["EVAL", LOOP, "0"]);
    runs.call(&["INCR", "n"]);
    let replies = runs.call(&["EXEC"]);
    assert!(replies.starts_with("1 ") && replies.ends_with(" 2"), "{replies}");
    assert_eq!(other.call(&["EXISTS", "k"]), "0");
    assert_eq!(other.call(&["GET", "n"]), "2");
}

#[test]
fn what_takes_long_runs_once() {
    let data = tempfile::tempdir().unwrap();
    let server = start(data.path(), "600000");
    let mut connection = server.connect();
    // Some milliseconds: begun on the connection's thread, undone, and run on another.
    let script = "redis.call('INCR', 'n') for i = 1, 3000000 do end return redis.call('INCR', 'n')";
    assert_eq!(connection.call(&["EVAL", script, "0"]), "2");
    assert_eq!(connection.call(&["GET", "n"]), "2");
    let load =
        "#!lua name=slow\nfor i = 1, 3000000 do end redis.register_function('f', function() return 7 end)";
    assert_eq!(connection.call(&["FUNCTION", "LOAD", load]), "slow");
    assert_eq!(connection.call(&["FCALL", "f", "0"]), "7");
}

#[test]
fn functions_outlive_a_crash_and_scripts_do_not() {
    let data = tempfile::tempdir().unwrap();
    let library =
        |value: u8| format!("#!lua name=lib\nredis.register_function('f', function() return {value} end)");
    {
        let server = Selvedge::start(data.path());
        let mut connection = server.connect();
        assert_eq!(connection.call(&["FUNCTION", "LOAD", &library(1)]), "lib");
        assert_eq!(connection.call(&["FUNCTION", "LOAD", "REPLACE", &library(2)]), "lib");
        let gone = "#!lua name=gone\nredis.register_function('g', function() end)";
        assert_eq!(connection.call(&["FUNCTION", "LOAD", gone]), "gone");
        assert_eq!(connection.call(&["FUNCTION", "DELETE", "gone"]), "OK");
        let sha1 = connection.call(&["SCRIPT", "LOAD", "return 1"]);
        assert_eq!(connection.call(&["EVALSHA", &sha1, "0"]), "1");
        assert_eq!(connection.call(&["EVAL", "return redis.call('SET', 'k', 'v')", "0"]), "OK");
        server.stop("KILL");
    }
    let server = Selvedge::start(data.path());
    let mut connection = server.connect();
    assert_eq!(connection.call(&["FCALL", "f", "0"]), "2");
    assert_eq!(connection.call(&["FCALL", "g", "0"]), "-ERR Function not found");
    assert_eq!(connection.call(&["GET", "k"]), "v");
    let sha1 = "e0e1f9fabfc9d4800c877a703b823ac0578ff8db";
    assert!(connection.call(&["EVALSHA", sha1, "0"]).starts_with("-NOSCRIPT"));
}
