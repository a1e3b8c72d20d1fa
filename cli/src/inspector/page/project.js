// The state of the project: its build, its fronts, and its output outside invocations.

import { createBackLink } from "./detail.js";
import { byId, element, formatDuration, show, withoutAnsi } from "./dom.js";

const MAX_LINES = 500;
const TITLES = { building: "Building", failed: "Build failed", running: "Running" };

/** The display of the build. */
export class BuildState {
  #build = null;
  #project = "";
  #isConnected = true;
  #isFolded = false;

  /** Shows the name and version of the project. */
  setProject(name, version) {
    this.#project = name;
    byId("project").replaceChildren(name, " ", element("span", { class: "muted" }, version));
    this.#updateTitle();
  }

  /** Shows a state of the build. */
  update(build) {
    if (build.number !== this.#build?.number) this.#isFolded = false;
    this.#build = build;
    const duration = build.state === "building" || !build.duration_ms ? "" : ` in ${formatDuration(build.duration_ms)}`;
    byId("build-state").replaceChildren(
      element("span", { class: `dot ${build.state}`, "aria-hidden": "true" }),
      element(
        "span",
        {},
        TITLES[build.state] ?? build.state,
        element("span", { class: "muted" }, ` build ${build.number}${duration}`),
      ),
    );
    this.#updateFailure();
    this.#updateTitle();
  }

  /** Shows whether the event stream is connected. */
  setConnected(isConnected) {
    this.#isConnected = isConnected;
    show(byId("connection"), !isConnected);
    this.#updateTitle();
  }

  #updateFailure() {
    const panel = byId("build-failure");
    // The panel stays while the next build runs, so the reader keeps the compiler output until a build succeeds.
    if (this.#build.state === "building" && !panel.hidden) return;
    show(panel, this.#build.state === "failed");
    panel.replaceChildren(...(this.#build.state === "failed" ? this.#renderFailure() : []));
  }

  #renderFailure() {
    const { number, output, is_serving: isServing } = this.#build;
    const text = isServing
      ? "The previous version still serves."
      : "No earlier version exists; the function serves after the first successful build.";
    const lines = element(
      "pre",
      { tabindex: "0", "aria-label": "Compiler output", id: "compiler-output" },
      withoutAnsi(output) || "The compiler wrote no output.",
    );
    lines.hidden = this.#isFolded;
    const toggle = element(
      "button",
      {
        type: "button",
        "aria-controls": "compiler-output",
        "aria-expanded": !this.#isFolded,
        onclick: () => {
          this.#isFolded = !this.#isFolded;
          lines.hidden = this.#isFolded;
          toggle.setAttribute("aria-expanded", !this.#isFolded);
          toggle.textContent = this.#isFolded ? "Show output" : "Hide output";
        },
      },
      this.#isFolded ? "Show output" : "Hide output",
    );
    return [
      element(
        "div",
        { class: "failure-head" },
        element("p", { role: "alert" }, element("b", {}, `Build ${number} failed.`), ` ${text}`),
        toggle,
      ),
      lines,
    ];
  }

  #updateTitle() {
    const state = this.#build?.state;
    const prefix = !this.#isConnected
      ? "Disconnected: "
      : state === "failed"
        ? "Build failed: "
        : state === "building"
          ? "Building: "
          : "";
    document.title = `${prefix}${this.#project || "Lodger"}`;
  }
}

/** The panel that the page shows while no invocation is open. */
export class Overview {
  #panel = byId("overview");
  #fronts = element("div");
  #functions = element("p", { class: "muted" });
  #log = element("ol", { class: "output", tabindex: "0", "aria-label": "Output outside invocations" });
  #none = element("p", { class: "muted none" }, "No output yet.");

  constructor() {
    this.#panel.append(
      element(
        "header",
        { class: "detail-head" },
        element("div", { class: "title-line" }, createBackLink(), element("h2", { tabindex: "-1" }, "Fronts")),
      ),
      element(
        "p",
        { class: "muted lead" },
        "Each address sends its requests through one front of Lambda or Vercel. Open an invocation in the list to inspect it.",
      ),
      this.#fronts,
      this.#functions,
      element(
        "section",
        { class: "logs", "aria-label": "Output" },
        element("h3", {}, "Output", element("span", { class: "hint" }, "outside invocations")),
        this.#none,
        this.#log,
      ),
    );
    this.#log.hidden = true;
  }

  /** Shows the fronts and functions of the project. */
  update({ fronts, functions }) {
    const rows = fronts.map(({ name, url, is_default: isDefault }) =>
      element(
        "tr",
        {},
        element("th", { scope: "row" }, name, isDefault ? element("span", { class: "flag" }, "default") : null),
        element("td", {}, createAddress(url)),
      ),
    );
    this.#fronts.replaceChildren(
      element("table", { class: "headers fronts", "aria-label": "Fronts" }, element("tbody", {}, ...rows)),
    );
    this.#functions.textContent = `${functions.length === 1 ? "Function" : "Functions"}: ${functions.join(", ")}`;
  }

  /** Appends a line of output. */
  append(text) {
    const isAtEnd = this.#log.scrollTop + this.#log.clientHeight >= this.#log.scrollHeight - 4;
    this.#log.append(element("li", {}, element("span", { class: "log-text" }, withoutAnsi(text))));
    if (this.#log.childElementCount > MAX_LINES) this.#log.firstElementChild.remove();
    this.#log.hidden = false;
    this.#none.hidden = true;
    if (isAtEnd) this.#log.scrollTop = this.#log.scrollHeight;
  }

  focus() {
    this.#panel.querySelector("h2").focus();
  }
}

function createAddress(url) {
  if (!/^https?:\/\//.test(url)) return url;
  return element("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, url);
}
