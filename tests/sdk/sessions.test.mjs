// connect-redis keeps the sessions of an Express app: login, touch, destruction and expiry.
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { RedisStore } from "connect-redis";
import express from "express";
import session from "express-session";
import { createClient } from "redis";
import { connect, startServer } from "./client.mjs";

const server = await startServer();
const redis = connect(server);
const client = await createClient({ url: server.redisUrl }).connect();
server.before(() => client.close());

const store = new RedisStore({ client, prefix: "session:" });
const app = express();
app.use(session({ store, secret: "of the test", resave: false, saveUninitialized: false, cookie: { maxAge: 60_000 } }));
app.post("/login", (request, response, next) =>
  // A new id at login, so that one that was known before is worth nothing.
  request.session.regenerate((error) => {
    if (error) return next(error);
    request.session.user = "ada";
    request.session.visits = 0;
    response.json({ id: request.sessionID });
  }),
);
app.get("/", (request, response) => {
  if (!request.session.user) return response.status(401).end();
  request.session.visits += 1;
  response.json({ user: request.session.user, visits: request.session.visits });
});
app.get("/look", (request, response) => response.json({ user: request.session.user ?? null }));
app.post("/brief", (request, response) => {
  request.session.cookie.maxAge = 50;
  request.session.user = "brief";
  response.json({ id: request.sessionID });
});
app.post("/logout", (request, response, next) =>
  request.session.destroy((error) => (error ? next(error) : response.end())),
);
const listener = app.listen(0, "127.0.0.1");
await once(listener, "listening");
server.before(() => listener.close());
const base = `http://127.0.0.1:${listener.address().port}`;

// One browser: it sends back the cookie it was given.
function browser() {
  let cookie = "";
  return async (path, method = "GET") => {
    const response = await fetch(base + path, { method, headers: { cookie } });
    cookie = response.headers.get("set-cookie")?.split(";")[0] ?? cookie;
    const text = await response.text();
    return { status: response.status, body: text && JSON.parse(text) };
  };
}

test("a login lasts from request to request until the logout", async () => {
  const visit = browser();
  assert.equal((await visit("/")).status, 401);
  const { id } = (await visit("/login", "POST")).body;
  assert.deepEqual((await visit("/")).body, { user: "ada", visits: 1 });
  assert.deepEqual((await visit("/")).body, { user: "ada", visits: 2 });
  assert.equal((await redis.get(`session:${id}`)).visits, 2);
  assert.ok((await redis.ttl(`session:${id}`)) > 55);
  assert.equal((await visit("/logout", "POST")).status, 200);
  assert.equal(await redis.exists(`session:${id}`), 0);
  assert.equal((await visit("/")).status, 401);
});

test("a look extends a session without writing it", async () => {
  const visit = browser();
  const { id } = (await visit("/login", "POST")).body;
  await redis.expire(`session:${id}`, 5);
  const before = await redis.get(`session:${id}`);
  assert.deepEqual((await visit("/look")).body, { user: "ada" });
  assert.ok((await redis.ttl(`session:${id}`)) > 5);
  assert.equal((await redis.get(`session:${id}`)).visits, before.visits);
});

test("a session that has expired is gone", async () => {
  const visit = browser();
  const { id } = (await visit("/brief", "POST")).body;
  while ((await redis.exists(`session:${id}`)) === 1) await new Promise((resume) => setTimeout(resume, 20));
  assert.deepEqual((await visit("/look")).body, { user: null });
});

test("all sessions are listed, counted and cleared", async () => {
  await store.clear();
  for (let i = 0; i < 25; i++) await browser()("/login", "POST");
  assert.equal(await store.length(), 25);
  assert.equal((await store.ids()).length, 25);
  const all = await store.all();
  assert.ok(all.every((each) => each.user === "ada"));
  await store.clear();
  assert.equal(await store.length(), 0);
});
