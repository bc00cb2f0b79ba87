// Two Socket.IO servers that know of each other through the database alone.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";
import { createAdapter, createShardedAdapter } from "@socket.io/redis-adapter";
import { Redis } from "ioredis";
import { createClient } from "redis";
import { Server } from "socket.io";
import { io } from "socket.io-client";
import { startServer } from "./client.mjs";

const server = await startServer();

// A connection to publish and one to listen.
async function nodeRedisPair() {
  const publishes = createClient({ url: server.redisUrl });
  const listens = publishes.duplicate();
  await Promise.all([publishes.connect(), listens.connect()]);
  server.before(() => Promise.all([publishes.close(), listens.close()]));
  return [publishes, listens];
}

async function ioredisPair() {
  const publishes = new Redis(server.redisUrl);
  const listens = publishes.duplicate();
  await Promise.all([publishes.ping(), listens.ping()]);
  server.before(() => [publishes.disconnect(), listens.disconnect()]);
  return [publishes, listens];
}

for (const [name, adapter] of [
  ["the adapter on node-redis", async () => createAdapter(...(await nodeRedisPair()), { key: "a" })],
  ["the adapter on ioredis", async () => createAdapter(...(await ioredisPair()), { key: "b" })],
  ["the sharded adapter on node-redis", async () => createShardedAdapter(...(await nodeRedisPair()), { channelPrefix: "c" })],
]) {
  test(`two servers are one, through ${name}`, async (t) => {
    const servers = [];
    const clients = [];
    t.after(async () => {
      for (const client of clients) client.disconnect();
      for (const { sockets } of servers) await sockets.close();
    });
    for (let i = 0; i < 2; i++) {
      const http = createServer();
      const sockets = new Server(http, { adapter: await adapter() });
      http.listen(0, "127.0.0.1");
      await once(http, "listening");
      servers.push({ sockets, url: `http://127.0.0.1:${http.address().port}` });
    }
    const [first, second] = servers.map(({ sockets }) => sockets);
    // Both know of each other once each has been told of.
    while ((await first.of("/").adapter.serverCount()) < 2) await new Promise((resume) => setTimeout(resume, 10));
    for (const { url } of [servers[0], servers[1], servers[1]]) {
      const client = io(url, { transports: ["websocket"], forceNew: true });
      clients.push(client);
      await once(client, "connect");
    }
    const heard = (client, event) => once(client, event).then(([message]) => message);

    // To all, from either server.
    const all = Promise.all(clients.map((client) => heard(client, "news")));
    first.emit("news", { n: 1, bytes: Buffer.from([0, 255, 10, 13]) });
    const news = await all;
    assert.deepEqual(news.map(({ n }) => n), [1, 1, 1]);
    assert.deepEqual([...news[2].bytes], [0, 255, 10, 13]);

    // To a room whose members are on both.
    first.in(clients[0].id).socketsJoin("room");
    first.in(clients[2].id).socketsJoin("room");
    while ((await second.in("room").fetchSockets()).length < 2) await new Promise((resume) => setTimeout(resume, 10));
    const ids = (await first.in("room").fetchSockets()).map(({ id }) => id).sort();
    assert.deepEqual(ids, [clients[0].id, clients[2].id].sort());
    assert.equal((await first.fetchSockets()).length, 3);
    let outside = 0;
    clients[1].on("inside", () => (outside += 1));
    const inside = Promise.all([heard(clients[0], "inside"), heard(clients[2], "inside")]);
    second.to("room").emit("inside", "hello");
    assert.deepEqual(await inside, ["hello", "hello"]);
    assert.equal(outside, 0);

    // With acknowledgements of clients on the other server.
    for (const client of clients) client.on("ask", (answer) => answer(client.id));
    const answers = await first.timeout(5_000).emitWithAck("ask");
    assert.deepEqual(answers.sort(), clients.map(({ id }) => id).sort());

    // Between the servers.
    second.on("add", (a, b, answer) => answer(a + b));
    assert.deepEqual(await first.serverSideEmitWithAck("add", 1, 2), [3]);

    // Sockets of the other server leave and are cut off.
    first.in(clients[2].id).socketsLeave("room");
    while ((await second.in("room").fetchSockets()).length > 1) await new Promise((resume) => setTimeout(resume, 10));
    const gone = once(clients[1], "disconnect");
    first.in(clients[1].id).disconnectSockets(true);
    await gone;
    while ((await first.fetchSockets()).length > 2) await new Promise((resume) => setTimeout(resume, 10));
  });
}
