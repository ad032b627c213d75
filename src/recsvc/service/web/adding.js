/** Adds one movie to a list, from wherever the movie is shown. */

import { changeList, list as read, makeList } from "./api.js";
import { action } from "./controls.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { aboutList, askForList, myLists } from "./mylists.js";
import { askChoice, quote } from "./parts.js";
import { address, go } from "./router.js";
import { toast } from "./toast.js";

const LABEL = "Add to a list";
/** How often to try where others change the same list. */
const TRIES = 3;

/** Create the button among others below a movie. */
export function addAction(movie) {
  return action("button", movie, LABEL, { type: "button", onclick: () => choose(movie) }, "save");
}

/** Create the button on the poster of a tile. */
export function addButton(movie) {
  const attributes = { type: "button", "aria-label": `${LABEL}: ${movie.title}`, title: LABEL };
  return h("button.icon-button.add", { ...attributes, onclick: () => choose(movie) }, icon("save"));
}

async function choose(movie) {
  try {
    const all = await myLists();
    const isWatchlist = ({ kind }) => kind === "watchlist";
    const option = (list) => [list.slug, h("bdi", {}, list.title), h("span.meta", {}, aboutList(list))];
    const options = [...all.filter(isWatchlist), ...all.filter((list) => !isWatchlist(list))].map(option);
    if (!all.some(isWatchlist)) options.unshift(["watchlist", "Watchlist", h("span.meta", {}, "only for you")]);
    options.push(["new", "A new list…"]);
    const chosen = await askChoice({ title: ["Add ", quote(movie.title), " to"], options });
    if (chosen === "new") tellAdded(movie, await askForList("My list", [movie]));
    else if (chosen === "watchlist") tellAdded(movie, await beginWatchlist(movie));
    else if (chosen) await add(movie, all.find(({ slug }) => slug === chosen));
  } catch (problem) {
    if (problem.name !== "Problem") throw problem;
    toast(`${movie.title} was not added: ${problem.message}`);
  }
}

function beginWatchlist({ movie_id }) {
  return makeList({ title: "Watchlist", kind: "watchlist", movie_ids: [movie_id] });
}

/** Add a movie at the end of a list, after what others may have changed. */
async function add(movie, { slug, edit_token }, tries = TRIES) {
  const saved = await read(slug);
  const movie_ids = saved.items.map(({ movie_id }) => movie_id);
  if (movie_ids.includes(movie.movie_id)) return tell(`${movie.title} is in ${saved.title} already`, saved);
  try {
    return tellAdded(movie, await changeList(saved, { movie_ids: [...movie_ids, movie.movie_id] }, edit_token));
  } catch (problem) {
    if (problem.status !== 412 || tries === 1) throw problem;
    return add(movie, { slug, edit_token }, tries - 1);
  }
}

function tellAdded(movie, list) {
  if (list) tell(`${movie.title}: added to ${list.title}`, list);
}

function tell(text, { slug }) {
  toast(text, { label: "Open", run: () => go(address(`/list/${slug}`)) }, "added");
}
