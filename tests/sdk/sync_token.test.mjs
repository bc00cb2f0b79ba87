// Read-your-writes: the header `upstash-sync-token`.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, startServer } from "./client.mjs";

const server = await startServer();
const redis = connect(server);

const post = (path, body, token) => server.fetch(path, { body, headers: { "upstash-sync-token": token } });
const syncToken = async (answer) => (await answer).headers.get("upstash-sync-token");

test("it changes with each write, in whatever form, and with no read", async () => {
  const writes = [
    ["/", '["INCR","n"]'],
    ["/", '["INCR","n"]'],
    ["/pipeline", '[["INCR","n"],["GET","n"]]'],
    ["/multi-exec", '[["INCR","n"],["INCR","n"]]'],
    ["/incr/n", ""],
  ];
  const tokens = [];
  for (const [path, body] of writes) tokens.push(await syncToken(post(path, body, tokens.at(-1) ?? "")));
  assert.equal(new Set(tokens).size, writes.length);
  for (const token of tokens) assert.match(token, /^[0-9a-f]+\.[0-9]+$/);
  for (const [path, body] of [["/", '["GET","n"]'], ["/pipeline", '[["GET","n"]]'], ["/get/n", ""]]) {
    assert.equal(await syncToken(post(path, body, tokens.at(-1))), tokens.at(-1));
  }
});

test("each of many writes at once has a token of its own", async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => post("/", `["SET","c${i}",1]`, "")));
  const sequences = answers.map((answer) => BigInt(answer.headers.get("upstash-sync-token").split(".")[1]));
  const last = BigInt((await syncToken(post("/", '["GET","n"]', ""))).split(".")[1]);
  assert.equal(new Set(sequences).size, answers.length);
  for (const sequence of sequences) assert.ok(sequence <= last);
});

test("whatever it says is accepted", async () => {
  const current = await syncToken(post("/", '["SET","k","v"]', ""));
  const [log, sequence] = current.split(".");
  for (const token of ["", "my-own", "0", `${log}.1`, `${log}.${BigInt(sequence) + 1000n}`, `ffff.${sequence}`, "a.b.c"]) {
    const answer = await post("/", '["GET","k"]', token);
    assert.equal(answer.status, 200, token);
    assert.deepEqual(await answer.json(), { result: "v" });
  }
  // Older SDKs send none.
  assert.deepEqual(await (await server.fetch("/", { body: '["GET","k"]' })).json(), { result: "v" });
});

test("the SDK carries it along, also when set by hand or switched off", async () => {
  for (let i = 0; i < 5; i++) {
    await redis.set("own", i);
    assert.equal(await redis.get("own"), i);
  }
  const behind = connect(server, { readYourWrites: false });
  assert.equal(await behind.set("own", "x"), "OK");
  assert.equal(await behind.get("own"), "x");
});

test("it goes on growing after a restart", async () => {
  const before = await syncToken(post("/", '["INCR","n"]', ""));
  await server.restart();
  const after = await syncToken(post("/", '["INCR","n"]', before));
  assert.equal(after.split(".")[0], before.split(".")[0]);
  assert.ok(BigInt(after.split(".")[1]) > BigInt(before.split(".")[1]));
});
