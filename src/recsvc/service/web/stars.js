/** Stars as a row and as a slider. */

import { h, setVars } from "./dom.js";
import { followSlides } from "./gesture.js";
import { stars as starsText } from "./words.js";

/** The pause after a key: a user who steps through the stars means the last one. */
const KEY_PAUSE = 600;
/** What commits a waiting rating at once, by slider, for a page that closes during the pause. */
const waitingSliders = new Map();
addEventListener("pagehide", () => {
  for (const commit of waitingSliders.values()) commit();
});

/** Create a row of stars, filled up to a value; `label` is for screen readers. */
export function starRow(value, label) {
  return h("span.stars", { role: "img", "aria-label": label, vars: { value } });
}

/**
 * Create a slider of half stars. `onrate(stars)` is called once the user has decided, with 0 for "no rating".
 * `slider.show(stars)` moves it without calling `onrate`.
 */
export function starSlider(label, onrate) {
  let timer = null;
  let before = null; // the value when the pointer came down
  const input = h("input", { type: "range", min: 0, max: 5, step: 0.5, value: 0, "aria-label": label });
  const face = h("span.stars", { "aria-hidden": "true" });
  const slider = h("span.star-slider", {}, face, input);

  const set = (value) => {
    input.value = value;
    paint();
  };
  const paint = () => {
    setVars(face, { value: input.value });
    input.setAttribute("aria-valuetext", starsText(Number(input.value)));
  };
  const commit = () => {
    clearTimeout(timer);
    timer = null;
    waitingSliders.delete(slider);
    onrate(Number(input.value));
  };
  const commitIfWaiting = () => timer !== null && commit();
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(commit, KEY_PAUSE);
    waitingSliders.set(slider, commit);
  };
  const onkey = ({ key }) => {
    if (key === "Enter") commitIfWaiting();
    if (key < "0" || key > "5" || key.length > 1) return;
    set(key);
    wait();
  };

  input.addEventListener("keydown", onkey);
  input.addEventListener("input", paint);
  input.addEventListener("change", wait);
  input.addEventListener("blur", commitIfWaiting);
  followSlides(slider, {
    onmove: ({ clientX }) => {
      before ??= input.value;
      set(starsAt(clientX, slider.getBoundingClientRect()));
    },
    ondone: () => {
      before = null;
      input.focus({ preventScroll: true });
      commit();
    },
    oncancel: () => {
      if (before !== null) set(before);
      before = null;
    },
  });
  slider.show = (value) => {
    if (timer === null && before === null) set(value); // else the user is about to rate
  };
  paint();
  return slider;
}

/** Return the half stars at a place on a row of five: the middle of a star is the whole star, left of all is none. */
function starsAt(x, { left, width }) {
  return Math.round(2 * ((5 * (x - left)) / width + 0.4)) / 2;
}
