// What the files of this suite begin with: a server of their own, gone when the tests of the file have run.
import { after } from "node:test";
import { Selvedge } from "../../harness/selvedge.mjs";

export async function startServer() {
  const server = await Selvedge.start();
  after(() => server.remove());
  return server;
}

// Where RESP is for somebody else: `user:password@`, or nothing.
export function urlFor(server, authority) {
  return `redis://${authority}${new URL(server.redisUrl).host}`;
}

// Every byte once, so that no text decoding goes unnoticed.
export const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
