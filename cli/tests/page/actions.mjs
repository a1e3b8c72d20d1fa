// Checks of the actions on an invocation: replay, edit, compare, and copy as a curl command.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

import { hash, hashOf, waitForFocus, waitForInvocation, waitForNewInvocation } from "./browser.mjs";
import { newTag } from "./dev.mjs";

export async function replayOpensTheNewInvocation({ dev, open }) {
  const tag = newTag();
  const original = await dev.invoke("http-api", "POST", `/echo?${tag}`, { headers: { "x-a": "b" }, body: "again" });
  const page = await openInvocation(open, dev, original);
  await page.click(".actions >> text=Replay");
  const id = await waitForNewInvocation(page, hashOf(original));
  assert.ok((await page.innerText(".meta")).includes(`replay of #${original.id}`), "no link to the original");
  const replayed = await dev.api("GET", `/api/invocations/${id}`);
  const { front, replay_of: replayOf, request, response } = replayed;
  assert.deepEqual([front, replayOf, request.target], ["http-api", original.id, original.target]);
  assert.deepEqual([request.body.data, response.body.data], ["again", "again"]);
  assert.ok(
    request.headers.some(([name, value]) => name === "x-a" && value === "b"),
    "the header is missing",
  );
  await page.click(".meta a");
  await waitForInvocation(page, original);
}

export async function editChangesEveryPartOfARequest({ dev, open }) {
  const [tag, edited] = [newTag(), newTag()];
  const original = await dev.invoke("alb", "GET", `/?${tag}`);
  const page = await openInvocation(open, dev, original);
  await page.click("text=Edit and replay");
  assert.equal(await page.inputValue("#edit-form [name=target]"), original.target);
  await page.selectOption("[name=front]", "rest-api");
  await page.fill("#edit-form [name=method]", "POST");
  await page.fill("#edit-form [name=target]", `/echo?${edited}`);
  await page.fill("[name=headers]", "host: edited.example\nx-edited: yes");
  await page.selectOption("[name=encoding]", "base64");
  await page.fill("#edit-body", btoa("edited body"));
  await page.click("#edit-form [type=submit]");
  const id = await waitForNewInvocation(page, hashOf(original));
  assert.ok(!(await page.isVisible("#edit-dialog")), "the editor stays open");
  const { front, method, request, response, replay_of: replayOf } = await dev.api("GET", `/api/invocations/${id}`);
  assert.deepEqual([front, method, replayOf], ["rest-api", "POST", original.id]);
  assert.deepEqual([request.target, response.body.data], [`/echo?${edited}`, "edited body"]);
  const headers = Object.fromEntries(request.headers);
  assert.deepEqual([headers.host, headers["x-edited"]], ["edited.example", "yes"]);
}

export async function editKeepsTheLineEndingsOfABody({ dev, open }) {
  // A multipart body with CRLF around a file with LF.
  const body = "--b\r\nx-part: 1\r\n\r\none\ntwo\n\r\n--b--\r\n";
  const original = await dev.invoke("alb", "POST", `/echo?${newTag()}`, { body });
  const page = await openInvocation(open, dev, original);
  await page.click("text=Edit and replay");
  const shown = await page.inputValue("#edit-body");
  await page.fill("#edit-body", shown.replace("two", "2\n3").replace("x-part: 1", "x-part: 2\nx-added: 3"));
  await page.click("#edit-form [type=submit]");
  const id = await waitForNewInvocation(page, hashOf(original));
  const { request } = await dev.api("GET", `/api/invocations/${id}`);
  assert.equal(request.body.data, body.replace("two", "2\n3").replace("x-part: 1", "x-part: 2\r\nx-added: 3"));
}

export async function editorStaysOpenAfterAnError({ dev, open }) {
  const original = await dev.invoke("alb", "GET", `/?${newTag()}`);
  const page = await openInvocation(open, dev, original);
  await page.click("text=Edit and replay");
  const submit = () => page.click("#edit-form [type=submit]");
  const waitForError = (text) =>
    page.waitForFunction((part) => document.getElementById("edit-error").textContent.includes(part), text);
  await page.fill("[name=headers]", "x-valid: 1\nbroken line");
  await submit();
  await waitForError("line 2");
  await page.fill("[name=headers]", "");
  await page.selectOption("[name=encoding]", "base64");
  await page.fill("#edit-body", "not base64!");
  await submit();
  await waitForError("base64");
  await page.fill("#edit-body", "");
  // The command rejects this target, not the page.
  await page.fill("#edit-form [name=target]", "no target");
  await submit();
  await waitForError("the request is not valid");
  assert.ok(await page.isVisible("#edit-dialog"), "the editor is closed");
  assert.equal(await hash(page), hashOf(original));
}

