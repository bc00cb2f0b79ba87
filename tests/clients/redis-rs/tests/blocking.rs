//! The blocking connection of redis-rs over RESP2 and RESP3.

use std::collections::{BTreeMap, HashMap, HashSet};

use redis::{Commands, ConnectionLike, ErrorKind, ServerErrorKind, Value};
use selvedge_redis_rs_suite::Selvedge;

#[test]
fn it_connects_and_tells_a_wrong_password_from_none() {
    let server = Selvedge::start();
    for protocol in [2, 3] {
        let mut connection = server.client(protocol).get_connection().unwrap();
        assert!(connection.check_connection());
        assert_eq!(redis::cmd("PING").query::<String>(&mut connection).unwrap(), "PONG");
        let hello: HashMap<String, Value> = redis::cmd("HELLO").query(&mut connection).unwrap();
        assert_eq!(hello["proto"], Value::Int(protocol.into()));

        let refused = server.client_as("default:wrong@", protocol).get_connection().err().unwrap();
        match protocol {
            // redis-rs has words of its own for what AUTH answers, and none for HELLO.
            2 => assert_eq!(refused.kind(), ErrorKind::AuthenticationFailed),
            _ => assert_eq!(refused.code(), Some("WRONGPASS")),
        }
    }
    let mut stranger = server.client_as("", 2).get_connection().unwrap();
    let refused = stranger.get::<_, String>("k").unwrap_err();
    assert_eq!(refused.code(), Some("NOAUTH"));
    assert!(server.client_as("", 3).get_connection().is_err());
}

#[test]
fn the_read_only_token_may_not_write() {
    let server = Selvedge::start();
    let _: () = server.client(3).get_connection().unwrap().set("open", "yes").unwrap();
    let mut reader = server.reader(3).get_connection().unwrap();
    assert_eq!(reader.get::<_, String>("open").unwrap(), "yes");
    let refused = reader.set::<_, _, ()>("open", "no").unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Server(ServerErrorKind::NoPerm));
}

#[test]
fn everyday_commands() {
    let server = Selvedge::start();
    for protocol in [2, 3] {
        let mut c = server.client(protocol).get_connection().unwrap();
        let _: () = redis::cmd("FLUSHALL").query(&mut c).unwrap();
        let _: () = c.set_ex("s", "v", 100).unwrap();
        assert!((90..=100).contains(&c.ttl::<_, i64>("s").unwrap()));
        assert!(!c.set_nx::<_, _, bool>("s", "w").unwrap());
        assert_eq!(c.mget::<_, Vec<Option<String>>>(&["s", "none"]).unwrap(), [Some("v".to_owned()), None]);
        assert_eq!(c.incr::<_, _, i64>("n", 41).unwrap(), 41);
        assert_eq!(c.incr::<_, _, f64>("n", 0.5).unwrap(), 41.5);
        let _: () = c.hset_multiple("h", &[("a", 1), ("b", 2)]).unwrap();
        let hash: BTreeMap<String, i64> = c.hgetall("h").unwrap();
        assert_eq!(hash, BTreeMap::from([("a".to_owned(), 1), ("b".to_owned(), 2)]));
        assert_eq!(c.hget::<_, _, Option<i64>>("h", "none").unwrap(), None);
        assert_eq!(c.rpush::<_, _, i64>("l", &["a", "b", "c"]).unwrap(), 3);
        assert_eq!(c.lrange::<_, Vec<String>>("l", 0, -1).unwrap(), ["a", "b", "c"]);
        assert_eq!(c.sadd::<_, _, i64>("set", &["x", "y"]).unwrap(), 2);
        assert!(c.sismember::<_, _, bool>("set", "x").unwrap());
        assert_eq!(c.smembers::<_, HashSet<String>>("set").unwrap().len(), 2);
        assert_eq!(c.zadd_multiple::<_, _, _, i64>("z", &[(1.0, "a"), (2.5, "b")]).unwrap(), 2);
        assert_eq!(c.zscore::<_, _, f64>("z", "b").unwrap(), 2.5);
        let ranked: Vec<(String, f64)> = c.zrange_withscores("z", 0, -1).unwrap();
        assert_eq!(ranked, [("a".to_owned(), 1.0), ("b".to_owned(), 2.5)]);
        assert!(c.expire::<_, bool>("l", 100).unwrap());
        assert_eq!(c.del::<_, i64>(&["s", "n", "none"]).unwrap(), 2);
    }
}

#[test]
fn pipelines_and_transactions() {
    let server = Selvedge::start();
    for protocol in [2, 3] {
        let mut c = server.client(protocol).get_connection().unwrap();
        let _: () = redis::cmd("FLUSHALL").query(&mut c).unwrap();
        let mut pipeline = redis::pipe();
        for _ in 0..5_000 {
            pipeline.incr("piped", 1);
        }
        assert_eq!(pipeline.query::<Vec<i64>>(&mut c).unwrap(), (1..=5_000).collect::<Vec<_>>());

        let (second, text): (i64, String) =
            redis::pipe().atomic().set("t", 1).ignore().incr("t", 1).get("t").query(&mut c).unwrap();
        assert_eq!((second, text.as_str()), (2, "2"));
        let discarded =
            redis::pipe().atomic().incr("t", 1).cmd("NOPE").query::<Vec<Value>>(&mut c).unwrap_err();
        assert_eq!(discarded.kind(), ErrorKind::Server(ServerErrorKind::ExecAbort));
        assert_eq!(c.get::<_, i64>("t").unwrap(), 2);
    }
}

