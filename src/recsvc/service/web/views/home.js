/** `#/`: movies to rate and popular ones for a newcomer, recommendations for everyone else. */

import { h } from "../dom.js";
import { feedback } from "../feedback.js";
import { addressOf, filterBar, filtersOf } from "../filters.js";
import { icon } from "../icons.js";
import { saveList } from "../mylists.js";
import { button, heading } from "../parts.js";
import { rating } from "./rate.js";
import { RecommendationList } from "../recommendations.js";
import { go } from "../router.js";
import { session } from "../session.js";
import { count, date } from "../words.js";

export function home(route, signal) {
  const newcomer = isNewcomer();
  const title = heading(newcomer ? "Rate a movie, and tonight's programme is yours" : "Recommended for you");
  const picks = recommendations(filtersOf(route.query), newcomer, signal);
  const welcome = newcomer ? rating(signal) : null;
  if (!newcomer) checkWhetherNewcomer(signal);

  return {
    title: "",
    nodes: [title, welcome ? h("div.beside", {}, h("div.rating", {}, welcome.nodes), picks.node) : picks.node],
    ready: Promise.all([welcome?.ready, picks.list.ready]),
    update(next) {
      picks.show(filtersOf(next.query));
    },
  };
}

/** Whether there is no feedback yet, as far as is known without a request. */
function isNewcomer() {
  return !feedback.all().length && (!session.user || feedback.loaded);
}

/** Show the page again for a newcomer if there is a session without feedback. */
async function checkWhetherNewcomer(signal) {
  if (feedback.loaded) return;
  await feedback.load().catch(() => {}); // the list shows the problem
  if (!signal.aborted && isNewcomer()) go(location.hash);
}

/** Create the list with its filters, headed by whether it is personal. */
function recommendations(filters, newcomer, signal) {
  const lead = h("p.lead", {});
  const note = h("p.hint", {});
  const title = h("h2", { class: newcomer ? null : "aside" });
  let personal = false;
  const describe = () => {
    title.textContent = personal ? "Recommended for you" : "Popular with everyone";
    title.classList.toggle("aside", personal && !newcomer); // the h1 of the page has the same text
    lead.textContent = personal ? source() : "Rate a movie to make this list yours.";
  };
  const onanswer = ({ strategy, simulated }) => {
    personal = strategy !== "popular";
    describe();
    note.textContent = simulated
      ? "The ratings are simulated: try things out, but do not judge by them."
      : "";
  };
  const goTo = (others, options) => go(addressOf("/", others), options);
  const list = new RecommendationList(filters, { onanswer, goTo, signal });
  feedback.addEventListener("change", () => personal && describe(), { signal });
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
