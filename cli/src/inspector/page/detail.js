// One invocation in full: its summary, actions, complaints, timing, log lines and panes.

import { ApiError, fetchInvocation } from "./api.js";
import {
  byId,
  element,
  formatClock,
  formatDuration,
  formatSize,
  show,
  statusText,
  statusTone,
  withoutAnsi,
} from "./dom.js";
import { Panes } from "./panes.js";
import { renderTiming } from "./timing.js";

const REFRESH_DELAY = 250;

/** The panel of the opened invocation. */
export class Detail {
  #panel = byId("invocation");
  #actions;
  #id = null;
  #invocation = null;
  #parts = null;
  #refreshTimer = null;
  // The number of the newest load, and of the load that the panel shows. Responses may arrive in another order.
  #newestLoad = 0;
  #shownLoad = 0;

  /** Creates the panel; `actions` replays, edits, compares, copies and saves. */
  constructor(actions) {
    this.#actions = actions;
  }

  /** The opened invocation, or null. */
  get invocation() {
    return this.#invocation;
  }

  /** Opens an invocation. Moves the focus to its heading if `isFocused`. */
  async open(id, isFocused) {
    if (this.#id !== id) this.#reset(id);
    await this.#load(id);
    if (isFocused && this.#id === id) this.#panel.querySelector("h2")?.focus();
  }

  close() {
    this.#reset(null);
  }

  /** Loads the invocation again after its summary changed. */
  refresh(summary) {
    if (summary.id !== this.#id || this.#refreshTimer !== null) return;
    this.#refreshTimer = setTimeout(() => {
      this.#refreshTimer = null;
      this.#load(summary.id);
    }, REFRESH_DELAY);
  }

  focusSearch() {
    this.#parts?.panes.search.focus();
  }

  #reset(id) {
    // A refresh of the invocation before would stop those of this one.
    clearTimeout(this.#refreshTimer);
    this.#refreshTimer = null;
    this.#id = id;
    this.#invocation = null;
    this.#parts = null;
    this.#panel.replaceChildren();
    this.#panel.parentElement.scrollTop = 0;
  }

  async #load(id) {
    this.#newestLoad += 1;
    const load = this.#newestLoad;
    try {
      const invocation = await fetchInvocation(id);
      if (this.#id !== id || load < this.#shownLoad) return;
      this.#shownLoad = load;
      this.#invocation = invocation;
      this.#parts ??= this.#build();
      this.#update(invocation);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (this.#id === id && !this.#parts) this.#panel.replaceChildren(...renderMissing(id, error));
    }
  }

  #build() {
    const parts = {
      heading: element("h2", { tabindex: "-1" }),
      meta: element("ul", { class: "meta" }),
      buttons: element("div", { class: "actions" }),
      error: element("p", { class: "callout bad", role: "status" }),
      complaints: element("section", { class: "complaints", "aria-label": "Complaints" }),
      timing: element("section", { class: "timing", "aria-label": "Timing" }),
      logs: element("section", { class: "logs", "aria-label": "Log lines" }),
      panes: new Panes(),
    };
    this.#panel.replaceChildren(
      element(
        "header",
        { class: "detail-head" },
        element("div", { class: "title-line" }, createBackLink(), parts.heading),
        parts.meta,
        parts.buttons,
      ),
      parts.error,
      parts.complaints,
      parts.timing,
      parts.logs,
      parts.panes.element,
    );
    return parts;
  }

  #update(invocation) {
    const { heading, meta, buttons, error, complaints, timing, logs, panes } = this.#parts;
    heading.replaceChildren(...renderTitle(invocation));
    meta.replaceChildren(...renderMeta(invocation));
    if (buttons.childElementCount === 0) buttons.append(...this.#createButtons(invocation));
    show(error, Boolean(invocation.error));
    error.textContent = invocation.error ?? "";
    const list = invocation.complaint_list ?? [];
    show(complaints, list.length > 0);
    complaints.replaceChildren(...renderComplaints(list));
    const isListOpen = timing.querySelector("details")?.open;
    timing.replaceChildren(...renderTiming(invocation, isListOpen));
    updateLogs(logs, invocation);
    panes.update(invocation);
  }

  #createButtons(invocation) {
    const button = (text, title, action) =>
      element("button", { type: "button", title, onclick: () => action(this.#invocation) }, text);
    const actions = this.#actions;
    const buttons = [
      button("Replay", "Replay (r)", (it) => actions.replay(it)),
      button("Edit and replay", "Edit and replay (e)", (it) => actions.edit(it)),
    ];
    if (invocation.request) {
      buttons.push(
        button("Compare fronts", "Send the request through every front (c)", (it) => actions.compare(it)),
        button("Copy as curl", "Copy the request as a curl command", (it) => actions.copyCurl(it)),
      );
    }
    buttons.push(button("Save as test", "Save the invocation as a test", (it) => actions.save(it)));
    return buttons;
  }
}

/** Returns the hash that closes the detail panel: the invocation that a comparison came from, or the list. */
export function backHash(origin) {
  return origin ? `#/invocations/${origin}` : "#/";
}

/** Creates the link that closes the detail panel. */
export function createBackLink(origin) {
  const label = origin ? `Back to invocation ${origin}` : "Back to the list";
  return element("a", { class: "back", href: backHash(origin), title: "Close (Escape)", "aria-label": label });
}

function renderMissing(id, error) {
  return [
    element(
      "header",
      { class: "detail-head" },
      element("div", { class: "title-line" }, createBackLink(), element("h2", { tabindex: "-1" }, `Invocation ${id}`)),
    ),
    element("p", { class: "callout bad", role: "status" }, `cannot load invocation ${id}: ${error.message}`),
  ];
}

function renderTitle(invocation) {
  const { method, target, name, kind } = invocation;
  return [
    element("span", { class: `badge ${statusTone(invocation)}` }, statusText(invocation)),
    " ",
    element("span", { class: "title-method" }, method ?? kind),
    " ",
    element("span", { class: "title-target" }, target ?? name),
  ];
}

function renderMeta(invocation) {
  const {
    id,
    front,
    function: functionName,
    at,
    duration_ms: duration,
    is_cold: isCold,
    request_size: requestSize,
    response_size: responseSize,
    replay_of: original,
    build,
  } = invocation;
  const values = [
    `#${id}`,
    front,
    functionName,
    formatClock(at),
    formatDuration(duration),
    isCold ? "cold start" : null,
    `${formatSize(requestSize)} in`,
    `${formatSize(responseSize)} out`,
    `build ${build}`,
    original
      ? element("span", {}, "replay of ", element("a", { href: `#/invocations/${original}` }, `#${original}`))
      : null,
  ];
  return values.filter(Boolean).map((value) => element("li", {}, value));
}

function renderComplaints(complaints) {
  const title = element("h3", {}, "Complaints", element("span", { class: "hint" }, "of Lambda on AWS"));
  const items = complaints.map(({ level, text, link }) =>
    element(
      "li",
      { class: level === "error" ? "bad" : "warning" },
      element("span", { class: "level" }, level),
      element("span", {}, text, " ", createDocumentationLink(link)),
    ),
  );
  return [title, element("ul", {}, ...items)];
}

// A link from outside may contain a script, so only https is allowed.
function createDocumentationLink(link) {
  if (typeof link !== "string" || !link.startsWith("https://")) return null;
  return element("a", { href: link, target: "_blank", rel: "noopener noreferrer" }, "Documentation");
}

// Appends only new lines, so the log keeps its scroll position and the selection of the reader.
function updateLogs(section, { logs, state }) {
  show(section, logs.length > 0 || state !== "done");
  let list = section.querySelector("ol");
  if (!list) {
    list = element("ol", { tabindex: "0", "aria-label": "Log lines" });
    section.append(element("h3", {}, "Log", element("span", { class: "hint" })), list);
  }
  section.querySelector(".hint").textContent = logs.length === 1 ? "1 line" : `${logs.length} lines`;
  if (list.childElementCount > logs.length) list.replaceChildren();
  for (const { at_ms: at, text } of logs.slice(list.childElementCount)) {
    list.append(
      element(
        "li",
        {},
        element("span", { class: "log-time" }, formatDuration(at)),
        element("span", { class: "log-text" }, withoutAnsi(text)),
      ),
    );
  }
  show(list, logs.length > 0);
}
