// Starts the real binary on free ports with a directory of its own, and stops it. For every suite that runs on Node.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

// The last of the lines that a start prints.
const LAST_LINE = "REDIS_URL";

export class Selvedge {
  static async start() {
    const server = new Selvedge();
    server.directory = await mkdtemp(join(tmpdir(), "selvedge-"));
    await server.#spawn("127.0.0.1:0", "127.0.0.1:0");
    return server;
  }

  async #spawn(httpAddress, respAddress) {
    const binary = process.env.SELVEDGE_BIN;
    if (!binary) throw new Error("SELVEDGE_BIN names no binary: run `cargo xtask test sdk clients`");
    const flags = ["--data-dir", this.directory, "--http-addr", httpAddress, "--resp-addr", respAddress];
    const own = Object.entries(process.env).filter(([name]) => !name.startsWith("SELVEDGE_"));
    this.process = spawn(binary, flags, { stdio: ["ignore", "pipe", "ignore"], env: Object.fromEntries(own) });
    this.ended = once(this.process, "exit");
    // A suite that ends early, by an exception at its top level, leaves no server behind.
    const child = this.process;
    process.once("exit", () => child.kill());
    this.env = {};
    for await (const line of createInterface({ input: this.process.stdout })) {
      const at = line.indexOf("=");
      if (at > 0 && !line.startsWith("#")) this.env[line.slice(0, at)] = line.slice(at + 1);
      if (this.env[LAST_LINE]) break;
    }
    if (!this.env[LAST_LINE]) throw new Error("the server did not start");
    this.url = this.env.KV_REST_API_URL;
    this.token = this.env.KV_REST_API_TOKEN;
    this.readOnlyToken = this.env.KV_REST_API_READ_ONLY_TOKEN;
    this.redisUrl = this.env.REDIS_URL;
  }

  // One request by hand: path, and what fetch takes. `token: null` sends none.
  async fetch(path, { token = this.token, headers = {}, ...rest } = {}) {
    const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
    return fetch(this.url + path, { method: "POST", ...rest, headers: { ...authorization, ...headers } });
  }

  // One command over REST, in the SDKs' form; what was answered under `result`.
  async command(...words) {
    const { result, error } = await (await this.fetch("/", { body: JSON.stringify(words) })).json();
    if (error) throw new Error(error);
    return result;
  }

  async stop(signal = "SIGTERM") {
    this.process.kill(signal);
    return (await this.ended)[0];
  }

  // Ends the process with `signal` and starts another on the same data and ports, where clients find it again.
  async restart(signal = "SIGTERM") {
    await this.stop(signal);
    const { host: httpAddress } = new URL(this.url);
    const { host: respAddress } = new URL(this.redisUrl);
    await this.#spawn(httpAddress, respAddress);
  }

  async remove() {
    if (this.process.exitCode === null && this.process.signalCode === null) await this.stop();
    await rm(this.directory, { recursive: true });
  }
}
