// The dialect by hand: what curl and hand-written fetch code send.
import assert from "node:assert/strict";
import { connect } from "node:http2";
import { test } from "node:test";
import { startServer } from "./client.mjs";

const server = await startServer();
const get = (path, options) => server.fetch(path, { method: "GET", ...options });
const json = async (answer) => (await answer).json();

test("path style", async () => {
  assert.deepEqual(await json(get("/set/foo/bar/EX/100")), { result: "OK" });
  assert.deepEqual(await json(get("/get/foo")), { result: "bar" });
  assert.deepEqual(await json(server.fetch("/SET/body?EX=100", { body: "from the body" })), { result: "OK" });
  assert.deepEqual(await json(get("/get/body")), { result: "from the body" });
  assert.deepEqual(await json(get(`/get/body?_token=${server.token}`, { token: null })), { result: "from the body" });
  assert.deepEqual(await json(get("/set/a%2Fb/c%20d")), { result: "OK" });
  assert.deepEqual(await json(get("/get/a%2Fb")), { result: "c d" });
  assert.equal((await server.fetch("/get/foo", { method: "HEAD" })).status, 200);
});

test("bytes that are not text survive", async () => {
  const bytes = new Uint8Array([0, 255, 254, 10, 13, 37]);
  await server.fetch("/set/bytes", { body: bytes });
  const encoded = await json(get("/get/bytes", { headers: { "upstash-encoding": "base64" } }));
  assert.deepEqual(new Uint8Array(Buffer.from(encoded.result, "base64")), bytes);
  const answer = await get("/get/bytes", { headers: { "upstash-response-format": "resp2" } });
  assert.equal(answer.headers.get("content-type"), "application/octet-stream");
  assert.deepEqual(Buffer.from(await answer.arrayBuffer()), Buffer.concat([Buffer.from("$6\r\n"), bytes, Buffer.from("\r\n")]));
});

test("statuses and texts", async () => {
  for (const [path, options, status, text] of [
    ["/", { body: "" }, 400, "ERR failed to parse command"],
    ["/", { body: "[]" }, 400, "ERR empty command"],
    ["/", { body: '[["GET","a"]]' }, 400, 'ERR unsupported arg type: "[": json.Delim'],
    ["/pipeline", { body: "{}" }, 400, "ERR failed to parse pipeline request"],
    ["/pipeline", { body: "[]" }, 400, "ERR empty pipeline request"],
    ["/", { body: '["MULTI"]' }, 400, 'ERR Command "MULTI" is not allowed in REST or it has a special context path'],
    ["/get/a", { token: null, method: "GET" }, 401, "WRONGPASS invalid or missing auth token"],
    ["/no/such/path", { token: "wrong" }, 401, "WRONGPASS invalid or missing auth token"],
    ["/get/a", { method: "DELETE" }, 405, "ERR method DELETE is not allowed"],
    ["/", { body: '["GET","a"]', headers: { "upstash-response-format": "xml" } }, 400, /^ERR invalid Upstash-Response-Format/],
  ]) {
    const answer = await server.fetch(path, options);
    assert.equal(answer.status, status, path);
    const { error } = await answer.json();
    if (text instanceof RegExp) assert.match(error, text);
    else assert.equal(error, text);
  }
  const large = JSON.stringify(["SET", "big", "x".repeat(10 * 1024 * 1024)]);
  const answer = await server.fetch("/", { body: large });
  assert.equal(answer.status, 413);
  assert.match((await answer.json()).error, /^ERR max request size exceeded\. Limit: 10485760 bytes, Actual: \d+ bytes$/);
});

test("a pipeline answers each command", async () => {
  const answer = await server.fetch("/pipeline", { body: '[["SET","n",1],["INCR","n"],[],["NOPE"]]' });
  assert.equal(answer.status, 200);
  const [set, incr, empty, nope] = await answer.json();
  assert.deepEqual([set, incr, empty], [{ result: "OK" }, { result: 2 }, { error: "ERR empty pipeline command" }]);
  assert.match(nope.error, /^ERR unknown command/);
});

test("integers keep their digits", async () => {
  await server.fetch("/", { body: '["SET","max",9223372036854775806]' });
  const answer = await server.fetch("/", { body: '["INCR","max"]' });
  assert.equal(await answer.text(), '{"result":9223372036854775807}');
});

test("browsers may ask and read", async () => {
  const preflight = await server.fetch("/get/a", {
    method: "OPTIONS",
    token: null,
    headers: { "access-control-request-headers": "authorization,upstash-encoding" },
  });
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers.get("access-control-allow-origin"), "*");
  assert.equal(preflight.headers.get("access-control-allow-headers"), "authorization,upstash-encoding");
  const refused = await get("/get/a", { token: null });
  assert.equal(refused.headers.get("access-control-allow-origin"), "*");
  assert.equal(refused.headers.get("access-control-expose-headers"), "upstash-sync-token");
});

test("cleartext HTTP/2", async () => {
  const session = connect(server.url);
  const stream = session.request({ ":path": "/get/none", authorization: `Bearer ${server.token}` });
  let body = "";
  for await (const chunk of stream) body += chunk;
  session.close();
  assert.equal(body, '{"result":null}');
});

test("health and metrics", async () => {
  const health = await get("/health", { token: null });
  assert.equal(health.status, 200);
  assert.equal((await health.json()).status, "ok");
  assert.match(await (await get("/metrics")).text(), /^selvedge_up 1$/m);
});