export async function newRequestUsesTheDefaultFront({ dev, open }) {
  const tag = newTag();
  const page = await open(dev);
  await page.click("#new-request");
  await page.fill("#edit-form [name=target]", `/?${tag}`);
  await page.keyboard.press("Control+Enter");
  const id = await waitForNewInvocation(page, "");
  const { front, request, replay_of: replayOf } = await dev.api("GET", `/api/invocations/${id}`);
  const { fronts } = await dev.api("GET", "/api/state");
  const { name } = fronts.find(({ is_default: isDefault }) => isDefault);
  assert.deepEqual([front, request.method, request.target, replayOf], [name, "GET", `/?${tag}`, null]);
}

export async function comparisonHasAColumnForEachFront({ dev, open }) {
  const original = await dev.invoke("alb", "GET", `/process?${newTag()}`);
  const page = await openInvocation(open, dev, original);
  await compare(page);
  const { fronts } = await dev.api("GET", "/api/state");
  const columns = await page.locator(".compare-table thead .front-name").allInnerTexts();
  assert.deepEqual(
    columns,
    fronts.map(({ name }) => name),
  );
  const rows = await page.locator(".compare-table tbody th").allInnerTexts();
  assert.ok(rows.includes("status") && rows.includes("body"), rows.join(", "));
  // The function returns the number of its process, which differs on a server.
  const body = page.locator(".compare-table tbody tr").last();
  assert.ok((await body.locator("td.different").count()) > 0, "no value of the body is marked");
  await page.check("#only-differences");
  assert.ok(!(await page.locator("tr.same").first().isVisible()), "an equal row is visible");
  await page.reload();
  await page.waitForSelector(".compare-table");
  await page.locator(".compare-table thead a").first().click();
  await waitForNewInvocation(page, hashOf(original));
}

export async function escapeReturnsFromAComparisonToItsInvocation({ dev, open }) {
  const original = await dev.invoke("alb", "GET", `/?${newTag()}`);
  const page = await openInvocation(open, dev, original);
  await compare(page);
  await page.keyboard.press("Escape");
  await waitForInvocation(page, original);
  await waitForFocus(page, "#invocation h2");
  await page.goBack();
  await page.waitForSelector(".compare-table");
  await page.click("#comparison .back");
  await waitForInvocation(page, original);
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => location.hash === "#/");
  await waitForFocus(page, "#list");
}

export async function curlCommandRepeatsTheRequest({ dev, open }) {
  const tag = newTag();
  const body = "it's a body";
  const original = await dev.invoke("alb", "POST", `/echo?${tag}`, { headers: { "x-quoted": "it's" }, body });
  const page = await openInvocation(open, dev, original);
  await page.click("text=Copy as curl");
  await page.waitForSelector("#notices .toast");
  const command = await page.evaluate(() => navigator.clipboard.readText());
  for (const part of ["curl ", "-X POST", "x-quoted: it", `http://alb.localhost:${dev.port}/echo?${tag}`]) {
    assert.ok(command.includes(part), `${part} is missing in ${command}`);
  }
}

async function openInvocation(open, dev, invocation) {
  const page = await open(dev, hashOf(invocation));
  await waitForInvocation(page, invocation);
  return page;
}

async function compare(page) {
  await page.click("text=Compare fronts");
  await page.waitForSelector(".compare-table");
  assert.match(await hash(page), /^#\/compare\/\d+\?from=\d+$/);
}

export async function saveWritesAFileWithoutSecrets({ dev, open }) {
  const tag = newTag();
  await dev.invoke("http-api", "GET", `/?${tag}`, { headers: { cookie: "a=s3cret" } });
  const page = await open(dev);
  const saved = async (withSecrets) => {
    await page.click("#export");
    await page.setChecked("#export-form [name=secrets]", withSecrets);
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("#export-form [type=submit]")]);
    assert.equal(download.suggestedFilename(), "invocations.json");
    assert.ok(!(await page.isVisible("#export-dialog")), "the dialog stays open");
    return readFile(await download.path(), "utf8");
  };
  const text = await saved(false);
  assert.ok(text.includes(tag) && !text.includes("s3cret"), "the invocation is missing, or the file has a secret");
  assert.ok((await saved(true)).includes("s3cret"), "the file has no secrets");
}
