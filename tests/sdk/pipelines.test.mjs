// Pipelines and transactions through @upstash/redis: what is sent together, in which order it runs, how errors come back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, startServer } from "./client.mjs";

const server = await startServer();
const redis = connect(server);

test("automatic pipelines keep the order of writes, and that of reads", async () => {
  const before = redis.pipelineCounter;
  const [set, first, second, text, length] = await Promise.all([
    redis.set("order", 1),
    redis.incr("order"),
    redis.append("order", "0"),
    redis.getset("order", "x"),
    redis.append("order", "yz"),
  ]);
  assert.deepEqual([set, first, second, text, length], ["OK", 2, 2, 20, 3]);
  assert.equal(redis.pipelineCounter - before, 1);
  // A read and a write of one tick go in two requests: either may run first, so the read shows old or new and nothing else.
  const [seen] = await Promise.all([redis.get("order"), redis.set("order", "new")]);
  assert.ok(["xyz", "new"].includes(seen));
  assert.equal(redis.pipelineCounter - before, 3);
  assert.deepEqual(await Promise.all([redis.get("order"), redis.strlen("order")]), ["new", 3]);
});

test("2,500 automatic commands are three requests", async () => {
  const before = redis.pipelineCounter;
  const results = await Promise.all(Array.from({ length: 2_500 }, (_, i) => redis.incr(`auto:${i % 10}`)));
  assert.equal(results.length, 2_500);
  assert.equal(redis.pipelineCounter - before, 3);
  assert.equal(await redis.get("auto:0"), 250);
});

test("an error of one automatic command is that command's alone", async () => {
  await redis.rpush("list", "x");
  const results = await Promise.allSettled([redis.incr("list"), redis.set("fine", 1), redis.exec(["NOPE"])]);
  assert.deepEqual(results.map(({ status }) => status), ["rejected", "fulfilled", "rejected"]);
  assert.match(results[0].reason.message, /^Command failed: WRONGTYPE Operation against a key/);
});

test("without automatic pipelines each command is a request", async () => {
  const single = connect(server, { enableAutoPipelining: false });
  assert.deepEqual(await Promise.all([single.set("single", 1), single.set("other", 2)]), ["OK", "OK"]);
  await assert.rejects(single.incr("list"), /WRONGTYPE .*, command was: \["incr","list"\]/);
});

test("explicit pipelines keep going past an error", async () => {
  const results = await redis.pipeline().set("p", "text").incr("p").get("p").exec({ keepErrors: true });
  assert.equal(results[0].result, "OK");
  assert.match(results[1].error, /^ERR value is not an integer or out of range$/);
  assert.equal(results[2].result, "text");
  await assert.rejects(redis.pipeline().incr("p").exec(), /Command 1 \[ incr \] failed: ERR value is not an integer/);
});

test("a pipeline of thousands runs in order", async () => {
  const count = 10_000;
  const pipeline = redis.pipeline();
  for (let i = 0; i < count; i++) pipeline.rpush("queue", i);
  pipeline.lrange("queue", 0, -1);
  const results = await pipeline.exec();
  const numbers = Array.from({ length: count }, (_, i) => i);
  assert.deepEqual(results.at(-1), numbers);
  assert.deepEqual(results.slice(0, -1), numbers.map((i) => i + 1));
});

test("a pipeline of every kind of reply", async () => {
  const pipeline = redis.pipeline();
  pipeline.set("f:s", "v").get("f:s").get("f:none").incr("f:n").ping().echo("e").type("f:s").exists("f:s");
  pipeline.hset("f:h", { a: 1 }).hgetall("f:h").hmget("f:h", "a", "b").hgetall("f:none");
  pipeline.rpush("f:l", 1, 2).lrange("f:l", 0, -1).lpop("f:l", 9).lpop("f:none");
  pipeline.sadd("f:set", "m").smembers("f:set").smismember("f:set", ["m", "n"]).mget("f:s", "f:none");
  assert.equal(pipeline.length(), 20);
  assert.deepEqual(await pipeline.exec(), [
    "OK", "v", null, 1, "PONG", "e", "string", 1,
    1, { a: 1 }, { a: 1, b: null }, null,
    2, [1, 2], [1, 2], null,
    1, ["m"], [1, 0], ["v", null],
  ]);
});

test("transactions are whole", async () => {
  assert.deepEqual(await redis.multi().set("t", 1).incr("t").get("t").exec(), ["OK", 2, 2]);
  const counts = await Promise.all(
    Array.from({ length: 100 }, () => redis.multi().incr("ta").incr("tb").get("ta").exec()),
  );
  for (const [a, b, seen] of counts) assert.deepEqual([a, a], [b, seen]);
  assert.equal(await redis.get("tb"), 100);
});

test("an error while a transaction runs leaves the others done", async () => {
  await redis.set("text", "x");
  const results = await redis.multi().incr("done").incr("text").incr("done").exec({ keepErrors: true });
  assert.deepEqual([results[0].result, results[2].result], [1, 2]);
  assert.match(results[1].error, /^ERR value is not an integer/);
  await assert.rejects(redis.multi().incr("done").incr("text").exec(), /Command 2 \[ incr \] failed/);
  assert.equal(await redis.get("done"), 3);
});

test("a transaction with a bad command is discarded as a whole", async () => {
  for (const [bad, text] of [
    ['["NOPE"]', "ERR unknown command 'NOPE', with args beginning with: "],
    ['["GET"]', "ERR wrong number of arguments for 'get' command"],
    ['["SET","t",null]', "ERR unsupported arg type: null"],
  ]) {
    const answer = await server.fetch("/multi-exec", { body: `[["SET","t","changed"],${bad}]` });
    assert.equal(answer.status, 400);
    assert.deepEqual(await answer.json(), { error: `EXECABORT Transaction discarded because of: ${text}` });
  }
  assert.equal(await redis.get("t"), 2);
  await assert.rejects(redis.multi().set("t", undefined).exec(), /EXECABORT/);
});
