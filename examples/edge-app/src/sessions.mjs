// Sessions in two keys: who it is (a string, whose life is the session's), and what pages keep in it (a hash).
// A session in one JSON value loses an update whenever two requests change it at once, and a save under way brings back
// a session that was just destroyed. Here updates meet field by field, and what is written behind the end is an
// expiring hash that nobody can reach any more.
import { randomBytes } from "node:crypto";
import { encoded, kv } from "./client.mjs";

const COOKIE = "session_id";
const COOKIE_WITH_ID = new RegExp(`(?:^|;\\s*)${COOKIE}=([\\w-]{43})(?:;|$)`);
const IDLE_SECONDS = 7 * 24 * 60 * 60;
const LIFE_SECONDS = 30 * 24 * 60 * 60;
// A page view moves the expiry at most this often, or every read would be a write.
const TOUCH_SECONDS = 60;

const identityKey = (id) => `session:${id}`;
const dataKey = (id) => `session:${id}:data`;

// The id in a Cookie header, or null. What we did not draw never becomes part of a key.
export function sessionId(cookieHeader = "") {
  return COOKIE_WITH_ID.exec(cookieHeader)?.[1] ?? null;
}

// The Set-Cookie header for a session, or with `null` the one that takes it away.
export function sessionCookie(id) {
  const secure = process.env.NODE_ENV === "production" ? ["Secure"] : [];
  const life = `Max-Age=${id ? IDLE_SECONDS : 0}`;
  return [`${COOKIE}=${id ?? ""}`, "Path=/", life, "HttpOnly", "SameSite=Lax", ...secure].join("; ");
}

// A sign-in always draws a new id and ends the session that the browser came with: an id that somebody planted in a
// browser is worth nothing.
export async function createSession({ id: userId, email, role }, replacedId) {
  const id = randomBytes(32).toString("base64url");
  const identity = { userId, email, role, createdAt: Date.now() };
  const steps = kv.multi().set(identityKey(id), identity, { ex: IDLE_SECONDS });
  if (replacedId) steps.del(identityKey(replacedId), dataKey(replacedId));
  await steps.exec();
  return id;
}

export async function getSession(id) {
  if (!id) return null;
  const [identity, data, leftMs] = await kv.multi().get(identityKey(id)).hgetall(dataKey(id)).pttl(identityKey(id)).exec();
  if (!identity) return null;
  const now = Date.now();
  const expireAtMs = Math.min(now + IDLE_SECONDS * 1000, identity.createdAt + LIFE_SECONDS * 1000);
  if (expireAtMs - (now + leftMs) > TOUCH_SECONDS * 1000) {
    // An expiry cannot bring a key back that is gone, as writing the session again would.
    await kv.multi().pexpireat(identityKey(id), expireAtMs).pexpireat(dataKey(id), expireAtMs).exec();
  }
  return { ...identity, metadata: data ?? {} };
}

// Sets fields of the session's metadata and leaves the others alone. False when the session has ended.
export async function updateSession(id, metadata) {
  const fields = Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, encoded(value)]));
  const steps = kv.multi().exists(identityKey(id)).hset(dataKey(id), fields).expire(dataKey(id), IDLE_SECONDS);
  const [isAlive] = await steps.exec();
  return isAlive === 1;
}

export async function destroySession(id) {
  await kv.del(identityKey(id), dataKey(id));
}
