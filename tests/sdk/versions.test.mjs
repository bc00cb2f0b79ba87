// Versions and guards: optimistic transactions of clients that hold no connection.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { promisify } from "node:util";
import { Redis } from "@upstash/redis";
import { connect, startServer } from "./client.mjs";

const server = await startServer();
const redis = connect(server);

const versionOf = (key, of = redis) => of.exec(["CAS.VERSION", key]);
const guard = (tx, ...pairs) => tx.chain({ command: ["CAS.GUARD", ...pairs], deserialize: (held) => held });
const pause = (ms) => new Promise((resume) => setTimeout(resume, ms));

// Replaces the value of a key until nobody was faster; how often somebody was.
async function update(client, key, change) {
  for (let conflicts = 0; ; conflicts++) {
    const version = await versionOf(key, client);
    const value = change(await client.get(key));
    if (value === undefined) return conflicts;
    const [held] = await guard(client.multi(), key, version).set(key, value).exec();
    if (held === 1) return conflicts;
    assert.equal(held, 0);
    await pause(Math.random() * Math.min(100, 2 ** conflicts));
  }
}

async function examples(language) {
  const guide = await readFile(new URL("../../docs/guide/optimistic-transactions.md", import.meta.url), "utf8");
  return [...guide.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "gs"))].map(([, code]) => code);
}

test("the guide's lines for a shell do what it says", async () => {
  const [lines, ...more] = await examples("sh");
  assert.equal(more.length, 0);
  const { stdout } = await promisify(execFile)("bash", ["-euc", lines], { env: { ...process.env, ...server.env } });
  assert.equal(
    stdout.replaceAll("\n", ""),
    '{"result":"OK"}{"result":"7"}[{"result":1},{"result":"OK"}][{"result":0}]',
  );
  assert.equal(await redis.get("stock:42"), 6);
});

test("the guide's JavaScript does what it says", async () => {
  const code = (await examples("js")).join("\n").replace(/^import .*$/m, "");
  const AsyncFunction = (async () => {}).constructor;
  const FromEnv = { fromEnv: () => redis };
  const run = new AsyncFunction("Redis", `${code}\nreturn { cart, bookings, book, version };`);
  const { cart, bookings, book, version } = await run(FromEnv);
  assert.deepEqual(cart, { items: ["umbrella"] });
  assert.deepEqual(await redis.get("cart:7"), cart);
  assert.equal(bookings, 1);
  await assert.rejects(book.exec(["seat:12"], [version, "bob"]), /OUTDATED a guarded key has changed/);
  assert.equal(await redis.get("seat:12"), "ada");
  assert.equal(await redis.llen("bookings"), 1);
});

test("a guard that does not hold is neither an error nor null, and nothing ran", async () => {
  await redis.set("a", 1);
  const [a, b] = [await versionOf("a"), await versionOf("b")];
  assert.deepEqual(await guard(redis.multi(), "a", a, "b", b).incr("a").hgetall("h").exec(), [1, 2, null]);
  const late = () => guard(guard(redis.multi(), "b", b), "a", a).incr("a").hgetall("h").zrange("z", 0, -1);
  assert.deepEqual(await late().exec(), [1, 0]);
  assert.deepEqual(await late().exec({ keepErrors: true }), [
    { error: undefined, result: 1 },
    { error: undefined, result: 0 },
  ]);
  assert.equal(await redis.get("a"), 2);
});

test("what is wrong with a guard is an error", async () => {
  await assert.rejects(redis.exec(["CAS.GUARD", "a", await versionOf("a")]), /alone it would guard nothing/);
  await assert.rejects(guard(redis.multi(), "a", "1").get("a").exec(), /EXECABORT.*not a version/);
  const behind = guard(redis.multi().set("behind", 1), "a", await versionOf("a"));
  await assert.rejects(behind.exec(), /EXECABORT.*CAS\.GUARD comes first/);
  assert.equal(await redis.exists("behind"), 0);
});

