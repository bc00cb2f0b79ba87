// The published rate limiter and lock: every algorithm, whose scripts begin with Upstash's flag.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Lock } from "@upstash/lock";
import { Ratelimit } from "@upstash/ratelimit";
import { connect, startServer } from "./client.mjs";

const redis = connect(await startServer());

const limiter = (algorithm, prefix, options = {}) =>
  new Ratelimit({ redis, limiter: algorithm, prefix, timeout: 0, ephemeralCache: false, ...options });

for (const [name, algorithm] of [
  ["fixed window", Ratelimit.fixedWindow(3, "60 s")],
  ["sliding window", Ratelimit.slidingWindow(3, "60 s")],
  ["token bucket", Ratelimit.tokenBucket(3, "60 s", 3)],
]) {
  test(`${name} lets as many through as it says`, async () => {
    const limit = limiter(algorithm, name);
    const answers = [];
    for (let i = 0; i < 5; i++) answers.push(await limit.limit("someone"));
    assert.deepEqual(answers.map((answer) => answer.success), [true, true, true, false, false]);
    assert.deepEqual(answers.slice(0, 3).map((answer) => answer.remaining), [2, 1, 0]);
    assert.ok(answers.every((answer) => answer.limit === 3 && answer.reset > Date.now() - 1000));
    assert.equal((await limit.getRemaining("someone")).remaining, 0);
    assert.equal((await limit.limit("someone else")).success, true);
    await limit.resetUsedTokens("someone");
    assert.equal((await limit.limit("someone")).success, true);
  });

  test(`${name} counts requests that come at once exactly`, async () => {
    const limit = limiter(algorithm, `${name} at once`);
    const answers = await Promise.all(Array.from({ length: 20 }, () => limit.limit("many")));
    assert.equal(answers.filter((answer) => answer.success).length, 3);
  });
}

test("a rate larger than one takes several tokens", async () => {
  const limit = limiter(Ratelimit.fixedWindow(10, "60 s"), "rate");
  assert.equal((await limit.limit("id", { rate: 7 })).remaining, 3);
  assert.equal((await limit.limit("id", { rate: 7 })).success, false);
});

test("a cached fixed window counts behind its cache", async () => {
  const limit = limiter(Ratelimit.cachedFixedWindow(3, "60 s"), "cached", { ephemeralCache: new Map() });
  const answers = [];
  for (let i = 0; i < 4; i++) answers.push((await limit.limit("id")).success);
  assert.deepEqual(answers, [true, true, true, false]);
});

test("a limit can be changed while it runs", async () => {
  const limit = limiter(Ratelimit.fixedWindow(1, "60 s"), "dynamic", { dynamicLimits: true });
  await limit.setDynamicLimit({ limit: 2 });
  assert.deepEqual(await limit.getDynamicLimit(), { dynamicLimit: 2 });
  assert.equal((await limit.limit("id")).success, true);
  assert.equal((await limit.limit("id")).success, true);
  assert.equal((await limit.limit("id")).success, false);
});

test("scripts that were flushed are sent again", async () => {
  const limit = limiter(Ratelimit.fixedWindow(5, "60 s"), "flushed");
  assert.equal((await limit.limit("id")).remaining, 4);
  await redis.scriptFlush();
  assert.equal((await limit.limit("id")).remaining, 3);
});

test("a lock is held by one, extended and given back", async () => {
  const lock = () => new Lock({ redis, id: "resource", lease: 10_000, retry: { attempts: 1, delay: 1 } });
  const [first, second] = [lock(), lock()];
  assert.equal(await first.acquire(), true);
  assert.equal(await second.acquire(), false);
  assert.equal(await first.extend(5_000), true);
  assert.equal(await second.release(), false);
  assert.equal(await first.release(), true);
  assert.equal(await second.acquire(), true);
});

test("scripts and functions of @upstash/redis", async () => {
  const script = redis.createScript("return {KEYS[1], ARGV[1], redis.call('INCR', KEYS[1])}");
  assert.deepEqual(await script.exec(["counted"], ["argument"]), ["counted", "argument", 1]);
  assert.deepEqual(await script.exec(["counted"], ["argument"]), ["counted", "argument", 2]);
  const reading = redis.createScript("return redis.call('GET', KEYS[1])", { readonly: true });
  assert.equal(await reading.exec(["counted"], []), 2);
  assert.equal(await redis.eval("return ARGV[1] + 1", [], [41]), 42);
  assert.equal(await redis.evalRo("return 1.9", [], []), 1);
  const sha1 = await redis.scriptLoad("return 'known'");
  assert.equal(await redis.evalsha(sha1, [], []), "known");
  assert.deepEqual(await redis.scriptExists(sha1, "0".repeat(40)), [1, 0]);
  await assert.rejects(redis.eval("return redis.call('NOPE')", [], []), /Unknown Redis command called from script/);

  const code = `#!lua name=sdk
    redis.register_function('put', function(keys, args) return redis.call('SET', keys[1], args[1]) end)
    redis.register_function{function_name='look', callback=function(keys) return redis.call('GET', keys[1]) end, flags={'no-writes'}}`;
  assert.equal(await redis.functions.load({ code, replace: true }), "sdk");
  assert.equal(await redis.functions.call("put", ["by-function"], ["value"]), "OK");
  assert.equal(await redis.functions.callRo("look", ["by-function"], []), "value");
  await assert.rejects(
    redis.functions.callRo("put", ["by-function"], ["x"]),
    /commands are not allowed from read-only/,
  );
  const [library] = await redis.functions.list({ libraryName: "sdk", withCode: true });
  assert.equal(library.libraryName, "sdk");
  assert.deepEqual(library.functions.map((each) => each.name).sort(), ["look", "put"]);
  assert.equal((await redis.functions.stats()).engines.LUA.functionsCount, 2);
  assert.equal(await redis.functions.delete("sdk"), "OK");
});

test("a transaction with scripts is one step", async () => {
  const results = await redis.multi().set("step", 1).eval("return redis.call('INCR', KEYS[1])", ["step"], []).get("step").exec();
  assert.deepEqual(results, ["OK", 2, 2]);
});
