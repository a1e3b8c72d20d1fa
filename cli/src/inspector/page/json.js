// A JSON parser that keeps the source text of numbers, strings and duplicate keys. `JSON.parse` would round
// 12345678901234567890 and drop all except the last of two equal keys, so the inspector would show another event.

const MAX_DEPTH = 500;

/**
 * Parses JSON text into a tree of nodes. Returns null if the text is not valid JSON or nests too deeply.
 *
 * A node is `{kind, text}` for a string, number, boolean or null (`text` is the source), and `{kind, entries}` for an
 * object or array (`entries` is a list of `{key, node}`). A string that contains a JSON object or array has `inner`,
 * the node of that JSON.
 */
export function parseJson(text) {
  try {
    JSON.parse(text);
    return new Parser(text).document();
  } catch {
    return null;
  }
}

/** Whether the node is an object or array, or a string that contains one. */
export function isFoldable(node) {
  return childrenOf(node).length > 0;
}

/** The entries of an object or array, or of the JSON in a string. */
export function childrenOf(node) {
  return (node.inner ?? node).entries ?? [];
}

/** Formats JSON text with indentation, and returns other text unchanged. */
export function formatJson(text) {
  const root = parseJson(text);
  return root ? formatNode(root, "") : text;
}

function formatNode(node, indent) {
  if (!node.entries) return node.text;
  const [open, close] = node.kind === "array" ? "[]" : "{}";
  if (node.entries.length === 0) return open + close;
  const deeper = `${indent}  `;
  const lines = node.entries.map(({ key, node: child }) => {
    const label = node.kind === "array" ? "" : `${JSON.stringify(key)}: `;
    return deeper + label + formatNode(child, deeper);
  });
  return `${open}\n${lines.join(",\n")}\n${indent}${close}`;
}

// Reads text that `JSON.parse` has accepted, so the reader skips every check of the syntax.
class Parser {
  #text;
  #at = 0;

  constructor(text) {
    this.#text = text;
  }

  document() {
    this.#skipSpace();
    return this.#value(0);
  }

  #value(depth) {
    if (depth > MAX_DEPTH) throw new RangeError("too deep");
    const first = this.#text[this.#at];
    if (first === "{") return this.#object(depth);
    if (first === "[") return this.#array(depth);
    if (first === '"') return this.#string(depth);
    const literal = /[^\s,\]}]+/y;
    literal.lastIndex = this.#at;
    const text = literal.exec(this.#text)[0];
    this.#at += text.length;
    return { kind: kindOfLiteral(text), text };
  }

  #object(depth) {
    const entries = [];
    this.#skip();
    while (this.#text[this.#at] !== "}") {
      const key = JSON.parse(this.#stringSource());
      this.#skipSpace();
      this.#skip();
      entries.push({ key, node: this.#value(depth + 1) });
      this.#skipSeparator();
    }
    this.#at += 1;
    return { kind: "object", entries };
  }

  #array(depth) {
    const entries = [];
    this.#skip();
    while (this.#text[this.#at] !== "]") {
      entries.push({ key: entries.length, node: this.#value(depth + 1) });
      this.#skipSeparator();
    }
    this.#at += 1;
    return { kind: "array", entries };
  }

  #string(depth) {
    const text = this.#stringSource();
    const node = { kind: "string", text };
    if (/^"\s*[{[]/.test(text) && depth < MAX_DEPTH / 2) {
      const inner = parseJson(JSON.parse(text));
      if (inner?.entries?.length > 0) node.inner = inner;
    }
    return node;
  }

  #stringSource() {
    const string = /"(?:[^"\\]+|\\.)*"/y;
    string.lastIndex = this.#at;
    const text = string.exec(this.#text)[0];
    this.#at += text.length;
    return text;
  }

  // Skips one character and the space after it.
  #skip() {
    this.#at += 1;
    this.#skipSpace();
  }

  #skipSeparator() {
    this.#skipSpace();
    if (this.#text[this.#at] === ",") this.#skip();
  }

  #skipSpace() {
    while (" \n\r\t".includes(this.#text[this.#at] ?? "x")) this.#at += 1;
  }
}

function kindOfLiteral(text) {
  if (text === "null") return "null";
  return text === "true" || text === "false" ? "boolean" : "number";
}
