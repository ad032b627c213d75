/** Stars as a row and as a slider. */

import { h, setVars } from "./dom.js";
import { stars as starsText } from "./words.js";

/** The pause after a key, since a user who steps through the stars by keyboard means the last one. */
const KEY_PAUSE = 600;
/** The functions that commit a waiting rating at once, by slider, for a page that closes during the pause. */
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
  const input = h("input", { type: "range", min: 0, max: 5, step: 0.5, value: 0, "aria-label": label });
  const face = h("span.stars", { "aria-hidden": "true" });
  const slider = h("span.star-slider", {}, face, input);

  const paint = () => {
    setVars(face, { value: input.value });
    input.setAttribute("aria-valuetext", starsText(Number(input.value)));
  };
  const commit = () => {
    if (timer === null) return;
    clearTimeout(timer);
    timer = null;
    waitingSliders.delete(slider);
    onrate(Number(input.value));
  };
  const wait = (pause) => {
    clearTimeout(timer);
    timer = setTimeout(commit, pause);
    waitingSliders.set(slider, commit);
  };
  const onkey = (event) => {
    slider.keyed = true;
    if (event.key === "Enter") commit();
    if (event.key < "0" || event.key > "5" || event.key.length > 1) return;
    input.value = event.key;
    paint();
    wait(KEY_PAUSE);
  };

  input.addEventListener("keydown", onkey);
  input.addEventListener("pointerdown", () => (slider.keyed = false));
  input.addEventListener("input", paint);
  input.addEventListener("change", () => wait(slider.keyed ? KEY_PAUSE : 0));
  input.addEventListener("blur", commit);
  slider.show = (value) => {
    if (timer !== null) return; // the user is about to rate
    input.value = value;
    paint();
  };
  paint();
  return slider;
}
