/** The controls with which a user says something about a movie. They always show what `feedback` holds. */

import { h } from "./dom.js";
import { shownIn } from "./events.js";
import { feedback } from "./feedback.js";
import { icon } from "./icons.js";
import { starSlider } from "./stars.js";
import { toast } from "./toast.js";
import { verdict } from "./words.js";

const LABELS = { liked: "Like", disliked: "Dislike", seen: "Seen it", not_interested: "Not interested" };

/** Say something and offer to undo it. `opinion` is null to take back what was said. */
export function say(movie, opinion) {
  const before = feedback.say(movie, opinion, shownIn(movie.movie_id));
  const what = opinion ? `${movie.title}: ${verdict(opinion)}` : `${movie.title}: taken back`;
  toast(what, { label: "Undo", run: () => feedback.say(movie, before, before?.recommendation_id) });
}

/** A star slider for a movie. `quiet` leaves the toast out, where the slider itself stays in sight. */
export function ratingSlider(movie, { quiet = false } = {}) {
  const put = quiet
    ? (opinion) => feedback.say(movie, opinion, shownIn(movie.movie_id))
    : (opinion) => say(movie, opinion);
  const slider = starSlider(`Your rating of ${movie.title}`, (rating) =>
    put(rating ? { kind: "rating", rating } : null),
  );
  return following(slider, movie.movie_id, (opinion) => slider.show(opinion?.rating ?? 0));
}

/** Like, dislike, seen, not interested: pressed is what holds, and pressing it again takes it back. */
export function verdictButtons(movie) {
  return Object.keys(LABELS).map((kind) => verdictButton(movie, kind));
}

function verdictButton(movie, kind) {
  const holds = () => feedback.about(movie.movie_id)?.kind === kind;
  const button = h(
    "button.verdict",
    {
      type: "button",
      "data-verdict": kind,
      "aria-label": `${LABELS[kind]}: ${movie.title}`,
      onclick: () => say(movie, holds() ? null : { kind }),
    },
    icon(kind),
    h("span", {}, LABELS[kind]),
  );
  return following(button, movie.movie_id, () => button.setAttribute("aria-pressed", holds()));
}

const followers = new WeakMap();

/** Let an element show what was said about a movie, now and whenever that changes while it is on the page. */
export function following(element, movieId, show) {
  element.setAttribute("data-follows", movieId);
  followers.set(element, () => show(feedback.about(movieId)));
  followers.get(element)();
  return element;
}

feedback.addEventListener("change", ({ detail: { movie_id } }) => {
  const which = movie_id === undefined ? "[data-follows]" : `[data-follows="${movie_id}"]`;
  for (const element of document.querySelectorAll(which)) followers.get(element)?.();
});
