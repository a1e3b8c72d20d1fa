// Checks of an opened invocation: its panes, its JSON, its search, and data that looks like markup.

import assert from "node:assert/strict";

import { filterTo, hash, hashOf, waitForInvocation } from "./browser.mjs";
import { eventually, newTag } from "./dev.mjs";

const MARKUP = '<img src=x onerror="window.hostile=1"><script>window.hostile=1</script>';

export async function clickOpensTheFourPanes({ dev, open }) {
  const tag = newTag();
  const invocation = await dev.invoke("alb", "POST", `/echo?${tag}`, { headers: { "x-a": "b" }, body: "the body" });
  const page = await open(dev);
  await filterTo(page, tag, 1);
  await page.click("#rows .row");
  await waitForInvocation(page, invocation);
  assert.match(await page.innerText("#invocation h2"), new RegExp(`^200 POST /echo\\?${tag}$`));
  for (const [pane, texts] of [
    ["request", [`POST /echo?${tag}`, "x-a", "the body"]],
    ["event", ["httpMethod", "requestContext"]],
    ["response", ["200", "content-type", "the body"]],
    ["reply", ["statusCode"]],
  ]) {
    const text = await page.innerText(`.pane.${pane}`);
    for (const part of texts) assert.ok(text.includes(part), `the pane ${pane} has no ${part}: ${text}`);
  }
  assert.ok(await page.isVisible(".timing .bar"), "the timing has no bar");
  const meta = await page.locator(".meta li").allInnerTexts();
  assert.ok(meta.includes("alb") && meta.includes("8 B in") && meta.includes("8 B out"), meta.join(", "));
}

export async function detailShowsAnErrorAndLogLines({ dev, open }) {
  const failed = await dev.invoke("alb", "GET", `/exit?${newTag()}`);
  const page = await open(dev, hashOf(failed));
  await waitForInvocation(page, failed);
  assert.match(await page.innerText("#invocation > .callout.bad"), /exit status: 3/);
  const greeting = await dev.invoke("alb", "GET", `/?${newTag()}`);
  await page.evaluate((next) => (location.hash = next), hashOf(greeting));
  await waitForInvocation(page, greeting);
  await page.waitForSelector("text=hello is called");
}

export async function detailShowsTheEndOfAnInvocationOpenedAfterAnother({ dev, open }) {
  const page = await open(dev);
  const first = await begin(dev);
  // The second one ends while the page still waits with the refresh of the first one.
  await new Promise((resolve) => setTimeout(resolve, 150));
  const second = await begin(dev);
  await page.evaluate((next) => (location.hash = next), hashOf(first));
  await page.waitForSelector(`#rows [data-id="${first.id}"] .good`);
  await page.evaluate((next) => (location.hash = next), hashOf(second));
  await waitForInvocation(page, second);
}

export async function detailKeepsTheNewestOfResponsesInAnotherOrder({ dev, open }) {
  const page = await open(dev);
  const invocation = await begin(dev);
  await page.evaluate(holdFirstResponse, `/api/invocations/${invocation.id}`);
  await page.evaluate((next) => (location.hash = next), hashOf(invocation));
  await page.waitForFunction(() => window.hasStale);
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.ok(await page.isVisible(".pane.response .start-line"), "a stale response replaces the newest one");
}

export async function jsonFoldsWithMouseAndKeyboard({ dev, open }) {
  const invocation = await dev.invoke("alb", "GET", `/?${newTag()}`);
  const page = await open(dev, hashOf(invocation));
  await waitForInvocation(page, invocation);
  const item = page.locator(".pane.event [role=treeitem][aria-expanded]").first();
  const expect = async (isExpanded, cause) =>
    assert.equal(await item.getAttribute("aria-expanded"), String(isExpanded), cause);
  await expect(true, "the first node is folded at the start");
  await item.locator("> .line").click();
  await expect(false, "a click does not fold");
  await page.keyboard.press("Enter");
  await expect(true, "Enter does not unfold");
  await page.keyboard.press("ArrowLeft");
  await expect(false, "ArrowLeft does not fold");
  await page.keyboard.press("ArrowRight");
  await expect(true, "ArrowRight does not unfold");
  await page.keyboard.press("ArrowRight");
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-level")), "2");
  await page.click('.pane.event button[title="Fold all nodes"]');
  assert.equal(await page.locator(".pane.event [role=treeitem][aria-expanded=true]").count(), 0);
}

