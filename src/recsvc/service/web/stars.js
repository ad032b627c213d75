/** Stars: to look at, and as a slider to rate with. */

import { h, setVars } from "./dom.js";
import { stars as inWords } from "./words.js";

/** A user who steps through the stars by keyboard means the last one. */
const SETTLED = 600;
/** By slider, how to decide now; for a page that closes before somebody who types has settled. */
const undecided = new Map();
addEventListener("pagehide", () => {
  for (const decide of undecided.values()) decide();
});

/** A row of stars, filled up to a value; `label` is what is read out. */
export function starRow(value, label) {
  return h("span.stars", { role: "img", "aria-label": label, vars: { value } });
}

/**
 * A slider of half stars. `onrate(stars)` is called once the user has decided, with 0 for "no rating".
 * `slider.show(stars)` moves it without calling back.
 */
export function starSlider(label, onrate) {
  let waiting = null;
  const input = h("input", { type: "range", min: 0, max: 5, step: 0.5, value: 0, "aria-label": label });
  const face = h("span.stars", { "aria-hidden": "true" });
  const slider = h("span.star-slider", {}, face, input);

  const paint = () => {
    setVars(face, { value: input.value });
    input.setAttribute("aria-valuetext", inWords(Number(input.value)));
  };
  const decide = () => {
    if (waiting === null) return;
    clearTimeout(waiting);
    waiting = null;
    undecided.delete(slider);
    onrate(Number(input.value));
  };
  const wait = (pause) => {
    clearTimeout(waiting);
    waiting = setTimeout(decide, pause);
    undecided.set(slider, decide);
  };
  const typed = (event) => {
    slider.keyed = true;
    if (event.key === "Enter") decide();
    if (event.key < "0" || event.key > "5" || event.key.length > 1) return;
    input.value = event.key;
    paint();
    wait(SETTLED);
  };

  input.addEventListener("keydown", typed);
  input.addEventListener("pointerdown", () => (slider.keyed = false));
  input.addEventListener("input", paint);
  input.addEventListener("change", () => wait(slider.keyed ? SETTLED : 0));
  input.addEventListener("blur", decide);
  slider.show = (value) => {
    if (waiting !== null) return; // the user is just about to say something else
    input.value = value;
    paint();
  };
  paint();
  return slider;
}
