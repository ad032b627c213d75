/** The controls with which a person says something about a film. They always show what `feedback` holds. */

import { h } from "./dom.js";
import { shownIn } from "./events.js";
import { feedback } from "./feedback.js";
import { icon } from "./icons.js";
import { starSlider } from "./stars.js";
import { toast } from "./toast.js";
import { verdict } from "./words.js";

const LABELS = { liked: "Like", disliked: "Dislike", seen: "Seen it", not_interested: "Not interested" };

/** Say something and offer to undo it. `opinion` is null to take back what was said. */
export function say(film, opinion) {
  const before = feedback.say(film, opinion, shownIn(film.movie_id));
  const what = opinion ? `${film.title}: ${verdict(opinion)}` : `${film.title}: taken back`;
  toast(what, { label: "Undo", run: () => feedback.say(film, before, before?.recommendation_id) });
}

/** A star slider for a film. `quiet` leaves the toast out, where the slider itself stays in sight. */
export function ratingSlider(film, { quiet = false } = {}) {
  const put = quiet
    ? (opinion) => feedback.say(film, opinion, shownIn(film.movie_id))
    : (opinion) => say(film, opinion);
  const slider = starSlider(`Your rating of ${film.title}`, (rating) =>
    put(rating ? { kind: "rating", rating } : null),
  );
  return following(slider, film.movie_id, (opinion) => slider.show(opinion?.rating ?? 0));
}

/** Like, dislike, seen, not interested: pressed is what holds, and pressing it again takes it back. */
export function verdictButtons(film) {
  return Object.keys(LABELS).map((kind) => verdictButton(film, kind));
}

function verdictButton(film, kind) {
  const holds = () => feedback.about(film.movie_id)?.kind === kind;
  const button = h(
    "button.verdict",
    {
      type: "button",
      "data-verdict": kind,
      "aria-label": `${LABELS[kind]}: ${film.title}`,
      onclick: () => say(film, holds() ? null : { kind }),
    },
    icon(kind),
    h("span", {}, LABELS[kind]),
  );
  return following(button, film.movie_id, () => button.setAttribute("aria-pressed", holds()));
}

const followers = new WeakMap();

/** Let an element show what was said about a film, now and whenever that changes while it is on the page. */
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
