/** Views by the address: what stands after `#` says everything that a shared link needs. */

import { h } from "./dom.js";

const NAME = "recsvc";
/** How far each entry of the history was scrolled, and which entry this is. */
const places = new Map();
let entry = null;
let current = null;
let stage;
let table;

/**
 * A route: `path` is matched, `query` holds the filters, `anchor` names a part of the page.
 * @typedef {{path: string, params: string[], query: URLSearchParams, anchor: string}} Route
 *
 * A view is a function of a route and of a signal that is aborted when the user leaves. It returns its `title`, its
 * `nodes`, perhaps `ready` (a promise for the first content, after which scrolling makes sense) and perhaps
 * `update(route)`, which takes another query of the same path without building the page anew.
 */
export function start(place, routes) {
  [stage, table] = [place, routes];
  history.scrollRestoration = "manual";
  addEventListener("hashchange", () => visit());
  document.addEventListener("click", again);
  visit();
}

/** Go to an address, as a link would. */
export function go(hash, { replace = false } = {}) {
  if (hash === location.hash) return visit();
  if (!replace) return (location.hash = hash);
  history.replaceState(history.state, "", hash);
  return visit();
}

/** The address of a path with a query. */
export function address(path, query = {}) {
  const pairs = Object.entries(query).flatMap(([name, value]) => [value].flat().map((one) => [name, one]));
  const given = new URLSearchParams(pairs.filter(([, value]) => value));
  return `#${path}${given.size ? `?${given}` : ""}`;
}

/** Note something of this entry of the history, and find it there again when one comes back. */
export function note(what) {
  history.replaceState({ ...history.state, ...what }, "");
}

export function noted() {
  return history.state ?? {};
}

/** Name the page, also once its name has been loaded. */
export function entitle(title) {
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
  return { view: lost, params: [] };
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function lost() {
  return {
    title: "Nothing here",
    nodes: [
      h("h1", { tabindex: -1 }, "Nothing is playing here"),
      h("p", {}, "This address leads to no page. ", h("a", { href: "#/" }, "Back to the movies"), "."),
    ],
  };
}

function visit() {
  const route = parse(location.hash);
  const { view, params } = find(route);
  const first = current === null;
  const scroll = turn();
  route.params = params;
  const query = route.query.toString();
  if (current?.update && current.path === route.path && current.query !== query) {
    current.query = query;
    current.update(route);
    return;
  }
  current?.leaving.abort();
  show(view, route);
  arrive(route, scroll, first);
}

/** Note how far the page that is left was scrolled, and return where the one that is come to was. */
function turn() {
  if (entry) places.set(entry, scrollY);
  if (!noted().entry) note({ entry: crypto.randomUUID?.() ?? String(Math.random()) });
  const stays = noted().entry === entry;
  entry = noted().entry;
  return stays ? 0 : (places.get(entry) ?? 0);
}

function show(view, route) {
  const leaving = new AbortController();
  const { title, nodes, ready, update } = view(route, leaving.signal);
  current = { path: route.path, query: route.query.toString(), leaving, ready, update };
  entitle(title);
  stage.replaceChildren(...nodes);
  for (const link of document.querySelectorAll("[data-nav]")) mark(link, route.path);
}

function mark(link, path) {
  if (link.getAttribute("href") === `#${path}`) link.setAttribute("aria-current", "page");
  else link.removeAttribute("aria-current");
}

/** Start at the top with the heading in focus, or where one was before. */
async function arrive(route, scroll, first) {
  const { leaving, ready } = current;
  scrollTo(0, scroll);
  if (!first && !route.anchor) stage.querySelector("h1")?.focus({ preventScroll: true });
  await ready?.catch(() => {});
  if (leaving.signal.aborted) return;
  const part = document.getElementById(route.anchor);
  part?.scrollIntoView();
  part?.focus({ preventScroll: true });
  if (!part && scroll && Math.abs(scrollY - scroll) > 1) scrollTo(0, scroll);
}

/** A link to where one is already shows it anew; browsers would do nothing. */
function again(event) {
  const link = event.target.closest?.('a[href^="#/"]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || link.getAttribute("href") !== location.hash) return;
  event.preventDefault();
  visit();
}
