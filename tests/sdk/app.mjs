// Starts the example app as its README says, with the modules of this suite, and asks it over HTTP.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after } from "node:test";
import { fileURLToPath } from "node:url";

const EXAMPLE = fileURLToPath(new URL("../../examples/edge-app", import.meta.url));
const MODULES = fileURLToPath(new URL("node_modules", import.meta.url));
const ENV_LINES = ["UPSTASH_REDIS_REST_URL", "UPSTASH_REDIS_REST_TOKEN", "KV_REST_API_URL", "KV_REST_API_TOKEN"];

// A copy with an `.env`, so that nothing is written into the example.
export async function installApp(server) {
  const folder = await mkdtemp(join(tmpdir(), "selvedge-app-"));
  after(() => rm(folder, { recursive: true }));
  for (const part of ["package.json", "src"]) await cp(join(EXAMPLE, part), join(folder, part), { recursive: true });
  await symlink(MODULES, join(folder, "node_modules"));
  await writeFile(join(folder, ".env"), ENV_LINES.map((name) => `${name}=${server.env[name]}\n`).join(""));
  return folder;
}

export class App {
  // A process of the app in `folder`, with more variables.
  static async start(folder, variables) {
    const app = new App();
    const env = { PATH: process.env.PATH, PORT: "0", ...variables };
    const options = { cwd: folder, env, stdio: ["ignore", "pipe", "inherit"] };
    app.process = spawn(process.execPath, ["--env-file=.env", "src/server.mjs"], options);
    app.ended = once(app.process, "exit");
    after(() => app.stop());
    const [line] = await once(createInterface({ input: app.process.stdout }), "line");
    app.url = line;
    return app;
  }

  // One request; its status, headers and parsed body. `cookie` is a session's, as a sign-in answered it.
  async ask(method, path, { body, cookie, headers = {} } = {}) {
    const sent = { method, headers: { ...headers, ...(cookie ? { cookie } : {}) } };
    if (body !== undefined) sent.body = JSON.stringify(body);
    const answer = await fetch(this.url + path, sent);
    const received = await answer.text();
    return { status: answer.status, headers: answer.headers, body: received ? JSON.parse(received) : undefined };
  }

  // The cookie of a new session.
  async signIn(email, options = {}) {
    const { headers } = await this.ask("POST", "/api/auth/session", { body: { email }, ...options });
    return headers.get("set-cookie").split(";")[0];
  }

  async stop() {
    this.process.kill();
    await this.ended;
  }
}
