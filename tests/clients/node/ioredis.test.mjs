// ioredis over RESP2 and RESP3.
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, test } from "node:test";
import { Redis } from "ioredis";
import { ALL_BYTES, startServer, urlFor } from "./server.mjs";

const server = await startServer();

function connect(options = {}, url = server.redisUrl) {
  const client = new Redis(url, options);
  // The client wants a listener; what goes wrong reaches the test through the calls.
  client.on("error", () => {});
  after(() => client.disconnect());
  return client;
}

test("it connects, and tells a wrong password from none", async () => {
  const client = connect({ connectionName: "smoke" });
  await once(client, "ready");
  assert.equal(await client.client("GETNAME"), "smoke");
  assert.match(await client.info("server"), /redis_version:8\.2/);
  for (const [authority, text] of [["default:wrong@", /WRONGPASS/], ["", /NOAUTH/]]) {
    const stranger = connect({ retryStrategy: null, enableReadyCheck: false }, urlFor(server, authority));
    await assert.rejects(stranger.get("k"), text);
  }
});

test("the read-only token is a user that may not write", async () => {
  await connect().set("open", "yes");
  // The client's ready check reads INFO, which is not for everybody's eyes.
  const reader = connect({ enableReadyCheck: false }, urlFor(server, `default_ro:${server.readOnlyToken}@`));
  assert.equal(await reader.get("open"), "yes");
  await assert.rejects(reader.set("open", "no"), /NOPERM this user has no permissions to run the 'set' command/);
  await assert.rejects(reader.flushall(), /NOPERM/);
});

