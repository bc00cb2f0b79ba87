// Hashes through @upstash/redis.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, pairs, startServer, walk } from "./client.mjs";

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
