// What the app answers.
import { fetchProduct, findUser } from "./backends.mjs";
import { EdgeCache } from "./cache.mjs";
import { DistributedCounter, WindowedCounter } from "./counters.mjs";
import { EdgeKV } from "./edge-kv.mjs";
import { getFlag, isEnabled, resolveFlags, setFlag } from "./flags.mjs";
import { HttpError } from "./http.mjs";
import { createSession, destroySession, getSession, sessionCookie, sessionId, updateSession } from "./sessions.mjs";

const REQUESTS_PER_MINUTE_MAX = Number(process.env.REQUESTS_PER_MINUTE_MAX ?? 600);
const HANDLE_SECONDS = 60 * 60;

const cache = new EdgeCache();
const handles = new EdgeKV("handle");
const pageViews = new DistributedCounter("page_views");
const requestsPerMinute = (address) => new WindowedCounter(`requests:${address}`, 60);
const preferences = ({ userId }) => new EdgeKV(`preferences:${userId}`);

// Counts every request of an address and refuses those over the limit. Behind a proxy the address would be the proxy's.
export async function limitRequests({ address }) {
  const requests = requestsPerMinute(address);
  if ((await requests.increment()) > REQUESTS_PER_MINUTE_MAX) {
    throw new HttpError(429, "too many requests", { "retry-after": String(requests.secondsLeft()) });
  }
}

async function signedIn(request) {
  const id = sessionId(request.headers.cookie);
  const session = await getSession(id);
  if (!session) throw new HttpError(401, "not signed in");
  return { id, ...session };
}

async function admin(request) {
  const session = await signedIn(request);
  if (session.role !== "admin") throw new HttpError(403, "for admins only");
  return session;
}

function object(body) {
  if (body === null || typeof body !== "object" || Array.isArray(body)) throw new HttpError(400, "the body is no object");
  return body;
}

export const routes = {
  "POST /api/auth/session": async (request) => {
    const user = findUser(object(request.body).email);
    if (!user) throw new HttpError(401, "no such user");
    const id = await createSession(user, sessionId(request.headers.cookie));
    return { status: 201, body: { authenticated: true, user }, headers: { "set-cookie": sessionCookie(id) } };
  },
  "GET /api/auth/session": async (request) => {
    const session = await getSession(sessionId(request.headers.cookie));
    if (!session) return { status: 401, body: { authenticated: false } };
    const { userId: id, email, role, metadata } = session;
    return { body: { authenticated: true, user: { id, email, role }, metadata } };
  },
  "PATCH /api/auth/session": async (request) => {
    const { id } = await signedIn(request);
    const metadata = object(request.body);
    if (Object.keys(metadata).length === 0) throw new HttpError(400, "nothing to set");
    if (!(await updateSession(id, metadata))) throw new HttpError(401, "not signed in");
    return { status: 204 };
  },
  "DELETE /api/auth/session": async (request) => {
    const id = sessionId(request.headers.cookie);
    if (id) await destroySession(id);
    return { status: 204, headers: { "set-cookie": sessionCookie(null) } };
  },

  "GET /api/flags": async ({ headers, query }) => {
    const userId = headers["x-user-id"];
    const name = query.get("flag");
    if (name === null) return { body: { flags: await resolveFlags(userId) } };
    return { body: { flag: name, enabled: isEnabled(await getFlag(name), name, userId) } };
  },
  "PUT /api/flags/:name": async (request) => {
    await admin(request);
    const flag = object(request.body);
    if (typeof flag.enabled !== "boolean") throw new HttpError(400, "`enabled` is true or false");
    await setFlag(request.params.name, flag);
    return { status: 204 };
  },

  "GET /api/products/:id": async ({ params: { id } }) => {
    const options = { ttl: 300, staleWhileRevalidate: 60, tags: ["products", `product:${id}`] };
    const { data, state } = await cache.getOrSet(`product:${id}`, () => fetchProduct(id), options);
    if (data === null) throw new HttpError(404, "no such product", { "x-cache": state });
    return { body: data, headers: { "x-cache": state } };
  },
  "DELETE /api/cache/tags/:tag": async (request) => {
    await admin(request);
    await cache.invalidate(request.params.tag);
    return { status: 204 };
  },

  "GET /api/counters": async ({ address }) => {
    const [views, requests] = await Promise.all([pageViews.get(), requestsPerMinute(address).get()]);
    return { body: { pageViews: views, requestsThisMinute: requests } };
  },
  "POST /api/counters/page-views": async () => ({ body: { pageViews: await pageViews.increment() } }),
  "DELETE /api/counters/page-views": async (request) => {
    await admin(request);
    return { body: { counted: await pageViews.reset() } };
  },

  "GET /api/preferences/:name": async (request) => {
    const value = await preferences(await signedIn(request)).get(request.params.name);
    return { body: { value } };
  },
  "PUT /api/preferences/:name": async (request) => {
    if (request.body === undefined) throw new HttpError(400, "no value");
    const previous = await preferences(await signedIn(request)).getAndSet(request.params.name, request.body);
    return { body: { previous } };
  },
  "DELETE /api/preferences/:name": async (request) => {
    const wasThere = await preferences(await signedIn(request)).delete(request.params.name);
    return { status: wasThere ? 204 : 404 };
  },
  "POST /api/handles/:handle": async (request) => {
    const { userId } = await signedIn(request);
    const isOurs = await handles.setIfNotExists(request.params.handle, userId, { ttlSeconds: HANDLE_SECONDS });
    if (!isOurs) throw new HttpError(409, "taken");
    return { status: 201, body: { handle: request.params.handle, seconds: HANDLE_SECONDS } };
  },
};
