// A running `cargo lodger dev`, requests to its fronts, and the API of its inspector.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import http from "node:http";
import { createInterface } from "node:readline";

/** Everything that a check waits for happens sooner, in milliseconds. */
export const SOON = 60_000;

const PAUSE = 50;

/** Calls `find` until it returns a value that is not false, null or undefined. */
export async function eventually(description, find) {
  const end = Date.now() + SOON;
  for (;;) {
    const found = await find();
    if (found !== false && found !== null && found !== undefined) return found;
    if (Date.now() > end) throw new Error(`timeout while waiting for ${description}`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

let tagCount = 0;

/** Returns a word that appears in no other request. */
export function newTag() {
  tagCount += 1;
  return `tag-${tagCount}-end`;
}

/** The command as a process. */
export class Dev {
  #child;
  #lines = [];
  port = 0;

  constructor(child) {
    this.#child = child;
    createInterface({ input: child.stderr }).on("line", (line) => this.#lines.push(line));
    // A process of this script that fails must not leave the command behind.
    process.on("exit", () => child.kill());
  }

  /** Starts `cargo lodger dev` in a folder, and waits until it serves. Port 0 is any free port. */
  static async start(program, { port = 0, folder = process.cwd(), arguments: rest = [] }) {
    const { CARGO_TARGET_DIR: _, ...env } = process.env;
    const all = ["lodger", "dev", "--listen", `127.0.0.1:${port}`, ...rest];
    const dev = new Dev(spawn(program, all, { cwd: folder, env, stdio: ["ignore", "ignore", "pipe"] }));
    const line = await dev.waitForLine("Inspector http://inspect.localhost:");
    dev.port = Number(line.slice(line.lastIndexOf(":") + 1));
    return dev;
  }

  /** The address of the page. */
  get inspector() {
    return `http://inspect.localhost:${this.port}`;
  }

  /** Waits for a line of standard error that contains a text. */
  waitForLine(text) {
    return eventually(`the line "${text}"`, () => {
      const found = this.#lines.find((line) => line.includes(text));
      if (!found && this.#child.exitCode !== null) {
        throw new Error(`the command ended before the line "${text}":\n${this.#lines.join("\n")}`);
      }
      return found;
    });
  }

  /** Ends the command and the processes of its function. */
  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.kill();
    await exited;
  }

  /** Sends a request to a front, and returns the status and the body of the response. */
  send(front, method, target, { headers = {}, body = "" } = {}) {
    const options = {
      host: "127.0.0.1",
      port: this.port,
      method,
      path: target,
      // Node.js cannot resolve names below localhost on every system.
      headers: { ...headers, host: `${front}.localhost:${this.port}` },
      agent: false,
    };
    return new Promise((resolve, reject) => {
      const request = http.request(options, (response) => {
        const chunks = [];
        response.on("data", (chunk) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => resolve({ status: response.statusCode, body: Buffer.concat(chunks).toString() }));
      });
      request.on("error", reject);
      request.end(body);
    });
  }

  /** Sends a request with a unique target to a front, and returns its invocation, which has ended. */
  async invoke(front, method, target, options) {
    await this.send(front, method, target, options);
    return this.find((summary) => summary.target === target && summary.front === front);
  }

  /** Returns the newest invocation whose summary matches, with all its parts, after its end. */
  async find(matches) {
    const { id } = await eventually("the end of an invocation", async () => {
      const { invocations } = await this.api("GET", "/api/invocations?limit=1000");
      return invocations.find((summary) => summary.state === "done" && matches(summary));
    });
    return this.api("GET", `/api/invocations/${id}`);
  }

  /** Calls the API of the inspector. */
  async api(method, path) {
    const { status, body } = await this.send("inspect", method, path, { headers: { "x-lodger-inspector": "1" } });
    assert.ok(status < 300, `${method} ${path}: ${status} ${body}`);
    return body === "" ? null : JSON.parse(body);
  }
}
