/** How the page says things: one place, so that it says them the same everywhere. */

const LIKED_FROM = 4;
const VERDICTS = {
  liked: "liked",
  disliked: "disliked",
  seen: "seen",
  not_interested: "not interested",
};

/** `1 movie`, `3 movies`. */
export function count(number, one, many = `${one}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

export function stars(value) {
  return value ? count(value, "star") : "not rated";
}

/** `7 %`; with `digits`, as many of them as say something. */
export function percent(share, digits = 0) {
  return `${Number((share * 100).toFixed(digits))} %`;
}

const DATE = { month: "short", day: "numeric" };

/** The date of a moment, as it was here. */
export function date(iso) {
  return new Date(iso).toLocaleDateString("en", { ...DATE, year: "numeric" });
}

/** A day of the service, which is one of UTC; `parts` says what else to name than day and month. */
export function day(iso, parts = {}) {
  return new Date(iso).toLocaleDateString("en", { ...DATE, ...parts, timeZone: "UTC" });
}

export function movieLine({ year, genres = [] }) {
  return [year, genres.join(", ")].filter(Boolean).join(" · ");
}

/** What an opinion is, alone: "4.5 stars", "liked". */
export function verdict({ kind, rating }) {
  return kind === "rating" ? stars(rating) : VERDICTS[kind];
}

/** Whether somebody who says this is fond of the movie. */
export function isFavourite({ kind, rating }) {
  return kind === "liked" || (kind === "rating" && rating >= LIKED_FROM);
}

/**
 * A reason in words around the title: `["liked ", ""]` or `["rated ", " (2★)"]`. Only what was liked is called so;
 * a movie that somebody rated low can speak for another one too.
 */
export function reason(opinion) {
  if (opinion && isFavourite(opinion)) return ["liked ", ""];
  if (opinion?.kind === "disliked") return ["disliked ", ""];
  return ["rated ", opinion?.rating ? ` (${opinion.rating}★)` : ""];
}
