// Edge functions in the runtimes they are deployed to: the SDK and the limiter inside workerd and edge-runtime.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { EdgeRuntime, runServer } from "edge-runtime";
import { build } from "esbuild";
import workerd from "workerd";
import { connect, startServer } from "./client.mjs";

const server = await startServer();
const redis = connect(server);

async function bundle(entry, options) {
  const entryPoints = [new URL(`edge/${entry}`, import.meta.url).pathname];
  const { outputFiles } = await build({ entryPoints, bundle: true, write: false, target: "es2022", ...options });
  return outputFiles[0].text;
}

// One function really serves requests: the limit counts them, and each sees what those before it stored.
async function visits(url, visitor) {
  const visit = async (who = visitor) => {
    const response = await fetch(`${url}/page?visitor=${encodeURIComponent(who)}`);
    return { status: response.status, body: await response.json() };
  };
  const stored = { visitor, "grüße": [1, null, "…"] };
  const { wasThere, ...first } = (await visit()).body;
  assert.equal(typeof wasThere, "boolean");
  assert.deepEqual(first, { seen: "OK", visits: 1, held: 1, remaining: 2, stored });
  assert.equal((await visit()).body.visits, 2);
  assert.equal((await visit()).body.remaining, 0);
  assert.deepEqual(await visit(), { status: 429, body: { error: "too many requests" } });
  assert.equal((await visit(`${visitor} too`)).status, 200);
  assert.deepEqual(await redis.get(`edge:profile:${visitor}`), stored);
  assert.ok((await redis.ttl(`edge:visits:${visitor}`)) > 50);
  // Many at once, each with its own connection and pipelines.
  const many = await Promise.all(Array.from({ length: 50 }, (_, i) => visit(`${visitor} ${i}`)));
  assert.deepEqual(many.map(({ status, body }) => [status, body.visits]), many.map(() => [200, 1]));
}

test("an edge function in workerd", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "selvedge-workerd-"));
  t.after(() => rm(directory, { recursive: true }));
  await writeFile(join(directory, "worker.js"), await bundle("worker.mjs", { format: "esm" }));
  const text = (name, value) => `(name = "${name}", text = ${JSON.stringify(value)})`;
  await writeFile(
    join(directory, "config.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
     const config :Workerd.Config = (
       services = [
         (name = "main", worker = .worker),
         (name = "internet", network = (allow = ["local", "private"])),
       ],
       sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
     );
     const worker :Workerd.Worker = (
       modules = [(name = "worker", esModule = embed "worker.js")],
       bindings = [
         ${text("UPSTASH_REDIS_REST_URL", server.url)},
         ${text("UPSTASH_REDIS_REST_TOKEN", server.token)},
       ],
       compatibilityDate = "2026-01-01",
     );`,
  );
  const stdio = ["ignore", "ignore", "inherit", "pipe"];
  const child = spawn(workerd.default ?? workerd, ["serve", join(directory, "config.capnp"), "--control-fd=3"], { stdio });
  const ended = once(child, "exit");
  t.after(async () => {
    child.kill();
    await ended;
  });
  const [line] = await once(createInterface({ input: child.stdio[3] }), "line");
  const { event, port } = JSON.parse(line);
  assert.equal(event, "listen");
  await visits(`http://127.0.0.1:${port}`, "ada at workerd");
});

test("an edge function in edge-runtime", async (t) => {
  const define = { REST_URL: JSON.stringify(server.url), REST_TOKEN: JSON.stringify(server.token) };
  const initialCode = await bundle("function.mjs", { format: "iife", define, conditions: ["edge-light", "browser"] });
  const served = await runServer({ runtime: new EdgeRuntime({ initialCode }), host: "127.0.0.1" });
  t.after(() => served.close());
  await visits(served.url.replace(/\/$/, ""), "ada at the edge");
});