export async function searchStepsThroughTheMatchesOfEveryPane({ dev, open }) {
  const tag = newTag();
  const body = JSON.stringify({ name: `Needle ${tag}` });
  const headers = { "content-type": "application/json" };
  const invocation = await dev.invoke("alb", "POST", `/echo?${tag}`, { headers, body });
  const page = await open(dev, hashOf(invocation));
  await waitForInvocation(page, invocation);
  await page.keyboard.press("s");
  await page.keyboard.type(tag.toUpperCase());
  const marked = await page.evaluate(() =>
    [...document.querySelectorAll(".pane")].filter((pane) => pane.querySelector("mark")).map((pane) => pane.className),
  );
  assert.deepEqual(marked.map((name) => name.replace("pane ", "")).sort(), ["event", "reply", "request", "response"]);
  const status = () => page.innerText(".search-status");
  const count = await page.locator("mark").count();
  assert.equal(await status(), `1 of ${count}`);
  await page.keyboard.press("Enter");
  assert.equal(await status(), `2 of ${count}`);
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.press("Shift+Enter");
  assert.equal(await status(), `${count} of ${count}`);
  assert.equal(await page.locator("mark.current").count(), 1);
  await page.fill(".search-input", "absent text");
  assert.equal(await status(), "no match");
}

export async function markupInARequestStaysText({ dev, open }) {
  const tag = newTag();
  const target = `/echo?${tag}=%3Cimg%20src=x%20onerror=window.hostile=1%3E`;
  const headers = { "x-hostile": MARKUP, "content-type": "text/html" };
  const invocation = await dev.invoke("alb", "POST", target, { headers, body: MARKUP });
  const page = await open(dev);
  await filterTo(page, tag, 1);
  await page.click("#rows .row");
  await waitForInvocation(page, invocation);
  await expectText(page, "#invocation .pane.request");
  await expectText(page, "#invocation .pane.response");
  await page.keyboard.press("s");
  await page.keyboard.type("<img");
  assert.ok((await page.locator("mark").count()) > 0, "the search finds no markup");
  await page.click("text=Edit and replay");
  assert.ok((await page.inputValue("#edit-body")).includes(MARKUP), "the editor has another body");
  await page.click("#edit-compare");
  await page.waitForSelector(".compare-table");
  await expectText(page, "#comparison");
  await expectNoElements(page);
}

export async function markupOfAFunctionStaysText({ watched, open }) {
  await watched.serve(MARKUP);
  const invocation = await watched.dev.invoke("alb", "GET", `/${newTag()}`);
  const page = await open(watched.dev, hashOf(invocation));
  await waitForInvocation(page, invocation);
  await expectText(page, ".pane.response");
  await page.waitForSelector(".logs li");
  await expectText(page, "#invocation .logs");
  await expectNoElements(page);
  assert.equal(await hash(page), hashOf(invocation));
}

async function expectText(page, selector) {
  const text = await page.innerText(selector);
  assert.ok(text.includes(MARKUP), `${selector} does not show the markup as text: ${text}`);
}

async function expectNoElements(page) {
  const selector = "body img, body script, body iframe, body svg";
  assert.equal(await page.locator(selector).count(), 0, "an element comes from data");
}

/** Runs in the page. Holds the first response of a path until the page has the response of the invocation. */
function holdFirstResponse(path) {
  const { fetch } = window;
  window.fetch = async (url, options) => {
    const response = await fetch(url, options);
    if (url === path) {
      window.fetch = fetch;
      const hasEnded = () => document.querySelector(".pane.response .start-line");
      while (!hasEnded()) await new Promise((resolve) => setTimeout(resolve, 10));
      window.hasStale = true;
    }
    return response;
  };
}

/** Sends a request whose response takes half a second, and returns its invocation before its end. */
async function begin(dev) {
  const target = `/slow?${newTag()}`;
  dev.send("alb", "GET", target);
  return eventually("the invocation", async () => {
    const { invocations } = await dev.api("GET", "/api/invocations?limit=10");
    return invocations.find((summary) => summary.target === target);
  });
}
