// Checks of the page with the keyboard alone.

import assert from "node:assert/strict";

import { filterTo, hash, hashOf, waitForFocus, waitForInvocation, waitForNewInvocation, waitForRows } from "./browser.mjs";
import { eventually, newTag } from "./dev.mjs";

export async function keysFilterSelectAndOpenInvocations({ dev, open }) {
  const tag = newTag();
  const older = await dev.invoke("alb", "GET", `/?${tag}=older`);
  const newer = await dev.invoke("alb", "GET", `/?${tag}=newer`);
  const page = await open(dev);
  await page.keyboard.press("/");
  await page.keyboard.type(tag);
  await waitForRows(page, 2);
  await page.keyboard.press("Enter");
  await waitForSelection(page, newer);
  await page.keyboard.press("j");
  await waitForSelection(page, older);
  await page.keyboard.press("ArrowUp");
  await waitForSelection(page, newer);
  await page.keyboard.press("Enter");
  await waitForInvocation(page, newer);
  await waitForFocus(page, "#invocation h2");
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await waitForInvocation(page, older);
  await page.keyboard.press("/");
  await page.keyboard.press("Escape");
  assert.equal(await page.inputValue("#filter"), "", "the first Escape does not empty the filter");
  await page.keyboard.press("Escape");
  await waitForFocus(page, "#list");
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => location.hash === "#/");
}

export async function keyOfTheFilterShowsAHiddenList({ dev, open }) {
  const tag = newTag();
  const original = await dev.invoke("alb", "GET", `/?${tag}`);
  const narrow = await open(dev, hashOf(original), { width: 400 });
  await waitForInvocation(narrow, original);
  await narrow.keyboard.press("/");
  // The keys of replay and of the editor, without a pause.
  await narrow.keyboard.type("re");
  assert.equal(await narrow.inputValue("#filter"), "re");
  assert.equal(await hash(narrow), "#/");

  const page = await open(dev, hashOf(original));
  await waitForInvocation(page, original);
  await page.keyboard.press("c");
  await page.waitForSelector(".compare-table");
  await page.keyboard.press("/");
  await page.keyboard.type(tag);
  assert.equal(await page.inputValue("#filter"), tag);
}

export async function keysIgnoreAnInvocationThatTheFilterHides({ dev, open }) {
  const tag = newTag();
  const hidden = await dev.invoke("alb", "GET", `/?${tag}=hidden`);
  await dev.invoke("alb", "GET", `/?${tag}=shown`);
  const page = await open(dev);
  await filterTo(page, tag, 2);
  await page.keyboard.press("Enter");
  await page.keyboard.press("j");
  await waitForSelection(page, hidden);
  await filterTo(page, `${tag}=shown`, 1);
  await page.locator("#list").focus();
  await page.keyboard.press("e");
  // The editor of a new request opens next, and no other one before.
  await page.keyboard.press("n");
  await page.waitForSelector("#edit-dialog[open]");
  assert.equal(await page.innerText("#edit-title"), "New request");
}

export async function keysReplayEditAndCompare({ dev, open }) {
  const original = await dev.invoke("alb", "GET", `/?${newTag()}`);
  const page = await open(dev, hashOf(original));
  await waitForInvocation(page, original);
  await page.keyboard.press("e");
  await page.waitForSelector("#edit-dialog[open]");
  await waitForFocus(page, "[name=target]");
  await page.keyboard.press("Escape");
  await page.waitForSelector("#edit-dialog", { state: "hidden" });
  assert.equal(await hash(page), hashOf(original), "Escape in the dialog closes the invocation");
  await page.keyboard.press("r");
  const id = await waitForNewInvocation(page, hashOf(original));
  await page.keyboard.press("c");
  await page.waitForSelector(".compare-table");
  await waitForFocus(page, "#comparison h2");
  await page.keyboard.press("Escape");
  await waitForInvocation(page, { id });
  await page.keyboard.press("n");
  await page.waitForSelector("#edit-dialog[open]");
  assert.equal(await page.innerText("#edit-title"), "New request");
}

export async function keysWorkAtOnceAfterADialogCloses({ dev, open }) {
  const original = await dev.invoke("alb", "GET", `/?${newTag()}`);
  const page = await open(dev, hashOf(original));
  await waitForInvocation(page, original);
  await page.keyboard.press("e");
  await waitForFocus(page, "[name=target]");
  await page.evaluate(() => {
    const field = document.activeElement;
    field.closest("dialog").close();
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "r", bubbles: true, cancelable: true }));
  });
  await waitForNewInvocation(page, hashOf(original));
}

