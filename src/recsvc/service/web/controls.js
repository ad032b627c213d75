/** The controls with which a user gives feedback on a movie. They always show the state of `feedback`. */

import { h, painted } from "./dom.js";
import { shownIn } from "./events.js";
import { feedback } from "./feedback.js";
import { icon } from "./icons.js";
import { starSlider } from "./stars.js";
import { toast } from "./toast.js";
import { feedbackText } from "./words.js";

const LABELS = { liked: "Like", disliked: "Dislike", seen: "Seen it", not_interested: "Not interested" };

/** Set the feedback on a movie (null deletes it) and, once that is seen, offer to undo it. */
export async function setFeedback(movie, value) {
  const before = feedback.set(movie, value, shownIn(movie.movie_id));
  const text = `${movie.title}: ${value ? feedbackText(value) : "taken back"}`;
  await painted();
  toast(text, { label: "Undo", run: () => feedback.set(movie, before, before?.recommendation_id) }, "feedback");
}

/** Create a star slider for a movie. `quiet` shows no toast, for a slider that stays in sight. */
export function ratingSlider(movie, { quiet = false } = {}) {
  const set = quiet
    ? (value) => feedback.set(movie, value, shownIn(movie.movie_id))
    : (value) => setFeedback(movie, value);
  const slider = starSlider(`Your rating of ${movie.title}`, (rating) =>
    set(rating ? { kind: "rating", rating } : null),
  );
  return following(slider, movie.movie_id, (entry) => slider.show(entry?.rating ?? 0));
}

/** Create the buttons of all kinds: the current one is pressed, and pressing it again takes it back. */
export function feedbackButtons(movie) {
  return Object.keys(LABELS).map((kind) => feedbackButton(movie, kind));
}

function feedbackButton(movie, kind) {
  const isSet = () => feedback.get(movie.movie_id)?.kind === kind;
  const toggle = () => setFeedback(movie, isSet() ? null : { kind });
  const button = action("button", movie, LABELS[kind], { type: "button", onclick: once(toggle) }, kind);
  return following(button, movie.movie_id, () => button.setAttribute("aria-pressed", isSet()));
}

/** Return a listener for clicks that ignores the second one of a double click, which would take the first one back. */
export function once(act) {
  return (event) => event.detail > 1 || act(event);
}

/** Create a small button or link (by `tag`) with an icon above its label. */
export function action(tag, movie, label, attributes, iconName) {
  const named = { "aria-label": `${label}: ${movie.title}`, title: label, ...attributes };
  return h(`${tag}.action`, named, icon(iconName), h("span", {}, label));
}

export function actions(movie, ...content) {
  return h("div.actions", { role: "group", "aria-label": `Your feedback on ${movie.title}` }, content);
}

const followers = new WeakMap();

/** Call `show(entry)` with the feedback on a movie, now and at each change while the element is on the page. */
export function following(element, movieId, show) {
  element.setAttribute("data-follows", movieId);
  followers.set(element, () => show(feedback.get(movieId)));
  followers.get(element)();
  return element;
}

feedback.addEventListener("change", ({ detail: { movie_id } }) => {
  const which = movie_id === undefined ? "[data-follows]" : `[data-follows="${movie_id}"]`;
  for (const element of document.querySelectorAll(which)) followers.get(element)?.();
});
