// The dialog that edits a request or event and sends it.

import { ApiError, postCompare, postReplay } from "./api.js";
import { byId, element, show, toast } from "./dom.js";

/** The editor of requests and events. */
export class Editor {
  #dialog = byId("edit-dialog");
  #form = byId("edit-form");
  #state;
  #original = null;

  /** Creates the editor; `state()` returns the project with its fronts and functions. */
  constructor(state) {
    this.#state = state;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send(() => this.#replay());
    });
    byId("edit-compare").addEventListener(
      "click",
      () => this.#form.reportValidity() && this.#send(() => this.#compare()),
    );
    this.#form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.#form.requestSubmit();
    });
  }

  /** Opens the editor with an invocation, or with an empty request if `invocation` is null. */
  open(invocation) {
    this.#original = invocation;
    const isEvent = invocation !== null && !invocation.request;
    this.#form.reset();
    this.#showFields(isEvent);
    this.#fillChoices(invocation);
    if (isEvent) this.#field("event").value = invocation.event?.data ?? "";
    else this.#fillRequest(invocation?.request ?? { method: "GET", target: "/", headers: [], body: null });
    byId("edit-title").textContent = invocation ? `Edit and replay #${invocation.id}` : "New request";
    byId("edit-error").textContent = "";
    const isTruncated = (invocation?.request?.body ?? invocation?.event)?.is_truncated;
    show(byId("edit-note"), Boolean(isTruncated));
    byId("edit-note").textContent = "The inspector keeps only the start of this body.";
    this.#dialog.showModal();
    this.#field(isEvent ? "event" : "target").focus();
  }

  #field(name) {
    return this.#form.elements.namedItem(name);
  }

  #showFields(isEvent) {
    for (const node of this.#form.querySelectorAll(".for-request")) show(node, !isEvent);
    for (const node of this.#form.querySelectorAll(".for-event")) show(node, isEvent);
    // A hidden field must not block the form.
    for (const name of ["method", "target"]) this.#field(name).required = !isEvent;
  }

  #fillChoices(invocation) {
    const { fronts, functions } = this.#state();
    const names = fronts.map(({ name }) => name);
    if (invocation?.front && !names.includes(invocation.front)) names.push(invocation.front);
    fillSelect(
      this.#field("front"),
      names,
      invocation?.front ?? fronts.find(({ is_default: isDefault }) => isDefault)?.name,
    );
    fillSelect(this.#field("function"), functions, invocation?.function);
  }

  #fillRequest({ method, target, headers, body }) {
    this.#field("method").value = method;
    this.#field("target").value = target;
    this.#field("headers").value = headers.map(([name, value]) => `${name}: ${value}`).join("\n");
    this.#field("encoding").value = body?.encoding ?? "text";
    this.#field("body").value = body?.data ?? "";
  }

  async #send(action) {
    byId("edit-error").textContent = "";
    try {
      location.hash = await action();
      this.#dialog.close();
    } catch (error) {
      if (!(error instanceof ApiError) && !(error instanceof InputError)) throw error;
      byId("edit-error").textContent = error.message;
    }
  }

  async #replay() {
    const replayOf = this.#original ? { replay_of: this.#original.id } : {};
    const payload =
      this.#original && !this.#original.request
        ? { event: { data: this.#readEvent() }, function: this.#field("function").value }
        : { front: this.#field("front").value, request: this.#readRequest() };
    const id = await postReplay({ ...payload, ...replayOf });
    toast(`Sent as invocation ${id}`);
    return `#/invocations/${id}`;
  }

  async #compare() {
    const origin = this.#original ? `?from=${this.#original.id}` : "";
    return `#/compare/${await postCompare(this.#readRequest())}${origin}`;
  }

  #readEvent() {
    const text = this.#field("event").value;
    try {
      JSON.parse(text);
    } catch (error) {
      throw new InputError(`the event is not valid JSON: ${error.message}`);
    }
    return text;
  }

  #readRequest() {
    const encoding = this.#field("encoding").value;
    const original = this.#original?.request?.body;
    const data = restoreLineEndings(original?.encoding === encoding ? original.data : "", this.#field("body").value);
    if (encoding === "base64") checkBase64(data);
    return {
      method: this.#field("method").value,
      target: this.#field("target").value,
      headers: this.#readHeaders(),
      body: { encoding, data },
    };
  }

  #readHeaders() {
    const lines = this.#field("headers").value.split("\n");
    return lines
      .map((line, index) => [line, index + 1])
      .filter(([line]) => line.trim() !== "")
      .map(([line, number]) => {
        const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
        if (name === undefined)
          throw new InputError(`line ${number} of the headers is not "name: value": ${line.slice(0, 60)}`);
        return [name, value];
      });
  }
}

/** An input that the editor rejects before it sends a request. */
class InputError extends Error {}

function fillSelect(select, values, selected) {
  select.replaceChildren(...values.map((value) => element("option", { value }, value)));
  if (selected && values.includes(selected)) select.value = selected;
}

function checkBase64(data) {
  try {
    atob(data);
  } catch {
    throw new InputError("the body is not valid base64; correct the body, or set the encoding to text");
  }
}

// A textarea replaces every CRLF with LF. A multipart body is not valid without CRLF, and may contain a file with LF: each line keeps its
// ending, and a new line has the ending of the line above.
function restoreLineEndings(original, edited) {
  const endings = original.match(/\r\n?|\n/g) ?? [];
  const before = original.split(/\r\n?|\n/);
  const after = edited.split("\n");
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start += 1;
  let rest = 0;
  while (rest < shorter - start && before.at(-1 - rest) === after.at(-1 - rest)) rest += 1;
  // The endings between the first and the last change, by line.
  const changed = new Map();
  for (let index = start; index < before.length - rest; index += 1) {
    changed.set(before[index], [...(changed.get(before[index]) ?? []), endings[index]]);
  }
  let last = endings[Math.min(start, endings.length - 1)] ?? "\n";
  return after
    .slice(0, -1)
    .map((line, index) => {
      const fromEnd = after.length - index;
      const middle = () => (fromEnd <= rest ? endings[before.length - fromEnd] : changed.get(line)?.shift());
      last = (index < start ? endings[index] : middle()) ?? last;
      return line + last;
    })
    .concat(after.at(-1))
    .join("");
}
