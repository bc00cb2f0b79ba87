// What the edge functions of this suite do with a request, wherever they run.
import { Ratelimit } from "@upstash/ratelimit";

export async function handle(redis, request) {
  const url = new URL(request.url);
  const visitor = url.searchParams.get("visitor") ?? "nobody";
  const ratelimit = new Ratelimit({ redis, limiter: Ratelimit.slidingWindow(3, "60 s"), prefix: `edge:${url.pathname}` });
  const { success, remaining, pending } = await ratelimit.limit(visitor);
  await pending;
  if (!success) return Response.json({ error: "too many requests" }, { status: 429 });
  const [seen, visits, profile] = await Promise.all([
    redis.set(`edge:profile:${visitor}`, { visitor, "grüße": [1, null, "…"] }, { ex: 60 }),
    redis.incr(`edge:visits:${visitor}`),
    redis.get(`edge:profile:${visitor}`),
  ]);
  const stored = await redis.get(`edge:profile:${visitor}`);
  const version = await redis.exec(["CAS.VERSION", `edge:visits:${visitor}`]);
  const [held] = await redis
    .multi()
    .chain({ command: ["CAS.GUARD", `edge:visits:${visitor}`, version], deserialize: (held) => held })
    .expire(`edge:visits:${visitor}`, 60)
    .exec();
  return Response.json({ seen, visits, held, remaining, stored, wasThere: profile !== null });
}
