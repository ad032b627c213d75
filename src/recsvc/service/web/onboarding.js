/** Movies for a newcomer to rate, fifteen at a time. */

import { grid, tile } from "./cards.js";
import { h } from "./dom.js";
import { feedback } from "./feedback.js";
import { icon } from "./icons.js";
import { ratingSlider } from "./opinions.js";
import { button, empty, fill, skeletons } from "./parts.js";
import { onboarding } from "./service.js";
import { announce } from "./toast.js";

const DEAL = 15;
const POOL = 50;
/** Movies that the user has not seen; they are not dealt again on this visit. */
const unseen = new Set();

/** The deck: a grid of movies with a slider each. `deck.deal()` lays out others. */
export function onboardingDeck(signal) {
  const place = h("div.deck", {});
  const pool = [];
  const dealt = new Set();
  const fresh = ({ movie_id }) => !feedback.about(movie_id) && !unseen.has(movie_id) && !dealt.has(movie_id);

  const draw = async () => {
    for (const known of pool.splice(0).filter(fresh)) pool.push(known);
    if (pool.length >= DEAL) return;
    dealt.clear(); // the most rated movies are few: start over with what was left aside
    const { items } = await onboarding(POOL, null, signal);
    pool.splice(0, pool.length, ...items.filter(fresh));
  };
  const next = () => {
    const movie = pool.find(fresh);
    if (movie) dealt.add(movie.movie_id);
    return movie;
  };
  const pass = (movie, item) => {
    unseen.add(movie.movie_id);
    const other = next();
    announce(other ? `${movie.title}: not seen. Instead: ${other.title}` : `${movie.title}: not seen`);
    if (!other) return item.querySelector("article").classList.add("passed");
    item.replaceChildren(card(other));
    return item.querySelector("button").focus();
  };
  const card = (movie) => {
    const unknown = (event) => pass(movie, event.target.closest("li"));
    const name = `Haven't seen it: ${movie.title}`;
    return tile(
      movie,
      ratingSlider(movie, { quiet: true }),
      h("button.link-button", { type: "button", "aria-label": name, onclick: unknown }, "Haven't seen it"),
    );
  };
  const show = () => {
    const movies = Array.from({ length: DEAL }, next).filter(Boolean);
    return movies.length ? grid("Movies to rate", movies.map(card)) : known();
  };

  place.deal = () =>
    fill(place, { skeleton: h("div.grid", {}, skeletons(DEAL, "tile.rated")), load: draw, show, signal });
  return place;
}

function known() {
  return empty(
    "You know them all",
    h("p", {}, "You have been through the movies that most users know. Search for others to rate them too."),
  );
}

/** The button that deals other movies. */
export function otherMovies(deck) {
  const deal = async () => {
    await deck.deal();
    announce("Other movies to rate");
  };
  return button("quiet", deal, icon("shuffle"), "Other movies");
}
