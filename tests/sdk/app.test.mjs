// The example app, two processes of it with one SDK each on one store: every route, many requests at once where a race
// would show.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { once } from "node:events";
import { after, test } from "node:test";
import { App, installApp } from "./app.mjs";
import { startServer } from "./client.mjs";

const server = await startServer();
const folder = await installApp(server);

// The catalogue behind the app: counts what it is asked, and answers when `gate` opens.
const catalogue = { asked: [], gate: null };
const origin = createServer(async ({ url }, answer) => {
  const id = url.split("/").at(-1);
  catalogue.asked.push(id);
  await catalogue.gate;
  if (id === "none") return answer.writeHead(404).end();
  if (id === "broken") return answer.writeHead(500).end();
  answer.end(JSON.stringify({ id, version: catalogue.asked.length }));
}).listen(0, "127.0.0.1");
await once(origin, "listening");
after(() => origin.close().closeAllConnections());

const variables = { API_URL: `http://127.0.0.1:${origin.address().port}`, REQUESTS_PER_MINUTE_MAX: "1000000" };
const apps = {
  vercel: await App.start(folder, variables),
  upstash: await App.start(folder, { ...variables, EDGE_SDK: "upstash", NODE_ENV: "production" }),
};
const both = Object.values(apps);
const times = (count, call) => Promise.all(Array.from({ length: count }, (_, i) => call(i)));

// Every key that begins so has an expiry.
async function assertExpiring(pattern) {
  for (const key of await server.command("KEYS", pattern)) assert.ok((await server.command("PTTL", key)) >= 0, key);
}

test("the example asks for the SDKs of this suite", async () => {
  const dependencies = async (path) => JSON.parse(await readFile(new URL(path, import.meta.url))).dependencies;
  const suite = await dependencies("package.json");
  for (const [name, version] of Object.entries(await dependencies("../../examples/edge-app/package.json"))) {
    assert.equal(version, suite[name], name);
  }
});

