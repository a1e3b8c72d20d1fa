// The client of the dev server's API.

/** A response of the API with an error status, or a request that received no response. */
export class ApiError extends Error {}

const PAGE_SIZE = 1000;
const REOPEN_DELAY = 1000;

async function send(method, path, body) {
  const options = { method, headers: { "x-lodger-inspector": "1" } };
  if (body !== undefined) {
    options.headers["content-type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new ApiError("cannot reach the dev server; check that `cargo lodger dev` runs");
  }
  if (!response.ok) throw new ApiError(await errorText(response));
  return response.status === 204 ? null : response.json();
}

async function errorText(response) {
  try {
    const { error } = await response.json();
    if (typeof error === "string") return error;
  } catch {
    // A response without JSON has no text of its own.
  }
  return `the dev server returned status ${response.status}`;
}

/** Returns the project, its fronts and the state of the build. */
export function fetchState() {
  return send("GET", "/api/state");
}

/** Returns one page of summaries, newest first, older than the invocation `before`. */
export function fetchPage(before, limit = PAGE_SIZE) {
  const query = new URLSearchParams({ limit });
  if (before !== undefined) query.set("before", before);
  return send("GET", `/api/invocations?${query}`);
}

/** Returns one invocation with its request, event, reply, response, timing and log. */
export function fetchInvocation(id) {
  return send("GET", `/api/invocations/${id}`);
}

/** Sends a request or an event to the function and returns the id of the new invocation. */
export async function postReplay(payload) {
  return (await send("POST", "/api/replay", payload)).id;
}

/** Sends a request through every front and returns the number of the comparison. */
export async function postCompare(request) {
  return (await send("POST", "/api/compare", { request })).number;
}

/** Returns a comparison of all fronts. */
export function fetchComparison(number) {
  return send("GET", `/api/compare/${number}`);
}

/** Returns the curl command that repeats the request of an invocation. */
export async function fetchCurl(id) {
  return (await send("GET", `/api/invocations/${id}/curl`)).command;
}

/** Saves an invocation as a test. Returns the paths of the written `files`, and a `hint` how to run the test. */
export function postSave(id, name, withSecrets) {
  return send("POST", `/api/invocations/${id}/save`, { name, with_secrets: withSecrets });
}

/** Deletes every invocation on the dev server. */
export function deleteInvocations() {
  return send("DELETE", "/api/invocations");
}

/**
 * Opens the event stream and opens it again after it closes.
 *
 * `handlers` has the functions `opened`, `lost`, `invocation`, `build`, `log`, `cleared` and `lagged`.
 */
export function openLive(handlers) {
  const source = new EventSource("/api/live");
  source.addEventListener("open", () => handlers.opened());
  for (const name of ["invocation", "build", "log", "cleared", "lagged"]) {
    source.addEventListener(name, (event) => handlers[name](JSON.parse(event.data)));
  }
  source.addEventListener("error", () => {
    handlers.lost();
    // EventSource retries after a lost connection. It gives up after an HTTP error, which a starting server may send.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => openLive(handlers), REOPEN_DELAY);
  });
  addEventListener("pagehide", () => source.close(), { once: true });
}
