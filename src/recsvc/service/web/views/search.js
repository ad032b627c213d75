/** `#/search?q=…`: films by their titles; the service forgives typing mistakes. */

import { grid, tile } from "../cards.js";
import { h } from "../dom.js";
import { button, empty, fill, heading, quietHeading, quote, skeletons } from "../parts.js";
import { note, noted } from "../router.js";
import { findFilms } from "../service.js";
import { announce, toast } from "../toast.js";
import { count } from "../words.js";

const PAGE = 24;
/** How many the service gives at once. */
const MOST = 100;

export function search(route, signal) {
  const q = route.query.get("q") ?? "";
  const place = h("div", {});
  const load = () => findFilms({ q, k: Math.min(noted().shown ?? PAGE, MOST) }, signal);
  const show = ({ items, next_offset }) => {
    announce(`${count(items.length, "film")} found`);
    return items.length ? results(q, items, next_offset, signal) : nothing(q);
  };
  return {
    title: q ? `Films called “${q}”` : "All films",
    nodes: [heading(...(q ? ["Films called ", quote(q)] : ["All films"])), quietHeading("Films"), place],
    ready: fill(place, { skeleton: h("div.grid", {}, skeletons(PAGE, "tile")), load, show, signal }),
  };
}

function nothing(q) {
  return empty(
    "No film by that name",
    h("p", {}, "Nothing in the catalogue is called anything like ", quote(q), ". Try fewer letters."),
  );
}

function results(q, films, next, signal) {
  const found = grid(
    "Search results",
    films.map((film) => tile(film)),
  );
  const more = button("quiet", () => load(), "Load more");
  const end = h("div.list-end", {}, next !== null && more);
  async function load() {
    more.disabled = true;
    try {
      const page = await findFilms({ q, k: PAGE, offset: next }, signal);
      const tiles = page.items.map((film) => h("li", {}, tile(film)));
      found.append(...tiles);
      tiles[0]?.querySelector("a").focus({ preventScroll: true });
      next = page.next_offset;
      note({ shown: found.children.length });
    } catch (problem) {
      if (problem.name !== "AbortError") toast(problem.message);
    }
    more.disabled = false;
    if (next === null) end.replaceChildren();
  }
  return [found, end];
}
