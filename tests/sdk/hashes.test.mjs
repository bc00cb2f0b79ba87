// Hashes through @upstash/redis.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, pairs, startServer, unixSeconds, walk } from "./client.mjs";

const redis = connect(await startServer());

test("fields are set, read and removed", async () => {
  assert.equal(await redis.hset("h", { name: "Ada", age: 36, tags: ["a", "b"] }), 3);
  assert.equal(await redis.hset("h", { name: "Ada", city: "London" }), 1);
  assert.equal(await redis.hget("h", "name"), "Ada");
  assert.equal(await redis.hget("h", "none"), null);
  assert.deepEqual(await redis.hgetall("h"), { name: "Ada", age: 36, tags: ["a", "b"], city: "London" });
  assert.equal(await redis.hgetall("none"), null);
  assert.deepEqual(await redis.hmget("h", "name", "none"), { name: "Ada", none: null });
  assert.equal(await redis.hmget("none", "name"), null);
  assert.equal(await redis.hmset("h", { age: 37 }), "OK");
  assert.equal(await redis.hsetnx("h", "age", 99), 0);
  assert.equal(await redis.hsetnx("h", "email", "ada@example.com"), 1);
  assert.equal(await redis.hexists("h", "age"), 1);
  assert.equal(await redis.hlen("h"), 5);
  assert.equal(await redis.hstrlen("h", "name"), 3);
  assert.deepEqual((await redis.hkeys("h")).toSorted(), ["age", "city", "email", "name", "tags"]);
  const values = await redis.hvals("h");
  assert.equal(values.length, 5);
  assert.ok(values.includes("London"));
  assert.equal(await redis.hdel("h", "email", "none"), 1);
  assert.equal(await redis.hdel("h", "age", "city", "name", "tags"), 4);
  assert.equal(await redis.exists("h"), 0);
});

test("fields count", async () => {
  assert.equal(await redis.hincrby("n", "views", 2), 2);
  assert.equal(await redis.hincrby("n", "views", -3), -1);
  assert.equal(await redis.hincrbyfloat("n", "score", 10.5), 10.5);
  assert.equal(await redis.hincrbyfloat("n", "score", 0.1), 10.6);
  await redis.hset("n", { word: "text" });
  await assert.rejects(redis.hincrby("n", "word", 1), /ERR hash value is not an integer/);
});

test("HSCAN walks a large hash once", async () => {
  const fields = Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`f${i}`, i]));
  assert.equal(await redis.hset("large", fields), 2_000);
  const seen = await walk((cursor) => redis.hscan("large", cursor, { count: 100 }));
  assert.equal(seen.length, 4_000);
  assert.deepEqual(pairs(seen), fields);
  const [, few] = await redis.hscan("large", 0, { match: "f199?", count: 5_000 });
  assert.equal(few.length, 20);
});

test("fields expire, each by itself", async () => {
  await redis.hset("e", { a: 1, b: 2, c: 3, d: 4 });
  assert.deepEqual(await redis.hexpire("e", ["a", "none"], 100), [1, -2]);
  assert.deepEqual(await redis.hexpire("e", "a", 50, "GT"), [0]);
  assert.deepEqual(await redis.hpexpire("e", "a", 50_000, "lt"), [1]);
  assert.deepEqual(await redis.hexpireat("e", "b", unixSeconds(200), "NX"), [1]);
  assert.deepEqual(await redis.hpexpireat("e", ["b"], Date.now() + 300_000, "XX"), [1]);
  const [a, c, none] = await redis.httl("e", ["a", "c", "none"]);
  assert.ok(a > 45 && a <= 50);
  assert.deepEqual([c, none], [-1, -2]);
  assert.ok((await redis.hpttl("e", "b"))[0] > 290_000);
  assert.ok(Math.abs((await redis.hexpiretime("e", "b"))[0] - unixSeconds(300)) <= 1);
  assert.ok(Math.abs((await redis.hpexpiretime("e", ["b"]))[0] - Date.now() - 300_000) < 5_000);
  assert.deepEqual(await redis.hpersist("e", ["b", "c", "none"]), [1, -1, -2]);
  assert.deepEqual(await redis.hpexpireat("e", "d", Date.now() - 1), [2]);
  assert.deepEqual(await redis.hpexpire("e", "a", 30), [1]);
  while (await redis.hexists("e", "a"));
  assert.deepEqual(await redis.hgetall("e"), { b: 2, c: 3 });
  assert.equal(await redis.hlen("e"), 2);
});

test("a missing hash answers for each field", async () => {
  assert.deepEqual(await redis.hexpire("gone", ["a", "b"], 100), [-2, -2]);
  // Milliseconds where seconds are wanted.
  assert.deepEqual(await redis.hexpireat("gone", "a", Date.now() + 1_000), [-2]);
  for (const ask of [redis.httl, redis.hpttl, redis.hexpiretime, redis.hpexpiretime, redis.hpersist]) {
    assert.deepEqual(await ask("gone", "a"), [-2]);
  }
  assert.equal(await redis.hgetdel("gone", "a", "b"), null);
  assert.equal(await redis.hgetex("gone", { ex: 10 }, "a"), null);
});

test("fields are set, read and taken together with an expiry", async () => {
  assert.equal(await redis.hsetex("x", { expiration: { ex: 100 } }, { a: 1, b: { deep: true } }), 1);
  assert.equal(await redis.hsetex("x", { conditional: "FNX" }, { b: 2, c: 3 }), 0);
  assert.equal(await redis.hsetex("x", { conditional: "FXX", expiration: { keepttl: true } }, { a: 10 }), 1);
  assert.ok((await redis.httl("x", "a"))[0] > 95);
  assert.equal(await redis.hsetex("x", { conditional: "FNX", expiration: { pxat: Date.now() + 60_000 } }, { c: 3 }), 1);
  assert.deepEqual(await redis.hgetex("x", { persist: true }, "a", "none"), { a: 10, none: null });
  assert.deepEqual(await redis.httl("x", ["a", "none"]), [-1, -2]);
  assert.deepEqual(await redis.hgetex("x", { px: 20_000 }, "b"), { b: { deep: true } });
  assert.ok((await redis.hpttl("x", "b"))[0] <= 20_000);
  assert.deepEqual(await redis.hgetdel("x", "a", "b", "none"), { a: 10, b: { deep: true }, none: null });
  assert.deepEqual(await redis.hkeys("x"), ["c"]);
  assert.deepEqual(await redis.hgetdel("x", "c"), { c: 3 });
  assert.equal(await redis.exists("x"), 0);
});

test("fields are drawn at random", async () => {
  const fields = { a: 1, b: 2, c: 3 };
  await redis.hset("r", fields);
  assert.ok((await redis.hrandfield("r")) in fields);
  assert.equal(new Set(await redis.hrandfield("r", 2)).size, 2);
  assert.equal((await redis.hrandfield("r", -7)).length, 7);
  assert.deepEqual(await redis.hrandfield("r", 9, true), fields);
  assert.equal(await redis.hrandfield("none"), null);
  assert.deepEqual(await redis.hrandfield("none", 2), []);
});
