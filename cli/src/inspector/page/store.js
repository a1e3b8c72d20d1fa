// The summaries of all invocations, and the filter over them.

const MAX_SUMMARIES = 10_000;

/** The invocations that the page lists. Dispatches `change` after every change. */
export class Store extends EventTarget {
  #byId = new Map();
  #ordered = [];
  #isSorted = true;
  #words = [];
  #visible = null;

  /** The number of invocations, without the filter. */
  get size() {
    return this.#byId.size;
  }

  /** The id of the oldest invocation. */
  get oldestId() {
    this.#sort();
    return this.#ordered[0]?.id;
  }

  /** Returns the summary of an invocation. */
  get(id) {
    return this.#byId.get(id);
  }

  /** Inserts or updates summaries. */
  upsert(...summaries) {
    for (const summary of summaries) this.#upsertOne(summary);
    this.#trim();
    this.#changed();
  }

  /** Replaces all summaries, because ids start again after the dev server restarts. */
  replaceAll(summaries) {
    this.#byId.clear();
    this.#ordered = [];
    this.upsert(...summaries);
  }

  /** Sets the filter: every word must match the path, the front, the status or a flag. */
  setFilter(text) {
    this.#words = text.toLowerCase().split(/\s+/).filter(Boolean);
    this.#changed();
  }

  /** The summaries that match the filter, newest first. */
  visible() {
    if (this.#visible) return this.#visible;
    this.#sort();
    const matching = this.#ordered.filter((summary) => matches(summary, this.#words));
    this.#visible = matching.reverse();
    return this.#visible;
  }

  #upsertOne(summary) {
    const existing = this.#byId.get(summary.id);
    if (existing) {
      // The event stream may repeat an earlier state than the list, which the page loads at the same time.
      if (existing.state === "done" && summary.state !== "done") return;
      Object.assign(existing, summary, { searchText: searchText(summary), revision: existing.revision + 1 });
      return;
    }
    const added = { ...summary, searchText: searchText(summary), revision: 0 };
    const newest = this.#ordered.at(-1);
    if (newest && newest.id > added.id) this.#isSorted = false;
    this.#byId.set(added.id, added);
    this.#ordered.push(added);
  }

  #sort() {
    if (this.#isSorted) return;
    this.#ordered.sort((left, right) => left.id - right.id);
    this.#isSorted = true;
  }

  #trim() {
    if (this.#ordered.length <= MAX_SUMMARIES) return;
    this.#sort();
    for (const { id } of this.#ordered.splice(0, this.#ordered.length - MAX_SUMMARIES)) this.#byId.delete(id);
  }

  #changed() {
    this.#visible = null;
    this.dispatchEvent(new Event("change"));
  }
}

function searchText({ method, name, target, front, error, function: functionName }) {
  return [method, target ?? name, front, functionName, error].filter(Boolean).join(" ").toLowerCase();
}

function matches(summary, words) {
  return words.every((word) => matchesWord(summary, word));
}

function matchesWord(summary, word) {
  if (/^[1-5]xx$/.test(word)) return Math.floor(summary.status / 100) === Number(word[0]);
  if (/^[1-5]\d\d$/.test(word) && summary.status === Number(word)) return true;
  if (word === "cold" && summary.is_cold) return true;
  if (word === "error" && summary.error) return true;
  if (word === "complaints" && summary.complaints > 0) return true;
  return summary.searchText.includes(word);
}
