/** Shows a movie as a tile in a grid, or as a recommendation with its reasons. */

import { addAction, addButton } from "./adding.js";
import { action, actions, feedbackButtons, following, ratingSlider } from "./controls.js";
import { aside, h, SLICE, turn } from "./dom.js";
import { clicked, noteSeen, watch } from "./events.js";
import { feedback } from "./feedback.js";
import { skeletons } from "./parts.js";
import { poster } from "./poster.js";
import { address } from "./router.js";
import { starRow } from "./stars.js";
import { feedbackText, isFavourite, movieLine, percent, reason } from "./words.js";

/** Predicted stars below which a movie is not shown without a word. */
const DOUBTFUL = 3;

export function movieAddress(movieId) {
  return address(`/movie/${movieId}`);
}

/** Create a tile of a grid. The link covers the whole tile; `extras` are controls below it. */
export function tile(movie, ...extras) {
  return h(
    "article.tile.addable",
    { "data-movie-id": movie.movie_id },
    poster(movie),
    h("h3", {}, h("a.cover", { href: movieAddress(movie.movie_id) }, movie.title)),
    h("p.meta", {}, movieLine(movie)),
    badge(movie),
    extras,
    addButton(movie),
  );
}

/** Create a grid, which is a list to screen readers, of the tiles that `make(movie)` creates. */
export function grid(label, movies, make, skeleton) {
  const list = h("ul.grid", { "aria-label": label });
  extend(list, movies, make, skeleton);
  return list;
}

/** Add movies to a grid: the first tiles at once, the others soon, in the places of skeletons. */
export async function extend(list, movies, make, skeleton = "tile.rated") {
  const places = movies.map(() => h("li", { "aria-busy": "true" }, skeletons(1, skeleton)));
  list.append(...places);
  for (const [index, place] of places.entries()) {
    if (index && index % SLICE === 0) await turn();
    place.replaceChildren(make(movies[index]));
    place.removeAttribute("aria-busy");
  }
}

function badge(movie) {
  const element = h("p.badge", {});
  return following(element, movie.movie_id, (entry) => {
    element.replaceChildren(...(entry ? [aside("Your feedback: "), feedbackText(entry)] : []));
  });
}

/** Create the card of a recommended movie; `updateCard` shows a later answer on it. */
export function recommendationCard(item) {
  const { movie } = item;
  const opened = () => clicked(card.item.recommendation_id, movie.movie_id);
  const more = { href: `${movieAddress(movie.movie_id)}#similar`, onclick: opened };
  const seen = () => noteSeen(card);
  const card = h(
    "article.card",
    { "data-movie-id": movie.movie_id, onpointerdown: seen, onkeydown: seen },
    poster(movie),
    h(
      "div.card-body",
      {},
      h("h3", {}, h("a.cover", { href: movieAddress(movie.movie_id), onclick: opened }, movie.title)),
      h("p.meta", {}, movieLine(movie)),
      h("p.predicted", {}),
    ),
    h(
      "div.card-controls",
      {},
      ratingSlider(movie),
      actions(movie, feedbackButtons(movie), addAction(movie), action("a", movie, "More like this", more, "similar")),
    ),
    h(
      "details.why",
      { ontoggle: () => tellWhy(card) },
      h("summary", { onclick: () => showReasons(card) }),
      h("ul.reasons", { "aria-label": "Why it is recommended" }),
    ),
  );
  return following(card, movie.movie_id, (entry) => card.classList.toggle("leaving", Boolean(entry)));
}

/** Show the stars and reasons of a later answer on a card, and record its events for that answer. */
export function updateCard(card, item) {
  if (card.item?.recommendation_id !== item.recommendation_id) watch(card, item.recommendation_id, item.movie.movie_id);
  card.item = item;
  const { movie, recommendation_id, ...words } = item;
  const shown = JSON.stringify([words, item.because.map(({ movie_id }) => feedback.get(movie_id))]);
  if (card.shown === shown) return;
  card.shown = shown;
  card.querySelector(".predicted").replaceChildren(...predicted(item));
  tellWhy(card);
}

/** Show the reason in one line, or a heading above all reasons. */
function tellWhy(card) {
  const { open } = card.querySelector(".why");
  card.classList.toggle("opened", open);
  card.querySelector(".why summary").replaceChildren(...(open ? ["Why it is here"] : inShort(card.item)));
  if (open) showReasons(card);
}

/** Fill in the reasons, which only an opened card shows. */
function showReasons(card) {
  card.querySelector(".reasons").replaceChildren(...reasons(card.item));
}

function predicted({ predicted_rating: stars }) {
  if (stars === null) return ["No prediction"];
  const value = stars.toFixed(1);
  const isDoubtful = Number(value) < DOUBTFUL;
  return [
    starRow(stars, `Predicted for you: ${value} stars`),
    h("span", { "aria-hidden": "true" }, h("b", {}, value), isDoubtful ? "" : " predicted"),
    isDoubtful ? "you may not love it" : "",
  ];
}

/** Create one line of reason: the favourites that count most, or else the rating that does. */
function inShort({ because, strategy }) {
  if (!because.length) return [strategy === "popular" ? "Seen it? Rate it" : "Popular with everyone"];
  const [first, second] = because.filter(({ movie_id }) => isLiked(movie_id));
  if (!first) return ratingWords(because[0], 0);
  return [...ratingWords(first, 0), ...(second ? [" and ", h("b", {}, second.title)] : [])];
}

function isLiked(movieId) {
  const entry = feedback.get(movieId);
  return entry !== null && isFavourite(entry);
}

/** Create the reasons: ratings, all others together, and popularity, each with its share; then what else raised it. */
function reasons({ because, baseline, other, raised_by: evident }) {
  if (!because.length) return [];
  const [rest, popular] = [other ?? 0, baseline ?? 0];
  const total = sumOfSizes([...because.map(({ contribution }) => contribution), rest, popular]);
  const rows = because.map((rated, index) => reasonRow(ratingWords(rated, index), rated.contribution / total));
  if (told(rest / total)) rows.push(reasonRow([rest > 0 ? "and" : "despite", " all else you rated"], rest / total));
  if (told(popular / total)) rows.push(reasonRow([popular > 0 ? "and it is popular" : "though few know it"], popular / total));
  if (evident) rows.push(h("li", {}, h("span.reason", {}, ...evidentWords(evident))));
  return rows;
}

function evidentWords({ facet, name, liked, of }) {
  const kind = { director: "by", company: "from", language: "in" }[facet];
  return [`${liked} of the ${of} movies you liked are ${kind} `, h("b", {}, facet === "language" ? language(name) : name)];
}

/** The English name of a language, and the code itself where it is none of ISO 639. */
function language(code) {
  try {
    return new Intl.DisplayNames("en", { type: "language" }).of(code);
  } catch {
    return code;
  }
}

/** Whether a share is more than nothing when it is shown. */
function told(share) {
  return Math.abs(share) >= 0.005;
}

function ratingWords({ movie_id, title }, index) {
  const words = reason(feedback.get(movie_id));
  return [index ? `and ${words}` : `Because you ${words}`, h("b", {}, title)];
}

function reasonRow(words, share) {
  return h(
    "li",
    {},
    h("span.reason", {}, ...words),
    h("span.bar", { "aria-hidden": "true", vars: { share } }),
    h("span.share", {}, percent(share), aside(" of the reasons")),
  );
}

function sumOfSizes(numbers) {
  return numbers.reduce((total, number) => total + Math.abs(number), 0);
}
