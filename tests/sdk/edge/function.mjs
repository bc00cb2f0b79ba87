// For Vercel's edge-runtime: its settings are global.
import { Redis } from "@upstash/redis";
import { handle } from "./handle.mjs";

addEventListener("fetch", (event) => {
  event.respondWith(handle(new Redis({ url: REST_URL, token: REST_TOKEN }), event.request));
});
