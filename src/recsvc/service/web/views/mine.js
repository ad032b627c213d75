/** `#/ratings`: everything that the user said, and the way to be forgotten. */

import { movieAddress } from "../cards.js";
import { h } from "../dom.js";
import { forgetEvents } from "../events.js";
import { feedback } from "../feedback.js";
import { icon } from "../icons.js";
import { arrange } from "../keyed.js";
import { saveList } from "../mylists.js";
import { following, ratingSlider, say, verdictButtons } from "../opinions.js";
import { askWhether, button, empty, fill, heading, skeletons } from "../parts.js";
import { poster } from "../poster.js";
import { eraseMe } from "../service.js";
import { session } from "../session.js";
import { announce, toast } from "../toast.js";
import { count, date, isFavourite, verdict } from "../words.js";

const ERASING =
  "All your ratings and what was shown to you are erased from the service. This cannot be undone. " +
  "Lists that you saved stay; delete them under My lists.";

export function mine(route, signal) {
  const place = h("div", {});
  const show = () => ledger(signal);
  const ready = fill(place, { skeleton: skeletons(6, "said"), load: () => feedback.load(), show, signal });
  return { title: "My ratings", nodes: [heading("My ratings"), place], ready };
}

/** All that was said; a row leaves when what it says is taken back, and comes again when that is undone. */
function ledger(signal) {
  const lead = h("p.lead", {});
  const rows = h("ul.ledger", { "aria-label": "What I said" });
  const none = empty(
    "Nothing yet",
    h("p", {}, "What you say about movies is kept here, to change it or to take it back."),
    h("a.button", { href: "#/rate" }, "Rate movies"),
  );
  const draw = () => {
    const said = feedback.all();
    lead.textContent = said.length ? `You said something about ${count(said.length, "movie")}.` : "";
    none.hidden = said.length > 0;
    save.hidden = said.length === 0;
    arrange(rows, said, { key: ({ movie_id }) => movie_id, make: row });
  };
  const save = button("quiet", saveFavourites, icon("save"), "Save my favourites as a list");
  const forget = button("danger", erase, icon("bin"), "Erase everything about me");
  feedback.addEventListener("change", draw, { signal });
  draw();
  return [lead, none, h("div.row", {}, save, forget), rows];
}

function row(opinion) {
  const movie = { movie_id: opinion.movie_id, title: opinion.title ?? "A movie that left the catalogue" };
  const words = h("p.meta", {});
  const gone = opinion.title === null;
  following(words, movie.movie_id, (now) => {
    if (now) words.textContent = `${verdict(now)} · ${date(now.updated_at)}`;
  });
  const back = h(
    "button.verdict",
    { type: "button", "aria-label": `Take back: ${movie.title}`, onclick: () => say(movie, null) },
    icon("undo"),
    h("span", {}, "Take back"),
  );
  return h(
    "li.said",
    { "data-movie-id": movie.movie_id },
    poster(movie),
    h(
      "div.said-text",
      {},
      h("h2", {}, gone ? movie.title : h("a", { href: movieAddress(movie.movie_id) }, movie.title)),
      words,
    ),
    !gone && ratingSlider(movie),
    h(
      "div.card-verdicts",
      { role: "group", "aria-label": `Change what you said about ${movie.title}` },
      !gone && verdictButtons(movie),
      back,
    ),
  );
}

function saveFavourites() {
  return saveList(
    "My favourites",
    feedback.all().filter((opinion) => opinion.title !== null && isFavourite(opinion)),
  );
}

async function erase() {
  const sure = await askWhether({
    title: "Erase everything about me?",
    text: ERASING,
    confirm: "Erase everything",
  });
  if (!sure) return;
  try {
    if (session.user || feedback.held) await eraseMe();
  } catch (problem) {
    toast(`Nothing was erased: ${problem.message}`, { label: "Retry", run: erase });
    return;
  }
  session.end();
  forgetEvents();
  feedback.forget();
  announce("Everything about you was erased");
  toast("Everything about you was erased.");
}
