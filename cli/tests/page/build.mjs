// Checks with a package that the command builds: failures, new builds, and saved tests.

import assert from "node:assert/strict";

import { hashOf, waitForInvocation } from "./browser.mjs";
import { newTag } from "./dev.mjs";

const SECRET = "Bearer secret-value";

export async function pageShowsTheCompilerOutputUntilABuildSucceeds({ watched, open }) {
  const { dev } = watched;
  await watched.serve("before");
  const page = await open(dev);
  await page.evaluate(() => (window.isSameDocument = true));
  const failed = await watched.breakBuild("missing_name");
  await page.waitForSelector("#build-failure", { state: "visible" });
  const message = await page.innerText("#build-failure [role=alert]");
  assert.equal(message, `Build ${failed} failed. The previous version still serves.`);
  const output = await page.innerText("#compiler-output");
  assert.match(output, /cannot find value `missing_name`/);
  assert.doesNotMatch(output, /\x1b/);
  assert.match(await page.title(), /^Build failed: watched/);
  assert.deepEqual(await dev.send("alb", "GET", "/"), { status: 200, body: "before" });

  await page.click("#build-failure button");
  assert.ok(!(await page.isVisible("#compiler-output")), "the output stays");
  const repaired = await watched.serve("after");
  assert.ok(repaired > failed, "no new build");
  await page.waitForSelector("#build-failure", { state: "hidden" });
  await waitForRunning(page, repaired);
  assert.equal(await page.title(), "watched");
  assert.deepEqual(await dev.send("alb", "GET", "/"), { status: 200, body: "after" });
  assert.equal(await page.evaluate(() => window.isSameDocument), true);
}

export async function markupInCompilerOutputStaysText({ watched, open }) {
  const page = await open(watched.dev);
  await watched.breakBuild('compile_error!("<img src=x onerror=window.hostile=1>")');
  await page.waitForFunction(() =>
    /onerror=window.hostile=1>/.test(document.getElementById("compiler-output")?.innerText),
  );
  assert.equal(await page.locator("body img").count(), 0);
}

export async function invocationsShowTheirBuild({ watched, open }) {
  const { dev } = watched;
  const builds = [];
  const page = await open(dev);
  for (const text of ["one", "two"]) {
    const build = await watched.serve(text);
    await waitForRunning(page, build);
    const invocation = await dev.invoke("alb", "GET", `/${newTag()}`);
    await page.evaluate((next) => (location.hash = next), hashOf(invocation));
    await waitForInvocation(page, invocation);
    assert.ok((await page.locator(".meta li").allInnerTexts()).includes(`build ${build}`), `not of build ${build}`);
    assert.ok((await page.innerText(".pane.response")).includes(text), "a response of another build");
    builds.push(build);
  }
  assert.ok(builds[1] > builds[0], `the builds are ${builds}`);
}

export async function savedTestHasNoSecretsUnlessChosen({ watched, open }) {
  const { dev } = watched;
  await watched.serve("saved");
  const headers = { authorization: SECRET, "x-visible": "visible-value" };
  const invocation = await dev.invoke("alb", "GET", `/items?${newTag()}`, { headers });
  const page = await open(dev, hashOf(invocation));
  await waitForInvocation(page, invocation);
  await page.click("text=Save as test");
  assert.equal(await page.inputValue("#save-form [name=name]"), "get_items");
  await save(page, "without_secrets");
  const files = await page.locator(".files li").allInnerTexts();
  assert.deepEqual(files, ["tests/fixtures/without_secrets.json", "tests/without_secrets.rs"]);
  assert.match(await page.innerText("#save-result .note"), /cargo test --test without_secrets/);
  for (const file of files) assert.doesNotMatch(watched.read(file), /authorization|secret-value/i, file);
  const fixture = JSON.parse(watched.read(files[0]));
  assert.equal(Object.fromEntries(fixture.request.headers)["x-visible"], "visible-value");
  assert.deepEqual([fixture.request.target, fixture.response.body.data], [invocation.target, "saved"]);

  await page.check("#save-form [name=secrets]");
  await save(page, "with_secrets");
  const all = Object.fromEntries(JSON.parse(watched.read("tests/fixtures/with_secrets.json")).request.headers);
  assert.equal(all.authorization, SECRET);
}

export async function saveDoesNotReplaceAFile({ watched, open }) {
  const { dev } = watched;
  await watched.serve("kept");
  watched.write("tests/fixtures/kept.json", "kept");
  const invocation = await dev.invoke("alb", "GET", `/?${newTag()}`);
  const page = await open(dev, hashOf(invocation));
  await waitForInvocation(page, invocation);
  await page.click("text=Save as test");
  await page.fill("#save-form [name=name]", "kept");
  await page.click("#save-form [type=submit]");
  await page.waitForFunction(() => /choose another name/.test(document.getElementById("save-error").textContent));
  assert.equal(watched.read("tests/fixtures/kept.json"), "kept");
  assert.ok(!watched.exists("tests/kept.rs"), "the test exists without its fixture");
  await page.keyboard.press("Escape");
  await page.waitForSelector("#save-dialog", { state: "hidden" });
}

async function save(page, name) {
  await page.fill("#save-form [name=name]", name);
  await page.click("#save-form [type=submit]");
  await page.waitForSelector(`.files >> text=tests/${name}.rs`);
}

async function waitForRunning(page, build) {
  await page.waitForFunction(
    (text) => document.getElementById("build-state").textContent.startsWith(text),
    `Running build ${build}`,
  );
}
