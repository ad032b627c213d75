/** The filters of lists of movies, which are part of the address, and the controls of those of recommendations. */

import { genres as genresOfTheCatalogue } from "./api.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { choice } from "./parts.js";
import { address } from "./router.js";

const ONE = ["era", "diversity", "year_from", "year_to"];
const SEVERAL = ["genre", "director", "actor"];
const ERAS = [
  ["", "Any"],
  ["old", "Older"],
  ["new", "Newer"],
];

/** Return the filters of an address, with the names of the API. */
export function filtersOf(query) {
  const [era, diversity, year_from, year_to] = ONE.map((name) => query.get(name) ?? "");
  const [genre, director, actor] = SEVERAL.map((name) => query.getAll(name));
  return { era, genre, director, actor, year_from, year_to, diversity };
}

export function addressOf(path, filters) {
  return address(path, { ...filters, diversity: filters.diversity === "0" ? "" : filters.diversity });
}

/** Return what filters without a control narrow a list to: each as `text`, and with the `part` that takes it back. */
export function narrowings({ director, actor, year_from, year_to }) {
  const years = yearsText(year_from, year_to);
  const without = (names, name) => names.filter((one) => one !== name);
  return [
    ...director.map((name) => ({ text: `Directed by ${name}`, part: { director: without(director, name) } })),
    ...actor.map((name) => ({ text: `With ${name}`, part: { actor: without(actor, name) } })),
    ...(years ? [{ text: years, part: { year_from: "", year_to: "" } }] : []),
  ];
}

/** Return the filters of the decade of a year. */
export function decadeOf(year) {
  const first = year - (year % 10);
  return { year_from: first, year_to: first + 9 };
}

function yearsText(first, last) {
  if (first && last) return first % 10 === 0 && last - first === 9 ? `The ${first}s` : `From ${first} to ${last}`;
  if (first) return `From ${first} on`;
  return last && `Until ${last}`;
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

  const narrowed = h("div.chips", {});
  const remove = ({ text, part }) => {
    const name = { type: "button", "aria-label": `Remove: ${text}`, onclick: () => change(part) };
    return h("button.chip", name, text, icon("close"));
  };
  const border = h("p.hint", {});
  const bar = h("section.filters", { "aria-label": "Filters" }, era, genres, narrowed, border);
  let names = [];
  const showChips = () => {
    const all = [...new Set([...names, ...current.genre])]; // what is chosen can be taken back, whatever there is
    chips.replaceChildren(...all.map(chip));
  };
  bar.show = (shown) => {
    current = shown;
    const values = [...chips.children].map((one) => one.value);
    if (!current.genre.every((name) => values.includes(name))) showChips();
    const held = narrowed.contains(document.activeElement);
    narrowed.replaceChildren(...narrowings(current).map(remove));
    if (held) (narrowed.querySelector("button") ?? summary).focus();
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
