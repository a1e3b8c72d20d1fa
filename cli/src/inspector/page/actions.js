// The actions on an invocation: replay, edit, compare, copy as curl, save as a test, save all, and delete all.

import { ApiError, deleteInvocations, fetchCurl, postCompare, postReplay, postSave } from "./api.js";
import { byId, element, toast } from "./dom.js";

/** The actions of the page. Errors of the dev server appear as messages. */
export class Actions {
  #editor;
  #saved = null;
  #pending = new Set();

  /** Creates the actions; `editor` is the dialog that edits a request. */
  constructor(editor) {
    this.#editor = editor;
    byId("save-form").addEventListener("submit", (event) => this.#submitSave(event));
    byId("clear").addEventListener("click", () => this.clear());
    byId("export").addEventListener("click", () => byId("export-dialog").showModal());
    byId("export-form").addEventListener("submit", submitExport);
  }

  /** Sends the request or event of an invocation again, and opens the new invocation. */
  replay(invocation) {
    return this.#run("replay", async () => {
      const id = await postReplay(replayPayload(invocation));
      warnAboutTruncation(invocation.request?.body ?? invocation.event);
      toast(`Replayed as invocation ${id}`);
      location.hash = `#/invocations/${id}`;
    });
  }

  /** Opens the editor with the request or event of an invocation, or with an empty request. */
  edit(invocation) {
    this.#editor.open(invocation);
  }

  /** Sends a request through every front and opens the comparison. */
  compare(invocation) {
    if (!invocation.request) {
      toast("An event that is not an HTTP request has no fronts to compare", "bad");
      return Promise.resolve();
    }
    return this.#run("compare", async () => {
      toast("Sending the request through every front");
      const number = await postCompare(requestPayload(invocation.request));
      location.hash = `#/compare/${number}?from=${invocation.id}`;
    });
  }

  /** Copies a curl command, or shows the command if the browser does not allow copying. */
  copyCurl(invocation) {
    return this.#run("curl", async () => {
      const command = await fetchCurl(invocation.id);
      byId("curl-command").value = command;
      try {
        await navigator.clipboard.writeText(command);
        toast("Copied the curl command");
      } catch {
        byId("curl-dialog").showModal();
        byId("curl-command").select();
      }
    });
  }

  /** Opens the dialog that saves an invocation as a test. */
  save(invocation) {
    this.#saved = invocation.id;
    const form = byId("save-form");
    form.reset();
    form.elements.namedItem("name").value = testName(invocation);
    byId("save-error").textContent = "";
    byId("save-result").replaceChildren();
    byId("save-dialog").showModal();
    form.elements.namedItem("name").select();
  }

  /** Deletes every invocation. */
  clear() {
    return this.#run("clear", deleteInvocations);
  }

  // Runs an action once at a time: a second key press while the function runs has no effect.
  async #run(name, action) {
    if (this.#pending.has(name)) return;
    this.#pending.add(name);
    try {
      await action();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      toast(error.message, "bad");
    } finally {
      this.#pending.delete(name);
    }
  }

  async #submitSave(event) {
    event.preventDefault();
    const form = byId("save-form");
    byId("save-error").textContent = "";
    byId("save-result").replaceChildren();
    try {
      const { files, hint } = await postSave(
        this.#saved,
        form.elements.namedItem("name").value,
        form.elements.namedItem("secrets").checked,
      );
      byId("save-result").append(
        element("p", {}, files.length === 1 ? "Wrote this file:" : "Wrote these files:"),
        element("ul", { class: "files" }, ...files.map((file) => element("li", {}, file))),
        element("p", { class: "note" }, ...renderCode(hint)),
      );
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      byId("save-error").textContent = error.message;
    }
  }
}

// Saves all invocations as a file of the browser.
function submitExport(event) {
  event.preventDefault();
  const withSecrets = byId("export-form").elements.namedItem("secrets").checked;
  element("a", { href: `/api/export${withSecrets ? "?secrets=1" : ""}`, download: "" }).click();
  byId("export-dialog").close();
}

// Returns a text as nodes, with each part between two backticks as code.
function renderCode(text) {
  return text.split("`").map((part, index) => (index % 2 === 1 ? element("code", {}, part) : part));
}

/** Returns the body of a replay request for an invocation. */
function replayPayload({ id, request, event, front, function: functionName }) {
  if (request) return { front, request: requestPayload(request), replay_of: id };
  return { event: { data: event?.data ?? "" }, function: functionName, replay_of: id };
}

function requestPayload({ method, target, headers, body }) {
  return { method, target, headers, body: { encoding: body?.encoding ?? "text", data: body?.data ?? "" } };
}

/** Shows a message if a replay sends only the start of a body. */
export function warnAboutTruncation(body) {
  if (body?.is_truncated) toast("The inspector keeps only the start of this body; the replay sent that part", "bad");
}

/** Returns a Rust identifier for a test of an invocation: `get_items` for `GET /items?x=1`. */
function testName({ method, name, target }) {
  const source = target ? `${method} ${target.split("?")[0]}` : name;
  const identifier = source
    .toLowerCase()
    .replace(/%[0-9a-f]{2}/g, "_")
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^[_0-9]+|_+$/g, "")
    .slice(0, 60);
  return identifier || "invocation";
}
