/** `#/`: for a newcomer movies to rate and what is popular; for everyone else their recommendations. */

import { h } from "../dom.js";
import { feedback } from "../feedback.js";
import { addressOf, filterBar, filtersOf } from "../filters.js";
import { icon } from "../icons.js";
import { saveList } from "../mylists.js";
import { button, heading } from "../parts.js";
import { RecommendationList } from "../recommending.js";
import { go } from "../router.js";
import { session } from "../session.js";
import { count, date } from "../words.js";
import { rating } from "./rate.js";

export function home(route, signal) {
  const newcomer = isNewcomer();
  const title = heading(newcomer ? "Rate a movie, and tonight's programme is yours" : "Recommended for you");
  const picks = recommendations(filtersOf(route.query), newcomer, signal);
  const welcome = newcomer ? rating(route, signal, "/") : null;
  if (!newcomer) checkWhetherNewcomer(signal);

  return {
    title: "",
    nodes: [title, ...(welcome?.nodes ?? []), picks.node],
    ready: Promise.all([welcome?.ready, picks.list.ready]),
    update(next) {
      welcome?.update(next);
      picks.show(filtersOf(next.query));
    },
  };
}

/** Whether nothing was said yet, as far as this browser knows without asking. */
function isNewcomer() {
  return !feedback.all().length && (!session.user || feedback.loaded);
}

/** Someone can have a token and have said nothing: the page is then shown anew, as for a newcomer. */
async function checkWhetherNewcomer(signal) {
  if (feedback.loaded) return;
  await feedback.load().catch(() => {}); // the list tells what is wrong
  if (!signal.aborted && isNewcomer()) go(location.hash);
}

/** The list with its filters, and honest words about whose it is. */
function recommendations(filters, newcomer, signal) {
  const lead = h("p.lead", {});
  const note = h("p.hint", {});
  const title = h("h2", { class: newcomer ? null : "aside" });
  let personal = false;
  const tell = () => {
    title.textContent = personal ? "Recommended for you" : "Popular with everyone";
    title.classList.toggle("aside", personal && !newcomer); // the page is called so already
    lead.textContent = personal ? fromYours() : "Rate a movie to make it yours.";
  };
  const onanswer = ({ strategy, simulated }) => {
    personal = strategy !== "popular";
    tell();
    note.textContent = simulated
      ? "The sample's ratings are simulated: try things out, but do not judge it by them."
      : "";
  };
  const list = new RecommendationList(filters, { onanswer, signal });
  feedback.addEventListener("change", () => personal && tell(), { signal });
  const bar = filterBar(filters, (changed) => go(addressOf("/", changed)));
  const save = button("quiet", () => keepThese(list.movies), icon("save"), "Save as a list");
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

function fromYours() {
  if (!feedback.taste) return "From what you rated.";
  return `From the ${feedback.taste === 1 ? "one movie" : count(feedback.taste, "movie")} you rated.`;
}

function keepThese(movies) {
  return saveList(`Recommended to me on ${date(new Date().toISOString())}`, movies);
}
