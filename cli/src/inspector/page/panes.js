// The four panes of an invocation, side by side: request, event, response and reply.

import { BodyView } from "./body.js";
import { element } from "./dom.js";
import { expandableText, Search } from "./search.js";

const PANES = [
  { name: "request", title: "Request", hint: "from the client" },
  { name: "event", title: "Event", hint: "to the function" },
  { name: "response", title: "Response", hint: "to the client" },
  { name: "reply", title: "Reply", hint: "from the function" },
];

/** The panes of one invocation and the search over them. */
export class Panes {
  #panes;
  #grid = element("div", { class: "panes" });

  constructor() {
    this.search = new Search(this.#grid, (pattern) => this.#render(pattern));
    this.#panes = PANES.map((pane) => new Pane(pane, () => this.search.refresh()));
    this.#grid.append(...this.#panes.map((pane) => pane.element));
    this.element = element(
      "section",
      { class: "panes-section", "aria-label": "Request, event, response and reply" },
      this.search.element,
      this.#grid,
    );
  }

  /** Shows an invocation. Panes without a change keep their folds, their scroll position and the focus. */
  update(invocation) {
    const changed = this.#panes.filter((pane) => pane.update(invocation));
    for (const pane of changed) pane.render(this.search.pattern);
    if (changed.length > 0) this.search.refresh();
  }

  #render(pattern) {
    for (const pane of this.#panes) pane.render(pattern);
  }
}

class Pane {
  #name;
  #changed;
  #signature = null;
  #part = null;
  #views = [];
  #content = element("div", { class: "pane-content" });

  constructor({ name, title, hint }, changed) {
    this.#name = name;
    this.#changed = changed;
    this.element = element(
      "section",
      { class: `pane ${name}`, "aria-label": title },
      element("h3", {}, title, element("span", { class: "hint" }, hint)),
      this.#content,
    );
  }

  /** Takes the part of the invocation that this pane shows. Returns whether the part has changed. */
  update(invocation) {
    const part = partOf(invocation, this.#name);
    const signature = signatureOf(part);
    if (signature === this.#signature) return false;
    this.#signature = signature;
    this.#part = part;
    this.#views = part.bodies.map(({ label, body }) => ({ label, view: new BodyView(body, label, this.#changed) }));
    this.element.hidden = part.isAbsent;
    return true;
  }

  /** Renders the pane with the matches of `pattern` marked. */
  render(pattern) {
    const { line, headers, placeholder } = this.#part;
    const nodes = [];
    if (line) nodes.push(element("p", { class: "start-line" }, ...expandableText(line, pattern)));
    if (headers) nodes.push(renderHeaders(headers, pattern));
    for (const { label, view } of this.#views) {
      view.render(pattern);
      if (this.#views.length > 1) nodes.push(element("h4", {}, label));
      nodes.push(view.element);
    }
    if (placeholder) nodes.push(element("p", { class: "muted none" }, placeholder));
    this.#content.replaceChildren(...nodes);
  }
}

function renderHeaders(headers, pattern) {
  if (headers.length === 0) return element("p", { class: "muted none" }, "No headers");
  const rows = headers.map(([name, value]) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, ...expandableText(name, pattern, 100)),
      element("td", {}, ...expandableText(value, pattern, 160)),
    ),
  );
  return element("table", { class: "headers", "aria-label": "Headers" }, element("tbody", {}, ...rows));
}

function partOf(invocation, name) {
  const part = { line: null, headers: null, bodies: [], placeholder: null, isAbsent: false };
  const isDone = invocation.state === "done";
  const data = invocation[name];
  if (!data) {
    part.isAbsent = isDone && (invocation.request === null || name === "request");
    part.placeholder = isDone ? `No ${name}` : `Waiting for the ${name}`;
    return part;
  }
  if (name === "event") part.bodies = [{ label: "Event", body: data }];
  else if (name === "request")
    Object.assign(part, {
      line: `${data.method} ${data.target}`,
      headers: data.headers,
      bodies: bodiesOf("Body of the request", data.body),
    });
  else if (name === "response")
    Object.assign(part, {
      line: responseLine(data),
      headers: data.headers,
      bodies: bodiesOf("Body of the response", data.body),
    });
  else part.bodies = replyBodies(data);
  return part;
}

function bodiesOf(label, body) {
  return body ? [{ label, body }] : [];
}

function responseLine({ status, end }) {
  const endings = { failed: "ended with an error", truncated: "ended before its declared length" };
  return `${status}${endings[end] ? `, ${endings[end]}` : ""}`;
}

function replyBodies({ is_streamed: isStreamed, prelude, content_type: type, body }) {
  const bodies = bodiesOf(isStreamed ? `Stream${type ? `, ${type}` : ""}` : "Reply", body);
  if (prelude === null || prelude === undefined) return bodies;
  const size = new TextEncoder().encode(prelude).length;
  return [
    {
      label: "Prelude",
      body: { encoding: "text", content_type: "application/json", data: prelude, size, is_truncated: false },
    },
    ...bodies,
  ];
}

// Large bodies make a comparison of the whole part slow, so the signature holds the length of each body.
function signatureOf({ line, headers, bodies, placeholder, isAbsent }) {
  const sizes = bodies.map(({ label, body }) => [
    label,
    body.encoding,
    body.content_type,
    body.size,
    body.data.length,
    body.is_truncated,
  ]);
  return JSON.stringify([line, headers, sizes, placeholder, isAbsent]);
}
