// The timing bar of an invocation: queue, initialization, handler, stream frames and work after the response.

import { element, formatDuration, formatPlural, formatSize, statusText } from "./dom.js";

/** Renders the timing of an invocation. `isListOpen` unfolds the list of frames. */
export function renderTiming(invocation, isListOpen) {
  const timing = invocation.timing ?? {};
  const phases = phasesOf(timing);
  const frames = timing.frames ?? [];
  const start = Math.min(0, ...phases.map(({ from }) => from));
  const end = Math.max(0.001, ...phases.map(({ to }) => to), ...frames.map(({ at_ms: at }) => at));
  const axis = { start, position: (at) => `${(100 * (at - start)) / (end - start)}%`, span: end - start };
  const readout = element("span", { class: "readout muted", "aria-hidden": "true" });
  return [
    element("h3", {}, "Timing", element("span", { class: "hint" }, summaryOf(invocation, timing.end_ms))),
    renderBar(phases, frames, axis, readout),
    element(
      "div",
      { class: "axis muted", "aria-hidden": "true" },
      element("span", {}, start < 0 ? `−${formatDuration(-start)}` : "0"),
      element("span", {}, formatDuration(end)),
    ),
    element("div", { class: "legend-line" }, renderLegend(phases), readout),
    frames.length > 1 ? renderFrameList(frames, isListOpen) : null,
  ].filter(Boolean);
}

/**
 * Returns the phases with their start and end, in milliseconds from the arrival of the request.
 *
 * `queued_ms`, `init_ms` and `after_ms` are durations; the other numbers are points in time. If the initialization does
 * not fit before the first byte, it ended before the request arrived, and its phase starts below zero.
 */
export function phasesOf({
  queued_ms: queued,
  init_ms: init,
  first_byte_ms: firstByte,
  end_ms: end,
  after_ms: after,
  frames = [],
}) {
  const phases = [];
  const add = (name, label, from, to) => {
    if (to > from) phases.push({ name, label, from, to });
  };
  const limit = firstByte ?? end ?? Infinity;
  const fits = (queued ?? 0) + (init ?? 0) <= limit;
  if (!fits) add("init", "Initialization", -init, 0);
  add("queued", "Queued", 0, queued ?? 0);
  if (fits) add("init", "Initialization", queued ?? 0, (queued ?? 0) + (init ?? 0));
  const handlerStart = fits ? (queued ?? 0) + (init ?? 0) : (queued ?? 0);
  if (limit !== Infinity)
    add(
      "handler",
      firstByte === null || firstByte === undefined ? "Handler" : "Handler to first byte",
      handlerStart,
      limit,
    );
  const lastFrame = frames.at(-1)?.at_ms;
  if (firstByte !== null && firstByte !== undefined) {
    add(
      "stream",
      frames.length > 1 ? `Stream, ${formatPlural(frames.length, "frame")}` : "Response",
      firstByte,
      end ?? lastFrame ?? firstByte,
    );
  }
  if (end !== null && end !== undefined && after) add("after", "After the response", end, end + after);
  return phases;
}

function summaryOf(invocation, end) {
  if (end === null || end === undefined) return statusText(invocation);
  return `${formatDuration(end)} until the end of the response`;
}

function renderBar(phases, frames, axis, readout) {
  const description = phases.map(({ label, from, to }) => `${label}: ${formatDuration(to - from)}`).join("; ");
  const bar = element("div", { class: "bar", role: "img", "aria-label": description || "No timing yet" });
  for (const { name, label, from, to } of phases) {
    const segment = element("div", { class: `segment ${name}`, title: `${label}: ${formatDuration(to - from)}` });
    segment.style.left = axis.position(from);
    segment.style.width = `${(100 * (to - from)) / axis.span}%`;
    bar.append(segment);
  }
  if (axis.start < 0) {
    const arrival = element("div", { class: "arrival", title: "Arrival of the request" });
    arrival.style.left = axis.position(0);
    bar.append(arrival);
  }
  for (const [index, frame] of frames.entries()) {
    const tick = element("div", { class: "tick", title: describeFrame(frame, index, frames.length) });
    tick.style.left = axis.position(frame.at_ms);
    bar.append(tick);
  }
  if (frames.length > 0) describeNearest(bar, frames, axis, readout);
  return bar;
}

// Ticks are one pixel wide. The line below the bar describes the frame next to the pointer.
function describeNearest(bar, frames, axis, readout) {
  bar.addEventListener("pointermove", (event) => {
    const box = bar.getBoundingClientRect();
    const at = axis.start + (axis.span * (event.clientX - box.left)) / box.width;
    const distance = ({ at_ms: other }) => Math.abs(other - at);
    const nearest = frames.reduce((best, frame, index) => (distance(frame) < distance(frames[best]) ? index : best), 0);
    readout.textContent = describeFrame(frames[nearest], nearest, frames.length);
  });
  bar.addEventListener("pointerleave", () => (readout.textContent = ""));
}

function describeFrame({ at_ms: at, size }, index, count) {
  return `Frame ${index + 1} of ${count}: ${formatDuration(at)}, ${formatSize(size)}`;
}

function renderLegend(phases) {
  const items = phases.map(({ name, label, from, to }) =>
    element(
      "li",
      {},
      element("span", { class: `swatch ${name}`, "aria-hidden": "true" }),
      label,
      " ",
      element("b", {}, formatDuration(to - from)),
    ),
  );
  return element("ul", { class: "legend" }, ...items);
}

function renderFrameList(frames, isOpen) {
  const list = element("ol", { class: "frames", tabindex: "0", "aria-label": "Stream frames" });
  const details = element(
    "details",
    { class: "frame-list" },
    element("summary", {}, `List of ${formatPlural(frames.length, "frame")}`),
    list,
  );
  const fill = () =>
    list.replaceChildren(
      ...frames.map(({ at_ms: at, size }, index) => {
        const pause = index === 0 ? "" : `+${formatDuration(at - frames[index - 1].at_ms)}`;
        return element(
          "li",
          {},
          element("span", {}, formatDuration(at)),
          element("span", {}, pause),
          element("span", {}, formatSize(size)),
        );
      }),
    );
  details.addEventListener("toggle", () => details.open && list.childElementCount === 0 && fill());
  if (isOpen) {
    fill();
    details.open = true;
  }
  return details;
}
