// Lists and sets through @upstash/redis.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, startServer } from "./client.mjs";

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

test("SSCAN walks a large set once", async () => {
  const members = Array.from({ length: 1_500 }, (_, i) => `member:${i}`);
  assert.equal(await redis.sadd("large", ...members), 1_500);
  const seen = [];
  let cursor = "0";
  do {
    const [next, page] = await redis.sscan("large", cursor, { match: "member:*", count: 100 });
    seen.push(...page);
    cursor = next;
  } while (cursor !== "0");
  assert.deepEqual(sorted(seen), members.toSorted());
});
