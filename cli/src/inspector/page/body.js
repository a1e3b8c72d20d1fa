// A body, shown as the kind of data that it contains: JSON, text, an image, or bytes in hexadecimal.

import { bytesOf, hexDump, imageType, renderImage } from "./bytes.js";
import { element, formatPlural, formatSize } from "./dom.js";
import { formatJson, parseJson } from "./json.js";
import { containsMatch, markMatches } from "./search.js";
import { foldAll, renderTree } from "./tree.js";

const HEX_CHUNK = 2048;
const TEXT_CHUNK = 64 * 1024;

/** A view of one body. The view keeps its folds and its mode while the pane renders again. */
export class BodyView {
  #body;
  #changed;
  #root = null;
  #modes;
  #mode;
  #textLimit = TEXT_CHUNK;
  #hexLimit = HEX_CHUNK;
  #treeView;
  element = element("div", { class: "body-view" });
  #pattern = null;

  /** Creates a view. The view calls `changed` after the reader folds a node or changes the mode. */
  constructor(body, label, changed) {
    this.#body = body;
    this.#changed = changed;
    this.#treeView = { label, folds: new Map(), limits: new Map(), changed };
    this.#modes = this.#findModes();
    this.#mode = this.#modes[0];
  }

  /** Renders the body with the matches of `pattern` marked. */
  render(pattern) {
    this.#pattern = pattern;
    this.element.replaceChildren(...this.#renderBar(), this.#renderContent(), ...this.#renderNotes());
  }

  #findModes() {
    const { encoding, data } = this.#body;
    if (data === "") return ["Empty"];
    if (encoding === "base64") return imageType(this.#body) ? ["Image", "Hex"] : ["Hex"];
    if (/^\s*[{["\dtfn-]/.test(data)) this.#root = parseJson(data);
    return this.#root ? ["JSON", "Text"] : ["Text", "Hex"];
  }

  #renderBar() {
    if (this.#mode === "Empty") return [];
    const { content_type: type, size, data } = this.#body;
    const modes = this.#modes.map((mode) =>
      element(
        "button",
        {
          type: "button",
          class: "mode",
          "aria-pressed": String(mode === this.#mode),
          onclick: () => this.#setMode(mode),
        },
        mode,
      ),
    );
    const folds = this.#mode === "JSON" ? [this.#foldButton("Unfold", false), this.#foldButton("Fold", true)] : [];
    const copy =
      this.#body.encoding === "text"
        ? [element("button", { type: "button", onclick: (event) => copyText(event.target, data) }, "Copy")]
        : [];
    return [
      element(
        "div",
        { class: "body-bar" },
        element("span", { class: "muted ellipsis", title: type }, describe(type, size)),
        element(
          "span",
          { class: "body-buttons" },
          ...folds,
          ...copy,
          ...(modes.length > 1
            ? [element("span", { class: "modes", role: "group", "aria-label": "View of the body" }, ...modes)]
            : []),
        ),
      ),
    ];
  }

  #foldButton(text, isFolded) {
    const title = isFolded ? "Fold all nodes" : "Unfold all nodes";
    return element(
      "button",
      {
        type: "button",
        title,
        onclick: () => {
          foldAll(this.#root, this.#treeView, isFolded);
          this.#update(title);
        },
      },
      text,
    );
  }

  #setMode(mode) {
    this.#mode = mode;
    this.#update(mode);
  }

  // Renders again and returns the focus to the button that the reader pressed.
  #update(focused) {
    this.render(this.#pattern);
    this.#changed();
    for (const button of this.element.querySelectorAll("button")) {
      if (button.title === focused || button.textContent === focused) button.focus();
    }
  }

  #renderContent() {
    switch (this.#mode) {
      case "Empty":
        return element("p", { class: "muted none" }, "No body");
      case "JSON":
        return renderTree(this.#root, this.#treeView, this.#pattern);
      case "Image":
        return renderImage(this.#body);
      case "Hex":
        return this.#renderHex();
      default:
        return this.#renderText();
    }
  }

  #renderText() {
    const text = this.#root ? formatJson(this.#body.data) : this.#body.data;
    while (this.#textLimit < text.length && containsMatch(text.slice(this.#textLimit), this.#pattern))
      this.#textLimit *= 4;
    const pre = element(
      "pre",
      { class: "text", tabindex: "0", "aria-label": "Body as text" },
      ...markMatches(text.slice(0, this.#textLimit), this.#pattern),
    );
    if (text.length <= this.#textLimit) return pre;
    return element(
      "div",
      {},
      pre,
      this.#moreButton(
        `Show the other ${formatPlural(text.length - this.#textLimit, "character")}`,
        () => (this.#textLimit = Infinity),
      ),
    );
  }

  #renderHex() {
    const bytes = bytesOf(this.#body);
    const pre = element(
      "pre",
      { class: "hex", tabindex: "0", "aria-label": "Body in hexadecimal" },
      ...markMatches(hexDump(bytes.subarray(0, this.#hexLimit)), this.#pattern),
    );
    if (bytes.length <= this.#hexLimit) return pre;
    return element(
      "div",
      {},
      pre,
      this.#moreButton(
        `Show more of the other ${formatSize(bytes.length - this.#hexLimit)}`,
        () => (this.#hexLimit *= 8),
      ),
    );
  }

  #moreButton(text, grow) {
    return element(
      "button",
      {
        type: "button",
        class: "more",
        onclick: () => {
          grow();
          this.render(this.#pattern);
          this.#changed();
          this.element.querySelector("pre").focus();
        },
      },
      text,
    );
  }

  #renderNotes() {
    if (!this.#body.is_truncated) return [];
    return [
      element(
        "p",
        { class: "note" },
        `The inspector keeps only the start of this body. The full size is ${formatSize(this.#body.size)}.`,
      ),
    ];
  }
}

// The button "JSON" names the usual type of JSON already.
function describe(type, size) {
  return type && type !== "application/json" ? `${formatSize(size)}, ${type}` : formatSize(size);
}

async function copyText(button, text) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Not allowed";
  }
  setTimeout(() => (button.textContent = "Copy"), 1500);
}
