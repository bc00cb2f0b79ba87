// Keys, expiry and the server through @upstash/redis.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, startServer, unixSeconds, walk } from "./client.mjs";

const redis = connect(await startServer());

test("keys exist, are named and go", async () => {
  await redis.mset({ a: 1, b: 2, c: 3 });
  assert.equal(await redis.exists("a", "b", "none"), 2);
  assert.equal(await redis.touch("a", "b", "none"), 2);
  assert.equal(await redis.type("a"), "string");
  assert.equal(await redis.type("none"), "none");
  assert.equal(await redis.rename("a", "renamed"), "OK");
  assert.equal(await redis.renamenx("renamed", "b"), 0);
  assert.equal(await redis.renamenx("renamed", "a"), 1);
  await assert.rejects(redis.rename("none", "x"), /ERR no such key/);
  assert.ok(["a", "b", "c"].includes(await redis.randomkey()));
  assert.deepEqual((await redis.keys("[ab]")).toSorted(), ["a", "b"]);
  assert.equal(await redis.del("a", "none"), 1);
  assert.equal(await redis.unlink("b", "c"), 2);
});

test("COPY copies any type, and a key onto itself is no copy", async () => {
  await redis.set("from", "v", { ex: 100 });
  await redis.hset("from:h", { a: 1 });
  assert.equal(await redis.copy("from", "to"), "COPIED");
  assert.ok((await redis.ttl("to")) > 95);
  assert.equal(await redis.copy("from:h", "to"), "NOT_COPIED");
  assert.equal(await redis.copy("from:h", "to", { replace: true }), "COPIED");
  assert.deepEqual(await redis.hgetall("to"), { a: 1 });
  assert.equal(await redis.copy("none", "to"), "NOT_COPIED");
  assert.equal(await redis.copy("from", "from"), "NOT_COPIED");
});

test("expiry with every option", async () => {
  await redis.set("e", "v");
  assert.equal(await redis.expire("e", 100, "XX"), 0);
  assert.equal(await redis.expire("e", 100, "NX"), 1);
  assert.equal(await redis.expire("e", 50, "GT"), 0);
  assert.equal(await redis.expire("e", 50, "LT"), 1);
  assert.ok((await redis.ttl("e")) <= 50);
  assert.equal(await redis.pexpire("e", 40_000), 1);
  assert.ok((await redis.pttl("e")) <= 40_000);
  assert.equal(await redis.expireat("e", unixSeconds(30)), 1);
  assert.ok((await redis.ttl("e")) <= 30);
  assert.equal(await redis.pexpireat("e", Date.now() + 20_000), 1);
  assert.ok((await redis.pttl("e")) <= 20_000);
  assert.equal(await redis.persist("e"), 1);
  assert.equal(await redis.persist("e"), 0);
  assert.equal(await redis.ttl("e"), -1);
  assert.equal(await redis.ttl("none"), -2);
  assert.equal(await redis.expire("none", 10), 0);
  assert.equal(await redis.pexpireat("e", Date.now() - 1), 1);
  assert.equal(await redis.exists("e"), 0);
  // The SDK drops an argument that is 0.
  await assert.rejects(redis.expire("e", 0), /ERR wrong number of arguments for 'expire' command/);
});

test("a key with an expiry goes by itself", async () => {
  await redis.set("short", "v", { px: 30 });
  while ((await redis.pttl("short")) >= 0);
  assert.equal(await redis.get("short"), null);
  assert.equal(await redis.exists("short"), 0);
});

test("SCAN finds each key that stays", async () => {
  const keys = Array.from({ length: 300 }, (_, i) => `scan:${i}`);
  await Promise.all(keys.map((key) => redis.set(key, "v")));
  await redis.sadd("scan:a-set", "m");
  const found = await walk((cursor) => redis.scan(cursor, { match: "scan:*", count: 20, type: "string" }));
  assert.deepEqual([...new Set(found)].toSorted(), keys.toSorted());
});

test("SCAN tells types, and knows none of a search index", async () => {
  await redis.flushdb();
  await redis.set("typed:s", 1);
  await redis.hset("typed:h", { a: 1 });
  const [, page] = await redis.scan(0, { withType: true, count: 100 });
  const typed = page.toSorted((a, b) => a.key.localeCompare(b.key));
  assert.deepEqual(typed, [{ key: "typed:h", type: "hash" }, { key: "typed:s", type: "string" }]);
  assert.deepEqual(await redis.scan(0, { type: "search" }), ["0", []]);
});

test("the server answers for itself", async () => {
  assert.equal(await redis.ping(), "PONG");
  assert.equal(await redis.ping(["hello"]), "hello");
  assert.equal(await redis.echo("hello"), "hello");
  assert.equal(await redis.clientSetinfo("LIB-NAME", "suite"), "OK");
  const [seconds, microseconds] = await redis.time();
  assert.ok(Math.abs(seconds - unixSeconds()) <= 1);
  assert.ok(microseconds < 1_000_000);
  assert.equal(await redis.flushdb(), "OK");
  await redis.set("one", 1);
  assert.equal(await redis.dbsize(), 1);
  assert.deepEqual(await Promise.all([redis.flushall({ async: true }), redis.flushdb({ async: true })]), ["OK", "OK"]);
  assert.equal(await redis.dbsize(), 0);
  assert.equal(await redis.randomkey(), null);
});
