/** `#/ratings`: all feedback of the user, and the way to erase it. */

import { addAction } from "../adding.js";
import { eraseMe } from "../api.js";
import { arrange } from "../arrange.js";
import { movieAddress } from "../cards.js";
import { action, actions, feedbackButtons, following, once, ratingSlider, setFeedback } from "../controls.js";
import { h } from "../dom.js";
import { clearEvents } from "../events.js";
import { feedback } from "../feedback.js";
import { icon } from "../icons.js";
import { deleteKeptLists, saveList } from "../mylists.js";
import { button, confirmDanger, empty, fill, heading, skeletons } from "../parts.js";
import { poster } from "../poster.js";
import { session } from "../session.js";
import { steady } from "../steady.js";
import { announce, toast } from "../toast.js";
import { count, date, feedbackText, isFavourite } from "../words.js";

const WARNING =
  "All your ratings, your lists and what was shown to you are erased from the service. Links to your lists will stop " +
  "working. This cannot be undone.";

export function ratings(route, signal) {
  const place = h("div", {});
  const show = () => content(signal);
  const ready = fill(place, { skeleton: skeletons(6, "entry"), load: () => feedback.load(), show, signal });
  return { title: "My ratings", nodes: [heading("My ratings"), place], ready };
}

/** Create the list; a row leaves when its feedback is taken back, and returns when that is undone. */
function content(signal) {
  const lead = h("p.lead", {});
  const rows = h("ul.ratings", { "aria-label": "My ratings" });
  const none = empty(
    "Nothing yet",
    "Your feedback on movies appears here, where you can change it or take it back.",
    h("a.button", { href: "#/rate" }, "Rate movies"),
  );
  const draw = () => {
    const entries = feedback.all();
    lead.textContent = entries.length ? `Your feedback on ${count(entries.length, "movie")}.` : "";
    none.hidden = entries.length > 0;
    save.hidden = entries.length === 0;
    arrangeRows();
  };
  const arrangeRows = steady(rows, () => arrange(rows, feedback.all(), { key: ({ movie_id }) => movie_id, make: row }));
  const save = button("quiet", saveFavourites, icon("save"), "Save my favourites as a list");
  const eraseButton = button("danger", erase, icon("bin"), "Erase everything about me");
  feedback.addEventListener("change", draw, { signal });
  draw();
  return [lead, none, h("div.row.below", {}, save, eraseButton), rows];
}

function row(entry) {
  const movie = { movie_id: entry.movie_id, title: entry.title ?? "A movie that left the catalogue" };
  const words = h("p.meta", {});
  const gone = entry.title === null;
  following(words, movie.movie_id, (current) => {
    words.textContent = current ? `${feedbackText(current)} · ${date(current.updated_at)}` : "taken back";
  });
  const takeBack = { type: "button", onclick: once(() => setFeedback(movie, null)) };
  return h(
    "li.entry",
    { "data-movie-id": movie.movie_id },
    poster(movie),
    h("div", {}, h("h2", {}, gone ? movie.title : h("a", { href: movieAddress(movie.movie_id) }, movie.title)), words),
    !gone && ratingSlider(movie),
    actions(movie, !gone && [feedbackButtons(movie), addAction(movie)], action("button", movie, "Take back", takeBack, "undo")),
  );
}

function saveFavourites() {
  return saveList(
    "My favourites",
    feedback.all().filter((entry) => entry.title !== null && isFavourite(entry)),
  );
}

async function erase() {
  const confirmed = await confirmDanger({
    title: "Erase everything about you?",
    text: WARNING,
    confirm: "Erase everything",
  });
  if (!confirmed) return;
  await clearEvents(); // the session ends: what arrives later is refused
  try {
    await deleteKeptLists();
    if (session.user || feedback.confirmedCount) await eraseMe();
  } catch (problem) {
    toast(`Nothing was erased: ${problem.message}`, { label: "Retry", run: erase });
    return;
  }
  session.end();
  void clearEvents();
  feedback.clear();
  announce("Everything about you was erased");
  toast("Everything about you was erased.");
}
