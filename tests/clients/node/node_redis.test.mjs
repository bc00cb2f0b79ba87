// node-redis over RESP2 and RESP3.
import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { after, test } from "node:test";
import { BasicClientSideCache, createClient, RESP_TYPES, WatchError } from "redis";
import { ALL_BYTES, startServer, urlFor } from "./server.mjs";

const server = await startServer();

async function connect(options = {}) {
  const client = createClient({ url: server.redisUrl, ...options });
  // The client wants a listener; what goes wrong reaches the test through the calls.
  client.on("error", () => {});
  after(() => client.destroy());
  return client.connect();
}

test("it connects, and tells a wrong password from none", async () => {
  const client = await connect({ name: "smoke" });
  assert.equal(await client.clientGetName(), "smoke");
  assert.ok((await client.clientId()) > 0);
  for (const [authority, text] of [["default:wrong@", /WRONGPASS/], ["", /NOAUTH/]]) {
    const stranger = createClient({ url: urlFor(server, authority), socket: { reconnectStrategy: false } });
    stranger.on("error", () => {});
    await assert.rejects(async () => (await stranger.connect()).get("k"), text);
    if (stranger.isOpen) stranger.destroy();
  }
});

test("the read-only token is a user that may not write", async () => {
  await (await connect()).set("open", "yes");
  const reader = await connect({ url: urlFor(server, `default_ro:${server.readOnlyToken}@`) });
  assert.equal(await reader.get("open"), "yes");
  await assert.rejects(reader.set("open", "no"), /NOPERM this user has no permissions to run the 'set' command/);
});

test("its own cache is told of what others write", async () => {
  const cache = new BasicClientSideCache();
  const cached = await connect({ RESP: 3, clientSideCache: cache });
  const other = await connect();
  await other.set("cached", "old");
  assert.equal(await cached.get("cached"), "old");
  assert.equal(await cached.get("cached"), "old");
  assert.equal(cache.stats().hitCount, 1);
  await other.set("cached", "new");
  // The notice and the reply to the writer take different ways.
  const deadline = Date.now() + 10_000;
  let value;
  do {
    await other.ping();
    value = await cached.get("cached");
  } while (value !== "new" && Date.now() < deadline);
  assert.equal(value, "new");
});

