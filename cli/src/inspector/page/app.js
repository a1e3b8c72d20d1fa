// The start of the page: connects the event stream, the list, the panels and the routes in `location.hash`.

import { Actions } from "./actions.js";
import { ApiError, fetchInvocation, fetchPage, fetchState, openLive } from "./api.js";
import { Comparison } from "./compare.js";
import { backHash, Detail } from "./detail.js";
import { byId, show, toast } from "./dom.js";
import { Editor } from "./edit.js";
import { installKeys } from "./keys.js";
import { List } from "./list.js";
import { BuildState, Overview } from "./project.js";
import { Store } from "./store.js";

const FIRST_PAGE_SIZE = 200;
const FILTER_DELAY = 60;
const RELOAD_DELAY = 3000;

let project = { fronts: [], functions: [] };
let route = null;
// Grows with every load, so that an earlier load stops.
let loadNumber = 0;
let isLoading = false;
let receivedWhileLoading = [];
let isOpenedByKeyboard = false;

const store = new Store();
const build = new BuildState();
const editor = new Editor(() => project);
const actions = new Actions(editor);
const detail = new Detail(actions);
const comparison = new Comparison();
const overview = new Overview();
const list = new List(store, (id, byKeyboard) => {
  isOpenedByKeyboard = byKeyboard || isNarrow();
  navigate(`#/invocations/${id}`);
});

function isNarrow() {
  return matchMedia("(max-width: 760px)").matches;
}

// At once: the next key belongs to the new route. An assignment to `location.hash` takes effect later.
function navigate(hash) {
  if (location.hash !== hash) history.pushState(null, "", hash);
  showRoute();
}

function parseRoute() {
  const pattern = /^#\/(invocations|compare|overview)(?:\/(\d+))?(?:\?from=(\d+))?$/;
  const [, view, number, origin] = pattern.exec(location.hash) ?? [];
  if (view === "overview") return { view };
  if (view && number) return { view, number: Number(number), origin };
  return { view: "list" };
}

function showRoute() {
  const previous = route;
  route = parseRoute();
  const isFocused = isOpenedByKeyboard || (previous !== null && !document.activeElement?.closest(".list-panel"));
  isOpenedByKeyboard = false;
  document.body.dataset.route = route.view;
  document.body.dataset.view = route.view === "list" ? "list" : "detail";
  show(byId("invocation"), route.view === "invocations");
  show(byId("comparison"), route.view === "compare");
  show(byId("overview"), route.view === "list" || route.view === "overview");
  list.setOpened(route.view === "invocations" ? route.number : null);
  if (route.view === "invocations") detail.open(route.number, isFocused);
  else detail.close();
  if (route.view === "compare") comparison.open(route.number, route.origin, isFocused);
  else comparison.close();
  if (route.view === "overview" && isFocused) overview.focus();
  if (route.view === "list" && previous !== null && previous.view !== "list") list.focus();
}

async function load() {
  loadNumber += 1;
  const number = loadNumber;
  isLoading = true;
  receivedWhileLoading = [];
  try {
    const [state, page] = await Promise.all([fetchState(), fetchPage(undefined, FIRST_PAGE_SIZE)]);
    if (number !== loadNumber) return;
    showState(state);
    store.replaceAll([...page.invocations].reverse());
    store.upsert(...receivedWhileLoading);
    isLoading = false;
    list.setLoaded();
    if (route.view === "invocations") detail.open(route.number, false);
    await loadOlder(number, page.is_complete);
    // A link to an old invocation opens before the list contains its row.
    if (number === 1) list.reveal();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (number !== loadNumber) return;
    toast(error.message, "bad");
    setTimeout(() => number === loadNumber && load(), RELOAD_DELAY);
  }
}

// Loads the rest in the background, so that the filter covers every invocation.
async function loadOlder(number, isComplete) {
  let isEnd = isComplete;
  while (!isEnd) {
    const page = await fetchPage(store.oldestId);
    if (number !== loadNumber) return;
    store.upsert(...[...page.invocations].reverse());
    isEnd = page.is_complete || page.invocations.length === 0;
  }
}

function showState(state) {
  project = state;
  build.setProject(state.project, state.version);
  build.update(state.build);
  overview.update(state);
}

// A new build can add fronts and functions, so the page loads them again.
function receiveBuild(state) {
  build.update(state);
  if (state.state !== "running") return;
  fetchState().then(showState, (error) => {
    if (!(error instanceof ApiError)) throw error;
  });
}

function receiveInvocation(summary) {
  if (isLoading) receivedWhileLoading.push(summary);
  store.upsert(summary);
  detail.refresh(summary);
}

function receiveCleared() {
  loadNumber += 1;
  isLoading = false;
  store.replaceAll([]);
  list.setLoaded();
  if (route.view === "invocations") navigate("#/");
}

/** Runs an action on the opened invocation, or on the selected one if none is open. */
async function actOnCurrent(action) {
  if (route.view === "compare") return;
  try {
    const id = route.view === "invocations" ? route.number : list.activeId;
    if (id === null) return;
    action(detail.invocation ?? (await fetchInvocation(id)));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    toast(error.message, "bad");
  }
}

function leaveField() {
  if (document.activeElement?.closest(".detail-panel")) byId("invocation").querySelector("h2")?.focus();
  else list.focus();
}

function start() {
  let filterTimer;
  byId("filter").addEventListener("input", ({ target }) => {
    clearTimeout(filterTimer);
    filterTimer = setTimeout(() => {
      store.setFilter(target.value);
      list.scrollToTop();
    }, FILTER_DELAY);
  });
  byId("filter").addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "Enter") return;
    event.preventDefault();
    list.focus();
    list.move(0);
  });
  byId("new-request").addEventListener("click", () => editor.open(null));
  addEventListener("hashchange", showRoute);
  installKeys({
    j: () => list.move(1),
    ArrowDown: () => list.move(1),
    k: () => list.move(-1),
    ArrowUp: () => list.move(-1),
    Enter: () => list.openActive(),
    Escape: () => navigate(backHash(route.origin)),
    "/": () => {
      // An invocation on a narrow window hides the list, and so does a comparison.
      if (!byId("filter").checkVisibility()) navigate("#/");
      byId("filter").focus();
      byId("filter").select();
    },
    s: () => detail.focusSearch(),
    r: () => actOnCurrent((invocation) => actions.replay(invocation)),
    e: () => actOnCurrent((invocation) => actions.edit(invocation)),
    c: () => actOnCurrent((invocation) => actions.compare(invocation)),
    n: () => editor.open(null),
    leaveField,
  });
  showRoute();
  openLive({
    opened: () => {
      build.setConnected(true);
      load();
    },
    lost: () => build.setConnected(false),
    invocation: receiveInvocation,
    build: receiveBuild,
    log: ({ text }) => overview.append(text),
    cleared: receiveCleared,
    // The stream has skipped changes.
    lagged: load,
  });
}

start();
