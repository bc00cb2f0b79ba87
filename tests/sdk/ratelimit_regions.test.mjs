// What the published rate limiter does besides counting: several regions, deny lists, analytics, waiting.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Analytics, IpDenyList, MultiRegionRatelimit, Ratelimit } from "@upstash/ratelimit";
import { connect, startServer } from "./client.mjs";

const servers = await Promise.all([startServer(), startServer(), startServer()]);
const regions = servers.map((server) => connect(server));
const [redis] = regions;

const limiter = (algorithm, prefix, options = {}) =>
  new Ratelimit({ redis, limiter: algorithm, prefix, timeout: 0, ephemeralCache: false, ...options });

for (const [name, algorithm] of [
  ["fixed window", MultiRegionRatelimit.fixedWindow(4, "60 s")],
  ["sliding window", MultiRegionRatelimit.slidingWindow(4, "60 s")],
]) {
  test(`${name} over three databases on three servers`, async () => {
    const limit = new MultiRegionRatelimit({ redis: regions, limiter: algorithm, prefix: name, timeout: 0, ephemeralCache: false });
    for (let i = 0; i < 4; i++) {
      const answer = await limit.limit("someone");
      assert.equal(answer.success, true);
      // What one region has seen reaches the others.
      await answer.pending;
    }
    const last = await limit.limit("someone");
    assert.equal(last.success, false);
    await last.pending;
    assert.equal((await limit.getRemaining("someone")).remaining, 0);
    const counts = () => Promise.all(regions.map(async (region) => (await region.keys(`${name}:someone*`)).length));
    assert.deepEqual((await counts()).map((count) => count > 0), [true, true, true], "every region knows of it");
    await limit.resetUsedTokens("someone");
    // The library does not wait until the regions have done it.
    while ((await counts()).some((count) => count > 0)) await new Promise((resume) => setTimeout(resume, 2));
    assert.equal((await limit.limit("someone")).success, true);
  });
}

test("a region that is gone does not keep the others from deciding", async () => {
  const gone = connect({ url: "http://127.0.0.1:1", token: "none" });
  const limit = new MultiRegionRatelimit({
    redis: [regions[0], regions[1], gone],
    limiter: MultiRegionRatelimit.fixedWindow(1, "60 s"),
    prefix: "gone",
    ephemeralCache: false,
  });
  const first = await limit.limit("id");
  assert.equal(first.success, true);
  await first.pending.catch(() => {});
});

test("what a deny list names is refused, and the list of addresses is fetched and renewed", async (t) => {
  const fetched = [];
  const realFetch = globalThis.fetch;
  // The published list of bad addresses stands on another host, which tests do not ask.
  globalThis.fetch = async (url, options) => {
    if (new URL(url).hostname === "127.0.0.1") return realFetch(url, options);
    fetched.push(String(url));
    return new Response("198.51.100.7\n198.51.100.8\n");
  };
  t.after(() => (globalThis.fetch = realFetch));
  const limit = limiter(Ratelimit.fixedWindow(9, "60 s"), "protected", { enableProtection: true, denyListThreshold: 8 });
  const first = await limit.limit("ok", { ip: "198.51.100.7" });
  assert.equal(first.success, true);
  await first.pending;
  assert.equal(fetched.length, 1);
  assert.match(fetched[0], /8\.txt$/);
  const denied = await limit.limit("ok", { ip: "198.51.100.7" });
  assert.deepEqual([denied.success, denied.reason, denied.deniedValue], [false, "denyList", "198.51.100.7"]);
  await redis.sadd("protected:denyList:all", "robot");
  assert.equal((await limit.limit("ok", { userAgent: "robot" })).reason, "denyList");
  assert.equal((await limit.limit("ok", { userAgent: "browser", country: "DE" })).success, true);
  assert.equal(fetched.length, 1);
  assert.ok((await redis.ttl("protected:ipDenyListStatus")) > 0);
  await IpDenyList.disableIpDenyList(redis, "protected");
  assert.deepEqual(await redis.smembers("protected:denyList:all"), ["robot"]);
  assert.equal((await redis.ttl("protected:ipDenyListStatus")), -1);
});

test("analytics count what was let through and what was not", async () => {
  const limit = limiter(Ratelimit.fixedWindow(2, "60 s"), "counted", { analytics: true });
  for (let i = 0; i < 5; i++) await (await limit.limit("eager")).pending;
  await (await limit.limit("modest")).pending;
  const analytics = new Analytics({ redis, prefix: "counted" });
  assert.deepEqual(await analytics.getUsage(Date.now() - 86_400_000), {
    eager: { success: 2, blocked: 3 },
    modest: { success: 1, blocked: 0 },
  });
  const top = await analytics.getMostAllowedBlocked(2, 5);
  assert.deepEqual(top.ratelimited, [{ identifier: "eager", count: 3 }]);
  assert.deepEqual(top.allowed, [
    { identifier: "eager", count: 2 },
    { identifier: "modest", count: 1 },
  ]);
  const series = await analytics.getUsageOverTime(1, "success");
  assert.equal(series.length, 1);
});

test("blockUntilReady waits for the next window, or gives up", async () => {
  const limit = limiter(Ratelimit.tokenBucket(1, "200 ms", 1), "waiting");
  assert.equal((await limit.limit("id")).success, true);
  const begun = Date.now();
  assert.equal((await limit.blockUntilReady("id", 5_000)).success, true);
  assert.ok(Date.now() - begun < 5_000);
  const slow = limiter(Ratelimit.fixedWindow(1, "1 d"), "waiting");
  assert.equal((await slow.limit("other")).success, true);
  assert.equal((await slow.blockUntilReady("other", 50)).success, false);
});

test("what is known to be blocked is not asked again", async () => {
  const cache = new Map();
  const limit = limiter(Ratelimit.slidingWindow(1, "60 s"), "remembered", { ephemeralCache: cache });
  assert.equal((await limit.limit("id")).success, true);
  assert.equal((await limit.limit("id")).success, false);
  assert.equal((await limit.limit("id")).reason, "cacheBlock");
});

test("a limit that is changed and taken back", async () => {
  const limit = limiter(Ratelimit.tokenBucket(1, "60 s", 5), "changed", { dynamicLimits: true });
  assert.equal((await limit.limit("id")).limit, 5);
  await limit.setDynamicLimit({ limit: 7 });
  assert.equal((await limit.limit("other")).limit, 7);
  await limit.setDynamicLimit({ limit: false });
  assert.deepEqual(await limit.getDynamicLimit(), { dynamicLimit: null });
  assert.equal((await limit.limit("third")).limit, 5);
});