for (const protocol of [2, 3]) {
  const client = connect({ protocol, keyPrefix: `p${protocol}:` });

  test(`everyday commands, RESP${protocol}`, async () => {
    assert.equal(await client.set("s", "v", "EX", 100), "OK");
    assert.equal(await client.set("s", "w", "NX"), null);
    assert.equal(await client.set("s", "w", "KEEPTTL", "GET"), "v");
    assert.ok((await client.ttl("s")) > 95);
    assert.deepEqual(await client.mget("s", "none"), ["w", null]);
    assert.equal(await client.incrby("n", 41), 41);
    assert.equal(await client.incrbyfloat("n", 0.5), "41.5");
    assert.equal(await client.hset("h", { a: "1", b: "2" }), 2);
    assert.deepEqual({ ...(await client.hgetall("h")) }, { a: "1", b: "2" });
    assert.deepEqual(await client.hmget("h", "a", "none"), ["1", null]);
    assert.equal(await client.rpush("l", "a", "b", "c"), 3);
    assert.deepEqual(await client.lrange("l", 0, -1), ["a", "b", "c"]);
    assert.deepEqual(await client.lpop("l", 2), ["a", "b"]);
    assert.equal(await client.sadd("set", "x", "y"), 2);
    assert.deepEqual([...(await client.smembers("set"))].toSorted(), ["x", "y"]);
    assert.equal(await client.sismember("set", "x"), 1);
    assert.equal(await client.zadd("z", 1, "a", 2.5, "b"), 2);
    assert.equal(Number(await client.zscore("z", "b")), 2.5);
    assert.deepEqual(await client.zrange("z", 0, -1), ["a", "b"]);
    assert.deepEqual((await client.zrange("z", 0, 0, "WITHSCORES")).flat().map(String), ["a", "1"]);
    assert.equal(await client.zrank("z", "b"), 1);
    assert.equal(await client.type("h"), "hash");
    assert.equal(await client.del("s", "n", "none"), 2);
  });

  test(`pipelines and transactions, RESP${protocol}`, async () => {
    const pipeline = client.pipeline();
    for (let i = 0; i < 5_000; i++) pipeline.incr("piped");
    const replies = await pipeline.exec();
    assert.deepEqual(replies.map(([, count]) => count), Array.from({ length: 5_000 }, (_, i) => i + 1));
    const mixed = await client.pipeline().set("text", "x").incr("text").get("text").exec();
    assert.equal(mixed[0][1], "OK");
    assert.match(mixed[1][0].message, /^ERR value is not an integer or out of range$/);
    assert.equal(mixed[2][1], "x");

    const done = await client.multi().set("t", 1).incr("t").hset("text", "f", "v").exec();
    assert.deepEqual([done[0], done[1]], [[null, "OK"], [null, 2]]);
    assert.match(done[2][0].message, /^WRONGTYPE/);
    await assert.rejects(client.multi().incr("t").call("NOPE").exec(), /^ReplyError: EXECABORT/);
    assert.equal(await client.get("t"), "2");
    await client.multi({ pipeline: false });
    assert.equal(await client.incr("t"), "QUEUED");
    assert.equal(await client.discard(), "OK");
    assert.equal(await client.get("t"), "2");
  });

  test(`a transaction depends on what it watched, RESP${protocol}`, async () => {
    const other = connect({ protocol, keyPrefix: `p${protocol}:` });
    await client.watch("watched");
    await other.set("watched", "theirs");
    assert.equal(await client.multi().set("watched", "ours").exec(), null);
    assert.equal(await client.get("watched"), "theirs");
    await client.watch("watched");
    assert.deepEqual(await client.multi().set("watched", "ours").exec(), [[null, "OK"]]);
  });

  test(`a pop waits for a push, RESP${protocol}`, async () => {
    const waiting = connect({ protocol, keyPrefix: `p${protocol}:` });
    const popped = waiting.blpop("none", "jobs", 0);
    await client.rpush("jobs", "first", "second");
    assert.deepEqual(await popped, [`p${protocol}:jobs`, "first"]);
    assert.equal(await waiting.blmove("jobs", "done", "LEFT", "RIGHT", 0), "second");
    assert.equal(await waiting.brpop("jobs", 0.01), null);
  });

  test(`messages reach who listens, RESP${protocol}`, async () => {
    const [listener, speaker] = [connect({ protocol }), connect({ protocol })];
    assert.equal(await listener.subscribe("chat", "news"), 2);
    assert.equal(await listener.psubscribe("user:*"), 3);
    const [message, matched] = [once(listener, "message"), once(listener, "pmessage")];
    assert.equal(await speaker.publish("chat", "hello"), 1);
    assert.equal(await speaker.publish("user:1", "héllo"), 1);
    assert.equal(await speaker.publish("silence", "x"), 0);
    assert.deepEqual(await message, ["chat", "hello"]);
    assert.deepEqual(await matched, ["user:*", "user:1", "héllo"]);
    assert.equal(await listener.unsubscribe("chat", "news"), 1);
    assert.equal(await listener.punsubscribe("user:*"), 0);
    assert.equal(await speaker.publish("chat", "anybody?"), 0);
    assert.equal(await listener.ping(), "PONG");
  });

  test(`bytes and large integers, RESP${protocol}`, async () => {
    const key = Buffer.concat([Buffer.from("k"), ALL_BYTES]);
    assert.equal(await client.set(key, ALL_BYTES), "OK");
    assert.deepEqual(await client.getBuffer(key), ALL_BYTES);
    await client.hset("bytes", "field", ALL_BYTES);
    assert.deepEqual(await client.hgetBuffer("bytes", "field"), ALL_BYTES);
    const exact = connect({ protocol, stringNumbers: true });
    await exact.set("max", "9223372036854775806");
    assert.equal(await exact.incr("max"), "9223372036854775807");
    await assert.rejects(exact.incr("max"), /ERR increment or decrement would overflow/);
  });

  test(`scan streams, RESP${protocol}`, async () => {
    const fields = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`f${i}`, `${i}`]));
    await client.hset("large", fields);
    const seen = {};
    for await (const page of client.hscanStream("large", { count: 50 })) {
      for (let i = 0; i < page.length; i += 2) seen[page[i]] = page[i + 1];
    }
    assert.deepEqual(seen, fields);
    const keys = new Set();
    const scanner = connect({ protocol });
    for await (const page of scanner.scanStream({ match: `p${protocol}:*`, count: 3 })) page.forEach((key) => keys.add(key));
    assert.ok(keys.has(`p${protocol}:large`) && keys.has(`p${protocol}:set`));
  });
}

test("errors have their class in the first word", async () => {
  const client = connect();
  await client.lpush("errors", "x");
  for (const [call, text] of [
    [client.get("errors"), /^ReplyError: WRONGTYPE Operation against a key holding the wrong kind of value$/],
    [client.call("NOPE", "a"), /^ReplyError: ERR unknown command 'NOPE', with args beginning with: 'a'/],
    [client.call("GET"), /^ReplyError: ERR wrong number of arguments for 'get' command$/],
    [client.set("k", "v", "EX", "no"), /^ReplyError: ERR value is not an integer or out of range$/],
    [client.select(1), /^ReplyError: ERR DB index is out of range$/],
    [client.exec(), /^ReplyError: ERR EXEC without MULTI$/],
  ]) {
    await assert.rejects(call, text);
  }
});

test("it reconnects after a restart and finds its data", async () => {
  const client = connect({ retryStrategy: () => 20 });
  await client.set("kept", "value");
  for (const signal of ["SIGTERM", "SIGKILL"]) {
    await server.restart(signal);
    assert.equal(await client.get("kept"), "value");
  }
});
