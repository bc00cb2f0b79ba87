// Subscriptions of @upstash/redis, as published, against the real binary.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, startServer } from "./client.mjs";

const redis = connect(await startServer());

// The next event of a subscriber, which is no EventEmitter but has `on`.
const next = (subscriber, event) => new Promise((resolve) => subscriber.on(event, resolve));

test("channels", async () => {
  const subscriber = redis.subscribe(["chat", "news"]);
  const confirmed = [];
  subscriber.on("subscribe", (count) => confirmed.push(count));
  while (confirmed.length < 2) await new Promise(setImmediate);
  const messages = [];
  const both = new Promise((resolve) => {
    subscriber.on("message", (data) => messages.push(data) === 3 && resolve());
  });
  assert.equal(await redis.publish("chat", { user: "ada", text: "hi, all" }), 1);
  assert.equal(await redis.publish("news", "plain text"), 1);
  assert.equal(await redis.publish("news", 42), 1);
  assert.equal(await redis.publish("silence", "x"), 0);
  await both;
  messages.sort((a, b) => a.channel.localeCompare(b.channel));
  assert.deepEqual(messages, [
    { channel: "chat", message: { user: "ada", text: "hi, all" } },
    { channel: "news", message: "plain text" },
    { channel: "news", message: 42 },
  ]);
  await subscriber.unsubscribe();
  while ((await redis.publish("chat", "anybody?")) > 0);
});

test("patterns", async () => {
  const subscriber = redis.psubscribe("user:*");
  await next(subscriber, "psubscribe");
  const message = next(subscriber, "pmessage");
  assert.equal(await redis.publish("user:1", { online: true }), 1);
  assert.deepEqual(await message, { pattern: "user:*", channel: "user:1", message: { online: true } });
  await subscriber.unsubscribe();
});

test("two subscribers of one channel", async () => {
  const [first, second] = [redis.subscribe("both"), redis.subscribe("both")];
  await Promise.all([next(first, "subscribe"), next(second, "subscribe")]);
  const messages = Promise.all([next(first, "message"), next(second, "message")]);
  assert.equal(await redis.publish("both", "hello"), 2);
  assert.deepEqual((await messages).map(({ message }) => message), ["hello", "hello"]);
  await first.unsubscribe();
  await second.unsubscribe();
});
