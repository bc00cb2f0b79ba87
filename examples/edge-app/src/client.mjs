// The client of the store: @vercel/kv, or @upstash/redis with EDGE_SDK=upstash. Each reads its two lines of `.env`.
import { Redis } from "@upstash/redis";
import { kv as vercel } from "@vercel/kv";

export const kv = process.env.EDGE_SDK === "upstash" ? Redis.fromEnv() : vercel;

// A value as it is stored: the SDKs store text bare and guess when they read, so that "7" comes back as 7. JSON comes back
// as it went in.
export const encoded = (value) => JSON.stringify(value);
