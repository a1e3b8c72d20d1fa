// The keyboard shortcuts of the page.

import { byId, element } from "./dom.js";

const STORAGE_KEY = "lodger-single-keys";

const HELP = [
  ["j, ↓", "Next invocation"],
  ["k, ↑", "Previous invocation"],
  ["Enter", "Open the selected invocation"],
  ["Escape", "Close the opened invocation or comparison"],
  ["/", "Filter the list"],
  ["s", "Search in the opened invocation"],
  ["r", "Replay"],
  ["e", "Edit and replay"],
  ["c", "Compare all fronts"],
  ["n", "New request"],
  ["←, →, *", "Fold, unfold, unfold all of one level in JSON"],
  ["?", "This list"],
];

/** Handles keys anywhere on the page. `commands` maps a key to its function. */
export function installKeys(commands) {
  byId("keys").append(
    ...HELP.flatMap(([keys, text]) => [
      element("dt", {}, ...keys.split(", ").flatMap((key, index) => [index > 0 ? " " : "", element("kbd", {}, key)])),
      element("dd", {}, text),
    ]),
  );
  byId("show-keys").addEventListener("click", () => byId("keys-dialog").showModal());
  byId("single-keys").checked = areSingleKeysStored();
  byId("single-keys").addEventListener("change", ({ target }) => storeSingleKeys(target.checked));
  for (const button of document.querySelectorAll("dialog [data-close]")) {
    button.addEventListener("click", () => button.closest("dialog").close());
  }
  document.addEventListener("keydown", (event) =>
    handleKey(event, { ...commands, "?": () => byId("keys-dialog").showModal() }),
  );
}

function handleKey(event, commands) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  // A dialog handles its own keys.
  if (document.querySelector("dialog[open]")) return;
  if (isTextField(event.target)) {
    if (event.key === "Escape") leaveField(event, commands);
    return;
  }
  if (!isAllowed(event) || !Object.hasOwn(commands, event.key)) return;
  event.preventDefault();
  commands[event.key]();
}

// Enter belongs to the focused control. Arrow keys scroll the panel with the focus.
function isAllowed({ key, target }) {
  if (key.length === 1 && !byId("single-keys").checked) return false;
  if (key === "Enter") return target.tabIndex < 0;
  return target === document.body || !["ArrowDown", "ArrowUp"].includes(key);
}

// Storage is unavailable if the browser blocks cookies; the choice then lasts until the page closes.
function areSingleKeysStored() {
  try {
    return localStorage.getItem(STORAGE_KEY) !== "off";
  } catch {
    return true;
  }
}

function storeSingleKeys(isOn) {
  try {
    localStorage.setItem(STORAGE_KEY, isOn ? "on" : "off");
  } catch {
    // The checkbox keeps the choice.
  }
}

// A field of a dialog keeps the focus for a moment after the dialog closes.
function isTextField(node) {
  return node.matches("textarea, select, input:not([type=checkbox])") && node.checkVisibility();
}

// The first Escape empties a search field; the next one returns to the list.
function leaveField(event, commands) {
  event.preventDefault();
  if (event.target.value === "") return commands.leaveField();
  event.target.value = "";
  event.target.dispatchEvent(new Event("input", { bubbles: true }));
}
