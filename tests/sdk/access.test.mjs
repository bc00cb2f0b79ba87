// Who may do what: tokens, what a read-only token is refused, and the words of refusals through @upstash/redis.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, startServer } from "./client.mjs";

const server = await startServer();
const redis = connect(server);
const reader = connect(server, { token: server.readOnlyToken });
const refusal = (name) => `NOPERM this user has no permissions to run the '${name}' command or its subcommand`;

test("errors carry Redis' words", async () => {
  await redis.rpush("list", "x");
  await assert.rejects(redis.incr("list"), /WRONGTYPE Operation against a key holding the wrong kind of value/);
  await assert.rejects(redis.exec(["GET"]), /ERR wrong number of arguments for 'get' command/);
  await assert.rejects(redis.exec(["NOPE", "a"]), /ERR unknown command 'NOPE', with args beginning with: 'a'/);
  await assert.rejects(redis.exec(["SET", "a", "b", "EX"]), /ERR syntax error/);
  await assert.rejects(redis.exec(["MULTI"]), /ERR Command "MULTI" is not allowed in REST/);
});

test("a stranger is refused whatever the path", async () => {
  for (const token of ["wrong-token", "undefined", server.token.slice(0, -1), `${server.token}x`]) {
    await assert.rejects(connect(server, { token }).get("a"), /WRONGPASS invalid or missing auth token/);
    for (const path of ["/", "/pipeline", "/multi-exec", "/get/a", "/no/such"]) {
      const answer = await server.fetch(path, { token, body: "[]" });
      assert.equal(answer.status, 401, path);
      assert.deepEqual(await answer.json(), { error: "WRONGPASS invalid or missing auth token" });
    }
  }
});

test("the read-only token reads", async () => {
  await redis.set("open", "yes");
  await redis.hset("hash", { a: 1 });
  assert.equal(await reader.get("open"), "yes");
  assert.deepEqual(await reader.hgetall("hash"), { a: 1 });
  assert.deepEqual(await reader.pipeline().get("open").hlen("hash").exec(), ["yes", 1]);
  assert.deepEqual(await reader.multi().get("open").exists("hash").exec(), ["yes", 1]);
  for (const [name, call] of [
    ["set", () => reader.set("open", "no")],
    ["keys", () => reader.keys("*")],
    ["scan", () => reader.scan(0)],
    ["flushall", () => reader.flushall()],
  ]) {
    await assert.rejects(call, (error) => error.message.includes(refusal(name)));
  }
});

// Commands as the server lists them, subcommands as well: words to send, and whether a reader is refused.
async function listed() {
  const commands = [];
  const add = ([fullName, arity, flags, , , , categories, , , subcommands]) => {
    if (subcommands.length > 0) return subcommands.forEach(add);
    const words = fullName.split("|");
    while (words.length < Math.abs(arity)) words.push("1");
    const isRefused = flags.includes("write") || categories.some((name) => ["@dangerous", "@scripting"].includes(name));
    commands.push({ name: fullName, words, isRefused });
  };
  (await server.command("COMMAND")).forEach(add);
  return commands;
}

test("the read-only token writes nothing, whatever the command and the form", async () => {
  const commands = await listed();
  const refused = commands.filter(({ isRefused }) => isRefused);
  for (const known of ["set", "getex", "hset", "lpop", "sadd", "rename", "keys", "flushall", "config|set"]) {
    assert.ok(refused.some(({ name }) => name === known), known);
  }
  await redis.set("untouched", 1);
  for (const { name, words } of refused) {
    const error = refusal(name);
    const token = server.readOnlyToken;
    const body = JSON.stringify(words);
    const forms = [
      server.fetch("/", { token, body }),
      server.fetch(`/${words.join("/")}`, { token, method: "GET" }),
      server.fetch("/multi-exec", { token, body: `[${body}]` }),
    ];
    for (const answer of await Promise.all(forms)) {
      assert.equal(answer.status, 400, name);
      const { error: text } = await answer.json();
      assert.ok(text.endsWith(error) || text.includes("is not allowed in REST"), `${name}: ${text}`);
    }
    const [element] = await (await server.fetch("/pipeline", { token, body: `[${body}]` })).json();
    assert.ok(element.error, name);
  }
  assert.equal(await redis.get("untouched"), 1);
  assert.deepEqual((await redis.keys("*")).toSorted(), ["hash", "list", "open", "untouched"]);
});
