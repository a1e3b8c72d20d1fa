// Checks of the layout and the colours.

import assert from "node:assert/strict";

import { filterTo, hashOf, isTooWide, waitForInvocation } from "./browser.mjs";
import { newTag } from "./dev.mjs";

export async function page400PixelsWideHasOneColumn({ dev, open }) {
  const tag = newTag();
  const headers = { "x-long": "long-value-".repeat(40) };
  const target = `/echo?${tag}=${"long-target-".repeat(20)}`;
  const invocation = await dev.invoke("alb", "POST", target, { headers, body: "long-body-".repeat(50) });
  const page = await open(dev, "", { width: 400 });
  await filterTo(page, tag, 1);
  assert.ok(!(await isTooWide(page)), "the list is too wide");
  assert.ok(!(await page.isVisible(".detail-panel")), "the detail is beside the list");
  await page.click("#rows .row");
  await waitForInvocation(page, invocation);
  assert.ok(!(await page.isVisible("#list")), "the list is beside the detail");
  assert.ok(!(await isTooWide(page)), "the detail is too wide");
  await page.click("text=Edit and replay");
  const box = await page.locator("#edit-dialog").boundingBox();
  assert.ok(box.x >= 0 && box.x + box.width <= 400, "the editor is too wide");
  await page.click("#edit-dialog [data-close]");
  await page.click("text=Compare fronts");
  await page.waitForSelector(".compare-table");
  assert.ok(!(await isTooWide(page)), "the comparison is too wide");
  await page.click("#comparison .back");
  await waitForInvocation(page, invocation);
  await page.click("#invocation .back");
  await page.waitForSelector("#list");
}

export async function textHasEnoughContrastInTheLightTheme(context) {
  await checkContrast(context, "light");
}

export async function textHasEnoughContrastInTheDarkTheme(context) {
  await checkContrast(context, "dark");
}

async function checkContrast({ dev, watched, open }, scheme) {
  const tag = newTag();
  const headers = { "content-type": "application/json" };
  const good = await dev.invoke("alb", "POST", `/echo?${tag}`, { headers, body: '{"a":[1,true,null,"b"]}' });
  const bad = await dev.invoke("alb", "GET", `/exit?${tag}`);
  await dev.invoke("alb", "GET", `/missing?${tag}`);
  const page = await open(dev, "#/overview", { scheme });
  await page.waitForSelector(".fronts a");
  await expectContrast(page, "overview");
  for (const invocation of [bad, good]) {
    await page.evaluate((next) => (location.hash = next), hashOf(invocation));
    await waitForInvocation(page, invocation);
    await expectContrast(page, `invocation with status ${invocation.status}`);
  }
  await page.fill(".search-input", tag);
  await page.waitForSelector("mark.current");
  await expectContrast(page, "search");
  await page.click("text=Edit and replay");
  await expectContrast(page, "editor");
  await page.click("#edit-compare");
  await page.waitForSelector(".compare-table");
  await expectContrast(page, "comparison");

  await watched.breakBuild("missing");
  const failed = await open(watched.dev, "", { scheme });
  await failed.waitForSelector("#compiler-output");
  await expectContrast(failed, "build failure");
}

async function expectContrast(page, name) {
  const { count, failures } = await page.evaluate(findLowContrast);
  assert.ok(count > 20, `the ${name} has ${count} texts only`);
  assert.deepEqual(failures, [], `low contrast in the ${name}`);
}

/** Runs in the page. Returns the visible texts with a contrast below 4.5, the limit of WCAG AA. */
function findLowContrast() {
  const parse = (color) => (color.match(/[\d.]+/g) ?? []).map(Number);
  const linear = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const luminance = ([red, green, blue]) =>
    0.2126 * linear(red / 255) + 0.7152 * linear(green / 255) + 0.0722 * linear(blue / 255);
  const backgroundOf = (node) => {
    for (let parent = node; parent; parent = parent.parentElement) {
      const color = parse(getComputedStyle(parent).backgroundColor);
      if (color.length === 3 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const failures = [];
  let count = 0;
  while (texts.nextNode()) {
    const { data, parentElement: parent } = texts.currentNode;
    if (!data.trim() || !parent.checkVisibility() || parent.closest("script, noscript, .visually-hidden")) continue;
    const pair = [getComputedStyle(parent).color, null].map((color) =>
      luminance(color ? parse(color) : backgroundOf(parent)),
    );
    const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    count += 1;
    if (ratio < 4.5) failures.push(`${ratio.toFixed(2)} ${data.trim().slice(0, 30)}`);
  }
  return { count, failures };
}

export async function pageHasAnIcon({ dev, open }) {
  const page = await open(dev);
  const type = await page.evaluate(async () => {
    const response = await fetch(document.querySelector("link[rel=icon]").href);
    return `${response.status} ${response.headers.get("content-type")}`;
  });
  assert.equal(type, "200 image/svg+xml");
}

export async function themeButtonOverridesTheSystemAndLasts({ dev, open }) {
  const page = await open(dev, "", { scheme: "light" });
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await page.click("#theme");
  assert.equal(await ground(), light, "the first click does not choose the light theme");
  await page.click("#theme");
  const dark = await ground();
  assert.notEqual(dark, light, "the second click does not choose the dark theme");
  await page.reload();
  await page.waitForSelector("#theme >> text=dark");
  assert.equal(await ground(), dark, "the theme is lost");
}
