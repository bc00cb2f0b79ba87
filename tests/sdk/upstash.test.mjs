// @upstash/redis, as published, against the real binary.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Redis } from "@upstash/redis";
import { Selvedge } from "./server.mjs";

let server, redis;
before(async () => {
  server = await Selvedge.start();
  redis = new Redis({ url: server.url, token: server.token, retry: false });
});
after(() => server.remove());

test("strings with every option of SET", async () => {
  assert.equal(await redis.set("s", "one"), "OK");
  assert.equal(await redis.set("s", "two", { nx: true }), null);
  assert.equal(await redis.set("s", "two", { xx: true, get: true }), "one");
  assert.equal(await redis.set("s", "three", { ex: 100 }), "OK");
  assert.ok((await redis.ttl("s")) > 95);
  assert.equal(await redis.set("s", "four", { keepTtl: true }), "OK");
  assert.ok((await redis.pttl("s")) > 95_000);
  assert.equal(await redis.set("s", "five", { px: 60_000 }), "OK");
  assert.equal(await redis.set("s", "six", { exat: Math.floor(Date.now() / 1000) + 50 }), "OK");
  assert.ok((await redis.ttl("s")) <= 50);
  assert.equal(await redis.getset("s", "seven"), "six");
  assert.equal(await redis.getdel("s"), "seven");
  assert.equal(await redis.get("s"), null);
  assert.equal(await redis.setex("s", 10, "x"), "OK");
  assert.equal(await redis.setnx("s", "y"), 0);
  assert.equal(await redis.append("s", "yz"), 3);
  assert.equal(await redis.strlen("s"), 3);
  assert.equal(await redis.getex("s", { persist: true }), "xyz");
  assert.equal(await redis.ttl("s"), -1);
  assert.equal(await redis.mset({ m1: 1, m2: { a: [1] } }), "OK");
  assert.deepEqual(await redis.mget("m1", "m2", "none"), [1, { a: [1] }, null]);
});

test("counters", async () => {
  assert.equal(await redis.incr("c"), 1);
  assert.equal(await redis.incrby("c", 41), 42);
  assert.equal(await redis.decr("c"), 41);
  assert.equal(await redis.decrby("c", 40), 1);
  assert.equal(await redis.incrbyfloat("c", 0.5), 1.5);
});

test("hashes, lists and sets", async () => {
  assert.equal(await redis.hset("h", { name: "Ada", age: 36 }), 2);
  assert.deepEqual(await redis.hgetall("h"), { name: "Ada", age: 36 });
  assert.deepEqual(await redis.hmget("h", "name", "none"), { name: "Ada", none: null });
  assert.equal(await redis.hincrby("h", "age", 1), 37);
  assert.equal(await redis.hexists("h", "age"), 1);
  assert.deepEqual((await redis.hkeys("h")).sort(), ["age", "name"]);
  assert.deepEqual((await redis.hvals("h")).map(String).sort(), ["37", "Ada"]);
  assert.equal(await redis.hlen("h"), 2);
  assert.equal(await redis.hdel("h", "age", "none"), 1);
  assert.equal(await redis.hgetall("none"), null);

  assert.equal(await redis.rpush("l", "b", "c"), 2);
  assert.equal(await redis.lpush("l", "a"), 3);
  assert.deepEqual(await redis.lrange("l", 0, -1), ["a", "b", "c"]);
  assert.equal(await redis.ltrim("l", 1, -1), "OK");
  assert.equal(await redis.lpop("l"), "b");
  assert.equal(await redis.rpop("l"), "c");
  assert.equal(await redis.llen("l"), 0);

  assert.equal(await redis.sadd("set", "x", "y"), 2);
  assert.deepEqual((await redis.smembers("set")).sort(), ["x", "y"]);
  assert.equal(await redis.sismember("set", "x"), 1);
  assert.equal(await redis.srem("set", "x", "z"), 1);
  assert.equal(await redis.scard("set"), 1);
});