for (const RESP of [2, 3]) {
  const client = await connect({ RESP });

  test(`everyday commands, RESP${RESP}`, async () => {
    assert.equal(await client.flushDb(), "OK");
    assert.equal(await client.set("s", "v", { expiration: { type: "EX", value: 100 } }), "OK");
    assert.equal(await client.set("s", "w", { condition: "NX" }), null);
    assert.equal(await client.getEx("s", { type: "PERSIST" }), "v");
    assert.equal(await client.ttl("s"), -1);
    assert.deepEqual(await client.mGet(["s", "none"]), ["v", null]);
    assert.equal(await client.incrBy("n", 41), 41);
    assert.equal(Number(await client.incrByFloat("n", 0.5)), 41.5);
    assert.equal(await client.hSet("h", { a: "1", b: "2" }), 2);
    assert.deepEqual({ ...(await client.hGetAll("h")) }, { a: "1", b: "2" });
    assert.deepEqual((await client.hKeys("h")).toSorted(), ["a", "b"]);
    assert.equal(await client.rPush("l", ["a", "b", "c"]), 3);
    assert.deepEqual(await client.lRange("l", 0, -1), ["a", "b", "c"]);
    assert.deepEqual(await client.lPopCount("l", 2), ["a", "b"]);
    assert.equal(await client.sAdd("set", ["x", "y"]), 2);
    assert.deepEqual([...(await client.sMembers("set"))].toSorted(), ["x", "y"]);
    assert.equal(Number(await client.sIsMember("set", "x")), 1);
    assert.equal(await client.zAdd("z", [{ score: 1, value: "a" }, { score: 2.5, value: "b" }]), 2);
    assert.equal(await client.zScore("z", "b"), 2.5);
    assert.deepEqual(await client.zRange("z", 0, -1), ["a", "b"]);
    assert.deepEqual(await client.zRangeWithScores("z", 1, 1), [{ value: "b", score: 2.5 }]);
    assert.deepEqual(await client.zPopMin("z"), { value: "a", score: 1 });
    assert.equal(await client.type("h"), "hash");
    assert.equal(await client.expire("s", 100), 1);
    assert.equal(await client.del(["s", "n", "h", "l", "none"]), 4);
  });

  test(`pipelines and transactions, RESP${RESP}`, async () => {
    // Commands of one tick go out together, and their replies come back in order.
    const counts = await Promise.all(Array.from({ length: 5_000 }, () => client.incr("piped")));
    assert.deepEqual(counts, Array.from({ length: 5_000 }, (_, i) => i + 1));
    assert.deepEqual(await client.multi().set("t", "1").incr("t").get("t").exec(), ["OK", 2, "2"]);
    const failed = client.multi().incr("t").lPush("t", "x").incr("t").exec();
    await assert.rejects(failed, ({ replies, errorIndexes }) => {
      assert.match(replies[1].message, /^WRONGTYPE/);
      assert.deepEqual([replies[0], replies[2], errorIndexes.length], [3, 4, 1]);
      return true;
    });
    await assert.rejects(client.multi().incr("t").addCommand(["NOPE"]).exec(), /EXECABORT|unknown command 'NOPE'/);
    assert.equal(await client.get("t"), "4");
  });

  test(`a transaction depends on what it watched, RESP${RESP}`, async () => {
    const other = await connect({ RESP });
    await client.watch("watched");
    await other.set("watched", "theirs");
    await assert.rejects(client.multi().set("watched", "ours").exec(), WatchError);
    await client.watch("watched");
    assert.deepEqual(await client.multi().set("watched", "ours").get("watched").exec(), ["OK", "ours"]);
  });

  test(`a pop waits for a push, RESP${RESP}`, async () => {
    const waiting = await connect({ RESP });
    const popped = waiting.blPop(["none", "jobs"], 0);
    await client.rPush("jobs", ["first", "second"]);
    assert.deepEqual({ ...(await popped) }, { key: "jobs", element: "first" });
    assert.equal(await waiting.blMove("jobs", "done", "LEFT", "RIGHT", 0), "second");
    assert.equal(await waiting.brPop("jobs", 0.01), null);
  });

  test(`messages reach who listens, RESP${RESP}`, async () => {
    const listener = await connect({ RESP });
    const heard = new EventEmitter();
    const hear = (message, channel) => heard.emit(channel, message);
    await listener.subscribe("chat", hear);
    await listener.pSubscribe("user:*", hear);
    const both = Promise.all([once(heard, "chat"), once(heard, "user:1")]);
    assert.equal(await client.publish("chat", "hello"), 1);
    assert.equal(await client.publish("user:1", "héllo"), 1);
    assert.deepEqual(await both, [["hello"], ["héllo"]]);
    await listener.unsubscribe("chat");
    await listener.pUnsubscribe("user:*");
    assert.equal(await client.publish("chat", "anybody?"), 0);
  });

  test(`bytes and large integers, RESP${RESP}`, async () => {
    const bytes = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
    assert.equal(await client.set("bytes", ALL_BYTES), "OK");
    assert.deepEqual(await bytes.get("bytes"), ALL_BYTES);
    await client.rPush("byte-list", ALL_BYTES);
    assert.deepEqual(await bytes.rPop("byte-list"), ALL_BYTES);
    await client.set("max", "9223372036854775806");
    const digits = client.withTypeMapping({ [RESP_TYPES.NUMBER]: String });
    assert.equal(await digits.incr("max"), "9223372036854775807");
    await assert.rejects(client.incr("max"), /ERR increment or decrement would overflow/);
  });

  test(`scan iterators, RESP${RESP}`, async () => {
    const fields = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`f${i}`, `${i}`]));
    await client.hSet("large", fields);
    const seen = {};
    for await (const page of client.hScanIterator("large", { COUNT: 50 })) {
      for (const { field, value } of page) seen[field] = value;
    }
    assert.deepEqual(seen, fields);
    await client.mSet(Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`it:${i}`, "v"])));
    const keys = new Set();
    for await (const page of client.scanIterator({ MATCH: "it:*", COUNT: 7 })) page.forEach((key) => keys.add(key));
    assert.equal(keys.size, 100);
  });
}

test("errors have their class in the first word", async () => {
  const client = await connect();
  await client.lPush("errors", "x");
  for (const [words, text] of [
    [["GET", "errors"], /^WRONGTYPE Operation against a key holding the wrong kind of value$/],
    [["NOPE", "a"], /^ERR unknown command 'NOPE', with args beginning with: 'a'/],
    [["GET"], /^ERR wrong number of arguments for 'get' command$/],
    [["SET", "k", "v", "EX", "no"], /^ERR value is not an integer or out of range$/],
    [["SELECT", "1"], /^ERR DB index is out of range$/],
  ]) {
    await assert.rejects(client.sendCommand(words), ({ message }) => text.test(message));
  }
});

test("it reconnects after a restart and finds its data", async () => {
  const client = await connect({ socket: { reconnectStrategy: () => 20 } });
  await client.set("kept", "value");
  for (const signal of ["SIGTERM", "SIGKILL"]) {
    await server.restart(signal);
    assert.equal(await client.get("kept"), "value");
  }
});
