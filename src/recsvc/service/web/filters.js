/** The filters of recommendations (era, genres, variety), which are part of the address, and their controls. */

import { genres as genresOfTheCatalogue } from "./api.js";
import { h } from "./dom.js";
import { choice } from "./parts.js";
import { address } from "./router.js";

const ERAS = [
  ["", "Any"],
  ["old", "Older"],
  ["new", "Newer"],
];

/** Return the filters of an address, with the names of the API. */
export function filtersOf(query) {
  return { era: query.get("era") ?? "", genre: query.getAll("genre"), diversity: query.get("diversity") ?? "" };
}

export function addressOf(path, { era, genre, diversity }) {
  return address(path, { era, genre, diversity: diversity === "0" ? "" : diversity });
}

/** Create the controls. `onchange` is called with the new filters until the signal; `bar.show(filters)` shows other ones. */
export function filterBar(filters, onchange, signal) {
  let current = filters;
  const change = (part) => onchange({ ...current, ...part });
  const era = choice("Era", ERAS, current.era, (value) => change({ era: value }));
  const variety = slider(() => change({ diversity: variety.input.value }));
  const toggle = (genre) =>
    change({
      genre: current.genre.includes(genre) ? current.genre.filter((name) => name !== genre) : [...current.genre, genre],
    });
  const chip = (name) => h("button.chip", { type: "button", value: name, onclick: () => toggle(name) }, name);
  const chips = h("div.chips", { role: "group", "aria-label": "Genres" });
  const summary = h("summary", {}, "Genres");
  const genres = h("details.genres", {}, summary, h("div.more-filters", {}, variety, chips));
  const close = ({ target, key }) => {
    if (key === "Escape" || (!key && !genres.contains(target))) genres.open = false;
  };
  for (const type of ["pointerdown", "keydown"]) document.addEventListener(type, close, { signal });

  const border = h("p.hint", {});
  const bar = h("section.filters", { "aria-label": "Filters" }, era, genres, border);
  let names = [];
  const showChips = () => {
    const all = [...new Set([...names, ...current.genre])]; // what is chosen can be taken back, whatever there is
    chips.replaceChildren(...all.map(chip));
  };
  bar.show = (shown) => {
    current = shown;
    const values = [...chips.children].map((one) => one.value);
    if (!current.genre.every((name) => values.includes(name))) showChips();
    era.show(current.era);
    variety.input.value = current.diversity || 0;
    for (const one of chips.children) one.setAttribute("aria-pressed", current.genre.includes(one.value));
    summary.textContent = current.genre.length ? `Genres: ${current.genre.join(", ")}` : "All genres";
  };
  bar.show(current);
  genresOfTheCatalogue()
    .then(({ items, new_from }) => {
      border.textContent = new_from ? `Movies from ${new_from} on are newer.` : "";
      names = items.map(({ name }) => name);
      showChips();
      bar.show(current);
    })
    .catch(() => {}); // the list says what is wrong
  return bar;
}

function slider(onchange) {
  const input = h("input", { type: "range", min: 0, max: 1, step: 0.1, value: 0, "aria-label": "Variety", onchange });
  const end = (text) => h("span", { "aria-hidden": "true" }, text);
  const label = h("div.variety", {}, end("Similar"), input, end("Varied"));
  return Object.assign(label, { input });
}
