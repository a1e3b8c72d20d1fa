// A package in a temporary folder, which `cargo lodger dev` builds, watches and serves.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { Dev, eventually } from "./dev.mjs";

const MANIFEST = `\
[package]
name = "watched"
version = "1.2.3"
edition = "2024"

[package.metadata.lodger]
front = "alb"

[workspace]
`;

// A runtime in a few lines, without dependencies, so that it builds in a second. It responds to each event with a page.
const MAIN = String.raw`
use std::{env, io::{BufRead, BufReader, Read, Write}, net::TcpStream};

fn request(head: &str, body: &str) -> (String, String) {
    let address = env::var("AWS_LAMBDA_RUNTIME_API").unwrap();
    let mut socket = TcpStream::connect(&address).unwrap();
    let length = body.len();
    write!(socket, "{head} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
    let (mut reader, mut id, mut body) = (BufReader::new(socket), String::new(), String::new());
    for line in reader.by_ref().lines() {
        let line = line.unwrap().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("lambda-runtime-aws-request-id: ") {
            id = value.to_owned();
        }
        if line.is_empty() {
            break;
        }
    }
    reader.read_to_string(&mut body).unwrap();
    (id, body)
}

fn main() {
    loop {
        let (id, _) = request("GET /2018-06-01/runtime/invocation/next", "");
        let text: &str = TEXT;
        println!("the text is {text}");
        let text: String = text.chars().flat_map(char::escape_default).collect();
        let reply = format!("{{\"statusCode\":200,\"headers\":{{\"content-type\":\"text/html\",\"x-text\":\"{text}\"}},\"body\":\"{text}\"}}");
        request(&format!("POST /2018-06-01/runtime/invocation/{id}/response"), &reply);
    }
}
`;

/** The package, and the command that serves it. */
export class Package {
  #folder = mkdtempSync(join(tmpdir(), "cargo-lodger-page-"));
  #build = 0;
  dev = null;

  constructor() {
    this.write("Cargo.toml", MANIFEST);
    this.writeExpression('"first"');
  }

  /** Starts `cargo lodger dev` in the folder. */
  async start(program) {
    this.dev = await Dev.start(program, { folder: this.#folder });
  }

  /** Writes a file, and creates its folder. */
  write(name, content) {
    const path = join(this.#folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }

  /** Writes a function whose response is the value of a Rust expression. */
  writeExpression(expression) {
    this.#build += 1;
    // The comment differs each time, so that each call starts a build.
    this.write("src/main.rs", `// Edit ${this.#build}.${MAIN.replace("TEXT", () => expression)}`);
  }

  /** Writes a function that responds with a text, waits until it serves, and returns the number of its build. */
  async serve(text) {
    this.writeExpression(JSON.stringify(text));
    await eventually(`a build that responds with ${text}`, async () => {
      const { status, body } = await this.dev.send("alb", "GET", "/serve");
      return status === 200 && body === text;
    });
    return (await this.#state()).number;
  }

  /** Writes an expression that does not compile, waits until its build has failed, and returns the number of the build. */
  async breakBuild(expression) {
    this.writeExpression(expression);
    return eventually(`a build that fails at ${expression}`, async () => {
      const { state, number, output } = await this.#state();
      return state === "failed" && output.includes(expression) && number;
    });
  }

  exists(name) {
    return existsSync(join(this.#folder, name));
  }

  read(name) {
    return readFileSync(join(this.#folder, name), "utf8");
  }

  /** Ends the command, and deletes the folder. */
  async remove() {
    await this.dev?.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #state() {
    return (await this.dev.api("GET", "/api/state")).build;
  }
}