for (const [sdk, app] of Object.entries(apps)) {
  test(`${sdk}: a session from sign-in to sign-out`, async () => {
    assert.deepEqual((await app.ask("GET", "/api/auth/session")).body, { authenticated: false });
    assert.equal((await app.ask("POST", "/api/auth/session", { body: { email: "nobody@example.com" } })).status, 401);
    const signedIn = await app.ask("POST", "/api/auth/session", { body: { email: "bob@example.com" } });
    assert.equal(signedIn.status, 201);
    const attributes = signedIn.headers.get("set-cookie").split("; ");
    assert.match(attributes[0], /^session_id=[\w-]{43}$/);
    const secure = sdk === "upstash" ? ["Secure"] : [];
    assert.deepEqual(attributes.slice(1), ["Path=/", "Max-Age=604800", "HttpOnly", "SameSite=Lax", ...secure]);

    const [cookie] = attributes;
    const seen = await app.ask("GET", "/api/auth/session", { cookie });
    const user = { id: "u2", email: "bob@example.com", role: "member" };
    assert.deepEqual(seen.body, { authenticated: true, user, metadata: {} });
    // A process with the other SDK reads the same session.
    for (const other of both) assert.deepEqual((await other.ask("GET", "/api/auth/session", { cookie })).body.user, user);

    const gone = await app.ask("DELETE", "/api/auth/session", { cookie });
    assert.equal(gone.status, 204);
    assert.match(gone.headers.get("set-cookie"), /^session_id=; Path=\/; Max-Age=0;/);
    assert.equal((await app.ask("GET", "/api/auth/session", { cookie })).status, 401);
    for (const planted of ["session_id=", "session_id=../flags", `session_id=${"a".repeat(43)}`, "other=1"]) {
      assert.equal((await app.ask("GET", "/api/auth/session", { cookie: planted })).status, 401);
    }
  });

  test(`${sdk}: signing in ends the session that the browser came with`, async () => {
    const before = await app.signIn("bob@example.com");
    const cookie = await app.signIn("ada@example.com", { cookie: before });
    assert.notEqual(cookie, before);
    assert.equal((await app.ask("GET", "/api/auth/session", { cookie: before })).status, 401);
    assert.equal((await app.ask("GET", "/api/auth/session", { cookie })).body.user.role, "admin");
  });

  test(`${sdk}: updates at once are all kept, and none brings an ended session back`, async () => {
    const cookie = await app.signIn("bob@example.com");
    const patches = await times(30, (i) =>
      both[i % 2].ask("PATCH", "/api/auth/session", { cookie, body: { [`field${i}`]: `${i}` } }),
    );
    assert.ok(patches.every(({ status }) => status === 204));
    const { body } = await app.ask("GET", "/api/auth/session", { cookie });
    assert.deepEqual(body.metadata, Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`field${i}`, `${i}`])));

    const raced = times(30, (i) => both[i % 2].ask("PATCH", "/api/auth/session", { cookie, body: { late: i } }));
    assert.equal((await app.ask("DELETE", "/api/auth/session", { cookie })).status, 204);
    for (const { status } of await raced) assert.ok([204, 401].includes(status));
    assert.equal((await app.ask("GET", "/api/auth/session", { cookie })).status, 401);
    await assertExpiring("session:*");
  });

  test(`${sdk}: a page view renews a session's expiry, and not at each view`, async () => {
    const cookie = await app.signIn("bob@example.com");
    const key = `session:${cookie.split("=")[1]}`;
    const week = 7 * 24 * 60 * 60;
    await server.command("EXPIRE", key, week - 30);
    await app.ask("GET", "/api/auth/session", { cookie });
    assert.ok((await server.command("TTL", key)) <= week - 30);
    await server.command("EXPIRE", key, week - 90);
    await app.ask("GET", "/api/auth/session", { cookie });
    assert.ok((await server.command("TTL", key)) > week - 30);
  });

  test(`${sdk}: flags by user, and nobody in a rollout by chance`, async () => {
    const [admin, member] = [await app.signIn("ada@example.com"), await app.signIn("bob@example.com")];
    const put = (name, body, cookie = admin) => app.ask("PUT", `/api/flags/${encodeURIComponent(name)}`, { cookie, body });
    const ask = async (name, user) => {
      const query = new URLSearchParams({ flag: name });
      return (await app.ask("GET", `/api/flags?${query}`, { headers: user ? { "x-user-id": user } : {} })).body.enabled;
    };
    await server.command("DEL", "feature_flags");
    assert.equal((await put("beta", { enabled: true }, member)).status, 403);
    assert.equal((await put("beta", { enabled: true }, null)).status, 401);
    assert.equal((await put("beta", { enabled: "yes" })).status, 400);
    assert.equal((await put("on", { enabled: true })).status, 204);
    assert.equal((await put("off", { enabled: false, allowedUsers: ["u1"] })).status, 204);
    const lists = { enabled: true, allowedUsers: ["u1"], deniedUsers: ["u1", "u2"], rolloutPercentage: 0 };
    assert.equal((await put("lists", lists)).status, 204);
    assert.equal((await put("👋🏽 roll", { enabled: true, rolloutPercentage: 40, allowedUsers: ["vip"] })).status, 204);
    assert.deepEqual([await ask("on"), await ask("off", "u1"), await ask("unknown", "u1")], [true, false, false]);
    assert.deepEqual([await ask("lists", "u1"), await ask("👋🏽 roll"), await ask("👋🏽 roll", "vip")], [false, false, true]);
    const enabled = await times(200, (i) => ask("👋🏽 roll", `user-${i}`));
    assert.deepEqual(enabled, Array.from({ length: 200 }, (_, i) => bucketOf(`user-${i}:👋🏽 roll`) < 40));
    const { body } = await app.ask("GET", "/api/flags", { headers: { "x-user-id": "vip" } });
    assert.deepEqual(body.flags, { on: true, off: false, lists: false, "👋🏽 roll": true });
  });

  test(`${sdk}: a value is stored and read as it is`, async () => {
    const cookie = await app.signIn("bob@example.com");
    let previous = null;
    for (const body of ["7", 7, "héllo 👋🏽", "", null, false, [1, "2"], { a: { b: null } }, "9007199254740993"]) {
      assert.deepEqual((await app.ask("PUT", "/api/preferences/p", { cookie, body })).body, { previous });
      assert.deepEqual((await app.ask("GET", "/api/preferences/p", { cookie })).body, { value: body });
      previous = body;
    }
    const other = await app.signIn("ada@example.com");
    assert.deepEqual((await app.ask("GET", "/api/preferences/p", { cookie: other })).body, { value: null });
    assert.equal((await app.ask("DELETE", "/api/preferences/p", { cookie })).status, 204);
    assert.equal((await app.ask("DELETE", "/api/preferences/p", { cookie })).status, 404);
  });
}

