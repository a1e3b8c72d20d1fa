// The comparison of all fronts: rows are the status, each header and the body; columns are the fronts.

import { ApiError, fetchComparison } from "./api.js";
import { bytesOf } from "./bytes.js";
import { createBackLink } from "./detail.js";
import { byId, element, formatSize } from "./dom.js";
import { expandableText } from "./search.js";

const BODY_CHARACTERS = 2000;
const CONTEXT_CHARACTERS = 80;
// The whole cell is marked already; a mark inside a short value such as a status adds noise.
const MIN_MARKED_CHARACTERS = 16;

/** The panel of the opened comparison. */
export class Comparison {
  #panel = byId("comparison");
  #number = null;

  /** Opens a comparison that came from the invocation `origin`. Moves the focus to its heading if `isFocused`. */
  async open(number, origin, isFocused) {
    this.#number = number;
    this.#panel.replaceChildren(...renderHead(origin, `Comparison ${number}`, "Loading"));
    try {
      const comparison = await fetchComparison(number);
      if (this.#number !== number) return;
      this.#panel.replaceChildren(...renderComparison(comparison, origin));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (this.#number !== number) return;
      this.#panel.replaceChildren(
        ...renderHead(origin, `Comparison ${number}`),
        element("p", { class: "callout bad", role: "status" }, `cannot load comparison ${number}: ${error.message}`),
      );
    }
    if (isFocused) this.#panel.querySelector("h2").focus();
  }

  close() {
    this.#number = null;
    this.#panel.replaceChildren();
  }
}

function renderHead(origin, title, ...rest) {
  return [
    element(
      "header",
      { class: "detail-head" },
      element("div", { class: "title-line" }, createBackLink(origin), element("h2", { tabindex: "-1" }, title)),
      ...rest,
    ),
  ];
}

function renderComparison(comparison, origin) {
  const { number, request, rows, columns } = comparison;
  const differences = rows.filter(({ is_different: isDifferent }) => isDifferent).length;
  const title = element("span", { class: "title-target" }, `${request.method} ${request.target}`);
  const table = renderTable(comparison);
  const only = element("input", {
    type: "checkbox",
    id: "only-differences",
    onchange: () => table.classList.toggle("only-differences", only.checked),
  });
  const text =
    differences === 0
      ? `All ${columns.length} fronts return the same response.`
      : `${differences} of ${rows.length} rows differ. A marked value is not the most common value of its row.`;
  return [
    ...renderHead(
      origin,
      title,
      element(
        "ul",
        { class: "meta" },
        element("li", {}, `comparison ${number}`),
        element("li", {}, `${columns.length} fronts`),
      ),
    ),
    element(
      "div",
      { class: "compare-bar" },
      element("p", {}, text),
      differences > 0 ? element("label", { class: "check" }, only, " Only differences") : null,
    ),
    element(
      "div",
      { class: "compare-scroll", tabindex: "0", role: "region", "aria-label": "Table of the fronts" },
      table,
    ),
  ];
}

function renderTable({ columns, rows }) {
  const heads = columns.map(({ front, id, error }) =>
    element(
      "th",
      { scope: "col" },
      element("span", { class: "front-name" }, front),
      id
        ? element("a", { href: `#/invocations/${id}`, "aria-label": `Open invocation ${id} of ${front}` }, `#${id}`)
        : null,
      error ? element("span", { class: "column-error" }, error) : null,
    ),
  );
  const head = element("thead", {}, element("tr", {}, element("td", {}), ...heads));
  const body = element("tbody", {}, ...rows.map((row) => renderRow(row, columns)));
  return element("table", { class: "compare-table" }, head, body);
}

function renderRow({ name, values, is_different: isDifferent }, columns) {
  // One cell spans all fronts with the same value, so that the differences stand out.
  if (!isDifferent)
    return createRow(name, false, element("td", { colspan: columns.length }, renderCell(name, values[0], columns[0])));
  const common = mostCommon(values);
  const cells = values.map((value, index) => {
    const isMarked = value !== common;
    return element(
      "td",
      { class: isMarked ? "different" : null },
      isMarked ? element("span", { class: "visually-hidden" }, "differs: ") : null,
      renderCell(name, value, columns[index], isMarked ? common : null),
    );
  });
  return createRow(name, true, ...cells);
}

function createRow(name, isDifferent, ...cells) {
  const label = name.startsWith("header ")
    ? [element("span", { class: "visually-hidden" }, "header "), name.slice("header ".length)]
    : [element("b", {}, name)];
  return element(
    "tr",
    { class: isDifferent ? "differs" : "same" },
    element("th", { scope: "row" }, ...label),
    ...cells,
  );
}

// `common` is the most common value of the row if this value differs from it.
function renderCell(name, value, column, common = null) {
  return name === "body" ? renderBody(value, column.body, common) : renderValue(value, common);
}

function renderValue(value, common) {
  if (value === null || value === undefined)
    return element("span", { class: "muted" }, "–", element("span", { class: "visually-hidden" }, "absent"));
  return element("span", { class: "value" }, ...renderText(String(value), common, 200));
}

function renderBody(value, body, common) {
  if (!body) return renderValue(value, common);
  if (body.size === 0) return element("span", { class: "muted" }, "empty");
  if (body.encoding === "base64") {
    const start = [...bytesOf({ encoding: "base64", data: body.data.slice(0, 44) })]
      .map((byte) => byte.toString(16).padStart(2, "0"))
      .join(" ");
    return element(
      "span",
      {},
      element("span", { class: "muted" }, `${formatSize(body.size)} binary`),
      element("pre", {}, start),
    );
  }
  return element(
    "span",
    {},
    element("span", { class: "muted" }, formatSize(body.size)),
    element("pre", {}, ...renderText(body.data, common, BODY_CHARACTERS)),
  );
}

// Marks the part between the common start and the common end of two texts.
function renderText(text, common, limit) {
  if (typeof common !== "string" || text.length < MIN_MARKED_CHARACTERS || text === common)
    return expandableText(text, null, limit);
  const shorter = Math.min(text.length, common.length);
  let start = 0;
  while (start < shorter && text[start] === common[start]) start += 1;
  let end = 0;
  while (end < shorter - start && text.at(-1 - end) === common.at(-1 - end)) end += 1;
  const before =
    start > CONTEXT_CHARACTERS ? `…${text.slice(start - CONTEXT_CHARACTERS, start)}` : text.slice(0, start);
  const changed = text.slice(start, text.length - end);
  return [
    before,
    element("span", { class: "change" }, ...expandableText(changed, null, limit)),
    ...expandableText(text.slice(text.length - end), null, limit),
  ];
}

function mostCommon(values) {
  const counts = new Map();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best))[0];
}
