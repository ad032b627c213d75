/** `#/newest`, `#/loved?genre=…`, `#/like?movie=…`: the pages of the rows of the home page, and of picked movies. */

import { h } from "../dom.js";
import { feedback } from "../feedback.js";
import { empty, heading, quietHeading } from "../parts.js";
import { results } from "../results.js";
import { setTitle } from "../router.js";
import { NEWEST, like, loved } from "../rows.js";
import { pickIfNone } from "../tray.js";

/** How many similar movies there are, of which there are no pages. */
const SIMILAR = 60;
/** How many movies a heading names. */
const NAMED = 3;

export function newest(route, signal) {
  return pageOf(NEWEST, signal);
}

export function lovedGenre(route, signal) {
  return pageOf(loved(route.query.get("genre") ?? ""), signal);
}

export function likeThese(route, signal) {
  const movieIds = [...new Set(route.query.getAll("movie").map(Number))];
  const row = like(movieIds);
  const title = heading(row.title);
  const load = async () => {
    if (!movieIds.length) return { movies: [], next_offset: null };
    await feedback.load();
    const { selected, ...page } = await row.load({ k: SIMILAR }, signal);
    title.textContent = `More like ${names(selected)}`;
    setTitle(title.textContent);
    pickIfNone(selected);
    return page;
  };
  return pageOf({ ...row, load }, signal, title);
}

/** Name movies: the first ones, and how many more there are. */
function names(movies) {
  const titles = movies.map(({ title }) => title);
  const shown = titles.length > NAMED ? [...titles.slice(0, NAMED - 1), `${titles.length - NAMED + 1} more`] : titles;
  return new Intl.ListFormat("en-GB").format(shown);
}

function pageOf({ title, load }, signal, head = heading(title)) {
  const home = h("a.button", { href: "#/" }, "To the movies");
  const nothing = () => empty("Nothing here", "No movie of the catalogue is left for this list.", home);
  const { place, ready } = results(title, { load: (page) => load(page, signal), nothing, signal });
  return { title, nodes: [head, quietHeading("Movies"), place], ready };
}
