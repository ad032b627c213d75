/**
 * Rows of movies below the recommendations. Each is one call of the API, and has a page of its own with more of the
 * same: `{title, href, load({k, offset}, signal)}`, which returns a page as `results` takes it.
 */

import { findMovies, popular, recommend, similarToAll } from "./api.js";
import { grid, tile } from "./cards.js";
import { freshId, h, setVars } from "./dom.js";
import { feedback } from "./feedback.js";
import { fill, skeletons, whenNear } from "./parts.js";
import { address } from "./router.js";
import { addressOfLike } from "./tray.js";
import { isFavourite } from "./words.js";

const SHOWN = 12;
/** How many are asked for, as some of them may have been rated. */
const ASKED = 24;
/** How many favourites say which genre is loved: as many as one page of movies has. */
const TELLING = 100;
/** How many movies can be left out. */
const MOST_EXCLUDED = 1000;

export const NEWEST = {
  title: "Popular among the newest",
  href: address("/newest"),
  load: async (page, signal) => listed(await popular({ era: "newest", ...page }, signal)),
};

export function loved(genre) {
  return {
    title: genre ? `A genre you love: ${genre}` : "Recommended for you",
    href: address("/loved", { genre }),
    load: async (page, signal) => listed(await recommend({ genre, explain: false, ...page }, signal)),
  };
}

/** The movies that are like all of some, and of which nothing was said yet. */
export function like(movieIds, title = "More like these") {
  return {
    title,
    href: addressOfLike(movieIds),
    load: async ({ k }, signal) => {
      const exclude = feedback.all().slice(0, MOST_EXCLUDED).map(({ movie_id }) => movie_id);
      const answer = await similarToAll({ movie_ids: movieIds, k, exclude }, signal);
      return { ...listed(answer), selected: answer.movies };
    },
  };
}

function listed({ items, next_offset = null }) {
  return { movies: items.map(({ movie }) => movie), next_offset };
}

/** Put the rows that fit the feedback into their place, which was as high as all there can be. */
export async function fillRows(place, signal) {
  const rows = await rowsNow(signal).catch(none);
  if (signal.aborted) return;
  setVars(place, { rows: rows.length });
  place.replaceChildren(...rows.map((row) => section(row, signal)));
}

/** Return no rows after a problem, of which the list above says what it is. */
function none(problem) {
  if (problem.name !== "Problem" && problem.name !== "AbortError") throw problem;
  return [];
}

async function rowsNow(signal) {
  await feedback.load();
  const favourites = feedback.all().filter((entry) => entry.title !== null && isFavourite(entry));
  if (!favourites.length) return [NEWEST];
  const [{ movie_id, title }] = favourites;
  const genre = await lovedGenre(favourites, signal);
  return [like([movie_id], `Because you liked ${title}`), NEWEST, ...(genre ? [loved(genre)] : [])];
}

/** Return the genre that most of the favourites have, if there are two of it. */
async function lovedGenre(favourites, signal) {
  const only = favourites.slice(0, TELLING).map(({ movie_id }) => movie_id);
  const { items } = await findMovies({ only, k: TELLING }, signal);
  const counts = new Map();
  for (const genre of items.flatMap(({ genres }) => genres)) counts.set(genre, (counts.get(genre) ?? 0) + 1);
  const [[genre, many] = []] = [...counts].sort(([, one], [, other]) => other - one);
  return many > 1 ? genre : null;
}

function section({ title, href, load }, signal) {
  const id = freshId("row");
  const place = h("div", {});
  const skeleton = h("div.grid", {}, skeletons(SHOWN, "tile"));
  const show = ({ movies }) => {
    const fresh = movies.filter(({ movie_id }) => !feedback.get(movie_id)).slice(0, SHOWN);
    return grid(title, fresh, (movie) => tile(movie), "tile");
  };
  const first = () => load({ k: ASKED, offset: 0 }, signal);
  place.append(skeleton);
  const all = h("a", { href, "aria-label": `See all: ${title}` }, "See all");
  const head = h("div.section-head", {}, h("h2", { id }, title), all);
  const row = h("section", { "aria-labelledby": id }, head, place);
  whenNear(row, () => fill(place, { skeleton, load: first, show, signal }), signal);
  return row;
}
