// Feature flags: one hash, a field per flag.
import { kv } from "./client.mjs";

const KEY = "feature_flags";

export const getFlag = (name) => kv.hget(KEY, name);
export const setFlag = (name, flag) => kv.hset(KEY, { [name]: flag });

// All flags for one user from one read: asking again for each flag could mix two states of the hash.
export async function resolveFlags(userId) {
  const flags = (await kv.hgetall(KEY)) ?? {};
  return Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, isEnabled(flag, name, userId)]));
}

export function isEnabled(flag, name, userId) {
  if (!flag?.enabled) return false;
  if (userId && flag.deniedUsers?.includes(userId)) return false;
  if (userId && flag.allowedUsers?.includes(userId)) return true;
  if (flag.rolloutPercentage === undefined) return true;
  // Without a user there is no bucket: not in the rollout, instead of on for every stranger.
  return Boolean(userId) && bucket(userId, name) < flag.rolloutPercentage;
}

// 0 to 99: a hash of UTF-16 units in 32 bits, kept as it is known, so that nobody changes sides. Its rollouts are not
// independent of each other; flags that are need the server's own, which are planned.
export function bucket(userId, name) {
  const text = `${userId}:${name}`;
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return Math.abs(hash) % 100;
}
