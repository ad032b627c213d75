/** `#/`: movies to rate and popular ones for a newcomer, recommendations for everyone else; below, rows of others. */

import { h } from "../dom.js";
import { feedback } from "../feedback.js";
import { filtersOf } from "../filters.js";
import { heading, whenNear } from "../parts.js";
import { recommendations } from "../picks.js";
import { rating } from "./rate.js";
import { go } from "../router.js";
import { session } from "../session.js";

export function home(route, signal) {
  const newcomer = isNewcomer();
  const title = heading(newcomer ? "Rate a movie, and tonight's programme is yours" : "Recommended for you");
  title.className = newcomer ? "low long" : "low";
  const picks = recommendations(route, newcomer, signal);
  const welcome = newcomer ? rating(signal) : null;
  if (!newcomer) checkWhetherNewcomer(signal);
  const rows = h("div.rows", { vars: { rows: newcomer ? 1 : 3 } });
  const fillRows = () => import("../rows.js").then((module) => module.fillRows(rows, signal), () => rows.remove());
  whenNear(rows, fillRows, signal);

  return {
    title: "",
    nodes: [title, welcome ? h("div.beside", {}, h("div.rating", {}, welcome.nodes), picks.node) : picks.node, rows],
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
