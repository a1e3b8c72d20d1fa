// Chromium with pages of the inspector, and conditions that checks wait for.

import assert from "node:assert/strict";
import { createRequire } from "node:module";

import { eventually, SOON } from "./dev.mjs";

// Checks that nothing happens wait this long, in milliseconds.
const SHORT = 300;

/** The browser. It collects errors, scripts from data and violations of the content security policy. */
export class Browser {
  #browser;
  #pages = [];
  #violations = [];

  constructor(browser) {
    this.#browser = browser;
  }

  /** Starts a browser by playwright-core in a folder of modules. */
  static async launch(executablePath, modules) {
    const { chromium } = createRequire(`${modules}/`)("playwright-core");
    const quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync"];
    return new Browser(await chromium.launch({ executablePath, args: ["--no-first-run", "--disable-gpu", ...quiet] }));
  }

  /** Opens the inspector of a command at a hash, and waits for its list. */
  async open(dev, hash = "", { width = 1280, height = 820, scheme = "light" } = {}) {
    const context = await this.#browser.newContext({ viewport: { width, height }, colorScheme: scheme });
    await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: dev.inspector });
    const page = await context.newPage();
    page.setDefaultTimeout(SOON);
    page.on("pageerror", ({ message }) => this.#violations.push(`error in the page: ${message}`));
    page.on("console", (message) => this.#receiveMessage(message.text()));
    page.on("dialog", async (dialog) => {
      this.#violations.push(`dialog: ${dialog.message()}`);
      await dialog.dismiss();
    });
    this.#pages.push(page);
    await page.goto(`${dev.inspector}/${hash}`);
    await page.waitForSelector("#rows .row, #list-empty:not([hidden])", { state: "attached" });
    return page;
  }

  /** Fails after an error or a script from data in any open page. */
  async expectNoViolations() {
    await new Promise((resolve) => setTimeout(resolve, SHORT));
    for (const page of this.#pages) {
      assert.ok(!(await page.evaluate(() => "hostile" in window)), "a script from data ran");
    }
    assert.deepEqual(this.#violations, []);
  }

  /** Writes a screenshot of the newest page. */
  async screenshot(path) {
    await this.#pages.at(-1)?.screenshot({ path });
  }

  async closePages() {
    for (const page of this.#pages) await page.context().close();
    this.#pages = [];
    this.#violations = [];
  }

  async close() {
    await this.#browser.close();
  }

  #receiveMessage(text) {
    if (/Content Security Policy|Failed to load resource.*40[34]/.test(text)) this.#violations.push(text);
  }
}

/** The hash of an invocation. */
export function hashOf({ id }) {
  return `#/invocations/${id}`;
}

/** Waits until the page has opened an invocation with all its parts. */
export async function waitForInvocation(page, { id }) {
  await page.waitForFunction((hash) => location.hash === hash, `#/invocations/${id}`);
  await page.waitForFunction((text) => document.querySelector(".meta li")?.textContent === text, `#${id}`);
  await page.waitForSelector(".pane.response .start-line");
}

/** Waits until the page has opened another invocation than before, and returns its id. */
export async function waitForNewInvocation(page, before) {
  const isNew = (old) => location.hash.startsWith("#/invocations/") && location.hash !== old;
  await page.waitForFunction(isNew, before);
  const id = Number((await hash(page)).split("/").at(-1));
  await waitForInvocation(page, { id });
  return id;
}

/** Filters the list, and waits for a number of rows. */
export async function filterTo(page, text, count) {
  await page.fill("#filter", text);
  await waitForRows(page, count);
}

/** Waits until the list has a number of rows. */
export async function waitForRows(page, count) {
  let last = 0;
  await eventually(`${count} rows`, async () => {
    last = await page.locator("#rows .row").count();
    return last === count;
  }).catch((error) => {
    throw new Error(`${error.message}; the list has ${last}`);
  });
}

/** Waits until the focus is on an element that matches a selector. */
export async function waitForFocus(page, selector) {
  await eventually(`the focus on ${selector}`, () =>
    page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector),
  );
}

/** The part of the address after `#`, with `#`. */
export function hash(page) {
  return page.evaluate(() => location.hash);
}

/** Whether anything is wider than the window. */
export function isTooWide(page) {
  return page.evaluate(() =>
    [document.documentElement, document.querySelector(".detail-panel"), document.getElementById("list")].some(
      (node) => node.scrollWidth > innerWidth,
    ),
  );
}
