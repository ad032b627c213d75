/** The recommendations as a part of a page: the list, its filters, and what it is made from. */

import { h } from "./dom.js";
import { feedback } from "./feedback.js";
import { addressOf, filterBar, filtersOf } from "./filters.js";
import { icon } from "./icons.js";
import { saveList } from "./mylists.js";
import { button } from "./parts.js";
import { RecommendationList } from "./recommendations.js";
import { go } from "./router.js";
import { count, date, simulatedNote } from "./words.js";

/** Create the list with the filters of a route; `beside` is whether it stands beside other things of the page. */
export function recommendations(route, beside, signal) {
  const filters = filtersOf(route.query);
  const lead = h("p.lead", {});
  const note = h("p.hint", {});
  const title = h("h2", { class: beside ? null : "aside" });
  let personal = false;
  const onanswer = ({ strategy, simulated }) => {
    personal = strategy !== "popular";
    title.textContent = personal ? "Recommended for you" : "Popular with everyone";
    title.classList.toggle("aside", personal && !beside); // the h1 of the page has the same text
    lead.textContent = personal ? source() : "Rate a movie to make this list yours.";
    note.textContent = simulatedNote(simulated);
  };
  const goTo = (others, options) => go(addressOf(route.path, others), options);
  const list = new RecommendationList(filters, { onanswer, goTo, signal });
  feedback.addEventListener("change", () => personal && (lead.textContent = source()), { signal });
  const bar = filterBar(filters, goTo, signal);
  const save = button("quiet", () => saveThese(list.movies), icon("save"), "Save as a list");
  const head = h("div.section-head", {}, h("div", {}, title, lead, note), save);
  return {
    list,
    node: h("section.picks", { "aria-label": "Recommendations" }, head, bar, list.node),
    show(next) {
      bar.show(next);
      list.filter(next);
    },
  };
}

function source() {
  const size = feedback.tasteSize;
  if (!size) return "From the movies you rated.";
  return `From the ${size === 1 ? "one movie" : count(size, "movie")} you rated.`;
}

function saveThese(movies) {
  return saveList(`Recommended on ${date(new Date().toISOString())}`, movies);
}
