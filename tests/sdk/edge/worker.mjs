// For Cloudflare's workerd: its settings come with each request.
import { Redis } from "@upstash/redis/cloudflare";
import { handle } from "./handle.mjs";

export default {
  fetch: (request, env) => handle(Redis.fromEnv(env), request),
};
