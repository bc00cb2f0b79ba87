// Counters, and counters per window of time.
import { kv } from "./client.mjs";

export class DistributedCounter {
  #key;

  constructor(name) {
    this.#key = `counter:${name}`;
  }

  increment(by = 1) {
    return kv.incrby(this.#key, by);
  }

  decrement(by = 1) {
    return kv.decrby(this.#key, by);
  }

  async get() {
    return (await kv.get(this.#key)) ?? 0;
  }

  // What it had counted: read and reset are one step, so that no increment falls in between.
  async reset() {
    return (await kv.getdel(this.#key)) ?? 0;
  }
}

// Windows are fixed and follow this process' clock: around an edge, twice as many fit into the length of a window. Sliding
// windows by the server's clock need commands that are planned.
export class WindowedCounter {
  #prefix;
  #windowSeconds;

  constructor(name, windowSeconds) {
    this.#prefix = `wcounter:${name}`;
    this.#windowSeconds = windowSeconds;
  }

  #currentKey() {
    return `${this.#prefix}:${Math.floor(Date.now() / 1000 / this.#windowSeconds)}`;
  }

  // Count and expiry in one step: a process that ends between the two would leave a counter for ever.
  async increment() {
    const key = this.#currentKey();
    const [count] = await kv.multi().incr(key).expire(key, this.#windowSeconds * 2, "NX").exec();
    return count;
  }

  async get() {
    return (await kv.get(this.#currentKey())) ?? 0;
  }

  // Until the next window, rounded up.
  secondsLeft() {
    return Math.ceil(this.#windowSeconds - ((Date.now() / 1000) % this.#windowSeconds));
  }
}
