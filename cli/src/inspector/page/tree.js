// The foldable view of JSON: a tree with the keyboard pattern of WAI-ARIA.

import { element, formatPlural } from "./dom.js";
import { childrenOf, isFoldable } from "./json.js";
import { containsMatch, expandableText, markMatches } from "./search.js";

const OPEN_LINES = 80;
const CHUNK = 200;
const MAX_UNFOLDED = 5000;
const PREVIEW_CHARACTERS = 90;

let lineCount = 0;

/**
 * Renders the root node of parsed JSON. `view` keeps the state of the reader between two renderings:
 * `folds` maps nodes to booleans, `limits` maps nodes to the number of visible children.
 */
export function renderTree(root, view, pattern) {
  const context = {
    view,
    pattern,
    open: unfoldedByDefault(root),
    matching: pattern ? nodesWithMatches(root, pattern) : new Set(),
  };
  const list = element("ul", { role: "tree", class: "tree", "aria-label": view.label });
  // The root has no line of its own: the pane's title names it.
  if (isFoldable(root)) list.append(...renderChildren(root, context, 1, list));
  else list.append(renderItem({ key: null, node: root }, context, 1));
  list.querySelector("[role=treeitem]")?.setAttribute("tabindex", "0");
  list.addEventListener("keydown", (event) => handleKey(event, list));
  list.addEventListener("click", (event) => handleClick(event, list));
  list.addEventListener("focusin", (event) => focusOnly(event.target.closest("[role=treeitem]"), list));
  return list;
}

/** Folds or unfolds every node of the tree, up to a limit that keeps the page fast. */
export function foldAll(root, view, isFolded) {
  let count = 0;
  const pending = childrenOf(root).map(({ node }) => node);
  while (pending.length > 0 && count < MAX_UNFOLDED) {
    const node = pending.shift();
    if (!isFoldable(node)) continue;
    view.folds.set(node, isFolded);
    const children = childrenOf(node);
    count += children.length;
    pending.push(...children.slice(0, CHUNK).map((child) => child.node));
  }
}

// Unfolds nodes breadth first while the tree stays short enough to read.
function unfoldedByDefault(root) {
  const open = new Set();
  let lines = childrenOf(root).length;
  const pending = childrenOf(root).map(({ node }) => node);
  while (pending.length > 0 && lines < OPEN_LINES) {
    const node = pending.shift();
    const children = childrenOf(node);
    if (children.length === 0 || lines + children.length > OPEN_LINES) continue;
    open.add(node);
    lines += children.length;
    pending.push(...children.map((child) => child.node));
  }
  return open;
}

// Returns every node that matches or contains a match, so that the tree unfolds them.
function nodesWithMatches(root, pattern) {
  const found = new Set();
  const visit = (key, node) => {
    let isMatch = containsMatch(String(key ?? ""), pattern) && typeof key === "string";
    if (node.text && !node.inner) isMatch = containsMatch(node.text, pattern) || isMatch;
    for (const child of childrenOf(node)) isMatch = visit(child.key, child.node) || isMatch;
    if (isMatch) found.add(node);
    return isMatch;
  };
  visit(null, root);
  return found;
}

function isUnfolded(node, { view, open, matching, pattern }) {
  if (pattern && matching.has(node) && childrenOf(node).some((child) => matching.has(child.node))) return true;
  const folded = view.folds.get(node);
  return folded === undefined ? open.has(node) : !folded;
}

function renderChildren(node, context, level, parent) {
  const limit = context.view.limits.get(node) ?? CHUNK;
  const children = childrenOf(node);
  const items = [];
  let hidden = 0;
  for (const [index, child] of children.entries()) {
    if (index < limit || context.matching.has(child.node)) items.push(renderItem(child, context, level));
    else hidden += 1;
  }
  if (hidden > 0) items.push(renderMore(node, hidden, context, level, parent));
  return items;
}

function renderMore(node, hidden, context, level, parent) {
  const text = `Show ${Math.min(hidden, CHUNK)} more of ${formatPlural(hidden, "hidden value")}`;
  const item = element(
    "li",
    { role: "treeitem", "aria-level": level, tabindex: "-1", class: "item" },
    element("span", { class: "line more" }, text),
  );
  item.activate = () => {
    context.view.limits.set(node, (context.view.limits.get(node) ?? CHUNK) + CHUNK);
    const index = [...parent.children].indexOf(item);
    parent.replaceChildren(...renderChildren(node, context, level, parent));
    parent.children[index]?.focus();
  };
  return item;
}

