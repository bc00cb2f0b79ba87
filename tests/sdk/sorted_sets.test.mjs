// Sorted sets through @upstash/redis.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, pairs, startServer, walk } from "./client.mjs";

const redis = connect(await startServer());
const scored = (entries) => Object.entries(entries).map(([member, score]) => ({ member, score }));

test("ZADD with every option", async () => {
  assert.equal(await redis.zadd("z", { score: 1, member: "a" }, { score: 2, member: "b" }), 2);
  assert.equal(await redis.zadd("z", { score: 2, member: { json: true } }), 1);
  assert.equal(await redis.zadd("z", { nx: true }, { score: 9, member: "a" }, { score: 3, member: "c" }), 1);
  assert.equal(await redis.zadd("z", { xx: true, ch: true }, { score: 4, member: "a" }, { score: 4, member: "new" }), 1);
  assert.equal(await redis.zadd("z", { gt: true, ch: true }, { score: 3, member: "a" }), 0);
  assert.equal(await redis.zadd("z", { lt: true, ch: true }, { score: 3.5, member: "a" }), 1);
  assert.equal(await redis.zadd("z", { incr: true }, { score: 0.25, member: "a" }), 3.75);
  assert.equal(await redis.zadd("z", { incr: true, nx: true }, { score: 1, member: "a" }), null);
  assert.equal(await redis.zincrby("z", -0.75, "a"), 3);
  assert.equal(await redis.zscore("z", "a"), 3);
  assert.equal(await redis.zscore("z", { json: true }), 2);
  assert.equal(await redis.zscore("z", "none"), null);
  assert.deepEqual(await redis.zmscore("z", ["b", "none"]), [2, null]);
  assert.equal(await redis.zcard("z"), 4);
  // JSON has no infinity: the SDK sends null.
  await assert.rejects(redis.zadd("z", { score: Infinity, member: "x" }), /ERR unsupported arg type: null/);
});

test("ZRANGE by rank, score and text", async () => {
  await redis.zadd("r", ...scored({ a: 1, b: 2, c: 3, d: 4, e: 5 }));
  assert.deepEqual(await redis.zrange("r", 0, 1), ["a", "b"]);
  assert.deepEqual(await redis.zrange("r", 0, 1, { rev: true, withScores: true }), ["e", 5, "d", 4]);
  assert.deepEqual(await redis.zrange("r", 2, 4, { byScore: true }), ["b", "c", "d"]);
  assert.deepEqual(await redis.zrange("r", "(2", "+inf", { byScore: true, withScores: true }), ["c", 3, "d", 4, "e", 5]);
  assert.deepEqual(await redis.zrange("r", 4, "-inf", { byScore: true, rev: true, offset: 1, count: 2 }), ["c", "b"]);
  await redis.zadd("lex", ...scored({ a: 0, b: 0, c: 0, d: 0 }));
  assert.deepEqual(await redis.zrange("lex", "[b", "(d", { byLex: true }), ["b", "c"]);
  assert.deepEqual(await redis.zrange("lex", "+", "-", { byLex: true, rev: true, offset: 0, count: 2 }), ["d", "c"]);
  assert.equal(await redis.zlexcount("lex", "-", "[b"), 2);
  assert.equal(await redis.zcount("r", "(1", 3), 2);
  assert.equal(await redis.zrank("r", "b"), 1);
  assert.equal(await redis.zrevrank("r", "b"), 3);
  assert.equal(await redis.zrank("r", "none"), null);
});

test("members are taken by name, rank, score, text and end", async () => {
  await redis.zadd("t", ...scored({ a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7 }));
  assert.equal(await redis.zrem("t", "a", "none"), 1);
  assert.equal(await redis.zremrangebyrank("t", 0, 0), 1);
  assert.equal(await redis.zremrangebyscore("t", 3, "(4"), 1);
  assert.deepEqual(await redis.zpopmin("t"), ["d", 4]);
  assert.deepEqual(await redis.zpopmax("t", 2), ["g", 7, "f", 6]);
  assert.deepEqual(await redis.zpopmin("t", 9), ["e", 5]);
  assert.deepEqual(await redis.zpopmax("t"), []);
  await redis.zadd("t", ...scored({ a: 0, b: 0, c: 0 }));
  assert.equal(await redis.zremrangebylex("t", "[a", "(c"), 2);
  assert.deepEqual(await redis.zrange("t", 0, -1), ["c"]);
});

test("sorted sets are combined", async () => {
  await redis.zadd("one", ...scored({ a: 1, b: 2 }));
  await redis.zadd("two", ...scored({ b: 3, c: 4 }));
  assert.deepEqual(await redis.zunion(2, ["one", "two"]), ["a", "c", "b"]);
  const weighted = { weights: [2, 1], aggregate: "max", withScores: true };
  assert.deepEqual(await redis.zunion(2, ["one", "two"], weighted), ["a", 2, "b", 4, "c", 4]);
  assert.equal(await redis.zunionstore("dst", 2, ["one", "two"], { aggregate: "min" }), 3);
  assert.deepEqual(await redis.zrange("dst", 0, -1, { withScores: true }), ["a", 1, "b", 2, "c", 4]);
  assert.equal(await redis.zinterstore("dst", 2, ["one", "two"], { weights: [1, 10] }), 1);
  assert.deepEqual(await redis.zrange("dst", 0, -1, { withScores: true }), ["b", 32]);
  assert.equal(await redis.zdiffstore("dst", 2, "one", "two"), 1);
  assert.deepEqual(await redis.zrange("dst", 0, -1), ["a"]);
});

test("ZSCAN walks a large sorted set once", async () => {
  const members = Object.fromEntries(Array.from({ length: 1_500 }, (_, i) => [`m${i}`, i / 4]));
  assert.equal(await redis.zadd("large", ...scored(members)), 1_500);
  const seen = await walk((cursor) => redis.zscan("large", cursor, { match: "m*", count: 100 }));
  assert.equal(seen.length, 3_000);
  assert.deepEqual(pairs(seen), members);
});
