/** Shows movies to rate, fifteen at a time. */

import { onboarding } from "./api.js";
import { grid, tile } from "./cards.js";
import { once, ratingSlider } from "./controls.js";
import { h } from "./dom.js";
import { feedback } from "./feedback.js";
import { icon } from "./icons.js";
import { button, empty, fill, skeletons } from "./parts.js";
import { announce } from "./toast.js";

const SHOWN = 15;
const POOL = 50;
/** The movies that the user has not seen; they are not shown again on this visit. */
const unseen = new Set();

export async function wellKnown(signal) {
  const { items } = await onboarding(POOL, null, signal);
  return items;
}

/** Create a grid of the movies that `find(signal)` returns, with a slider each. `deck.deal()` shows other ones. */
export function onboardingDeck(signal, find) {
  const place = h("div.deck", {});
  const pool = [];
  const shown = new Set();
  const isFresh = ({ movie_id }) => !feedback.get(movie_id) && !unseen.has(movie_id) && !shown.has(movie_id);

  const load = async () => {
    for (const movie of pool.splice(0).filter(isFresh)) pool.push(movie);
    if (pool.length >= SHOWN) return;
    shown.clear(); // they are few: start over with those that were not rated
    const items = await find(signal);
    pool.splice(0, pool.length, ...items.filter(isFresh));
  };
  const next = () => {
    const movie = pool.find(isFresh);
    if (movie) shown.add(movie.movie_id);
    return movie;
  };
  const replace = (movie, item) => {
    unseen.add(movie.movie_id);
    const other = next();
    announce(other ? `${movie.title}: not seen. Replaced by ${other.title}` : `${movie.title}: not seen`);
    if (!other) return item.querySelector("article").classList.add("unseen");
    item.replaceChildren(card(other));
    return item.querySelector("button").focus();
  };
  const card = (movie) => {
    const skip = (event) => replace(movie, event.target.closest("li"));
    const name = `Haven't seen it: ${movie.title}`;
    return tile(
      movie,
      ratingSlider(movie, { quiet: true }),
      h("button.link-button", { type: "button", "aria-label": name, onclick: once(skip) }, "Haven't seen it"),
    );
  };
  const show = () => {
    const movies = Array.from({ length: SHOWN }, next).filter(Boolean);
    return movies.length ? grid("Movies to rate", movies, card) : allRated();
  };

  place.deal = () => fill(place, { skeleton: h("div.grid", {}, skeletons(SHOWN, "tile.rated")), load, show, signal });
  return place;
}

function allRated() {
  return empty("You know them all", "You have been through all of these movies. Search for others to rate them too.");
}

export function otherMovies(deck) {
  const deal = async () => {
    await deck.deal();
    announce("Other movies to rate");
  };
  return button("quiet", deal, icon("shuffle"), "Other movies");
}
