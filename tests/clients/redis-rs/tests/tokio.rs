//! The multiplexed and the reconnecting connection of redis-rs on tokio, over RESP2 and RESP3.

use std::collections::BTreeMap;

use redis::AsyncCommands;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use selvedge_redis_rs_suite::Selvedge;

#[tokio::test]
async fn callers_share_a_connection() {
    let server = Selvedge::start();
    for protocol in [2, 3] {
        let connection = server.client(protocol).get_multiplexed_async_connection().await.unwrap();
        let key = format!("shared:{protocol}");
        let tasks = (0..50).map(|_| {
            let (mut connection, key) = (connection.clone(), key.clone());
            tokio::spawn(async move { connection.incr::<_, _, i64>(key, 1).await.unwrap() })
        });
        let mut counts = Vec::new();
        for task in tasks.collect::<Vec<_>>() {
            counts.push(task.await.unwrap());
        }
        counts.sort_unstable();
        assert_eq!(counts, (1..=50).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn everyday_commands_pipelines_and_transactions() {
    let server = Selvedge::start();
    for protocol in [2, 3] {
        let mut c = server.client(protocol).get_multiplexed_async_connection().await.unwrap();
        let _: () = redis::cmd("FLUSHALL").query_async(&mut c).await.unwrap();
        let _: () = c.hset_multiple("h", &[("a", 1), ("b", 2)]).await.unwrap();
        let hash: BTreeMap<String, i64> = c.hgetall("h").await.unwrap();
        assert_eq!(hash, BTreeMap::from([("a".to_owned(), 1), ("b".to_owned(), 2)]));

        let mut pipeline = redis::pipe();
        for i in 0..2_000 {
            pipeline.rpush("l", i);
        }
        let lengths: Vec<i64> = pipeline.query_async(&mut c).await.unwrap();
        assert_eq!(lengths, (1..=2_000).collect::<Vec<_>>());
        let (length, first): (i64, i64) =
            redis::pipe().atomic().llen("l").lindex("l", 0).query_async(&mut c).await.unwrap();
        assert_eq!((length, first), (2_000, 0));

        let error = c.incr::<_, _, i64>("l", 1).await.unwrap_err();
        assert_eq!(error.code(), Some("WRONGTYPE"));
        let bytes: Vec<u8> = (0..=u8::MAX).collect();
        let _: () = c.sadd("bytes", &bytes).await.unwrap();
        assert_eq!(c.smembers::<_, Vec<Vec<u8>>>("bytes").await.unwrap(), [bytes]);
    }
}

#[tokio::test]
async fn a_managed_connection_outlives_a_restart_and_the_data_do() {
    let mut server = Selvedge::start();
    let config = ConnectionManagerConfig::new().set_number_of_retries(10);
    let mut c = ConnectionManager::new_with_config(server.client(3), config).await.unwrap();
    let _: () = c.set("kept", "value").await.unwrap();
    server.restart();
    // The first call after the end may meet the dead connection: that is when the manager begins a new one.
    let mut kept = c.get::<_, String>("kept").await;
    for _ in 0..10 {
        if kept.is_ok() {
            break;
        }
        kept = c.get("kept").await;
    }
    assert_eq!(kept.unwrap(), "value");
}
