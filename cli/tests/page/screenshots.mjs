// Screenshots of the page with realistic data.

import { join } from "node:path";

import { hashOf, waitForInvocation } from "./browser.mjs";

const ORDER = JSON.stringify({
  id: 4711,
  items: [
    { sku: "lamp-2", count: 1 },
    { sku: "bulb", count: 6 },
  ],
  isPaid: true,
});

/** Writes each screenshot as a PNG file into a folder. */
export async function takeScreenshots({ dev, watched, open }, folder) {
  await dev.api("DELETE", "/api/invocations");
  const order = await sendRequests(dev);
  const shoot = (page, name) => page.screenshot({ path: join(folder, `${name}.png`) });

  const list = await open(dev);
  await list.waitForSelector(".fronts a");
  await shoot(list, "list");
  await shoot(await openInvocation(open, dev, order), "detail");
  await shoot(await openInvocation(open, dev, order, { scheme: "dark" }), "detail-dark");

  const editor = await openInvocation(open, dev, order);
  await editor.click("text=Edit and replay");
  await shoot(editor, "edit");

  const keys = await openInvocation(open, dev, order);
  await keys.keyboard.press("?");
  await shoot(keys, "keys");

  const comparison = await openInvocation(open, dev, order);
  await comparison.click("text=Compare fronts");
  await comparison.waitForSelector(".compare-table");
  await shoot(comparison, "compare");
  await shoot(await open(dev, "", { width: 400 }), "400-list");
  await shoot(await openInvocation(open, dev, order, { width: 400 }), "400-detail");
  const narrow = await open(dev, await comparison.evaluate(() => location.hash), { width: 400 });
  await narrow.waitForSelector(".compare-table");
  await shoot(narrow, "400-compare");

  await shoot(await openStream(dev, open), "stream");
  await shoot(await openSave(watched, open), "save");
  await shoot(await openFailure(watched, open), "build-failure");
  await shoot(await open(watched.dev, "", { width: 400 }), "400-build-failure");
}

/** Sends a request of each kind, and returns the invocation of an order. */
async function sendRequests(dev) {
  const { fronts } = await dev.api("GET", "/api/state");
  for (const { name } of fronts) await dev.send(name, "GET", `/?front=${name}`);
  for (let number = 1; number <= 6; number += 1) {
    await dev.send("http-api", "GET", number % 3 === 0 ? `/items/${number}` : `/variable?page=${number}`);
  }
  await dev.send("rest-api", "GET", "/exit");
  await dev.send("alb", "DELETE", "/echo");
  const headers = { "content-type": "application/json", accept: "application/json", authorization: "Bearer secret" };
  return dev.invoke("alb", "POST", "/echo?customer=42&dry-run=true", { headers, body: ORDER });
}

async function openInvocation(open, dev, invocation, options) {
  const page = await open(dev, hashOf(invocation), options);
  await waitForInvocation(page, invocation);
  return page;
}

async function openStream(dev, open) {
  return openInvocation(open, dev, await dev.invoke("function-url", "GET", "/stream?lines=3"));
}

async function openSave(watched, open) {
  await watched.serve("Hello");
  await watched.dev.api("DELETE", "/api/invocations");
  const invocation = await watched.dev.invoke("alb", "GET", "/hello?name=Ada");
  const page = await openInvocation(open, watched.dev, invocation);
  await page.click("text=Save as test");
  await page.click("#save-form [type=submit]");
  await page.waitForSelector(".files li");
  return page;
}

async function openFailure(watched, open) {
  for (let number = 1; number <= 5; number += 1) await watched.dev.send("alb", "GET", `/items/${number}`);
  const page = await open(watched.dev);
  await watched.breakBuild("missing");
  await page.waitForSelector("#compiler-output");
  return page;
}
