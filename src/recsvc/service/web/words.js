/** How the page says things: one place, so that it says them the same everywhere. */

const LIKED_FROM = 4;
const VERDICTS = {
  liked: "liked",
  disliked: "disliked",
  seen: "seen",
  not_interested: "not interested",
};

/** `1 film`, `3 films`. */
export function count(number, one, many = `${one}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

export function stars(value) {
  return value ? count(value, "star") : "not rated";
}

export function percent(share, digits = 0) {
  return `${(share * 100).toFixed(digits)} %`;
}

export function date(iso) {
  return new Date(iso).toLocaleDateString("en", { year: "numeric", month: "short", day: "numeric" });
}

export function filmLine({ year, genres = [] }) {
  return [year, genres.join(", ")].filter(Boolean).join(" · ");
}

/** What an opinion is, alone: "4.5 stars", "liked". */
export function verdict({ kind, rating }) {
  return kind === "rating" ? stars(rating) : VERDICTS[kind];
}

/** Whether somebody who says this is fond of the film. */
export function isFavourite({ kind, rating }) {
  return kind === "liked" || (kind === "rating" && rating >= LIKED_FROM);
}

/**
 * A reason in words around the title: `["liked ", ""]` or `["rated ", " (2★)"]`. Only what was liked is called so;
 * a film that somebody rated low can speak for another one too.
 */
export function reason(opinion) {
  if (opinion && isFavourite(opinion)) return ["liked ", ""];
  if (opinion?.kind === "disliked") return ["disliked ", ""];
  return ["rated ", opinion?.rating ? ` (${opinion.rating}★)` : ""];
}
