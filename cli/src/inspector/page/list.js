// The live list of invocations. The list renders only the rows in view, so 10,000 invocations scroll smoothly.

import {
  byId,
  element,
  formatClock,
  formatCount,
  formatDuration,
  formatShortClock,
  formatSize,
  oncePerFrame,
  statusText,
  statusTone,
} from "./dom.js";

const OVERSCAN_ROWS = 8;

/** The list on the left. */
export class List {
  #store;
  #open;
  #grid = byId("list");
  #rows = byId("rows");
  #rendered = new Map();
  #rowHeight = 30;
  #firstId = null;
  #activeId = null;
  #openedId = null;
  #hasLoaded = false;
  #renderSoon = oncePerFrame(() => this.#render());

  /** Creates the list. `open(id, byKeyboard)` opens an invocation. */
  constructor(store, open) {
    this.#store = store;
    this.#open = open;
    store.addEventListener("change", this.#renderSoon);
    this.#grid.addEventListener("scroll", this.#renderSoon, { passive: true });
    this.#grid.addEventListener("keydown", (event) => this.#handleKey(event));
    this.#rows.addEventListener("click", (event) => this.#handleClick(event));
    new ResizeObserver(() => this.#measure()).observe(this.#grid);
  }

  /** The id of the selected row. `null` if there is none, or the filter hides it. */
  get activeId() {
    return this.#indexOf(this.#activeId) < 0 ? null : this.#activeId;
  }

  /** Marks the invocation that the page shows in full, and selects its row. */
  setOpened(id) {
    this.#openedId = id;
    if (id !== null && id !== this.#activeId) {
      this.#activeId = id;
      this.#scrollTo(this.#indexOf(id));
    }
    this.#renderSoon();
  }

  /** Scrolls to the newest row, after the filter changed. */
  scrollToTop() {
    this.#firstId = null;
    this.#grid.scrollTop = 0;
  }

  /** Scrolls to the row of the opened invocation. */
  reveal() {
    this.#scrollTo(this.#indexOf(this.#openedId));
  }

  /** Ends the loading state: an empty list now means that no invocation exists. */
  setLoaded() {
    this.#hasLoaded = true;
    this.#renderSoon();
  }

  focus() {
    this.#grid.focus();
  }

  /** Moves the selection by a number of rows. */
  move(step) {
    const visible = this.#store.visible();
    if (visible.length === 0) return;
    const current = this.#indexOf(this.#activeId);
    const next = current < 0 ? 0 : Math.min(Math.max(current + step, 0), visible.length - 1);
    this.#activeId = visible[next].id;
    this.#scrollTo(next);
    this.#renderSoon();
  }

  /** Opens the selected row. */
  openActive() {
    if (this.activeId === null) this.move(0);
    if (this.activeId !== null) this.#open(this.activeId, true);
  }

  #handleKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(this.#grid.clientHeight / this.#rowHeight) - 2);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.key in steps) this.move(steps[event.key]);
    else if (event.key === "Enter" || event.key === " ") this.openActive();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #handleClick(event) {
    const row = event.target.closest("[role=row]");
    if (!row) return;
    this.#activeId = Number(row.dataset.id);
    this.#open(this.#activeId, false);
  }

  #indexOf(id) {
    return this.#store.visible().findIndex((summary) => summary.id === id);
  }

