/** `#/analytics`, for the operator: feedback, events and rates. The admin key is kept until the page is closed. */

import { analytics as read } from "../api.js";
import { movieAddress } from "../cards.js";
import { intervalChart, lineChart, mean, share, table } from "../charts.js";
import { h } from "../dom.js";
import { choice, empty, facts, fill, heading, panel, quietHeading, skeletons } from "../parts.js";
import { address, go } from "../router.js";
import { count, day, percent } from "../words.js";

const PERIODS = [
  ["7", "7 days"],
  ["30", "30 days"],
  ["90", "90 days"],
];
const RANKS = 20;
let adminKey = null;

export function analytics(route, signal) {
  const place = h("div", {});
  const daysOf = ({ query }) => PERIODS.find(([days]) => days === query.get("days"))?.[0] ?? "30";
  const show = (days) => (adminKey ? report(place, days, signal) : place.replaceChildren(keyForm(place, days, signal)));
  return {
    title: "Analytics",
    nodes: [heading("Analytics"), place],
    ready: show(daysOf(route)),
    update: (next) => show(daysOf(next)),
  };
}

/** Create the form for the key. `problem` is why the last one was refused. */
function keyForm(place, days, signal, problem = "") {
  const alert = { id: "admin-key-problem", class: "refused", role: "alert" };
  const input = h("input", {
    type: "password",
    id: "admin-key",
    autocomplete: "off",
    required: true,
    "aria-describedby": alert.id,
  });
  const submit = (event) => {
    event.preventDefault();
    adminKey = input.value;
    report(place, days, signal);
  };
  if (problem) setTimeout(() => input.focus()); // once it is on the page
  return h(
    "form.panel.key-form",
    { onsubmit: submit },
    h("label", { for: input.id }, "Admin key"),
    h("div.row", {}, input, h("button.button", {}, "Show analytics")),
    h("p", alert, problem),
    h("p.hint", {}, "The value of RECSVC_ADMIN_KEY. It is kept in memory only, until this page is closed."),
  );
}

function report(place, days, signal) {
  const refused = ({ message }) => {
    adminKey = null;
    return keyForm(place, days, signal, message);
  };
  const load = () => read(days, adminKey, signal);
  const show = (answer) => draw(answer, days);
  return fill(place, { skeleton: skeletons(5, "block"), load, show, instead: { 401: refused, 403: refused }, signal });
}

function draw(answer, days) {
  const period = choice("Period", PERIODS, days, (value) =>
    go(address("/analytics", { days: value === "30" ? "" : value })),
  );
  const dates = answer.days.map(({ day }) => day);
  const over = (title, ...names) =>
    lineChart(
      title,
      dates,
      names.map(([key, name]) => ({ name, values: answer.days.map((day) => day[key]) })),
    );
  return [
    h(
      "div.section-head",
      {},
      h("p.lead", {}, [dates.at(0), dates.at(-1)].map((iso) => day(iso, { year: "numeric" })).join(" to ")),
      period,
    ),
    tiles(answer),
    !answer.feedback &&
      !answer.days.some(({ shown }) => shown) &&
      empty("No feedback and no events yet", "Figures appear with the first visitors."),
    quietHeading("Charts"),
    h(
      "div.charts",
      {},
      over("Feedback", ["feedback", "Feedback"], ["active_users", "Active users"]),
      over("Events", ["shown", "Shown"], ["clicked", "Clicked"]),
      likes("Like rate by version", answer.by_version),
      likes("Like rate by strategy", answer.by_strategy),
      h("div.wide", {}, likes("Like rate by rank", answer.by_rank.slice(0, RANKS).map(ranked))),
    ),
    comparison(answer.comparison),
    topMovies(answer.top_movies),
  ];
}

function ranked(rates) {
  return { ...rates, key: `Rank ${rates.key}` };
}

function tiles({ users, feedback, coverage }) {
  const figures = [
    ["Users", users.toLocaleString("en")],
    ["Feedback", feedback.toLocaleString("en")],
    [
      "Catalogue shown",
      `${percent(coverage.share)} (${coverage.shown_movies} of ${count(coverage.catalogue_movies, "movie")})`,
    ],
  ];
  return facts("sizes", figures);
}

function likes(title, rates) {
  if (!rates.length) return empty(title, "No movie has been shown yet.");
  return intervalChart(
    title,
    rates.map(({ key, shown, like_rate, mean_stars }) => ({ name: key, shown, rate: like_rate, stars: mean_stars })),
  );
}

function comparison(test) {
  if (!test) return panel("A/B comparison", h("p", {}, "There is no challenger."));
  const row = (name, difference) => [
    name,
    ...["value", "low", "high"].map((part) => points(difference?.[part])),
    decision(difference),
  ];
  const heads = ["Challenger minus production", "Difference", "Low", "High", "Result"];
  const rows = [row("Like rate", test.like_rate_difference), row("Click rate", test.click_rate_difference)];
  return panel(
    "A/B comparison",
    h(
      "p",
      {},
      h("code", {}, test.challenger),
      ` serves ${percent(test.weight, 1)} of the users, `,
      h("code", {}, test.production),
      " the others.",
    ),
    h("p.hint", {}, "Differences are in percentage points, with their 95 % interval."),
    table(heads, rows, "A/B comparison"),
  );
}

function points(value) {
  return typeof value === "number" ? `${value > 0 ? "+" : ""}${(100 * value).toFixed(1)}` : "–";
}

/** Return the result of a comparison; an interval that contains 0 decides nothing. */
function decision(difference) {
  if (!difference) return "too few users yet";
  if (difference.low > 0) return "the challenger is better";
  return difference.high < 0 ? "production is better" : "no significant difference yet";
}

function topMovies(movies) {
  if (!movies.length) return null;
  const rows = movies.map((movie) => [
    movie.title
      ? h("a", { href: movieAddress(movie.movie_id) }, movie.title)
      : `Movie ${movie.movie_id} (no longer in the catalogue)`,
    movie.feedback,
    movie.liked,
    mean(movie.mean_stars),
    movie.shown,
    movie.clicked,
    share(movie.shown ? movie.clicked / movie.shown : null),
  ]);
  const heads = ["Movie", "Feedback", "Likes", "Mean stars", "Shown", "Clicked", "Click rate"];
  return panel("Top movies", table(heads, rows, "Top movies"));
}
