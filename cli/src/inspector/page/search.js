// The search in the panes of an invocation: matching, highlighting and stepping through matches.

import { element } from "./dom.js";

const MAX_MARKS_PER_TEXT = 500;
const SHORT_TEXT = 280;

/** Returns a pattern that matches `query` literally and ignores case, or null for an empty query. */
export function createPattern(query) {
  if (query === "") return null;
  return new RegExp(query.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"), "giu");
}

/** Whether `text` contains a match. */
export function containsMatch(text, pattern) {
  // Unlike `test`, `search` does not move `lastIndex`, where `matchAll` would begin.
  return Boolean(pattern) && text.search(pattern) !== -1;
}

/** Returns `text` as nodes, with every match in a `<mark>`. */
export function markMatches(text, pattern) {
  if (!pattern) return [text];
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    if (nodes.length > 2 * MAX_MARKS_PER_TEXT) break;
    nodes.push(text.slice(end, match.index), element("mark", {}, match[0]));
    end = match.index + match[0].length;
  }
  nodes.push(text.slice(end));
  return nodes;
}

/** Returns `text` as nodes, cut after `limit` characters with a button that shows the rest. A match shows the rest too. */
export function expandableText(text, pattern, limit = SHORT_TEXT) {
  if (text.length <= limit * 1.2 || containsMatch(text.slice(limit), pattern)) return markMatches(text, pattern);
  const rest = text.length - limit;
  const button = element(
    "button",
    { class: "more", type: "button" },
    `Show ${rest.toLocaleString("en")} more characters`,
  );
  button.addEventListener("click", (event) => {
    event.stopPropagation();
    const all = element("span", { tabindex: "-1" }, ...markMatches(text.slice(limit), pattern));
    button.replaceWith(all);
    all.focus();
  });
  return [...markMatches(text.slice(0, limit), pattern), button];
}

/** The search box over the panes. */
export class Search {
  #container;
  #marks = [];
  #current = -1;
  #input;
  #status;

  /** Creates a search over the `<mark>` elements in `container`; `render(pattern)` renders its panes again. */
  constructor(container, render) {
    this.#container = container;
    this.#input = element("input", {
      type: "search",
      class: "search-input",
      placeholder: "Search all four panes",
      "aria-label": "Search request, event, reply and response",
      title: "Search (s)",
      autocomplete: "off",
      spellcheck: "false",
      oninput: () => this.#run(render),
      onkeydown: (event) => this.#handleKey(event),
    });
    this.#status = element("span", { class: "muted search-status", role: "status" });
    this.element = element(
      "div",
      { class: "search", role: "search" },
      this.#input,
      element(
        "button",
        {
          type: "button",
          title: "Previous match (Shift+Enter)",
          "aria-label": "Previous match",
          onclick: () => this.step(-1),
        },
        "↑",
      ),
      element(
        "button",
        { type: "button", title: "Next match (Enter)", "aria-label": "Next match", onclick: () => this.step(1) },
        "↓",
      ),
      this.#status,
    );
  }

  /** The pattern of the current query, or null. */
  get pattern() {
    return createPattern(this.#input.value);
  }

  focus() {
    this.#input.focus();
    this.#input.select();
  }

  /** Counts the matches again after a pane changed. The current match stays current if it still exists. */
  refresh() {
    this.#marks = [...this.#container.querySelectorAll("mark")];
    this.#current = Math.min(this.#current, this.#marks.length - 1);
    this.#showCurrent(false);
  }

  /** Moves to the next match (`step` 1) or the previous match (`step` -1). */
  step(step) {
    if (this.#marks.length === 0) return;
    const count = this.#marks.length;
    this.#current = this.#current < 0 ? (step > 0 ? 0 : count - 1) : (this.#current + step + count) % count;
    this.#showCurrent(true);
  }

  #run(render) {
    render(this.pattern);
    this.#current = -1;
    this.refresh();
    this.step(1);
  }

  #handleKey(event) {
    if (event.key === "Enter") {
      event.preventDefault();
      this.step(event.shiftKey ? -1 : 1);
    }
  }

  #showCurrent(isScrolling) {
    for (const [index, mark] of this.#marks.entries()) mark.classList.toggle("current", index === this.#current);
    if (isScrolling) this.#marks[this.#current]?.scrollIntoView({ block: "nearest", inline: "nearest" });
    const count = this.#marks.length;
    if (this.#input.value === "") this.#status.textContent = "";
    else this.#status.textContent = count === 0 ? "no match" : `${this.#current + 1} of ${count}`;
  }
}
