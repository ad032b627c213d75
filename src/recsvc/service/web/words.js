/** Texts for numbers, dates and feedback, so that the page is worded the same everywhere. */

const LIKED_FROM = 4;

/** Return `1 movie`, `3,000 movies`. The formats of the browser take a slow one longer than the rest of a view. */
export function count(number, noun) {
  const grouped = String(number).replace(/\B(?=(\d{3})+$)/g, ",");
  return `${grouped} ${number === 1 ? noun : `${noun}s`}`;
}

export function stars(value) {
  return value ? count(value, "star") : "not rated";
}

/** Return `7 %`; `digits` is the highest number of decimals, without trailing zeros. */
export function percent(share, digits = 0) {
  return `${Number((share * 100).toFixed(digits))} %`;
}

export function simulatedNote(simulated) {
  return simulated ? "Made of simulated ratings, just to try." : "";
}

const DATE = { month: "short", day: "numeric" };

/** Return the date of a moment in the time zone of the browser. */
export function date(iso) {
  return new Date(iso).toLocaleDateString("en", { ...DATE, year: "numeric" });
}

/** Return a day of the service, which is one of UTC; `parts` adds to the day and the month. */
export function day(iso, parts = {}) {
  return new Date(iso).toLocaleDateString("en", { ...DATE, ...parts, timeZone: "UTC" });
}

export function movieLine({ year, genres = [] }) {
  return [year, genres.join(", ")].filter(Boolean).join(" · ");
}

/** Return the text of one entry of feedback: "4.5 stars", "liked". */
export function feedbackText({ kind, rating }) {
  return kind === "rating" ? stars(rating) : kind.replace("_", " ");
}

export function isFavourite({ kind, rating }) {
  return kind === "liked" || (kind === "rating" && rating >= LIKED_FROM);
}

/**
 * Return the words before the title in a reason: "liked" or "gave 2★ to". Only favourites are called liked: a movie with
 * a low rating can raise the score of another one too.
 */
export function reason(entry) {
  if (entry && isFavourite(entry)) return "liked ";
  if (entry?.kind === "disliked") return "disliked ";
  return entry?.rating ? `gave ${entry.rating}★ to ` : "rated ";
}
