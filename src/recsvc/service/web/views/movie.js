/** `#/movie/ID`: everything that is known of a movie, what the user says about it, and movies like it. */

import { grid, tile } from "../cards.js";
import { h } from "../dom.js";
import { icon } from "../icons.js";
import { following, ratingSlider, verdictButtons } from "../opinions.js";
import { choice, empty, facts, fill, heading, outward, skeletons } from "../parts.js";
import { poster } from "../poster.js";
import { address, entitle, go } from "../router.js";
import { movie as read, similar } from "../service.js";
import { starRow } from "../stars.js";
import { count, movieLine, verdict } from "../words.js";
import { attribute } from "../attribution.js";

const LIKE_IT = 12;
const LIKENESSES = [
  ["hybrid", "Both"],
  ["content", "What they are about"],
  ["collaborative", "Who likes them"],
];

export function movie(route, signal) {
  const [id] = route.params;
  const title = heading("Loading the movie…");
  const about = h("div.movie", {});
  const like = likeIt(id, byOf(route), signal);
  const show = (detail) => {
    title.textContent = detail.title;
    entitle(detail.title);
    attribute(detail.attribution);
    like.node.hidden = false;
    return sheet(title, detail);
  };
  const missing = () => {
    title.textContent = "No such movie";
    entitle("No such movie");
    return [title, empty("This movie is not in the catalogue", h("a.button", { href: "#/" }, "To the movies"))];
  };
  const skeleton = [h("div.movie-poster.skeleton", {}), h("div.movie-text", {}, title, skeletons(6, "line"))];
  const ready = Promise.all([
    fill(about, { skeleton, load: () => read(id, signal), show, instead: { 404: missing, 422: missing }, signal }),
    like.show(byOf(route)),
  ]);
  return { title: "Movie", nodes: [about, like.node], ready, update: (next) => like.show(byOf(next)) };
}

function byOf({ query }) {
  return query.get("by") ?? "hybrid";
}

function sheet(title, detail) {
  return [
    h("div.movie-poster", {}, poster(detail)),
    h(
      "div.movie-text",
      {},
      title,
      h("p.meta", {}, movieLine(detail)),
      detail.other_titles?.length > 0 && h("p.hint", {}, `Also known as ${detail.other_titles.join(", ")}`),
      figures(detail),
      yours(detail),
      detail.overview && h("p.overview", {}, detail.overview),
      credits(detail),
      links(detail),
    ),
  ];
}

/** What everyone thinks of it, with how many they are. */
function figures({ mean_rating: mean, rating_count: many, simulated }) {
  if (!many) return h("p.figures", {}, "Nobody has rated it yet.");
  const words = `${mean.toFixed(1)} of 5 on average`;
  return h(
    "p.figures",
    {},
    starRow(mean, words),
    h("b", { "aria-hidden": "true" }, mean.toFixed(1)),
    h("span", {}, `${count(many, simulated ? "simulated rating" : "rating")}`),
  );
}

function yours(detail) {
  const words = h("p.hint", {});
  following(words, detail.movie_id, (opinion) => {
    words.textContent = opinion ? `You said: ${verdict(opinion)}` : "You have said nothing about it yet.";
  });
  return h(
    "section.yours",
    { "aria-label": "Your opinion" },
    h("div.yours-rating", {}, h("h2", {}, "Your rating"), ratingSlider(detail), words),
    h(
      "div.card-verdicts",
      { role: "group", "aria-label": `Say something about ${detail.title}` },
      verdictButtons(detail),
    ),
  );
}

function credits({ directors, cast, countries, keywords }) {
  const rows = [
    ["Directed by", directors],
    ["With", cast],
    ["Made in", countries],
    ["About", keywords],
  ];
  const shown = rows.filter(([, values]) => values?.length);
  return facts(
    "credits",
    shown.map(([name, values]) => [name, values.join(", ")]),
  );
}

function links({ trailer_url, imdb_id, tmdb_id }) {
  const all = [
    trailer_url && outward(trailer_url, icon("play"), "Trailer"),
    imdb_id && outward(`https://www.imdb.com/title/${encodeURIComponent(imdb_id)}/`, icon("out"), "IMDb"),
    tmdb_id && outward(`https://www.themoviedb.org/movie/${encodeURIComponent(tmdb_id)}`, icon("out"), "TMDB"),
  ].filter(Boolean);
  return all.length > 0 && h("p.row", {}, all);
}

/** Movies like it, by what the address says. */
function likeIt(id, by, signal) {
  const place = h("div", {});
  const chosen = choice("Alike by", LIKENESSES, by, (value) =>
    go(address(`/movie/${id}`, { by: value === "hybrid" ? "" : value })),
  );
  const title = h("h2", { id: "similar", tabindex: -1 }, "More like this");
  const show = ({ items }) => {
    if (!items.length) return empty("Nothing is like it", h("p", {}, "Too little is known of this movie to say."));
    return grid(
      "Similar movies",
      items.map(({ movie }) => tile(movie)),
    );
  };
  return {
    node: h(
      "section.similar",
      { hidden: true, "aria-labelledby": "similar" },
      h("div.section-head", {}, title, chosen),
      place,
    ),
    show(next) {
      chosen.show(next);
      const skeleton = place.children.length ? [...place.children] : h("div.grid", {}, skeletons(LIKE_IT, "tile"));
      return fill(place, {
        skeleton,
        load: () => similar(id, next, LIKE_IT, signal),
        show,
        instead: { 404: () => [] },
        signal,
      });
    },
  };
}
