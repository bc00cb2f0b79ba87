// Strings and counters through @upstash/redis.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, startServer, unixSeconds } from "./client.mjs";

const redis = connect(await startServer());

test("SET with every option", async () => {
  assert.equal(await redis.set("s", "one"), "OK");
  assert.equal(await redis.set("s", "two", { nx: true }), null);
  assert.equal(await redis.set("absent", "two", { xx: true }), null);
  assert.equal(await redis.set("s", "two", { xx: true, get: true }), "one");
  assert.equal(await redis.set("s", "other", { nx: true, get: true }), "two");
  assert.equal(await redis.set("fresh", "new", { nx: true, get: true }), null);
  assert.equal(await redis.get("fresh"), "new");

  assert.equal(await redis.set("s", "three", { ex: 100 }), "OK");
  assert.ok((await redis.ttl("s")) > 95);
  assert.equal(await redis.set("s", "four", { keepTtl: true }), "OK");
  assert.ok((await redis.pttl("s")) > 95_000);
  assert.equal(await redis.set("s", "five", { px: 60_000 }), "OK");
  assert.ok((await redis.ttl("s")) <= 60);
  assert.equal(await redis.set("s", "six", { exat: unixSeconds(50) }), "OK");
  assert.ok((await redis.ttl("s")) <= 50);
  assert.equal(await redis.set("s", "seven", { pxat: Date.now() + 40_000 }), "OK");
  assert.ok((await redis.pttl("s")) <= 40_000);
  assert.equal(await redis.set("s", "eight"), "OK");
  assert.equal(await redis.ttl("s"), -1);
});

test("SETEX, PSETEX, SETNX, GETSET and GETDEL", async () => {
  assert.equal(await redis.setex("e", 10, "x"), "OK");
  assert.ok((await redis.ttl("e")) > 5);
  assert.equal(await redis.psetex("e", 10_000, "y"), "OK");
  assert.ok((await redis.pttl("e")) <= 10_000);
  assert.equal(await redis.setnx("e", "z"), 0);
  assert.equal(await redis.setnx("new", "z"), 1);
  assert.equal(await redis.getset("new", { a: 1 }), "z");
  assert.deepEqual(await redis.getdel("new"), { a: 1 });
  assert.equal(await redis.getdel("new"), null);
  await assert.rejects(redis.setex("e", 0, "x"), /ERR invalid expire time in 'setex' command/);
});

test("GETEX sets, clears and passes over an expiry", async () => {
  await redis.set("g", "v");
  assert.equal(await redis.getex("g", { ex: 100 }), "v");
  assert.ok((await redis.ttl("g")) > 95);
  assert.equal(await redis.getex("g", { px: 50_000 }), "v");
  assert.ok((await redis.pttl("g")) <= 50_000);
  assert.equal(await redis.getex("g"), "v");
  assert.ok((await redis.pttl("g")) > 40_000);
  assert.equal(await redis.getex("g", { exat: unixSeconds(20) }), "v");
  assert.equal(await redis.getex("g", { pxat: Date.now() + 10_000 }), "v");
  assert.ok((await redis.pttl("g")) <= 10_000);
  assert.equal(await redis.getex("g", { persist: true }), "v");
  assert.equal(await redis.ttl("g"), -1);
  assert.equal(await redis.getex("g", { exat: unixSeconds(-1) }), "v");
  assert.equal(await redis.get("g"), null);
});

test("several keys in one step", async () => {
  assert.equal(await redis.mset({ m1: 1, m2: { a: [1] } }), "OK");
  assert.deepEqual(await redis.mget("m1", "m2", "none"), [1, { a: [1] }, null]);
  assert.deepEqual(await redis.mget(["m1", "m2"]), [1, { a: [1] }]);
  assert.equal(await redis.msetnx({ m2: "no", m3: "no" }), 0);
  assert.equal(await redis.get("m3"), null);
  assert.equal(await redis.msetnx({ m3: "yes", m4: "yes" }), 1);
});

test("parts of a string", async () => {
  assert.equal(await redis.append("p", "Hello"), 5);
  assert.equal(await redis.append("p", " World"), 11);
  assert.equal(await redis.strlen("p"), 11);
  assert.equal(await redis.getrange("p", -5, -1), "World");
  assert.equal(await redis.setrange("p", 6, "Redis"), 11);
  assert.equal(await redis.get("p"), "Hello Redis");
  assert.equal(await redis.strlen("none"), 0);
});

test("counters", async () => {
  assert.equal(await redis.incr("c"), 1);
  assert.equal(await redis.incrby("c", 41), 42);
  assert.equal(await redis.decr("c"), 41);
  assert.equal(await redis.decrby("c", 40), 1);
  assert.equal(await redis.incrbyfloat("c", 0.5), 1.5);
  await assert.rejects(redis.incr("c"), /ERR value is not an integer or out of range/);
  const many = await Promise.all(Array.from({ length: 200 }, () => redis.incr("many")));
  assert.deepEqual(many.toSorted((a, b) => a - b), Array.from({ length: 200 }, (_, i) => i + 1));
});

test("a value is compared before it is changed, for which the SDK has no method", async () => {
  await redis.set("cas", "one");
  assert.equal(await redis.exec(["SET", "cas", "two", "IFEQ", "other"]), null);
  assert.equal(await redis.exec(["SET", "cas", "two", "IFEQ", "one"]), "OK");
  assert.equal(await redis.exec(["SET", "cas", "three", "IFNE", "two"]), null);
  const digest = await redis.exec(["DIGEST", "cas"]);
  assert.match(String(digest), /^[0-9a-f]{16}$/);
  assert.equal(await redis.exec(["SET", "cas", "three", "IFDEQ", digest]), "OK");
  assert.equal(await redis.exec(["DELEX", "cas", "IFEQ", "two"]), 0);
  assert.equal(await redis.exec(["DELEX", "cas", "IFEQ", "three"]), 1);
  const won = await Promise.all(
    Array.from({ length: 20 }, (_, i) => redis.exec(["SET", "once", i, "NX"])),
  );
  assert.equal(won.filter((answer) => answer === "OK").length, 1);
});
