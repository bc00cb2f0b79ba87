// Scripts and functions through @upstash/redis.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, startServer } from "./client.mjs";

const server = await startServer();
const redis = connect(server);

test("EVAL answers in each kind of value", async () => {
  for (const [script, wanted] of [
    ["return 1.9", 1],
    ["return 'text'", "text"],
    ["return {1, {2, 'three'}, false, 4}", [1, [2, "three"], null, 4]],
    ["return {1, nil, 3}", [1]],
    ["return true", 1],
    ["return false", null],
    ["return redis.status_reply('FINE')", "FINE"],
    ["return cjson.encode({a = 1})", { a: 1 }],
    ["return {KEYS[1], ARGV[1], ARGV[2]}", ["k", "a", 2]],
  ]) {
    assert.deepEqual(await redis.eval(script, ["k"], ["a", 2]), wanted, script);
  }
  assert.deepEqual(await redis.evalRo("return redis.call('get', KEYS[1])", ["none"], []), null);
  await assert.rejects(redis.eval("return redis.error_reply('MINE of its own')", [], []), /MINE of its own/);
  await assert.rejects(redis.eval("return nonsense(", [], []), /ERR Error compiling script/);
  const write = redis.evalRo("return redis.call('set', KEYS[1], 1)", ["k"], []);
  await assert.rejects(write, /commands are not allowed from read-only/);
});

test("a script is known by its digest after its first run", async () => {
  const script = redis.createScript("return {redis.call('incrby', KEYS[1], ARGV[1]), ARGV[2]}");
  await redis.scriptFlush();
  await assert.rejects(script.evalsha(["n"], ["1", "x"]), /NOSCRIPT No matching script\. Please use EVAL\./);
  assert.deepEqual(await script.exec(["n"], ["5", "x"]), [5, "x"]);
  assert.deepEqual(await script.evalsha(["n"], ["5", "x"]), [10, "x"]);
  const sha = await redis.scriptLoad("return 'loaded'");
  assert.match(sha, /^[0-9a-f]{40}$/);
  assert.deepEqual(await redis.scriptExists(sha, script.sha1, "0".repeat(40)), [1, 1, 0]);
  assert.equal(await redis.evalsha(sha, [], []), "loaded");
  assert.equal(await redis.evalshaRo(sha, [], []), "loaded");
  assert.equal(await redis.scriptFlush({ async: true }), "OK");
  assert.deepEqual(await redis.scriptExists(sha), [0]);
  const reading = redis.createScript("return redis.call('get', KEYS[1])", { readonly: true });
  assert.equal(await reading.exec(["n"], []), 10);
  const piped = await redis.pipeline().set("p", 1).evalsha("1".repeat(40), [], []).get("p").exec({ keepErrors: true });
  assert.equal(piped[1].error, "NOSCRIPT No matching script. Please use EVAL.");
  assert.deepEqual([piped[0].result, piped[2].result], ["OK", 1]);
});

test("a script is whole or leaves nothing", async () => {
  await redis.set("text", "x");
  const half = "redis.call('set', KEYS[1], 'written'); return redis.call('incr', KEYS[2])";
  await assert.rejects(redis.eval(half, ["half", "text"], []), /ERR value is not an integer or out of range/);
  assert.equal(await redis.get("half"), null);
  const transfer = "redis.call('decr', KEYS[1]); redis.call('incr', KEYS[2]); return redis.call('mget', KEYS[1], KEYS[2])";
  const sums = await Promise.all(Array.from({ length: 100 }, () => redis.eval(transfer, ["from", "to"], [])));
  for (const [from, to] of sums) assert.equal(from + to, 0);
  assert.deepEqual(await redis.multi().eval(transfer, ["from", "to"], []).get("to").exec(), [[-101, 101], 101]);
});

const LIBRARY = `#!lua name=shelf
redis.register_function('put', function(keys, args) return redis.call('set', keys[1], args[1]) end)
redis.register_function{function_name = 'look', callback = function(keys) return redis.call('get', keys[1]) end,
  description = 'Looks.', flags = {'no-writes'}}
`;

test("functions are loaded, called, listed and outlive a restart", async () => {
  assert.equal(await redis.functions.load({ code: LIBRARY }), "shelf");
  await assert.rejects(redis.functions.load({ code: LIBRARY }), /ERR Library 'shelf' already exists/);
  assert.equal(await redis.functions.load({ code: LIBRARY, replace: true }), "shelf");
  assert.equal(await redis.functions.call("put", ["book"], ["read"]), "OK");
  assert.equal(await redis.functions.call("look", ["book"]), "read");
  assert.equal(await redis.functions.callRo("look", ["book"]), "read");
  await assert.rejects(redis.functions.callRo("put", ["book"], ["x"]), /commands are not allowed from read-only/);
  const [library] = await redis.functions.list({ libraryName: "shelf", withCode: true });
  assert.deepEqual([library.libraryName, library.engine, library.libraryCode], ["shelf", "LUA", LIBRARY]);
  const functions = library.functions.toSorted((a, b) => a.name.localeCompare(b.name));
  assert.deepEqual(functions, [
    { name: "look", description: "Looks.", flags: ["no-writes"] },
    { name: "put", description: undefined, flags: [] },
  ]);
  assert.deepEqual(await redis.functions.stats(), { engines: { LUA: { librariesCount: 1, functionsCount: 2 } } });
  await server.restart("SIGKILL");
  assert.equal(await redis.functions.call("look", ["book"]), "read");
  assert.equal(await redis.functions.delete("shelf"), "OK");
  await assert.rejects(redis.functions.call("look", ["book"]), /ERR Function not found/);
  assert.equal(await redis.functions.flush(), "OK");
  assert.deepEqual(await redis.functions.list(), []);
});
