/** `#/movie/ID`: the details of a movie, the user's feedback on it, and similar movies. */

import { movie as read, predictedStars, similar } from "../api.js";
import { addAction } from "../adding.js";
import { attribute } from "../attribution.js";
import { grid, tile } from "../cards.js";
import { actions, feedbackButtons, following, ratingSlider } from "../controls.js";
import { h } from "../dom.js";
import { feedback } from "../feedback.js";
import { decadeOf } from "../filters.js";
import { icon } from "../icons.js";
import { choice, empty, facts, fill, heading, externalLink, skeletons } from "../parts.js";
import { poster } from "../poster.js";
import { address, setTitle, go } from "../router.js";
import { starRow } from "../stars.js";
import { count, feedbackText } from "../words.js";

const SIMILAR = 12;
const SIMILARITIES = [
  ["hybrid", "Both"],
  ["content", "What they are about"],
  ["collaborative", "Who likes them"],
];

export function movie(route, signal) {
  const [id] = route.params;
  const title = heading("Loading the movie…");
  const about = h("div.movie", {});
  const similarMovies = similarSection(id, similarityOf(route), signal);
  const show = (detail) => {
    title.textContent = detail.title;
    setTitle(detail.title);
    attribute(detail.attribution);
    similarMovies.node.hidden = false;
    return sheet(title, detail, signal);
  };
  const missing = () => {
    title.textContent = "No such movie";
    setTitle("No such movie");
    return h(
      "div.movie-whole",
      {},
      title,
      empty(
        "This movie is not in the catalogue",
        "The link is incomplete, or the movie was removed.",
        h("a.button", { href: "#/" }, "To the movies"),
      ),
    );
  };
  const frame = (notice) => {
    title.textContent = "This movie is not here yet";
    return h("div.movie-whole", {}, title, notice);
  };
  const skeleton = [h("div.movie-poster.skeleton", {}), h("div.movie-text", {}, title, skeletons(6, "line"))];
  const ready = Promise.all([
    fill(about, {
      skeleton,
      load: () => read(id, signal),
      show,
      instead: { 404: missing, 422: missing },
      frame,
      signal,
    }),
    similarMovies.show(similarityOf(route)),
  ]);
  return {
    title: "Movie",
    nodes: [about, similarMovies.node],
    ready,
    update: (next) => similarMovies.show(similarityOf(next)),
  };
}

function similarityOf({ query }) {
  return query.get("by") ?? "hybrid";
}

function sheet(title, detail, signal) {
  return [
    h("div.movie-poster", {}, poster(detail)),
    h(
      "div.movie-text",
      {},
      title,
      kinds(detail),
      detail.other_titles?.length > 0 && h("p.hint", {}, `Also known as ${detail.other_titles.join(", ")}`),
      figures(detail),
      yourFeedback(detail, signal),
      detail.overview && h("p.overview", {}, detail.overview),
      credits(detail),
      links(detail),
    ),
  ];
}

/** Create the year, and links to the decade and the genres. */
function kinds({ year, genres }) {
  const decade = year && decadeOf(year);
  const links = [
    ...(decade ? [chip(`${decade.year_from}s`, decade)] : []),
    ...genres.map((genre) => chip(genre, { genre })),
  ];
  return h("p.chips", {}, year && h("span.meta", {}, year), links);
}

function chip(text, filters) {
  return h("a.chip", { href: address("/search", filters) }, text);
}

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

function yourFeedback(detail, signal) {
  let unrated = "You have not rated it yet.";
  const words = h("p.hint", {});
  const show = (entry) => {
    words.textContent = entry ? `Your feedback: ${feedbackText(entry)}` : unrated;
  };
  following(words, detail.movie_id, show);
  predictedStars(detail.movie_id, signal)
    .then((stars) => {
      if (stars) unrated = `We think you would give it ${stars.toFixed(1)}★.`;
      show(feedback.get(detail.movie_id));
    })
    .catch(() => {}); // it can do without
  return h(
    "section.yours",
    { "aria-label": "Your feedback" },
    h("div.yours-rating", {}, h("h2", {}, "Your rating"), ratingSlider(detail), words),
    actions(detail, feedbackButtons(detail), addAction(detail)),
  );
}

function credits({ directors, cast, countries, keywords }) {
  const rows = [
    ["Directed by", names("director", directors)],
    ["With", names("actor", cast)],
    ["Made in", countries?.join(", ")],
    ["About", keywords?.join(", ")],
  ];
  return facts(
    "credits",
    rows.filter(([, values]) => values?.length),
  );
}

/** Create links from names to the movies that they are credited in. */
function names(filter, all = []) {
  return all.flatMap((name, index) => [
    index > 0 && ", ",
    h("a", { href: address("/search", { [filter]: name }) }, name),
  ]);
}

function links({ trailer_url, imdb_id, tmdb_id }) {
  const all = [
    trailer_url && externalLink(trailer_url, icon("play"), "Trailer"),
    imdb_id && externalLink(`https://www.imdb.com/title/${encodeURIComponent(imdb_id)}/`, icon("out"), "IMDb"),
    tmdb_id && externalLink(`https://www.themoviedb.org/movie/${encodeURIComponent(tmdb_id)}`, icon("out"), "TMDB"),
  ].filter(Boolean);
  return all.length > 0 && h("p.row", {}, all);
}

/** Create the section of similar movies, by the similarity that the address selects. */
function similarSection(id, by, signal) {
  const place = h("div", {});
  const chosen = choice("Similar by", SIMILARITIES, by, (value) =>
    go(address(`/movie/${id}`, { by: value === "hybrid" ? "" : value })),
  );
  const title = h("h2", { id: "similar", tabindex: -1 }, "More like this");
  const show = ({ items }) => {
    if (!items.length) return empty("No similar movies", "There is too little data about this movie.");
    const movies = items.map(({ movie }) => movie);
    return grid("Similar movies", movies, (movie) => tile(movie), "tile");
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
      const skeleton = place.children.length ? [...place.children] : h("div.grid", {}, skeletons(SIMILAR, "tile"));
      return fill(place, {
        skeleton,
        load: () => similar(id, next, SIMILAR, signal),
        show,
        instead: { 404: () => [] },
        signal,
      });
    },
  };
}