function renderItem({ key, node }, context, level) {
  const item = element("li", { role: "treeitem", "aria-level": level, tabindex: "-1", class: "item" });
  const foldable = isFoldable(node);
  // The name of an item is its own line. Without this label, its name would contain all items below.
  lineCount += 1;
  const line = element("span", { class: foldable ? "line foldable" : "line", id: `line-${lineCount}` });
  item.setAttribute("aria-labelledby", line.id);
  item.append(line);
  const render = (unfolded) => {
    line.replaceChildren(...renderLine(key, node, unfolded, context));
    item.querySelector(":scope > ul")?.remove();
    if (!foldable) return;
    item.setAttribute("aria-expanded", unfolded);
    if (!unfolded) return;
    const group = element("ul", { role: "group" });
    group.append(...renderChildren(node, context, level + 1, group));
    item.append(group);
  };
  render(foldable && isUnfolded(node, context));
  if (foldable) {
    item.fold = (isFolded) => {
      context.view.folds.set(node, isFolded);
      render(!isFolded);
      context.view.changed();
    };
  }
  return item;
}

function renderLine(key, node, unfolded, { pattern }) {
  const label =
    key === null
      ? []
      : [
          element(
            "span",
            { class: typeof key === "number" ? "index" : "key" },
            ...markMatches(String(key), typeof key === "string" ? pattern : null),
          ),
          element("span", { class: "muted" }, ": "),
        ];
  if (node.entries) return [...label, element("span", { class: "muted" }, describeContainer(node))];
  if (node.inner && unfolded)
    return [...label, element("span", { class: "muted" }, `${describeContainer(node.inner)} in a string`)];
  if (node.inner) return [...label, element("span", { class: "string" }, preview(node.text))];
  return [...label, element("span", { class: node.kind }, ...expandableText(node.text, pattern))];
}

function describeContainer({ kind, entries }) {
  if (entries.length === 0) return kind === "array" ? "[]" : "{}";
  return kind === "array" ? `[${entries.length}]` : `{${entries.length}}`;
}

function preview(text) {
  return text.length > PREVIEW_CHARACTERS ? `${text.slice(0, PREVIEW_CHARACTERS)}…` : text;
}

function focusOnly(item, list) {
  if (!item) return;
  list.querySelector('[tabindex="0"]')?.setAttribute("tabindex", "-1");
  item.setAttribute("tabindex", "0");
}

function handleClick(event, list) {
  const item = event.target.closest("[role=treeitem]");
  const line = event.target.closest(".line");
  // A drag selects text and does not fold.
  if (!item || !line || event.target.closest("button") || !getSelection().isCollapsed) return;
  focusOnly(item, list);
  item.focus({ preventScroll: true });
  if (item.activate) item.activate();
  else item.fold?.(item.getAttribute("aria-expanded") === "true");
}

function handleKey(event, list) {
  const item = event.target.closest("[role=treeitem]");
  if (!item || event.target !== item || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!applyKey(event.key, item, list)) return;
  event.preventDefault();
  event.stopPropagation();
}

function applyKey(key, item, list) {
  const items = [...list.querySelectorAll("[role=treeitem]")];
  const expanded = item.getAttribute("aria-expanded");
  const focus = (target) => target?.focus();
  switch (key) {
    case "ArrowDown":
      focus(items[items.indexOf(item) + 1]);
      return true;
    case "ArrowUp":
      focus(items[items.indexOf(item) - 1]);
      return true;
    case "Home":
      focus(items[0]);
      return true;
    case "End":
      focus(items.at(-1));
      return true;
    case "ArrowRight":
      if (expanded === "false") item.fold(false);
      else if (expanded === "true") focus(item.querySelector("[role=treeitem]"));
      return true;
    case "ArrowLeft":
      if (expanded === "true") item.fold(true);
      else focus(item.parentElement.closest("[role=treeitem]"));
      return true;
    case "Enter":
    case " ":
      if (item.activate) item.activate();
      else item.fold?.(expanded === "true");
      return true;
    case "*":
      for (const sibling of item.parentElement.children)
        if (sibling.getAttribute("aria-expanded") === "false") sibling.fold(false);
      return true;
    default:
      return false;
  }
}