#[test]
fn a_transaction_depends_on_what_it_watched() {
    let server = Selvedge::start();
    let threads: Vec<_> = (0..4)
        .map(|i| {
            let mut c = server.client(2 + i % 2).get_connection().unwrap();
            std::thread::spawn(move || {
                for _ in 0..20 {
                    let _: () = redis::transaction(&mut c, &["count"], |c, pipeline| {
                        let count: Option<i64> = c.get("count")?;
                        pipeline.set("count", count.unwrap_or(0) + 1).ignore().query(c)
                    })
                    .unwrap();
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(server.client(3).get_connection().unwrap().get::<_, i64>("count").unwrap(), 80);
}

#[test]
fn a_pop_waits_for_a_push() {
    let server = Selvedge::start();
    for protocol in [2, 3] {
        let mut c = server.client(protocol).get_connection().unwrap();
        let mut waiting = server.client(protocol).get_connection().unwrap();
        let popped = std::thread::spawn(move || waiting.blpop::<_, (String, String)>("jobs", 0.0).unwrap());
        let _: () = c.rpush("jobs", "first").unwrap();
        assert_eq!(popped.join().unwrap(), ("jobs".to_owned(), "first".to_owned()));
        assert_eq!(c.brpop::<_, Option<(String, String)>>("jobs", 0.01).unwrap(), None);
    }
}

#[test]
fn messages_reach_who_listens() {
    let server = Selvedge::start();
    for protocol in [2, 3] {
        let mut speaker = server.client(protocol).get_connection().unwrap();
        let mut connection = server.client(protocol).get_connection().unwrap();
        let mut listener = connection.as_pubsub();
        listener.subscribe(&["chat"]).unwrap();
        listener.psubscribe(&["user:*"]).unwrap();
        for (channel, text) in [("chat", "hello"), ("user:1", "hi")] {
            assert_eq!(speaker.publish::<_, _, i64>(channel, text).unwrap(), 1);
            let message = listener.get_message().unwrap();
            assert_eq!(
                (message.get_channel_name(), message.get_payload::<String>().unwrap()),
                (channel, text.to_owned())
            );
        }
        listener.unsubscribe(&["chat"]).unwrap();
        assert_eq!(speaker.publish::<_, _, i64>("chat", "anybody?").unwrap(), 0);
    }
}

#[test]
fn bytes_and_large_integers() {
    let server = Selvedge::start();
    let bytes: Vec<u8> = (0..=u8::MAX).collect();
    for protocol in [2, 3] {
        let mut c = server.client(protocol).get_connection().unwrap();
        let _: () = c.set(&bytes, &bytes).unwrap();
        assert_eq!(c.get::<_, Vec<u8>>(&bytes).unwrap(), bytes);
        let _: () = c.hset("bytes", &bytes, &bytes).unwrap();
        assert_eq!(c.hgetall::<_, HashMap<Vec<u8>, Vec<u8>>>("bytes").unwrap()[&bytes], bytes);
        let _: () = c.set("max", i64::MAX - 1).unwrap();
        assert_eq!(c.incr::<_, _, i64>("max", 1).unwrap(), i64::MAX);
        let overflow = c.incr::<_, _, i64>("max", 1).unwrap_err();
        assert_eq!(overflow.detail(), Some("increment or decrement would overflow"));
    }
}

#[test]
fn scan_iterators_meet_everything() {
    let server = Selvedge::start();
    let mut c = server.client(3).get_connection().unwrap();
    let fields: Vec<(String, i64)> = (0..1_000).map(|i| (format!("f{i}"), i)).collect();
    let _: () = c.hset_multiple("large", &fields).unwrap();
    let seen: HashMap<String, i64> = c.hscan("large").unwrap().map(Result::unwrap).collect();
    assert_eq!(seen, fields.iter().cloned().collect());
    let keys: Vec<(String, i64)> = (0..100).map(|i| (format!("it:{i}"), i)).collect();
    let _: () = c.mset(&keys).unwrap();
    let found: HashSet<String> = c.scan_match("it:*").unwrap().map(Result::unwrap).collect();
    assert_eq!(found, keys.into_iter().map(|(key, _)| key).collect());
}

#[test]
fn errors_have_their_class() {
    let server = Selvedge::start();
    let mut c = server.client(3).get_connection().unwrap();
    let _: () = c.lpush("list", "x").unwrap();
    for (words, code, text) in [
        (&["GET", "list"][..], "WRONGTYPE", "Operation against a key holding the wrong kind of value"),
        (&["GET"], "ERR", "wrong number of arguments for 'get' command"),
        (&["SET", "k", "v", "EX", "no"], "ERR", "value is not an integer or out of range"),
        (&["SELECT", "1"], "ERR", "DB index is out of range"),
        (&["EXEC"], "ERR", "EXEC without MULTI"),
    ] {
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        let error = command.query::<Value>(&mut c).unwrap_err();
        assert_eq!((error.code(), error.detail()), (Some(code), Some(text)), "{words:?}");
    }
}
