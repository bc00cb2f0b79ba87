// @vercel/kv, as published, against the real binary.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createClient } from "@vercel/kv";
import { Selvedge } from "./server.mjs";

let server, kv;
before(async () => {
  server = await Selvedge.start();
  kv = createClient({ url: server.url, token: server.token });
});
after(() => server.remove());

test("a session is stored, read and removed", async () => {
  const session = { userId: "u1", role: "admin", lastActive: 1 };
  await kv.set("session:1", session, { ex: 60 });
  assert.deepEqual(await kv.get("session:1"), session);
  assert.equal(await kv.del("session:1"), 1);
  assert.equal(await kv.get("session:1"), null);
});

test("iterators end", async () => {
  for (let i = 0; i < 200; i++) await kv.set(`it:${i}`, i);
  const found = [];
  for await (const key of kv.scanIterator({ match: "it:*", count: 17 })) found.push(key);
  assert.equal(new Set(found).size, 200);
  await kv.hset("fields", Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`f${i}`, i])));
  let fields = 0;
  for await (const _ of kv.hscanIterator("fields")) fields++;
  assert.ok(fields >= 500);
});

test("data outlives the process", async () => {
  const own = await Selvedge.start();
  const client = createClient({ url: own.url, token: own.token });
  await client.set("kept", "value");
  assert.equal(await own.stop("SIGKILL"), null);
  const again = await Selvedge.start(own.directory);
  const reader = createClient({ url: again.url, token: again.token });
  assert.equal(await reader.get("kept"), "value");
  assert.equal(await again.stop(), 0);
  await again.remove();
});
