// What the files of this suite begin with: a server of their own and a client of @upstash/redis on it.
import { after } from "node:test";
import { Redis } from "@upstash/redis";
import { Selvedge } from "../harness/selvedge.mjs";

// Gone when the tests of the file have run; what was handed to `server.before` is closed before it.
export async function startServer() {
  const server = await Selvedge.start();
  const closing = [];
  server.before = (close) => closing.push(close);
  after(async () => {
    for (const close of closing.reverse()) await close();
    await server.remove();
  });
  return server;
}

export function connect(server, options = {}) {
  return new Redis({ url: server.url, token: server.token, retry: false, ...options });
}

// Seconds since 1970, `ahead` from now.
export const unixSeconds = (ahead = 0) => Math.floor(Date.now() / 1000) + ahead;

// Everything that a walk by cursor meets: `step` gets a cursor and answers the next one and a page.
export async function walk(step) {
  const items = [];
  let cursor = "0";
  do {
    const [next, page] = await step(cursor);
    items.push(...page);
    cursor = next;
  } while (cursor !== "0");
  return items;
}

// A flat answer of names and values as an object.
export function pairs(flat) {
  return Object.fromEntries(Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]));
}