// The bucket of a text in exact arithmetic: a polynomial in 31 over UTF-16 units, as a signed number of 32 bits.
function bucketOf(text) {
  let hash = 0n;
  for (const unit of Array.from({ length: text.length }, (_, i) => text.charCodeAt(i))) hash = hash * 31n + BigInt(unit);
  const signed = BigInt.asIntN(32, hash);
  return Number((signed < 0n ? -signed : signed) % 100n);
}

test("a product is fetched once for everybody, and again after its tag", async () => {
  const admin = await apps.vercel.signIn("ada@example.com");
  const ask = (i, id) => both[i % 2].ask("GET", `/api/products/${id}`);
  catalogue.asked.length = 0;
  const first = await times(40, (i) => ask(i, "p1"));
  assert.deepEqual(catalogue.asked, ["p1"]);
  for (const { status, body } of first) assert.deepEqual([status, body], [200, { id: "p1", version: 1 }]);
  assert.equal((await ask(0, "p1")).headers.get("x-cache"), "fresh");
  await ask(0, "p2");
  assert.equal((await apps.upstash.ask("DELETE", "/api/cache/tags/product:p1")).status, 401);
  assert.equal((await apps.upstash.ask("DELETE", "/api/cache/tags/product:p1", { cookie: admin })).status, 204);
  assert.deepEqual([(await ask(0, "p1")).body.version, (await ask(1, "p2")).body.version], [3, 2]);
  await apps.vercel.ask("DELETE", "/api/cache/tags/products", { cookie: admin });
  assert.deepEqual([(await ask(1, "p1")).body.version, (await ask(0, "p2")).body.version], [4, 5]);
  await assertExpiring("cache:*");
});

test("a fill that was under way at an invalidation is not kept", async () => {
  const admin = await apps.vercel.signIn("ada@example.com");
  catalogue.asked.length = 0;
  let open;
  catalogue.gate = new Promise((resolve) => (open = resolve));
  const late = apps.vercel.ask("GET", "/api/products/late");
  while (catalogue.asked.length === 0) await apps.vercel.ask("GET", "/api/counters");
  await apps.upstash.ask("DELETE", "/api/cache/tags/products", { cookie: admin });
  catalogue.gate = null;
  open();
  assert.deepEqual((await late).body, { id: "late", version: 1 });
  assert.deepEqual((await apps.upstash.ask("GET", "/api/products/late")).body, { id: "late", version: 2 });
});