test("a guard in a pipeline fails alone, and automatic pipelines are not disturbed", async () => {
  const version = await versionOf("p");
  const results = await guard(redis.pipeline(), "p", version).set("p", 1).exec({ keepErrors: true });
  assert.match(results[0].error, /alone it would guard nothing/);
  assert.equal(results[1].result, "OK");
  const tx = () => guard(redis.multi(), "p", version).set("p", 2).exec();
  const [outdated, value, set] = await Promise.all([tx(), redis.get("p"), redis.set("q", 1)]);
  assert.deepEqual([outdated, value, set], [[0], 1, "OK"]);
});

test("the read-only token asks for versions and guards reads", async () => {
  const reader = new Redis({ url: server.url, token: server.readOnlyToken, retry: false });
  await redis.set("r", "x");
  const version = await versionOf("r", reader);
  assert.equal(version, await versionOf("r"));
  assert.deepEqual(await guard(reader.multi(), "r", version).get("r").exec(), [1, "x"]);
  await assert.rejects(guard(reader.multi(), "r", version).set("r", "y").exec(), /NOPERM/);
});

test("64 clients that add to one key lose nothing", async () => {
  const adding = Array.from({ length: 64 }, async () => {
    const client = connect(server);
    let conflicts = 0;
    for (let i = 0; i < 2; i++) conflicts += await update(client, "sum", (sum) => (sum ?? 0) + 1);
    return conflicts;
  });
  const conflicts = (await Promise.all(adding)).reduce((sum, each) => sum + each, 0);
  assert.equal(await redis.get("sum"), 64 * 2);
  assert.ok(conflicts > 0, "they were in each other's way");
});

test("of many that create a key one does, whatever else comes and goes", async () => {
  const creators = Array.from({ length: 32 }, async (_, i) => {
    const client = connect(server);
    const version = await versionOf("once", client);
    await client.set(`noise:${i}`, 1);
    await client.del(`noise:${i}`);
    const [held] = await guard(client.multi(), "once", version).set("once", i).exec();
    return held;
  });
  assert.equal((await Promise.all(creators)).filter((held) => held === 1).length, 1);
});

test("an expiry is a change, and what has expired is absent", async () => {
  await redis.set("brief", 1, { px: 40 });
  const [alive, value] = [await versionOf("brief"), await redis.get("brief")];
  while ((await redis.get("brief")) !== null) await pause(5);
  const tx = (version) => guard(redis.multi(), "brief", version).set("brief", 2, { px: 40 }).exec();
  assert.equal(value, 1);
  assert.deepEqual(await tx(alive), [0]);
  const absent = await versionOf("brief");
  assert.deepEqual(await tx(absent), [1, "OK"]);
  while ((await redis.get("brief")) !== null) await pause(5);
  assert.deepEqual(await tx(absent), [0]);
});

test("no update is lost or done twice while the process is killed and started again", async () => {
  const clients = 64;
  const held = await versionOf("ids");
  const adding = Array.from({ length: clients }, async (_, i) => {
    const client = connect(server, { retry: { retries: 20, backoff: () => 100 } });
    for (let round = 0; round < 2; round++) {
      const id = `${i}:${round}`;
      // A request that was cut off may have run: the id tells.
      await update(client, "ids", (ids) => (ids?.includes(id) ? undefined : [...(ids ?? []), id]));
    }
  });
  for (let kills = 0; kills < 3; kills++) {
    const before = (await redis.get("ids"))?.length ?? 0;
    while (((await redis.get("ids"))?.length ?? 0) < before + 10) await pause(5);
    await server.restart("SIGKILL");
  }
  await Promise.all(adding);
  const ids = await redis.get("ids");
  assert.equal(ids.length, clients * 2);
  assert.equal(new Set(ids).size, clients * 2);
  // With the default durability a version outlives restarts, for better or worse.
  assert.deepEqual(await guard(redis.multi(), "ids", held).del("ids").exec(), [0]);
  const version = await versionOf("ids");
  await server.restart("SIGKILL");
  assert.deepEqual(await guard(redis.multi(), "ids", version).del("ids").exec(), [1, 1]);
});
