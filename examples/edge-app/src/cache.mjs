// A cache with tags. A tag is a stamp; an entry carries the stamps that its tags had when its fill began and counts only
// while they are the same. So invalidating costs one write per tag, however many entries there are, and a fill that
// was under way at that moment is born stale. Sets of keys per tag, the usual way, can do neither and grow for ever.
import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { kv } from "./client.mjs";

const LIFE_SECONDS_MAX = 7 * 24 * 60 * 60;
const FILL_MS_MAX = 10_000;
// A stamp outlives every entry whose fill began before it: by the longest life, the longest fill, and as much to spare.
const STAMP_MS = LIFE_SECONDS_MAX * 1000 + 2 * FILL_MS_MAX;
const POLL_MS = 25;

export class EdgeCache {
  #prefix;
  #fills = new Map();

  constructor(prefix = "cache") {
    this.#prefix = prefix;
  }

  #entryKey = (key) => `${this.#prefix}:entry:${key}`;
  #leaseKey = (key) => `${this.#prefix}:lease:${key}`;
  #tagKey = (tag) => `${this.#prefix}:tag:${tag}`;

  // The value and how it was had: "fresh", "stale" (a refill began behind it) or "miss" (`fill` was asked). A `null` is a
  // value like others, so what does not exist is not looked for every time. `ttl: 0` caches nothing.
  async getOrSet(key, fill, { ttl = 3600, staleWhileRevalidate = 0, tags = [] } = {}) {
    if (ttl + staleWhileRevalidate > LIFE_SECONDS_MAX) throw new RangeError(`more than ${LIFE_SECONDS_MAX} seconds`);
    if (ttl === 0) return { data: await fill(), state: "miss" };
    const job = { key, fill, ttl, staleWhileRevalidate, tags: tags.toSorted() };
    const { entry } = await this.#lookUp(job);
    if (!entry) return { data: (await this.#fillOnce(job)).data, state: "miss" };
    if (Date.now() < entry.freshUntil) return { data: entry.data, state: "fresh" };
    this.#fillWithLease(job).catch((error) => console.error(`refill of ${key}:`, error));
    return { data: entry.data, state: "stale" };
  }

  delete(key) {
    return kv.del(this.#entryKey(key));
  }

  // All tags at the same instant.
  async invalidate(...tags) {
    const steps = kv.multi();
    for (const tag of tags) steps.set(this.#tagKey(tag), randomUUID(), { px: STAMP_MS });
    await steps.exec();
  }

  // Entry and stamps in one command, so that they belong together.
  async #lookUp({ key, tags }) {
    const [entry, ...found] = await kv.mget(this.#entryKey(key), ...tags.map(this.#tagKey));
    const stamps = JSON.stringify(tags.map((tag, i) => [tag, found[i]]));
    return { entry: entry?.stamps === stamps ? entry : null, stamps };
  }

  // One fill of a key at a time in this process.
  #fillOnce(job) {
    const running = this.#fills.get(job.key) ?? this.#fillOrWait(job).finally(() => this.#fills.delete(job.key));
    this.#fills.set(job.key, running);
    return running;
  }

  // One fill at a time among all processes: who gets the lease fills, the others wait for what comes of it.
  async #fillOrWait(job) {
    for (;;) {
      const filled = await this.#fillWithLease(job);
      if (filled) return filled;
      await setTimeout(POLL_MS);
      const { entry } = await this.#lookUp(job);
      if (entry) return entry;
    }
  }

  // Null when somebody else has the lease. It goes by itself when its holder does.
  async #fillWithLease(job) {
    const began = Date.now();
    if (!(await kv.set(this.#leaseKey(job.key), 1, { nx: true, px: FILL_MS_MAX }))) return null;
    const steps = kv.multi();
    try {
      const { entry, stamps } = await this.#lookUp(job);
      if (entry && Date.now() < entry.freshUntil) return entry;
      const data = (await job.fill()) ?? null;
      const filled = { data, stamps, freshUntil: Date.now() + job.ttl * 1000 };
      const px = Math.ceil((job.ttl + job.staleWhileRevalidate) * 1000);
      steps.set(this.#entryKey(job.key), filled, { px });
      return filled;
    } finally {
      // Later the lease may be somebody else's, and the stamps too old to be told from new ones.
      if (Date.now() - began < FILL_MS_MAX) await steps.del(this.#leaseKey(job.key)).exec();
    }
  }
}
