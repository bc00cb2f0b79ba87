// rate-limiter-flexible on both clients it knows, whose scripts it sends by their digests.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Redis } from "ioredis";
import limiters from "rate-limiter-flexible";
import { createClient } from "redis";
import { connect, startServer } from "./client.mjs";

const { RateLimiterRedis, RateLimiterMemory, BurstyRateLimiter, RateLimiterUnion, RateLimiterQueue } = limiters;

const server = await startServer();
const redis = connect(server);
const ioredis = new Redis(server.redisUrl, { enableOfflineQueue: false, lazyConnect: true });
await ioredis.connect();
const nodeRedis = await createClient({ url: server.redisUrl }).connect();
server.before(() => Promise.all([ioredis.quit(), nodeRedis.close()]));

for (const [name, client] of [
  ["ioredis", { storeClient: ioredis }],
  ["node-redis", { storeClient: nodeRedis, useRedisPackage: true }],
]) {
  const limiter = (options) => new RateLimiterRedis({ ...client, ...options, keyPrefix: `${name}-${options.keyPrefix}` });

  test(`points are consumed exactly, through ${name}`, async () => {
    const limit = limiter({ keyPrefix: "exact", points: 5, duration: 60 });
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => limit.consume("ada")));
    assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 5);
    const { reason } = outcomes.find(({ status }) => status === "rejected");
    assert.equal(reason.remainingPoints, 0);
    assert.ok(reason.msBeforeNext > 50_000 && reason.msBeforeNext <= 60_000);
    assert.equal((await limit.get("ada")).consumedPoints, 20);
    assert.equal(await limit.get("nobody"), null);
  });

  test(`penalty, reward, block and delete, through ${name}`, async () => {
    const limit = limiter({ keyPrefix: "changed", points: 5, duration: 60, blockDuration: 120 });
    await limit.consume("ada", 2);
    assert.equal((await limit.penalty("ada", 2)).consumedPoints, 4);
    assert.equal((await limit.reward("ada", 3)).consumedPoints, 1);
    await assert.rejects(limit.consume("ada", 5), ({ msBeforeNext }) => msBeforeNext > 60_000);
    assert.equal(await limit.delete("ada"), true);
    await limit.block("ada", 30);
    await assert.rejects(limit.consume("ada"), ({ msBeforeNext }) => msBeforeNext <= 30_000);
    await limit.set("bob", 4, 60);
    assert.equal((await limit.consume("bob")).remainingPoints, 0);
    await assert.rejects(limit.consume("bob"));
  });

  test(`a duration ends, and 0 never does, through ${name}`, async () => {
    const brief = limiter({ keyPrefix: "brief", points: 1, duration: 1 });
    await brief.consume("ada");
    const { msBeforeNext } = await brief.consume("ada").catch((refused) => refused);
    await new Promise((resume) => setTimeout(resume, msBeforeNext + 5));
    await brief.consume("ada");
    const forever = limiter({ keyPrefix: "forever", points: 1, duration: 0 });
    await forever.consume("ada");
    assert.equal(await redis.ttl(`${name}-forever:ada`), -1);
  });

  test(`scripts that were flushed are sent again, through ${name}`, async () => {
    const limit = limiter({ keyPrefix: "flushed", points: 5, duration: 60 });
    await limit.consume("ada");
    await redis.scriptFlush();
    assert.equal((await limit.consume("ada")).consumedPoints, 2);
  });

  test(`limiters are combined, through ${name}`, async () => {
    const bursty = new BurstyRateLimiter(
      limiter({ keyPrefix: "steady", points: 1, duration: 60 }),
      limiter({ keyPrefix: "burst", points: 2, duration: 60 }),
    );
    for (let i = 0; i < 3; i++) await bursty.consume("ada");
    await assert.rejects(bursty.consume("ada"));
    const union = new RateLimiterUnion(
      limiter({ keyPrefix: "second", points: 9, duration: 1 }),
      limiter({ keyPrefix: "minute", points: 1, duration: 60 }),
    );
    await union.consume("ada");
    await assert.rejects(union.consume("ada"));
    const queue = new RateLimiterQueue(limiter({ keyPrefix: "queue", points: 2, duration: 1 }));
    assert.equal(await queue.removeTokens(1, "ada"), 1);
  });
}

test("the memory takes over while there is no server", async () => {
  const gone = new Redis("redis://127.0.0.1:1", { enableOfflineQueue: false, retryStrategy: () => null, lazyConnect: true });
  gone.on("error", () => {});
  await gone.connect().catch(() => {});
  const insurance = new RateLimiterMemory({ points: 1, duration: 60 });
  const limit = new RateLimiterRedis({ storeClient: gone, points: 1, duration: 60, insuranceLimiter: insurance });
  await limit.consume("ada");
  await assert.rejects(limit.consume("ada"));
});

test("ioredis merges what one turn of the loop asks for", async () => {
  const merging = new Redis(server.redisUrl, { enableAutoPipelining: true });
  server.before(() => merging.disconnect());
  await merging.ping();
  const commands = async () => Number((await redis.exec(["INFO", "stats"])).match(/total_commands_processed:(\d+)/)[1]);
  const before = await commands();
  const keys = Array.from({ length: 500 }, (_, i) => `merged:${i}`);
  await Promise.all(keys.map((key, i) => merging.set(key, i)));
  const [wrong, ...values] = await Promise.all([merging.lpush("merged:0", "x").catch((error) => error), ...keys.map((key) => merging.get(key))]);
  assert.match(wrong.message, /WRONGTYPE/);
  assert.deepEqual(values, keys.map((_, i) => String(i)));
  assert.ok((await commands()) - before >= 1001);
  assert.deepEqual(await merging.multi().incr("merged:0").get("merged:0").exec(), [[null, 1], [null, "1"]]);
  merging.defineCommand("add", { numberOfKeys: 1, lua: "return redis.call('INCRBY', KEYS[1], ARGV[1])" });
  assert.deepEqual(await Promise.all([merging.add("merged:1", 4), merging.add("merged:1", 5)]), [5, 10]);
});