test("a stale product is served at once and fetched once behind it", async () => {
  catalogue.asked.length = 0;
  await apps.vercel.ask("GET", "/api/products/old");
  const key = "cache:entry:product:old";
  const entry = JSON.parse(await server.command("GET", key));
  await server.command("SET", key, JSON.stringify({ ...entry, freshUntil: 0 }), "KEEPTTL");
  const answers = await times(20, (i) => both[i % 2].ask("GET", "/api/products/old"));
  assert.ok(answers.some(({ headers }) => headers.get("x-cache") === "stale"));
  assert.ok(answers.every(({ headers }) => headers.get("x-cache") !== "miss"));
  let seen;
  do seen = await apps.upstash.ask("GET", "/api/products/old");
  while (seen.headers.get("x-cache") === "stale");
  assert.deepEqual([seen.headers.get("x-cache"), seen.body.version], ["fresh", 2]);
  assert.deepEqual(catalogue.asked, ["old", "old"]);
});

test("what does not exist is remembered, what failed is not", async () => {
  catalogue.asked.length = 0;
  for (const app of both) assert.equal((await app.ask("GET", "/api/products/none")).status, 404);
  assert.deepEqual(catalogue.asked, ["none"]);
  for (const app of both) assert.equal((await app.ask("GET", "/api/products/broken")).status, 500);
  assert.deepEqual(catalogue.asked, ["none", "broken", "broken"]);
});

test("a counter counts every call, and a reset loses none", async () => {
  const cookie = await apps.vercel.signIn("ada@example.com");
  const view = (i) => both[i % 2].ask("POST", "/api/counters/page-views");
  const counts = (await times(100, view)).map(({ body }) => body.pageViews);
  assert.deepEqual(counts.toSorted((a, b) => a - b), Array.from({ length: 100 }, (_, i) => i + 1));
  const more = times(50, view);
  const { body: { counted } } = await apps.upstash.ask("DELETE", "/api/counters/page-views", { cookie });
  await more;
  const { body } = await apps.upstash.ask("GET", "/api/counters");
  assert.equal(counted + body.pageViews, 150);
  assert.ok(body.requestsThisMinute > 0);
  await assertExpiring("wcounter:*");
});

test("a handle is given once", async () => {
  const cookie = await apps.vercel.signIn("bob@example.com");
  const answers = await times(20, (i) => both[i % 2].ask("POST", "/api/handles/weaver", { cookie }));
  assert.equal(answers.filter(({ status }) => status === 201).length, 1);
  assert.equal(answers.filter(({ status }) => status === 409).length, 19);
  await assertExpiring("handle:*");
});

test("an address over its limit is told when to come back", async () => {
  const app = await App.start(folder, { REQUESTS_PER_MINUTE_MAX: "0" });
  const { status, headers } = await app.ask("GET", "/api/counters");
  assert.equal(status, 429);
  assert.match(headers.get("retry-after"), /^[1-9][0-9]?$/);
});

test("sessions outlive the store's process", async () => {
  const cookie = await apps.vercel.signIn("bob@example.com");
  assert.equal((await apps.upstash.ask("PATCH", "/api/auth/session", { cookie, body: { cart: ["denim"] } })).status, 204);
  await server.restart("SIGKILL");
  for (const app of both) {
    const { status, body } = await app.ask("GET", "/api/auth/session", { cookie });
    assert.deepEqual([status, body.metadata], [200, { cart: ["denim"] }]);
  }
});

test("what is no request of ours is refused in JSON", async () => {
  const cookie = await apps.vercel.signIn("ada@example.com");
  for (const [method, path, body, status] of [
    ["GET", "/api/nothing", undefined, 404],
    ["PUT", "/api/counters", undefined, 405],
    ["GET", "/api/products/%ff", undefined, 400],
    ["PATCH", "/api/auth/session", [1], 400],
    ["PATCH", "/api/auth/session", {}, 400],
    ["PUT", "/api/preferences/p", undefined, 400],
    ["PUT", "/api/preferences/p", "x".repeat(100_000), 413],
  ]) {
    const answer = await apps.vercel.ask(method, path, { body, cookie });
    assert.equal(answer.status, status, `${method} ${path}`);
    assert.equal(typeof answer.body.error, "string");
  }
});