  #measure() {
    const height = parseFloat(getComputedStyle(this.#grid).getPropertyValue("--row-height"));
    if (height) this.#rowHeight = height;
    this.#renderSoon();
  }

  #scrollTo(index) {
    if (index < 0) return;
    const head = byId("list-head").offsetHeight;
    const top = index * this.#rowHeight;
    const bottom = top + this.#rowHeight + head;
    this.#rows.style.height = `${this.#store.visible().length * this.#rowHeight}px`;
    if (top < this.#grid.scrollTop) this.#grid.scrollTop = top;
    else if (bottom > this.#grid.scrollTop + this.#grid.clientHeight)
      this.#grid.scrollTop = bottom - this.#grid.clientHeight;
  }

  // Keeps the rows in place while new ones arrive above, unless the reader is at the top.
  #keepPosition(visible) {
    const added = visible.findIndex((summary) => summary.id === this.#firstId);
    if (added > 0 && this.#grid.scrollTop > 0) this.#grid.scrollTop += added * this.#rowHeight;
    this.#firstId = visible[0]?.id ?? null;
  }

  #render() {
    const visible = this.#store.visible();
    this.#rows.style.height = `${visible.length * this.#rowHeight}px`;
    this.#keepPosition(visible);
    const first = Math.max(0, Math.floor(this.#grid.scrollTop / this.#rowHeight) - OVERSCAN_ROWS);
    const count = Math.ceil(this.#grid.clientHeight / this.#rowHeight) + 2 * OVERSCAN_ROWS;
    const next = new Map();
    for (const [offset, summary] of visible.slice(first, first + count).entries()) {
      next.set(summary.id, this.#row(summary, first + offset));
    }
    this.#rendered = next;
    this.#attach([...next.values()]);
    this.#describe(visible.length);
  }

  // Attaches rows only if they changed: a row that moves between mouse down and mouse up receives no click.
  #attach(rows) {
    const current = this.#rows.children;
    if (rows.length === current.length && rows.every((row, index) => row === current[index])) return;
    this.#rows.replaceChildren(...rows);
  }

  #row(summary, index) {
    let row = this.#rendered.get(summary.id);
    if (!row || row.dataset.revision !== String(summary.revision)) {
      const cells = createCells(summary);
      row ??= element("div", { role: "row", class: "row", id: `row-${summary.id}`, "data-id": summary.id });
      row.dataset.revision = summary.revision;
      row.replaceChildren(...cells);
    }
    row.style.transform = `translateY(${index * this.#rowHeight}px)`;
    row.setAttribute("aria-rowindex", index + 2);
    row.setAttribute("aria-selected", summary.id === this.#activeId);
    row.classList.toggle("opened", summary.id === this.#openedId);
    return row;
  }

  #describe(count) {
    const total = this.#store.size;
    this.#grid.setAttribute("aria-rowcount", count + 1);
    if (this.#rendered.has(this.#activeId)) this.#grid.setAttribute("aria-activedescendant", `row-${this.#activeId}`);
    else this.#grid.removeAttribute("aria-activedescendant");
    byId("count").textContent = count === total ? formatCount(total) : `${formatCount(count)} of ${formatCount(total)}`;
    byId("list-empty").hidden = count > 0 || !this.#hasLoaded;
    byId("list-empty").textContent =
      total > 0 ? "No invocation matches the filter." : "No invocations yet. Send a request to a front.";
  }
}

function createCells(summary) {
  const status = statusText(summary);
  const time = formatDuration(summary.duration_ms);
  return [
    cell(`status ${statusTone(summary)}`, status),
    cell("method", summary.method ?? (summary.kind === "websocket" ? "socket" : summary.kind)),
    cell(
      "path",
      element("span", { class: "ellipsis", title: summary.target ?? summary.name }, pathOf(summary)),
      ...createFlags(summary),
    ),
    cell("front", summary.front ?? ""),
    cell(
      "clock",
      element(
        "time",
        { datetime: new Date(summary.at).toISOString(), title: formatClock(summary.at) },
        formatShortClock(summary.at),
      ),
    ),
    cell("number duration", time || "…"),
    cell("number size", summary.state === "done" || summary.response_size ? formatSize(summary.response_size) : "…"),
  ];
}

function pathOf({ name, target }) {
  return target ?? name;
}

function createFlags({ is_cold: isCold, complaints, replay_of: original, error, status }) {
  return [
    error && status && status < 500 ? flag("bad", "error", error) : null,
    complaints > 0
      ? flag("warning", `⚠ ${complaints}`, complaints === 1 ? "1 complaint" : `${complaints} complaints`)
      : null,
    original ? flag("", "↻", `replay of #${original}`) : null,
    isCold ? flag("cold", "cold", "cold start") : null,
  ].filter(Boolean);
}

function flag(tone, text, title) {
  return element("span", { class: `flag ${tone}`, title, "aria-label": title, role: "img" }, text);
}

function cell(name, ...children) {
  return element("div", { role: "gridcell", class: `cell ${name}` }, ...children);
}
