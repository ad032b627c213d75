/** `#/`: movies to rate and popular ones for a newcomer, recommendations for everyone else. */

import { h } from "../dom.js";
import { feedback } from "../feedback.js";
import { filtersOf } from "../filters.js";
import { heading } from "../parts.js";
import { recommendations } from "../picks.js";
import { rating } from "./rate.js";
import { go } from "../router.js";
import { session } from "../session.js";

export function home(route, signal) {
  const newcomer = isNewcomer();
  const title = heading(newcomer ? "Rate a movie, and tonight's programme is yours" : "Recommended for you");
  const picks = recommendations(route, newcomer, signal);
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
