/** `#/search?q=…`: movies by title; the service tolerates typing mistakes. */

import { findMovies } from "../api.js";
import { grid, tile } from "../cards.js";
import { h } from "../dom.js";
import { button, empty, fill, heading, quietHeading, quote, skeletons } from "../parts.js";
import { savedState, saveState } from "../router.js";
import { announce, toast } from "../toast.js";
import { count } from "../words.js";

const PAGE = 24;
/** The largest page of the service. */
const MOST = 100;

export function search(route, signal) {
  const q = route.query.get("q") ?? "";
  const place = h("div", {});
  const load = () => findMovies({ q, k: Math.min(savedState().shown ?? PAGE, MOST) }, signal);
  const show = ({ items, next_offset }) => {
    announce(`${count(items.length, "movie")} found`);
    return items.length ? results(q, items, next_offset, signal) : nothing(q);
  };
  return {
    title: q ? `Movies called “${q}”` : "All movies",
    nodes: [heading(...(q ? ["Movies called ", quote(q)] : ["All movies"])), quietHeading("Movies"), place],
    ready: fill(place, { skeleton: h("div.grid", {}, skeletons(PAGE, "tile")), load, show, signal }),
  };
}

function nothing(q) {
  const link = h("a.button", { href: "#/rate" }, "To well-known movies");
  return empty("No movie by that name", ["No title in the catalogue resembles ", quote(q), ". Try fewer letters."], link);
}

function results(q, movies, next, signal) {
  const found = grid(
    "Search results",
    movies.map((movie) => tile(movie)),
  );
  const more = button("quiet", () => load(), "Load more");
  const end = h("div.list-end", {}, next !== null && more);
  async function load() {
    more.disabled = true;
    try {
      const page = await findMovies({ q, k: PAGE, offset: next }, signal);
      const tiles = page.items.map((movie) => h("li", {}, tile(movie)));
      found.append(...tiles);
      tiles[0]?.querySelector("a").focus({ preventScroll: true });
      next = page.next_offset;
      saveState({ shown: found.children.length });
    } catch (problem) {
      if (problem.name !== "AbortError") toast(problem.message);
    }
    more.disabled = false;
    if (next === null) end.replaceChildren();
  }
  return [found, end];
}
