//! Stops and restarts.

use crate::harness::Selvedge;

#[test]
fn sigterm_and_sigint_drain_sync_and_exit_with_zero() {
    for signal in ["TERM", "INT"] {
        for durability in ["always", "interval", "none"] {
            let scratch = tempfile::tempdir().unwrap();
            let server = Selvedge::start_with(scratch.path(), |command| {
                command.args(["--durability", durability]);
            });
            let mut resp = server.connect();
            for n in 0..50 {
                assert_eq!(resp.call(&["SET", &format!("key:{n}"), "value"]), "OK");
            }
            assert_eq!(server.stop(signal).code(), Some(0), "{signal} {durability}");
            let again = Selvedge::start(scratch.path());
            assert_eq!(again.connect().call(&["DBSIZE"]), "50", "{signal} {durability}");
        }
    }
}

#[test]
fn an_open_connection_does_not_hold_up_the_stop() {
    let scratch = tempfile::tempdir().unwrap();
    let server = Selvedge::start(scratch.path());
    let mut idle = server.connect();
    let half_open = std::net::TcpStream::connect(server.http()).unwrap();
    let started = std::time::Instant::now();
    assert!(server.stop("TERM").success());
    assert!(started.elapsed().as_secs() < 20, "the stop took {:?}", started.elapsed());
    assert!(idle.try_call(&["PING"]).is_err());
    drop(half_open);
}

#[test]
fn all_types_their_expiry_and_their_removal_are_there_after_a_restart() {
    let scratch = tempfile::tempdir().unwrap();
    let server = Selvedge::start(scratch.path());
    let mut resp = server.connect();
    resp.call(&["SET", "string", "s", "EX", "1000"]);
    resp.call(&["HSET", "hash", "f", "v"]);
    resp.call(&["RPUSH", "list", "a", "b", "c"]);
    resp.call(&["SADD", "set", "m"]);
    resp.call(&["SET", "gone", "x"]);
    resp.call(&["DEL", "gone"]);
    resp.call(&["RENAME", "list", "renamed"]);
    assert!(server.stop("TERM").success());

    let again = Selvedge::start(scratch.path());
    let mut resp = again.connect();
    assert_eq!(resp.call(&["GET", "string"]), "s");
    let ttl: u64 = resp.call(&["TTL", "string"]).parse().unwrap();
    assert!((900..=1000).contains(&ttl), "{ttl}");
    assert_eq!(resp.call(&["HGETALL", "hash"]), "f v");
    assert_eq!(resp.call(&["LRANGE", "renamed", "0", "-1"]), "a b c");
    assert_eq!(resp.call(&["SMEMBERS", "set"]), "m");
    assert_eq!(resp.call(&["EXISTS", "gone", "list"]), "0");
    assert_eq!(resp.call(&["DBSIZE"]), "4");
}
