// Checks of the list of invocations.

import assert from "node:assert/strict";

import { filterTo, hashOf, waitForInvocation, waitForRows } from "./browser.mjs";
import { newTag } from "./dev.mjs";

export async function listShowsEachPartOfAnInvocation({ dev, open }) {
  const tag = newTag();
  await dev.invoke("alb", "POST", `/echo?${tag}`, { body: "12345" });
  const page = await open(dev);
  await filterTo(page, tag, 1);
  const cells = await page.locator("#rows .row [role=gridcell]").allInnerTexts();
  const [status, method, path, front, clock, duration, size] = cells.map((text) => text.trim());
  assert.deepEqual([status, method, front, size], ["200", "POST", "alb", "5 B"]);
  assert.equal(path.split("\n")[0], `/echo?${tag}`);
  assert.match(clock, /^\d\d:\d\d:\d\d$/);
  assert.match(duration, /^[\d.,]+ m?s$/);
}

export async function listBeginsWithTheNewestInvocation({ dev, open }) {
  const tag = newTag();
  for (const number of [1, 2, 3]) await dev.invoke("alb", "GET", `/?${tag}=${number}`);
  const page = await open(dev);
  await filterTo(page, tag, 3);
  const paths = await page.locator("#rows .row .path .ellipsis").allInnerTexts();
  assert.deepEqual(
    paths,
    [3, 2, 1].map((number) => `/?${tag}=${number}`),
  );
}

export async function listReceivesInvocationsWithoutAReload({ dev, open }) {
  const tag = newTag();
  const page = await open(dev);
  await page.evaluate(() => (window.isSameDocument = true));
  await filterTo(page, tag, 0);
  assert.ok(await page.isVisible("#list-empty"), "the empty list has no message");
  await dev.invoke("http-api", "GET", `/?${tag}`);
  await waitForRows(page, 1);
  assert.ok(!(await page.isVisible("#list-empty")), "the message covers the list");
  await page.waitForSelector("#rows .row .status.good");
  assert.equal(await page.evaluate(() => window.isSameDocument), true);
}

export async function filterFindsPathsStatusesFrontsAndMarks({ dev, open }) {
  const tag = newTag();
  await dev.invoke("alb", "GET", `/?${tag}`);
  await dev.invoke("http-api", "GET", `/missing?${tag}`);
  const failed = await dev.invoke("rest-api", "GET", `/exit?${tag}`);
  const page = await open(dev);
  for (const [words, count] of [
    ["", 3],
    ["missing", 1],
    ["MISSING", 1],
    ["alb", 1],
    ["404", 1],
    ["4xx", 1],
    [`${String(failed.status)[0]}xx`, 1],
    ["error", 1],
    ["get alb 2xx", 1],
    ["get alb 4xx", 0],
  ]) {
    await filterTo(page, `${tag} ${words}`, count);
  }
  const total = (await dev.api("GET", "/api/invocations?limit=1000")).invocations.length;
  await page.waitForFunction((text) => document.getElementById("count").textContent === text, `0 of ${total}`);
}

export async function linkOpensAnInvocationAndSelectsItsRow({ dev, open }) {
  const tag = newTag();
  const invocation = await dev.invoke("alb", "GET", `/?${tag}`);
  // More rows than the window has.
  for (let number = 0; number < 40; number += 1) await dev.send("alb", "GET", `/?after-${tag}=${number}`);
  const page = await open(dev, hashOf(invocation));
  await waitForInvocation(page, invocation);
  const row = page.locator(`#row-${invocation.id}`);
  await row.waitFor();
  assert.equal(await row.getAttribute("aria-selected"), "true");
  const [top, bottom] = await page.evaluate(() => {
    const { top, bottom } = document.getElementById("list").getBoundingClientRect();
    return [top, bottom];
  });
  const box = await row.boundingBox();
  assert.ok(box.y >= top && box.y + box.height <= bottom + 1, "the row is outside the list");
}

export async function clearEmptiesEveryPage({ dev, open }) {
  const invocation = await dev.invoke("alb", "GET", `/?${newTag()}`);
  const other = await open(dev, hashOf(invocation));
  await waitForInvocation(other, invocation);
  const page = await open(dev);
  await page.click("#clear");
  for (const one of [page, other]) {
    await waitForRows(one, 0);
    await one.waitForFunction(() => document.getElementById("count").textContent === "0");
  }
  await other.waitForFunction(() => location.hash === "#/");
  assert.deepEqual((await dev.api("GET", "/api/invocations")).invocations, []);
}

export async function pageReconnectsAfterTheCommandStartsAgain({ startFunction, open }) {
  const [before, after] = [newTag(), newTag()];
  const first = await startFunction();
  let second = null;
  try {
    await first.invoke("alb", "GET", `/?${before}`);
    const page = await open(first);
    await filterTo(page, before, 1);
    await first.stop();
    await page.waitForSelector("#connection", { state: "visible" });
    assert.match(await page.title(), /^Disconnected: /);
    second = await startFunction(first.port);
    await page.waitForSelector("#connection", { state: "hidden" });
    // The new command has none of the old invocations.
    await waitForRows(page, 0);
    await second.invoke("alb", "GET", `/?${after}`);
    await filterTo(page, after, 1);
  } finally {
    await first.stop();
    await second?.stop();
  }
}
