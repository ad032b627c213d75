/** Shows the view of an address; what stands after `#` is the whole state that a shared link needs. */

import { h } from "./dom.js";
import { Problem, queryString } from "./http.js";
import { failure, heading, retryQuietly } from "./parts.js";

const NAME = "recsvc";
/** The scroll position of each entry of the history, by its id; `entry` is the id of the current one. */
const positions = new Map();
let entry = null;
let current = null;
let stage;
let table;

/**
 * A route: `path` selects the view, `query` holds the filters, `anchor` is the id of a part of the page.
 * @typedef {{path: string, params: string[], query: URLSearchParams, anchor: string}} Route
 *
 * A view is a function of a route and of a signal that is aborted when the user leaves. It returns its `title`, its
 * `nodes`, optionally `ready` (a promise for the first content, after which scrolling makes sense) and optionally
 * `update(route)`, which applies another query of the same path without rebuilding the page. It may return a promise
 * for these.
 */

/** Show views in `place`. `routes` are `[pattern, view]`, or `[pattern, prefix]` to redirect to another path. */
export function start(place, routes) {
  [stage, table] = [place, routes];
  history.scrollRestoration = "manual";
  addEventListener("hashchange", () => visit());
  document.addEventListener("click", showAgain);
  addEventListener("scrollend", () => saveState({ scroll: scrollY })); // for a reload
  visit();
}

/** Make a view of one that few visits need: `load()` imports it when it is opened. */
export function later(load) {
  return async (route, signal) => {
    let view;
    try {
      view = await load();
    } catch {
      const notice = failure(new Problem(0, "The service cannot be reached."), visit);
      retryQuietly(notice, load, visit);
      return { title: "Not here yet", nodes: [heading("This page is not here yet"), notice] };
    }
    return view(route, signal);
  };
}

/** Go to an address, as a link would. */
export function go(hash, { replace = false } = {}) {
  if (hash === location.hash) return visit();
  if (!replace) return (location.hash = hash);
  history.replaceState(history.state, "", hash);
  return visit();
}

export function address(path, query) {
  return `#${path}${queryString(query)}`;
}

/** Save values in this entry of the history, for `savedState` when the user comes back. */
export function saveState(values) {
  history.replaceState({ ...history.state, ...values }, "");
}

export function savedState() {
  return history.state ?? {};
}

export function setTitle(title) {
  document.title = title ? `${title} · ${NAME}` : NAME;
}

function parse(hash) {
  const [, path, query, anchor] = /^#?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/.exec(hash) ?? [null, "/"];
  return { path: path || "/", query: new URLSearchParams(query ?? ""), anchor: anchor ?? "" };
}

function find({ path }) {
  for (const [pattern, view] of table) {
    const match = new RegExp(`^${pattern}/?$`).exec(path);
    if (match) return { view, params: match.slice(1).map(decode) };
  }
  return { view: notFound, params: [] };
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function notFound() {
  return {
    title: "Nothing here",
    nodes: [
      heading("Nothing is playing here"),
      h("p.lead", {}, "This address leads to no page."),
      h("div.row.below", {}, h("a.button", { href: "#/" }, "To the movies"), h("a.button.quiet", { href: "#/search" }, "All movies")),
    ],
  };
}

function visit() {
  const route = parse(location.hash);
  const { view, params } = find(route);
  if (typeof view === "string") return go(location.hash.replace(route.path, view + params[0]), { replace: true });
  const first = current === null;
  const scroll = switchEntry();
  route.params = params;
  const query = route.query.toString();
  if (current?.update && current.path === route.path && current.query !== query) {
    current.query = query;
    return current.update(route);
  }
  current?.leaving.abort();
  return open(view, route, scroll, first);
}

async function open(view, route, scroll, first) {
  const leaving = new AbortController();
  const { signal } = leaving;
  current = { path: route.path, query: route.query.toString(), leaving };
  for (const link of document.querySelectorAll("[data-nav]")) mark(link, route.path);
  let shown = view(route, signal);
  if (shown instanceof Promise) {
    show({ title: "", nodes: [heading("Loading…")] }, first);
    stage.setAttribute("aria-busy", "true");
    shown = await shown;
    if (signal.aborted) return;
  }
  stage.removeAttribute("aria-busy");
  show(shown, first || route.anchor);
  await arrive(route, scroll, signal);
}

/** Save the scroll position of the entry that is left, and return that of the one that is opened. */
function switchEntry() {
  if (entry) positions.set(entry, scrollY);
  if (!savedState().entry) saveState({ entry: crypto.randomUUID?.() ?? String(Math.random()) });
  const same = savedState().entry === entry;
  entry = savedState().entry;
  return same ? 0 : (positions.get(entry) ?? savedState().scroll ?? 0);
}

/** Show a view, with its heading in focus unless that is to be `elsewhere`. */
function show(view, elsewhere) {
  Object.assign(current, view);
  setTitle(view.title);
  stage.replaceChildren(...view.nodes);
  if (!elsewhere) stage.querySelector("h1")?.focus({ preventScroll: true });
}

function mark(link, path) {
  if (link.getAttribute("href") === `#${path}`) link.setAttribute("aria-current", "page");
  else link.removeAttribute("aria-current");
}

/** Start at the top, at the part that is named, or where the view was left. */
async function arrive(route, scroll, signal) {
  scrollTo(0, scroll);
  await current.ready?.catch(() => {});
  if (signal.aborted) return;
  const part = document.getElementById(route.anchor);
  part?.scrollIntoView();
  part?.focus({ preventScroll: true });
  if (!part && scroll && Math.abs(scrollY - scroll) > 1) scrollTo(0, scroll);
}

/** Show the view again when its own link is clicked, since browsers do nothing then. */
function showAgain(event) {
  const link = event.target.closest?.('a[href^="#/"]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || link.getAttribute("href") !== location.hash) return;
  event.preventDefault();
  visit();
}
