/** Movies as cards: a tile in a grid, and a recommendation with its reasons. */

import { aside, h } from "./dom.js";
import { clicked, watch } from "./events.js";
import { feedback } from "./feedback.js";
import { icon } from "./icons.js";
import { following, ratingSlider, verdictButtons } from "./opinions.js";
import { poster } from "./poster.js";
import { address } from "./router.js";
import { starRow } from "./stars.js";
import { movieLine, percent, reason, verdict } from "./words.js";

export function movieAddress(movieId) {
  return address(`/movie/${movieId}`);
}

/** A movie in a grid. The link covers the whole tile; `extras` are controls below it. */
export function tile(movie, ...extras) {
  return h(
    "article.tile",
    { "data-movie-id": movie.movie_id },
    poster(movie),
    h("h3", {}, h("a.cover", { href: movieAddress(movie.movie_id) }, movie.title)),
    h("p.meta", {}, movieLine(movie)),
    said(movie),
    extras,
  );
}

/** A grid of tiles, as the list that it is. */
export function grid(label, tiles) {
  const items = tiles.map((one) => h("li", {}, one));
  return h("ul.grid", { "aria-label": label }, items);
}

/** A badge on the poster with what the user said about the movie. */
function said(movie) {
  const badge = h("p.badge", {});
  return following(badge, movie.movie_id, (opinion) => {
    badge.replaceChildren(...(opinion ? [aside("You said: "), verdict(opinion)] : []));
  });
}

/** A recommended movie; `renew` brings it up to date with a later answer. */
export function recommendation(item) {
  const { movie } = item;
  const opened = () => clicked(card.item.recommendation_id, movie.movie_id);
  const more = h(
    "a.verdict",
    {
      href: `${movieAddress(movie.movie_id)}#similar`,
      "aria-label": `More like this: ${movie.title}`,
      onclick: opened,
    },
    icon("similar"),
    h("span", {}, "More like this"),
  );
  const card = h(
    "article.card",
    { "data-movie-id": movie.movie_id },
    poster(movie),
    h(
      "div.card-body",
      {},
      h("h3", {}, h("a.cover", { href: movieAddress(movie.movie_id), onclick: opened }, movie.title)),
      h("p.meta", {}, movieLine(movie)),
      h("p.predicted", {}),
      h("div.why", {}),
    ),
    h("div.card-rate", {}, h("span", { "aria-hidden": "true" }, "Seen it? Rate it"), ratingSlider(movie)),
    h(
      "div.card-verdicts",
      { role: "group", "aria-label": `Say something about ${movie.title}` },
      verdictButtons(movie),
      more,
    ),
  );
  return card;
}

/** Show a later answer's stars and reasons on a card, and count from now on for that answer. */
export function renew(card, item) {
  if (card.item?.recommendation_id !== item.recommendation_id) watch(card, item.recommendation_id, item.movie.movie_id);
  card.item = item;
  card.querySelector(".predicted").replaceChildren(...predicted(item));
  card.querySelector(".why").replaceChildren(...why(item));
}

function predicted({ predicted_rating: stars }) {
  if (stars === null) return ["No prediction"];
  const value = stars.toFixed(1);
  return [
    starRow(stars, `Predicted for you: ${value} stars`),
    h("span", { "aria-hidden": "true" }, h("b", {}, value), " predicted"),
  ];
}

/** The ratings that speak for a movie, and how popular it is, each with its share of all that does. */
function why({ because, baseline, other, strategy }) {
  if (!because.length) return strategy === "popular" ? [] : [h("p.hint", {}, "Popular with everyone")];
  const popular = Math.max(baseline ?? 0, 0);
  const whole = sum(because.map(({ contribution }) => contribution)) + Math.abs(other ?? 0) + popular;
  const rows = because.map((one, index) => reasonRow(ratingWords(one, index), one.contribution / whole));
  if (popular) rows.push(reasonRow(["and it is popular"], popular / whole));
  return [h("ul.reasons", { "aria-label": "Why it is recommended" }, rows)];
}

function ratingWords({ movie_id, title }, index) {
  const [before, after] = reason(feedback.about(movie_id));
  return [index ? `and ${before}` : `Because you ${before}`, h("b", {}, title), after];
}

function reasonRow(words, share) {
  return h(
    "li",
    {},
    h("span.reason", {}, ...words),
    h("span.bar", { "aria-hidden": "true", vars: { share } }),
    h("span.share", {}, percent(share), aside(" of why")),
  );
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + Math.abs(number), 0);
}
