// JSON documents through @upstash/redis.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, startServer } from "./client.mjs";

const redis = connect(await startServer());

test("documents are set, read and deleted", async () => {
  assert.equal(await redis.json.set("d", "$", { a: 2, b: 3, nested: { a: 4, b: null } }), "OK");
  assert.equal(await redis.json.set("d", "$", {}, { nx: true }), null);
  assert.equal(await redis.json.set("d", "$.none", 1, { xx: true }), null);
  assert.deepEqual(await redis.json.get("d", "$.a"), [2]);
  assert.deepEqual(await redis.json.get("d", "$..b"), [null, 3]);
  assert.deepEqual(await redis.json.get("d", "$..a", "$..b"), { "$..a": [4, 2], "$..b": [null, 3] });
  assert.deepEqual(await redis.json.get("d"), { a: 2, b: 3, nested: { a: 4, b: null } });
  assert.equal(await redis.json.get("none"), null);
  assert.deepEqual(await redis.json.mget(["d", "none"], "$.a"), [[2], null]);
  assert.equal(
    await redis.json.mset({ key: "d", path: "$.a", value: 5 }, { key: "e", path: "$", value: [1] }),
    "OK",
  );
  assert.deepEqual(await redis.json.mget(["d", "e"], "$"), [[{ a: 5, b: 3, nested: { a: 4, b: null } }], [[1]]]);
  assert.equal(await redis.json.merge("d", "$", { b: null, c: [1, 2] }), "OK");
  assert.deepEqual(await redis.json.get("d"), { a: 5, nested: { a: 4, b: null }, c: [1, 2] });
  assert.deepEqual(await redis.json.type("d", "$.*"), ["integer", "object", "array"]);
  assert.equal(await redis.json.del("d", "$..a"), 2);
  assert.equal(await redis.json.clear("d", "$.*"), 2);
  assert.deepEqual(await redis.json.get("d"), { nested: {}, c: [] });
  assert.equal(await redis.json.forget("d", "$.c"), 1);
  assert.equal(await redis.json.del("d"), 1);
  assert.equal(await redis.exists("d"), 0);
  assert.equal(await redis.type("e"), "ReJSON-RL");
});

test("numbers, strings and booleans change in place", async () => {
  await redis.json.set("v", "$", { n: 1, s: "blue", t: true, l: [1.5] });
  assert.deepEqual(await redis.json.numincrby("v", "$.n", 2), [3]);
  assert.deepEqual(await redis.json.nummultby("v", "$.*", 2), [6, null, null, null]);
  assert.deepEqual(await redis.json.strappend("v", "$.s", '"green"'), [9]);
  assert.deepEqual(await redis.json.strlen("v", "$.*"), [null, 9, null, null]);
  assert.deepEqual(await redis.json.toggle("v", "$.t"), [0]);
  assert.deepEqual(await redis.json.get("v", "$"), [{ n: 6, s: "bluegreen", t: false, l: [1.5] }]);
  await assert.rejects(redis.json.strappend("v", "$.s", "blue"), /expected value at line 1 column 1/);
});

test("arrays grow, shrink and are searched", async () => {
  await redis.json.set("l", "$", { colors: ["black", "silver"], n: 1 });
  assert.deepEqual(await redis.json.arrappend("l", "$.colors", '"blue"'), [3]);
  assert.deepEqual(await redis.json.arrinsert("l", "$.colors", 1, '"gold"'), [4]);
  assert.deepEqual(await redis.json.arrindex("l", "$..colors", '"silver"'), [2]);
  assert.deepEqual(await redis.json.arrlen("l", "$.*"), [4, null]);
  assert.deepEqual(await redis.json.arrpop("l", "$.colors"), ["blue"]);
  assert.deepEqual(await redis.json.arrpop("l", "$.colors", 0), ["black"]);
  assert.deepEqual(await redis.json.arrtrim("l", "$.colors", 0, 0), [1]);
  assert.deepEqual(await redis.json.get("l", "$.colors"), [["gold"]]);
});

test("objects show their members", async () => {
  await redis.json.set("o", "$", { a: [3], nested: { a: { b: 2, c: 1 } } });
  assert.deepEqual(await redis.json.objkeys("o", "$..a"), [["b", "c"], null]);
  assert.deepEqual(await redis.json.objlen("o", "$..a"), [2, null]);
  assert.deepEqual(await redis.json.objlen("o", "$"), [2]);
  const flat = await redis.json.resp("o");
  assert.equal(flat.length, 5);
  assert.equal(flat[0], "{");
});
