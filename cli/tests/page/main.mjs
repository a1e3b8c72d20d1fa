// Runs the checks of the inspector, and writes screenshots of it.
// usage: main.mjs CHROMIUM MODULES PROGRAMS [--screenshots FOLDER] [NAME...]
//
// Each exported function of the modules below is a check. The checks run one after another in one browser, with the same
// two commands: one serves the example `cli_function`, the other one a package that the checks edit. Each check sends the
// requests that it needs, so the checks run in any order and selection.

import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";

import * as actionChecks from "./actions.mjs";
import { Browser } from "./browser.mjs";
import * as buildChecks from "./build.mjs";
import * as detailChecks from "./detail.mjs";
import { Dev } from "./dev.mjs";
import * as keyboardChecks from "./keyboard.mjs";
import * as layoutChecks from "./layout.mjs";
import * as listChecks from "./list.mjs";
import { Package } from "./package.mjs";
import { takeScreenshots } from "./screenshots.mjs";

// The lines of an error in the output.
const MAX_LINES = 20;

const MODULES = [listChecks, detailChecks, actionChecks, keyboardChecks, layoutChecks, buildChecks];

class Run {
  #browser;
  #programs;
  #screenshots;
  #dev = null;
  #package = null;
  #failures = 0;
  #count = 0;

  constructor(browser, programs, screenshots) {
    this.#browser = browser;
    this.#programs = programs;
    this.#screenshots = screenshots;
  }

  /** Starts the two commands. */
  async start() {
    this.#dev = await this.#startFunction();
    this.#package = new Package();
    await this.#package.start(join(this.#programs, "cargo-lodger"));
  }

  /** Runs a check, and prints its result. */
  async check(name, run) {
    this.#count += 1;
    const start = Date.now();
    try {
      await run(this.#context());
      await this.#browser.expectNoViolations();
      console.log(`ok    ${name} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
    } catch (error) {
      this.#failures += 1;
      console.log(`FAIL  ${name}\n${describe(error)}`);
      if (this.#screenshots) await this.#browser.screenshot(join(this.#screenshots, `failure ${name}.png`));
    } finally {
      await this.#browser.closePages();
    }
  }

  /** Writes the screenshots. */
  async screenshots() {
    await takeScreenshots(this.#context(), this.#screenshots);
    await this.#browser.closePages();
  }

  /** Prints the sum, and returns the number of failures. */
  finish() {
    if (this.#count === 0) throw new Error("no check has this name");
    console.log(`${this.#count - this.#failures} of ${this.#count} checks pass`);
    return this.#failures;
  }

  async stop() {
    await this.#dev?.stop();
    await this.#package?.remove();
  }

  #startFunction(port = 0) {
    const program = join(this.#programs, "cargo-lodger");
    return Dev.start(program, { port, arguments: ["--", join(this.#programs, "examples", "cli_function")] });
  }

  #context() {
    return {
      dev: this.#dev,
      watched: this.#package,
      startFunction: (port) => this.#startFunction(port),
      open: (dev, hash, options) => this.#browser.open(dev, hash, options),
    };
  }
}

function parseArguments([chromium, modules, programs, ...rest]) {
  const names = [];
  let screenshots = null;
  while (rest.length > 0) {
    const argument = rest.shift();
    if (argument !== "--screenshots") names.push(argument);
    else if (rest.length > 0) screenshots = resolve(rest.shift());
    else throw new Error("missing the folder after --screenshots");
  }
  if (screenshots) mkdirSync(screenshots, { recursive: true });
  return { chromium, modules: resolve(modules), programs: resolve(programs), screenshots, names };
}

/** Returns the first lines of the message of an error, and the lines of the checks that led to it. */
function describe({ message, stack }) {
  const lines = stripVTControlCharacters(message).split("\n").slice(0, MAX_LINES);
  const places = stack.split("\n").filter((line) => line.includes(import.meta.dirname));
  return [...lines, ...places].map((line) => `      ${line}`.trimEnd()).join("\n");
}

/** Returns the name of a check: `opens an invocation` for the function `opensAnInvocation`. */
function nameOf(key) {
  return key.replace(/[A-Z]|\d+/g, (part) => ` ${part.toLowerCase()}`);
}

const { chromium, modules, programs, screenshots, names } = parseArguments(process.argv.slice(2));
const checks = MODULES.flatMap((module) => Object.entries(module))
  .map(([key, run]) => [nameOf(key), run])
  .filter(([name]) => names.length === 0 || names.some((part) => name.includes(part)));
const browser = await Browser.launch(chromium, modules);
const run = new Run(browser, programs, screenshots);
try {
  await run.start();
  for (const [name, check] of checks) await run.check(name, check);
  if (screenshots) await run.screenshots();
  process.exitCode = run.finish() > 0 ? 1 : 0;
} finally {
  await run.stop();
  await browser.close();
}
