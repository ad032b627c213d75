/** Movies that one looks through: each can be rated and picked where it stands. */

import { extend, grid, tile } from "./cards.js";
import { ratingSlider } from "./controls.js";
import { h } from "./dom.js";
import { button, fill, skeletons } from "./parts.js";
import { savedState, saveState } from "./router.js";
import { announce, toast } from "./toast.js";
import { pickButton, tray } from "./tray.js";
import { count } from "./words.js";

const PAGE = 24;
/** The largest page of the service. */
const MOST = 100;

/**
 * Create the place of a list, and `ready`, a promise for its movies. `load({k, offset})` returns a page of it,
 * `{movies, next_offset}`; `nothing()` creates what stands there if it is empty.
 */
export function results(label, { load, nothing, signal }) {
  const place = h("div.results", {});
  const show = ({ movies, next_offset }) => {
    announce(`${count(movies.length, "movie")} found`);
    return movies.length ? pages(label, movies, next_offset, load, signal) : nothing();
  };
  const first = () => load({ k: Math.min(savedState().shown ?? PAGE, MOST), offset: 0 });
  const skeleton = h("div.grid", {}, skeletons(PAGE, "tile.rated"));
  return { place, ready: fill(place, { skeleton, load: first, show, signal }) };
}

function pages(label, movies, next, load, signal) {
  const result = (movie) => tile(movie, ratingSlider(movie, { quiet: true }), pickButton(movie, signal));
  const found = grid(label, movies, result);
  const more = button("quiet", () => loadMore(), "Load more");
  const end = h("div.list-end", {}, next !== null && more);
  async function loadMore() {
    more.disabled = true;
    try {
      const page = await load({ k: PAGE, offset: next });
      const first = found.children.length;
      extend(found, page.movies, result);
      found.children[first]?.querySelector("a").focus({ preventScroll: true });
      next = page.next_offset;
      saveState({ shown: found.children.length });
    } catch (problem) {
      if (problem.name !== "AbortError") toast(problem.message);
    }
    more.disabled = false;
    if (next === null) end.replaceChildren();
  }
  return [found, end, tray(signal)];
}
