// Starts the real binary on free ports with a directory of its own, and stops it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export class Selvedge {
  static async start(directory) {
    const server = new Selvedge();
    server.directory = directory ?? (await mkdtemp(join(tmpdir(), "selvedge-sdk-")));
    const binary = process.env.SELVEDGE_BIN;
    if (!binary) throw new Error("SELVEDGE_BIN names no binary: run `cargo xtask test sdk`");
    const flags = ["--data-dir", server.directory, "--http-addr", "127.0.0.1:0", "--resp-addr", "127.0.0.1:0"];
    server.process = spawn(binary, flags, { stdio: ["ignore", "pipe", "ignore"] });
    server.ended = once(server.process, "exit");
    server.env = {};
    for await (const line of createInterface({ input: server.process.stdout })) {
      const at = line.indexOf("=");
      if (at > 0 && !line.startsWith("#")) server.env[line.slice(0, at)] = line.slice(at + 1);
      if (line.startsWith("REDIS_URL=")) break;
    }
    if (!server.env.REDIS_URL) throw new Error("the server did not start");
    server.url = server.env.KV_REST_API_URL;
    server.token = server.env.KV_REST_API_TOKEN;
    server.readOnlyToken = server.env.KV_REST_API_READ_ONLY_TOKEN;
    return server;
  }

  // One request by hand: path, and what fetch takes. `token: null` sends none.
  async fetch(path, { token = this.token, headers = {}, ...rest } = {}) {
    const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
    return fetch(this.url + path, { method: "POST", ...rest, headers: { ...authorization, ...headers } });
  }

  async stop(signal = "SIGTERM") {
    this.process.kill(signal);
    return (await this.ended)[0];
  }

  async remove() {
    if (this.process.exitCode === null && this.process.signalCode === null) await this.stop();
    await rm(this.directory, { recursive: true });
  }
}
