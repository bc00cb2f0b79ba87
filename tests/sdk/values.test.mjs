// What goes in comes out: text, numbers and JSON, through every form of answer of @upstash/redis.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, pairs, startServer } from "./client.mjs";

const server = await startServer();
const redis = connect(server);
const TEXTS = [
  "",
  "OK",
  "null",
  "true",
  "1e3",
  "007",
  "-0",
  "9007199254740993",
  "héllo 👋🏽 e\u0301 \u{10ffff}",
  "\u0000\u0001\u007f",
  '{"a":',
  " blanks ",
  "a\r\nb",
  '"quoted\\"',
];

// Text as it is, in base64 and as plain JSON.
const clients = {
  base64: connect(server, { automaticDeserialization: false }),
  plain: connect(server, { automaticDeserialization: false, responseEncoding: false }),
};
for (const [name, client] of Object.entries(clients)) {
  test(`text survives in every type, ${name}`, async () => {
    const keys = TEXTS.map((_, i) => `${name}:${i}`);
    await client.mset(Object.fromEntries(keys.map((key, i) => [key, TEXTS[i]])));
    assert.deepEqual(await client.mget(...keys), TEXTS);
    for (const [i, key] of keys.entries()) assert.equal(await client.get(key), TEXTS[i]);
    await client.rpush(`${name}:l`, ...TEXTS);
    assert.deepEqual(await client.lrange(`${name}:l`, 0, -1), TEXTS);
    await client.sadd(`${name}:s`, ...TEXTS);
    assert.deepEqual((await client.smembers(`${name}:s`)).toSorted(), TEXTS.toSorted());
    // A key and a field may be any text too; without deserialization the SDK leaves the answer flat.
    await client.hset(`${name}:👋🏽 h`, Object.fromEntries(TEXTS.map((text) => [text, text])));
    const hash = pairs(await client.hgetall(`${name}:👋🏽 h`));
    assert.deepEqual(Object.keys(hash).toSorted(), TEXTS.toSorted());
    for (const [field, value] of Object.entries(hash)) assert.equal(value, field);
  });
}

test("JSON values are mapped by the SDK and kept by the server", async () => {
  const value = { text: "👋🏽", list: [1, "2", null, true], nested: { empty: {} } };
  await redis.set("json", value);
  assert.deepEqual(await redis.get("json"), value);
  assert.equal(await clients.base64.get("json"), JSON.stringify(value));
  for (const plain of [0, -1.5, true, false, null, [], {}]) {
    await redis.set("plain", plain);
    assert.deepEqual(await redis.get("plain"), plain);
  }
});

test("numbers keep their digits on the way in", async () => {
  const digits = ["9007199254740993", "-9223372036854775808", "123456789012345678901234567890", "1.10", "1E400", "-0"];
  for (const number of digits) {
    await server.fetch("/", { body: `["SET","n",${number}]` });
    assert.equal(await clients.base64.get("n"), number);
    const answer = await server.fetch("/pipeline", { body: `[["RPUSH","l",${number}],["RPOP","l"]]` });
    assert.deepEqual(await answer.json(), [{ result: 1 }, { result: number }]);
  }
  for (const [number, text] of [[0.1 + 0.2, "0.30000000000000004"], [1e21, "1e+21"], [5e-324, "5e-324"]]) {
    await redis.set("n", number);
    assert.equal(await clients.base64.get("n"), text);
    assert.equal(await redis.get("n"), number);
  }
});

test("numbers keep their digits on the way out", async () => {
  // The SDK leaves a string alone whose number would lose digits.
  await redis.set("big", "9007199254740993");
  assert.equal(await redis.get("big"), "9007199254740993");
  await redis.set("max", "9223372036854775806");
  const answer = await server.fetch("/", { body: '["INCR","max"]' });
  assert.equal(await answer.text(), '{"result":9223372036854775807}');
  const pipeline = await server.fetch("/pipeline", { body: '[["DECRBY","max",1]]' });
  assert.equal(await pipeline.text(), '[{"result":9223372036854775806}]');
  assert.equal(await redis.incrbyfloat("float", 3.0e3), 3000);
  assert.equal(await clients.base64.incrbyfloat("float", 0.25), "3000.25");
});

test("large values come back whole, and one over the limit is refused by name", async () => {
  const large = "👋🏽 and more ".repeat(500_000);
  assert.equal(await clients.base64.set("large", large), "OK");
  assert.equal(await clients.base64.get("large"), large);
  assert.equal(await clients.plain.get("large"), large);
  assert.equal(await redis.strlen("large"), Buffer.byteLength(large));
  // Each command has the limit, not the request: a pipeline may be larger.
  const pipeline = clients.base64.pipeline();
  for (let i = 0; i < 4; i++) pipeline.set(`large:${i}`, large);
  assert.deepEqual(await pipeline.exec(), ["OK", "OK", "OK", "OK"]);
  const limit = /ERR max request size exceeded\. Limit: 10485760 bytes, Actual: 1[0-9]{7} bytes/;
  await assert.rejects(redis.set("large", "x".repeat(10 * 1024 * 1024)), limit);
  assert.equal(await clients.base64.get("large"), large);
});

test("what JavaScript has no JSON for is refused", async () => {
  await assert.rejects(redis.set("u", undefined), /ERR unsupported arg type: null/);
  assert.equal(await redis.exists("u"), 0);
});
