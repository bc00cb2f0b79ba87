// A key-value store under a prefix of its own.
import { encoded, kv } from "./client.mjs";

export class EdgeKV {
  #prefix;

  constructor(prefix = "") {
    this.#prefix = prefix;
  }

  #key(key) {
    return this.#prefix ? `${this.#prefix}:${key}` : key;
  }

  get(key) {
    return kv.get(this.#key(key));
  }

  // `ttlSeconds: 0` is refused by the server; it does not mean "for ever".
  async set(key, value, { ttlSeconds } = {}) {
    await kv.set(this.#key(key), encoded(value), expiry(ttlSeconds));
  }

  async delete(key) {
    return (await kv.del(this.#key(key))) === 1;
  }

  increment(key, by = 1) {
    return kv.incrby(this.#key(key), by);
  }

  decrement(key, by = 1) {
    return kv.decrby(this.#key(key), by);
  }

  // The value before, or null.
  getAndSet(key, value, { ttlSeconds } = {}) {
    return kv.set(this.#key(key), encoded(value), { ...expiry(ttlSeconds), get: true });
  }

  // Condition and expiry in one step: a key that is set first and given its expiry later can be left without one.
  async setIfNotExists(key, value, { ttlSeconds } = {}) {
    return (await kv.set(this.#key(key), encoded(value), { ...expiry(ttlSeconds), nx: true })) === "OK";
  }
}

const expiry = (ttlSeconds) => (ttlSeconds === undefined ? {} : { ex: ttlSeconds });
