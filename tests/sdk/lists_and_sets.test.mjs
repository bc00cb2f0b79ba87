// Lists and sets through @upstash/redis.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, startServer, walk } from "./client.mjs";

const redis = connect(await startServer());
const sorted = (members) => members.map(String).toSorted();

test("lists grow and shrink at both ends", async () => {
  assert.equal(await redis.lpushx("l", "x"), 0);
  assert.equal(await redis.rpushx("l", "x"), 0);
  assert.equal(await redis.rpush("l", "b", { c: 1 }), 2);
  assert.equal(await redis.lpush("l", "a"), 3);
  assert.equal(await redis.rpushx("l", 4, 5), 5);
  assert.equal(await redis.lpushx("l", "first"), 6);
  assert.deepEqual(await redis.lrange("l", 0, -1), ["first", "a", "b", { c: 1 }, 4, 5]);
  assert.deepEqual(await redis.lindex("l", 3), { c: 1 });
  assert.equal(await redis.lindex("l", 99), null);
  assert.equal(await redis.llen("l"), 6);
  assert.equal(await redis.ltrim("l", 1, -2), "OK");
  assert.equal(await redis.lpop("l"), "a");
  assert.equal(await redis.rpop("l"), 4);
  assert.deepEqual(await redis.lpop("l", 5), ["b", { c: 1 }]);
  assert.equal(await redis.lpop("l"), null);
  assert.equal(await redis.rpop("l", 2), null);
  assert.deepEqual(await redis.lrange("l", 0, -1), []);
});

test("lists change between their ends", async () => {
  await redis.rpush("m", "a", "b", "c", "b");
  assert.equal(await redis.lset("m", 0, { first: true }), "OK");
  assert.deepEqual(await redis.lindex("m", 0), { first: true });
  await assert.rejects(redis.lset("m", 99, "x"), /ERR index out of range/);
  assert.equal(await redis.linsert("m", "before", "c", "between"), 5);
  assert.equal(await redis.linsert("m", "after", "c", "behind"), 6);
  assert.equal(await redis.linsert("m", "after", "none", "x"), -1);
  assert.equal(await redis.linsert("none", "before", "a", "x"), 0);
  assert.equal(await redis.lpos("m", "b"), 1);
  assert.equal(await redis.lpos("m", "b", { rank: -1 }), 5);
  assert.deepEqual(await redis.lpos("m", "b", { count: 0 }), [1, 5]);
  assert.deepEqual(await redis.lpos("m", "b", { count: 0, maxLen: 3 }), [1]);
  assert.equal(await redis.lpos("m", "none"), null);
  assert.equal(await redis.lrem("m", -1, "b"), 1);
  assert.deepEqual(await redis.lrange("m", 1, -1), ["b", "between", "c", "behind"]);
  assert.equal(await redis.lmove("m", "other", "right", "left"), "behind");
  assert.deepEqual(await redis.lmove("m", "m", "left", "right"), { first: true });
  assert.equal(await redis.lmove("none", "other", "left", "left"), null);
  assert.deepEqual(await redis.lmpop(2, ["none", "m"], "LEFT", 2), ["m", ["b", "between"]]);
  assert.deepEqual(await redis.lmpop(1, ["other"], "RIGHT"), ["other", ["behind"]]);
  assert.equal(await redis.lmpop(1, ["other"], "LEFT", 5), null);
});

test("a pop waits for a push, for which the SDK has no method", async () => {
  const popped = redis.exec(["BLPOP", "none", "jobs", "10"]);
  await redis.rpush("jobs", { id: 1 }, { id: 2 });
  assert.deepEqual(await popped, ["jobs", { id: 1 }]);
  assert.deepEqual(await redis.exec(["BLMOVE", "jobs", "done", "LEFT", "RIGHT", "10"]), { id: 2 });
  assert.equal(await redis.exec(["BLPOP", "jobs", "0.01"]), null);
});

test("sets hold members once", async () => {
  assert.equal(await redis.sadd("s", "x", "y", 3), 3);
  assert.equal(await redis.sadd("s", "x"), 0);
  assert.deepEqual(sorted(await redis.smembers("s")), ["3", "x", "y"]);
  assert.equal(await redis.sismember("s", "x"), 1);
  assert.equal(await redis.sismember("s", "z"), 0);
  assert.deepEqual(await redis.smismember("s", ["x", "z", 3]), [1, 0, 1]);
  assert.equal(await redis.scard("s"), 3);
  assert.equal(await redis.srem("s", "x", "z"), 1);
  assert.deepEqual(await redis.smembers("none"), []);
  await assert.rejects(redis.exec(["SADD", "s"]), /ERR wrong number of arguments for 'sadd' command/);
});

test("sets are combined and moved between", async () => {
  await redis.sadd("s1", "a", "b", "c");
  await redis.sadd("s2", "b", "c", "d");
  assert.deepEqual(sorted(await redis.sinter("s1", "s2")), ["b", "c"]);
  assert.deepEqual(sorted(await redis.sunion("s1", "s2")), ["a", "b", "c", "d"]);
  assert.deepEqual(await redis.sdiff("s1", "s2"), ["a"]);
  assert.deepEqual(await redis.sinter("s1", "none"), []);
  assert.equal(await redis.sintercard(["s1", "s2"]), 2);
  assert.equal(await redis.sintercard(["s1", "s2"], { limit: 1 }), 1);
  assert.equal(await redis.sinterstore("dst", "s1", "s2"), 2);
  assert.equal(await redis.sunionstore("dst", "s1", "s2"), 4);
  assert.equal(await redis.sdiffstore("dst", "s1", "s2"), 1);
  assert.deepEqual(await redis.smembers("dst"), ["a"]);
  assert.equal(await redis.smove("s1", "s2", "a"), 1);
  assert.equal(await redis.smove("s1", "s2", "none"), 0);
  assert.deepEqual(sorted(await redis.smembers("s2")), ["a", "b", "c", "d"]);
});

test("members are drawn and taken at random", async () => {
  const members = Array.from({ length: 20 }, (_, i) => `r${i}`);
  await redis.sadd("random", ...members);
  assert.ok(members.includes(await redis.srandmember("random")));
  assert.equal(new Set(await redis.srandmember("random", 5)).size, 5);
  assert.equal((await redis.srandmember("random", -50)).length, 50);
  const first = await redis.spop("random");
  const more = await redis.spop("random", 9);
  assert.equal(await redis.scard("random"), 10);
  assert.deepEqual(sorted([first, ...more, ...(await redis.spop("random", 99))]), members.toSorted());
  assert.equal(await redis.spop("random"), null);
  assert.equal(await redis.srandmember("random"), null);
  assert.deepEqual(await redis.srandmember("random", 3), []);
});

test("SSCAN walks a large set once", async () => {
  const members = Array.from({ length: 1_500 }, (_, i) => `member:${i}`);
  assert.equal(await redis.sadd("large", ...members), 1_500);
  const seen = await walk((cursor) => redis.sscan("large", cursor, { match: "member:*", count: 100 }));
  assert.deepEqual(sorted(seen), members.toSorted());
});
