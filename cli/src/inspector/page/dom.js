// Helpers that create elements and format values. No helper parses markup, so data from the function stays text.

/**
 * Creates an element. `attributes` holds attributes, `on..` listeners and `class`; strings among `children` become text.
 */
export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Returns the element with this id. */
export function byId(id) {
  return document.getElementById(id);
}

/** Shows `element` if `isShown`. */
export function show(node, isShown) {
  node.hidden = !isShown;
}

/** Calls `task` once in the next frame, however often the returned function is called before. */
export function oncePerFrame(task) {
  let isPlanned = false;
  return () => {
    if (isPlanned) return;
    isPlanned = true;
    requestAnimationFrame(() => {
      isPlanned = false;
      task();
    });
  };
}

const integer = new Intl.NumberFormat("en");
const clock = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
});
const shortClock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** Formats an integer with separators: `10,000`. */
export function formatCount(number) {
  return integer.format(number);
}

/** Formats a number with its noun: `1 frame`, `200 frames`. */
export function formatPlural(number, noun) {
  return `${formatCount(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** Formats a number of bytes: `123 B`, `1.2 KB`, `3.4 MB`. */
export function formatSize(bytes) {
  if (bytes === null || bytes === undefined) return "";
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${significant(bytes / 1000)} KB`;
  return `${significant(bytes / 1e6)} MB`;
}

/** Formats milliseconds: `0.3 ms`, `12.3 ms`, `2.04 s`. */
export function formatDuration(milliseconds) {
  if (milliseconds === null || milliseconds === undefined) return "";
  if (milliseconds < 1000) return `${significant(milliseconds)} ms`;
  return `${milliseconds < 10_000 ? Math.round(milliseconds / 10) / 100 : significant(milliseconds / 1000)} s`;
}

function significant(number) {
  return number < 100 ? String(Math.round(number * 10) / 10) : formatCount(Math.round(number));
}

/** Formats a time stamp as local time of day with milliseconds. */
export function formatClock(milliseconds) {
  return clock.format(new Date(milliseconds));
}

/** Formats a time stamp as local time of day. */
export function formatShortClock(milliseconds) {
  return shortClock.format(new Date(milliseconds));
}

/** Returns the tone of a summary's status: `good`, `moved`, `warning`, `bad` or `waiting`. */
export function statusTone({ status, error, state }) {
  if (error || status >= 500) return "bad";
  if (status >= 400) return "warning";
  if (status >= 300) return "moved";
  return status || state === "done" ? "good" : "waiting";
}

/** Returns the text of a summary's status. */
export function statusText({ status, error, state }) {
  if (status) return String(status);
  if (error) return "error";
  return state === "done" ? "done" : state;
}

/** Removes ANSI escape sequences, which compilers and loggers write to terminals. */
export function withoutAnsi(text) {
  return text.replace(/\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)/g, "");
}

/** Shows a message for a few seconds. Screen readers announce it. */
export function toast(text, tone = "good") {
  const message = element("p", { class: `toast ${tone}` }, text);
  byId(tone === "bad" ? "alerts" : "notices").append(message);
  setTimeout(() => message.remove(), tone === "bad" ? 9000 : 4000);
}
