//! Keyspace events between connections. What each command tells of is in the golden scripts.

use crate::harness::{Resp, Selvedge};
use crate::pubsub::Events;

fn start(durability: &str) -> (tempfile::TempDir, Selvedge) {
    let data = tempfile::tempdir().unwrap();
    let server = Selvedge::start_with(data.path(), |command| {
        command.args(["--durability", durability]);
    });
    (data, server)
}

fn listen(server: &Selvedge, pattern: &str) -> Resp {
    let mut listener = server.connect();
    assert_eq!(listener.call(&["PSUBSCRIBE", pattern]), format!("psubscribe {pattern} 1"));
    listener
}

fn next(listener: &mut Resp, count: usize) -> Vec<String> {
    let messages = (0..count).map(|_| listener.reply().unwrap());
    messages.map(|message| message.splitn(3, ' ').nth(2).unwrap().to_owned()).collect()
}

#[test]
fn the_channel_of_the_key_comes_before_that_of_the_event() {
    let (_data, server) = start("always");
    let mut client = server.connect();
    let mut listener = listen(&server, "__key*__:*");
    client.call(&["SET", "before", "nobody hears"]);
    assert_eq!(client.call(&["CONFIG", "SET", "notify-keyspace-events", "KEA"]), "OK");
    client.call(&["SET", "k", "v", "EX", "100"]);
    assert_eq!(
        next(&mut listener, 4),
        [
            "__keyspace@0__:k set",
            "__keyevent@0__:set k",
            "__keyspace@0__:k expire",
            "__keyevent@0__:expire k"
        ]
    );
    assert_eq!(client.call(&["CONFIG", "SET", "notify-keyspace-events", "Kg"]), "OK");
    client.call(&["SET", "k", "v"]);
    client.call(&["DEL", "k"]);
    assert_eq!(next(&mut listener, 1), ["__keyspace@0__:k del"]);
}

#[test]
fn what_is_undone_is_not_told() {
    let (_data, server) = start("none");
    let mut client = server.connect();
    client.call(&["CONFIG", "SET", "notify-keyspace-events", "EA"]);
    let mut listener = listen(&server, "__keyevent@0__:*");
    let failing = "redis.call('SET', KEYS[1], 1) return redis.call('INCR', KEYS[1], 'too many')";
    assert!(client.call(&["EVAL", failing, "1", "undone"]).starts_with('-'));
    client.call(&["MULTI"]);
    client.call(&["EVAL", failing, "1", "undone"]);
    client.call(&["LPUSH", "list", "a"]);
    client.call(&["EXEC"]);
    assert_eq!(next(&mut listener, 1), ["__keyevent@0__:lpush list"]);
}

#[test]
fn a_command_that_waited_tells_after_the_one_that_served_it() {
    let (_data, server) = start("none");
    let mut client = server.connect();
    client.call(&["CONFIG", "SET", "notify-keyspace-events", "EA"]);
    let mut listener = listen(&server, "__keyevent@0__:*");
    let mut waiter = server.connect();
    waiter.send(&["BLMOVE", "from", "to", "LEFT", "RIGHT", "0"]);
    while !client.call(&["INFO", "clients"]).contains("blocked_clients:1") {}
    client.call(&["RPUSH", "from", "a"]);
    assert_eq!(waiter.reply().unwrap(), "a");
    assert_eq!(
        next(&mut listener, 4),
        [
            "__keyevent@0__:rpush from",
            "__keyevent@0__:rpush to",
            "__keyevent@0__:lpop from",
            "__keyevent@0__:del from"
        ]
    );
}

/// Events of many writers come in the order of the log: a counter's values do not go back.
#[test]
fn events_come_in_the_order_of_the_changes() {
    const WRITERS: usize = 4;
    const EACH: usize = 300;
    let (_data, server) = start("none");
    let mut client = server.connect();
    client.call(&["CONFIG", "SET", "notify-keyspace-events", "K$g"]);
    let mut listener = listen(&server, "__keyspace@0__:lock");
    let mut writers: Vec<Resp> = (0..WRITERS).map(|_| server.connect()).collect();
    for _ in 0..EACH {
        for writer in &mut writers {
            writer.send(&["SETNX", "lock", "mine"]);
            writer.send(&["DEL", "lock"]);
        }
    }
    for writer in &mut writers {
        (0..2 * EACH).for_each(|_| drop(writer.reply().unwrap()));
    }
    client.call(&["SET", "lock", "last"]);
    client.call(&["EXPIRE", "lock", "100"]);
    let mut is_there = false;
    loop {
        match next(&mut listener, 1).remove(0).as_str() {
            "__keyspace@0__:lock set" => assert!(!std::mem::replace(&mut is_there, true), "set twice"),
            "__keyspace@0__:lock del" => assert!(std::mem::replace(&mut is_there, false), "deleted twice"),
            _ => break,
        }
    }
    assert!(is_there);
}

#[test]
fn what_expires_is_told_over_rest_too() {
    let (_data, server) = start("interval");
    let mut client = server.connect();
    client.call(&["CONFIG", "SET", "notify-keyspace-events", "Ex"]);
    let mut events = Events::open(&server, "/psubscribe/__keyevent@0__:*");
    assert_eq!(events.next(), "psubscribe,__keyevent@0__:*,1");
    client.call(&["SET", "k", "v", "PX", "1"]);
    assert_eq!(events.next(), "pmessage,__keyevent@0__:*,__keyevent@0__:expired,k");
}