export async function singleKeysCanBeSwitchedOff({ dev, open }) {
  const original = await dev.invoke("alb", "GET", `/?${newTag()}`);
  const page = await open(dev, hashOf(original));
  await waitForInvocation(page, original);
  await page.keyboard.press("?");
  await page.waitForSelector("#keys-dialog[open]");
  await page.uncheck("#single-keys");
  await page.keyboard.press("Escape");
  await page.waitForSelector("#keys-dialog", { state: "hidden" });
  await page.reload();
  await waitForInvocation(page, original);
  for (const key of ["e", "n", "?", "/"]) await page.keyboard.press(key);
  assert.equal(await page.locator("dialog[open]").count(), 0, "a single key opens a dialog");
  assert.notEqual(await page.evaluate(() => document.activeElement.id), "filter");
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => location.hash === "#/");
  await page.click("#show-keys");
  await page.check("#single-keys");
  await page.keyboard.press("Escape");
  await page.keyboard.press("n");
  await page.waitForSelector("#edit-dialog[open]");
}

export async function tabReachesEveryControlInOrder({ dev, open }) {
  const tag = newTag();
  const headers = { "content-type": "application/json" };
  const invocation = await dev.invoke("alb", "POST", `/echo?${tag}`, { headers, body: '{"a":[1,2]}' });
  const page = await open(dev, hashOf(invocation));
  await waitForInvocation(page, invocation);
  const names = await collectFocus(page);
  const expected = [
    "Fronts and output",
    "New request",
    "Theme: system",
    "Keyboard shortcuts",
    "Filter invocations by path, status or front",
    "Clear",
    "Invocations, newest first",
    "Back to the list",
    "Replay",
    "Edit and replay",
    "Compare fronts",
    "Copy as curl",
    "Save as test",
    "Search request, event, reply and response",
    "Previous match",
    "Next match",
  ];
  let position = -1;
  for (const name of expected) {
    const next = names.indexOf(name, position + 1);
    assert.ok(next > position, `Tab does not reach ${name} after the control before it: ${names.join(", ")}`);
    position = next;
  }
  for (const pane of ["request", "event", "response", "reply"]) {
    assert.ok(names.includes(`pane ${pane}`), `Tab does not enter the pane ${pane}`);
  }
}

/** Presses Tab until the focus has gone round. Returns the names of the controls, each with a visible focus. */
async function collectFocus(page) {
  const names = [];
  for (let step = 0; step < 200; step += 1) {
    await page.keyboard.press("Tab");
    const focus = await page.evaluate(describeFocus);
    if (focus === null) return names;
    assert.ok(focus.isVisible, `the focus is not visible on ${focus.name}`);
    names.push(focus.name);
    if (focus.pane && names.at(-2) !== focus.pane) names.push(focus.pane);
  }
  throw new Error("Tab does not leave the page after 200 steps");
}

/** Runs in the page. Returns null if the focus is outside the page. */
function describeFocus() {
  const node = document.activeElement;
  if (node === null || node === document.body) return null;
  // A tree marks the line of an item instead of the item with all items below.
  const target = node.matches("[role=treeitem]") ? node.firstElementChild : node;
  const { outlineStyle, outlineWidth } = getComputedStyle(target);
  const { left, right, top, bottom } = target.getBoundingClientRect();
  const isInWindow = right > 0 && bottom > 0 && left < innerWidth && top < innerHeight;
  const text = node.textContent.trim().slice(0, 40);
  const label = node.id === "project" ? node.title : node.getAttribute("aria-label");
  return {
    name: label ?? text,
    pane: node.closest(".pane")?.className ?? null,
    isVisible: isInWindow && outlineStyle !== "none" && parseFloat(outlineWidth) >= 1,
  };
}

async function waitForSelection(page, { id }) {
  await eventually(`the selection of the row of invocation ${id}`, async () => {
    const selected = await page.locator("#rows [aria-selected=true]").getAttribute("data-id");
    return selected === String(id);
  });
  await waitForFocus(page, "#list, #invocation h2");
  const outline = await page.evaluate(() => {
    const row = document.querySelector("#rows [aria-selected=true]");
    const { outlineStyle, boxShadow } = getComputedStyle(row);
    return `${outlineStyle} ${boxShadow}`;
  });
  assert.notEqual(outline, "none none", "the selected row has no mark");
}
