/** `#/two`: a deck for each of two, and one list for both. What they rate is in memory only, and in no link. */

import { onboarding, recommendTogether } from "../api.js";
import { grid, movieAddress } from "../cards.js";
import { aside, h } from "../dom.js";
import { feedback } from "../feedback.js";
import { icon } from "../icons.js";
import { button, choice, fill, heading, skeletons } from "../parts.js";
import { poster } from "../poster.js";
import { starSlider } from "../stars.js";
import { announce } from "../toast.js";
import { count, movieLine, reason, simulatedNote } from "../words.js";

const DEALT = 15;
const PAGE = 12;
const WAYS = [
  ["mean", "Best on average"],
  ["least_misery", "Nobody suffers"],
];

/** What each has rated, `{movie, kind, rating}` by movie id, until the page is closed. */
const two = ["First", "Second"].map((name) => ({ name, rated: new Map() }));
let together = WAYS[0][0];
feedback.addEventListener("erased", () => two.forEach(({ rated }) => rated.clear()));

export function forTwo(_, signal) {
  const picks = listForBoth(signal);
  const decks = two.map((member) => deckOf(member, picks.refresh, signal));
  const lead = "Each of you rates on one side. Nothing is stored: it is forgotten when this page is closed.";
  picks.refresh();
  for (const { deal } of decks) deal();
  const nodes = [h("p.lead", {}, lead), h("div.two", {}, decks.map(({ node }) => node)), picks.node];
  return { title: "For two", nodes: [heading("For two"), ...nodes] };
}

function deckOf({ name, rated }, onrate, signal) {
  const place = h("div.deck", {});
  const tile = (movie) => {
    const slider = starSlider(`${name}: rating of ${movie.title}`, (rating) => {
      if (rating) rated.set(movie.movie_id, { movie, kind: "rating", rating });
      else rated.delete(movie.movie_id);
      onrate();
    });
    slider.show(rated.get(movie.movie_id)?.rating ?? 0);
    return h("article.tile", {}, poster(movie), h("h3", {}, movie.title), slider);
  };
  const show = ({ items }) => {
    const others = items.filter(({ movie_id }) => !rated.has(movie_id));
    const movies = [...[...rated.values()].map(({ movie }) => movie), ...others];
    return grid(`${name}: movies to rate`, movies, tile);
  };
  const load = () => onboarding(DEALT, null, signal);
  const deal = () => fill(place, { skeleton: h("div.grid", {}, skeletons(DEALT, "tile.rated")), load, show, signal });
  const other = button("quiet", deal, icon("shuffle"), "Other movies", aside(` for ${name}`));
  const head = h("div.section-head", {}, h("h2", {}, name), other);
  return { deal, node: h("section", { "aria-label": name }, head, place) };
}

function listForBoth(signal) {
  const place = h("div.cards", {});
  const note = h("p.hint", {});
  let request = new AbortController();
  const show = ({ items, simulated }) => {
    note.textContent = simulatedNote(simulated);
    announce(`${count(items.length, "recommendation")} for both`);
    return items.map(card);
  };
  signal.addEventListener("abort", () => request.abort());
  const refresh = () => {
    request.abort();
    if (signal.aborted) return null;
    request = new AbortController();
    const { signal: asked } = request;
    const skeleton = place.childElementCount ? [...place.children] : skeletons(PAGE, "card");
    const load = () => recommendTogether({ members: two.map(ratings), together, k: PAGE }, asked);
    return fill(place, { skeleton, load, show, signal: asked });
  };
  const choose = (way) => {
    together = way;
    refresh();
  };
  const head = h("div", {}, h("h2", {}, "For both"), note);
  const way = choice("What counts", WAYS, together, choose);
  return {
    refresh,
    node: h("section.picks", { "aria-label": "For both" }, h("div.section-head", {}, head, way), place),
  };
}

function ratings({ rated }) {
  return { ratings: [...rated].map(([movie_id, { rating }]) => ({ movie_id, rating })) };
}

function card({ movie, for_members: each }) {
  const title = h("h3", {}, h("a.cover", { href: movieAddress(movie.movie_id) }, movie.title));
  const body = h("div.card-body", {}, title, h("p.meta", {}, movieLine(movie)), each.map(forMember));
  return h("article.card", { "data-movie-id": movie.movie_id }, poster(movie), body);
}

/** Create the line that says what a movie is for one of the two: stars, its place in their own list, and why. */
function forMember({ predicted_rating: stars, rank, because: [first] }, index) {
  const { name, rated } = two[index];
  const why = first ? [reason(rated.get(first.movie_id)), h("b", {}, first.title)] : ["popular with everyone"];
  return h("p.hint", {}, `${name}: ${stars === null ? "" : `${stars.toFixed(1)}★, `}no. ${rank}, `, ...why);
}
