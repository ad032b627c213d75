/** The movies that were picked on this visit, and the tray below results that leads to movies like all of them. */

import { arrange } from "./arrange.js";
import { once } from "./controls.js";
import { h } from "./dom.js";
import { feedback } from "./feedback.js";
import { icon } from "./icons.js";
import { address } from "./router.js";
import { announce, raise, toast } from "./toast.js";
import { count } from "./words.js";

/** The largest selection of the service. */
const MOST = 50;
const picked = new Map();
const picks = new EventTarget();

/** Create the button that picks a movie, or takes it out again. */
export function pickButton(movie, signal) {
  const toggle = () => pick(movie, !picked.has(movie.movie_id));
  const name = { type: "button", "aria-label": `Pick: ${movie.title}` };
  const button = h("button.chip.pick", { ...name, onclick: once(toggle) }, "Pick");
  const show = () => button.setAttribute("aria-pressed", picked.has(movie.movie_id));
  const follow = ({ detail }) => detail.includes(movie.movie_id) && show();
  picks.addEventListener("change", follow, { signal });
  show();
  return button;
}

function pick(movie, isPicked) {
  if (isPicked && picked.size === MOST) return toast(`${MOST} movies are the most that one can pick.`);
  if (isPicked) picked.set(movie.movie_id, movie);
  else picked.delete(movie.movie_id);
  announce(`${movie.title}: ${isPicked ? "picked" : "no longer picked"}. ${count(picked.size, "movie")} in the tray`);
  return tell([movie.movie_id]);
}

/** Tell all buttons and trays which movies are picked now, or no longer. */
function tell(detail) {
  picks.dispatchEvent(new CustomEvent("change", { detail }));
}

feedback.addEventListener("erased", () => {
  const movieIds = [...picked.keys()];
  picked.clear();
  tell(movieIds);
});

/** Begin with a selection that came by a link, unless there is one already. */
export function pickIfNone(movies) {
  if (picked.size) return;
  for (const movie of movies) picked.set(movie.movie_id, movie);
  tell(movies.map(({ movie_id }) => movie_id));
}

/** Create the tray. It is there before anything is picked, so that nothing moves under a finger that picks. */
export function tray(signal) {
  const hint = h("p.hint", {}, "Pick movies, and see more like all of them.");
  const list = h("ul", { "aria-label": "Picked movies" });
  const link = h("a.button", {}, "More like these");
  const node = h("section.tray", { "aria-label": "More like these", tabindex: -1 }, hint, list, link);
  const show = () => {
    const held = node.contains(document.activeElement);
    const before = list.children.length;
    hint.hidden = picked.size > 0;
    list.hidden = link.hidden = !hint.hidden;
    link.setAttribute("href", addressOfLike([...picked.keys()]));
    arrange(list, [...picked.values()], { key: ({ movie_id }) => movie_id, make: chip });
    if (list.children.length > before) list.scrollTo({ left: list.scrollWidth });
    if (held && !picked.size) node.focus({ preventScroll: true });
  };
  picks.addEventListener("change", show, { signal });
  show();
  raise(true);
  signal.addEventListener("abort", () => raise(false));
  return node;
}

function chip(movie) {
  const remove = once(() => pick(movie, false));
  const attributes = { type: "button", "aria-label": `Remove: ${movie.title}`, onclick: remove };
  return h("li", {}, h("button.chip", attributes, h("span", {}, movie.title), icon("close")));
}

/** Return the address of the movies that are like all of some. */
export function addressOfLike(movieIds) {
  return address("/like", { movie: movieIds });
}
