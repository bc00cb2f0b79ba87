// @vercel/kv, as published, against the real binary.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "@vercel/kv";
import { startServer } from "./client.mjs";

const connect = ({ url, token }) => createClient({ url, token, retry: false });
const kv = connect(await startServer());

async function collected(iterator) {
  const items = [];
  for await (const item of iterator) items.push(item);
  return items;
}

test("a session is stored, read and removed", async () => {
  const session = { userId: "u1", role: "admin", lastActive: 1 };
  await kv.set("session:1", session, { ex: 60 });
  assert.deepEqual(await kv.get("session:1"), session);
  assert.equal(await kv.del("session:1"), 1);
  assert.equal(await kv.get("session:1"), null);
});

test("flags in a hash, a counter and a tag", async () => {
  assert.equal(await kv.hset("flags", { beta: { enabled: true }, old: { enabled: false } }), 2);
  assert.deepEqual(await kv.hget("flags", "beta"), { enabled: true });
  assert.deepEqual(await kv.hgetall("flags"), { beta: { enabled: true }, old: { enabled: false } });
  assert.equal(await kv.incrby("views", 5), 5);
  assert.equal(await kv.get("views"), 5);
  assert.equal(await kv.sadd("tag", "k1", "k2"), 2);
  assert.deepEqual((await kv.smembers("tag")).toSorted(), ["k1", "k2"]);
  assert.equal(await kv.setnx("views", 9), 0);
  assert.deepEqual(await kv.multi().incr("views").expire("views", 60).exec(), [6, 1]);
});

test("iterators meet everything and end", async () => {
  const keys = Array.from({ length: 200 }, (_, i) => `it:${i}`);
  await kv.mset(Object.fromEntries(keys.map((key) => [key, 1])));
  assert.deepEqual((await collected(kv.scanIterator({ match: "it:*", count: 17 }))).toSorted(), keys.toSorted());
  assert.deepEqual(await collected(kv.scanIterator({ match: "nothing:*" })), []);

  const fields = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`f${i}`, `v${i}`]));
  await kv.hset("fields", fields);
  const flat = await collected(kv.hscanIterator("fields", { count: 50 }));
  assert.deepEqual(flat.toSorted(), Object.entries(fields).flat().toSorted());

  const members = Array.from({ length: 1_000 }, (_, i) => `m${i}`);
  await kv.sadd("members", ...members);
  assert.deepEqual((await collected(kv.sscanIterator("members", { count: 50 }))).toSorted(), members.toSorted());
  assert.deepEqual(await collected(kv.sscanIterator("none")), []);

  const scored = members.map((member, score) => ({ score, member }));
  await kv.zadd("scored", ...scored);
  const pairs = await collected(kv.zscanIterator("scored", { count: 50 }));
  assert.deepEqual(pairs.map(String).toSorted(), scored.flatMap(({ score, member }) => [member, `${score}`]).toSorted());
});

test("data outlive the process", async () => {
  const server = await startServer();
  const client = connect(server);
  await client.set("kept", "value");
  await server.restart("SIGKILL");
  assert.equal(await client.get("kept"), "value");
  await client.set("kept", "changed");
  await server.restart();
  assert.equal(await client.get("kept"), "changed");
});