test("generic commands and scanning", async () => {
  const keys = Array.from({ length: 300 }, (_, i) => `scan:${i}`);
  await Promise.all(keys.map((key) => redis.set(key, "v")));
  assert.equal(await redis.exists("scan:0", "scan:1", "none"), 2);
  assert.equal(await redis.type("scan:0"), "string");
  assert.equal(await redis.expire("scan:0", 100), 1);
  assert.equal(await redis.persist("scan:0"), 1);
  assert.equal(await redis.rename("scan:0", "scan:renamed"), "OK");
  assert.equal((await redis.keys("scan:*")).length, 300);
  let cursor = "0";
  const found = new Set();
  do {
    const [next, page] = await redis.scan(cursor, { match: "scan:*", count: 20 });
    page.forEach((key) => found.add(key));
    cursor = next;
  } while (cursor !== "0");
  assert.equal(found.size, 300);
  assert.equal(await redis.del(...found), 300);
  assert.equal(await redis.ping(), "PONG");
  assert.equal(await redis.echo("hello"), "hello");
  assert.equal((await redis.time()).length, 2);
});

test("values come back as they went", async () => {
  const values = ["", "OK", "null", "1e3", "héllo 👋🏽", "9007199254740993", "\u0000\u0001", '{"a":', " blanks ", "a\nb"];
  const raw = new Redis({ url: server.url, token: server.token, automaticDeserialization: false });
  for (const [i, value] of values.entries()) {
    await raw.set(`v:${i}`, value);
    assert.equal(await raw.get(`v:${i}`), value);
  }
  assert.deepEqual(await raw.mget(...values.map((_, i) => `v:${i}`)), values);
  const plain = new Redis({ url: server.url, token: server.token, responseEncoding: false });
  assert.equal(await plain.get("v:4"), "héllo 👋🏽");
  assert.equal(await redis.get("v:5"), "9007199254740993");
});

test("automatic pipelining", async () => {
  const results = await Promise.all(Array.from({ length: 2_500 }, (_, i) => redis.incr(`auto:${i % 10}`)));
  assert.equal(results.length, 2_500);
  assert.equal(await redis.get("auto:0"), 250);
});

test("explicit pipelines keep going past an error", async () => {
  const pipeline = redis.pipeline();
  pipeline.set("p", "text").incr("p").get("p");
  const results = await pipeline.exec({ keepErrors: true });
  assert.equal(results[0].result, "OK");
  assert.match(results[1].error, /not an integer/);
  assert.equal(results[2].result, "text");
});

test("transactions are whole or not at all", async () => {
  assert.deepEqual(await redis.multi().set("t", 1).incr("t").get("t").exec(), ["OK", 2, 2]);
  const counts = await Promise.all(Array.from({ length: 40 }, () => redis.multi().incr("ta").incr("tb").exec()));
  for (const [a, b] of counts) assert.equal(a, b);
  const bad = await server.fetch("/multi-exec", { body: '[["SET","t","changed"],["NOPE"]]' });
  assert.equal(bad.status, 400);
  assert.match((await bad.json()).error, /^EXECABORT Transaction discarded because of: ERR unknown command 'NOPE'/);
  assert.equal(await redis.get("t"), 2);
});

test("errors carry Redis' words", async () => {
  await redis.rpush("list", "x");
  await assert.rejects(redis.incr("list"), /WRONGTYPE Operation against a key holding the wrong kind of value/);
  await assert.rejects(redis.exec(["GET"]), /ERR wrong number of arguments for 'get' command/);
  await assert.rejects(redis.exec(["NOPE"]), /ERR unknown command 'NOPE'/);
  const stranger = new Redis({ url: server.url, token: "wrong-token", retry: false });
  await assert.rejects(stranger.get("a"), /WRONGPASS invalid or missing auth token/);
});

test("the read-only token reads", async () => {
  const reader = new Redis({ url: server.url, token: server.readOnlyToken, retry: false });
  await redis.set("open", "yes");
  assert.equal(await reader.get("open"), "yes");
  const refused = /NOPERM this user has no permissions to run the '(set|keys|scan|flushall)' command or its subcommand/;
  await assert.rejects(reader.set("open", "no"), refused);
  await assert.rejects(reader.keys("*"), refused);
  await assert.rejects(reader.scan(0), refused);
  await assert.rejects(reader.flushall(), refused);
});

test("the sync token changes with each write and is accepted whatever it says", async () => {
  const tokens = new Set();
  for (let i = 0; i < 3; i++) {
    const answer = await server.fetch("/", { body: '["INCR","sync"]', headers: { "upstash-sync-token": "" } });
    tokens.add(answer.headers.get("upstash-sync-token"));
  }
  assert.equal(tokens.size, 3);
  const answer = await server.fetch("/", { body: '["GET","sync"]', headers: { "upstash-sync-token": "my-own" } });
  assert.deepEqual(await answer.json(), { result: "3" });
});
