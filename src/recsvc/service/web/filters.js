/** What to recommend: the era, genres and variety that stand in the address, and the controls for them. */

import { h } from "./dom.js";
import { choice } from "./parts.js";
import { address } from "./router.js";

/** The genres by which MovieLens sorts its movies. */
const GENRES = (
  "Action Adventure Animation Children Comedy Crime Documentary Drama Fantasy Film-Noir Horror " +
  "Musical Mystery Romance Sci-Fi Thriller War Western"
).split(" ");
export const ERAS = [
  ["", "Any"],
  ["old", "Older"],
  ["new", "Newer"],
];

/** The filters of an address; they are named as the API names them. */
export function filtersOf(query) {
  return { era: query.get("era") ?? "", genre: query.getAll("genre"), diversity: query.get("diversity") ?? "" };
}

export function addressOf(path, { era, genre, diversity }) {
  return address(path, { era, genre, diversity: diversity === "0" ? "" : diversity });
}

/** Controls for the filters; `onchange` is given the new ones. `bar.show(filters)` follows the address. */
export function filterBar(filters, onchange) {
  let now = filters;
  const change = (part) => onchange({ ...now, ...part });
  const era = choice("Era", ERAS, now.era, (value) => change({ era: value }));
  const variety = slider(() => change({ diversity: variety.input.value }));
  const toggle = (genre) =>
    change({ genre: now.genre.includes(genre) ? now.genre.filter((one) => one !== genre) : [...now.genre, genre] });
  const chips = GENRES.map((genre) =>
    h("button.chip", { type: "button", value: genre, onclick: () => toggle(genre) }, genre),
  );
  const summary = h("summary", {}, "Genres");
  const genres = h("details.genres", {}, summary, h("div.chips", { role: "group", "aria-label": "Genres" }, chips));

  const bar = h("section.filters", { "aria-label": "Filters" }, era, variety, genres);
  bar.show = (shown) => {
    now = shown;
    era.show(now.era);
    variety.input.value = now.diversity || 0;
    for (const chip of chips) chip.setAttribute("aria-pressed", now.genre.includes(chip.value));
    summary.textContent = now.genre.length ? `Genres: ${now.genre.join(", ")}` : "All genres";
  };
  bar.show(now);
  return bar;
}

function slider(onchange) {
  const input = h("input", { type: "range", min: 0, max: 1, step: 0.1, value: 0, "aria-label": "Variety", onchange });
  const end = (text) => h("span", { "aria-hidden": "true" }, text);
  const label = h("div.variety", {}, end("Alike"), input, end("Varied"));
  return Object.assign(label, { input });
}
