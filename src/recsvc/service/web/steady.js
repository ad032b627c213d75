/** Keeps what is pressed in its place until the pointer has left it or a moment has passed. */

const MOMENT = 1_000;

/**
 * Return a function that calls `draw()`, which may move the children of `place`: at once, or, if one of them was just
 * pressed, once the mouse has left it or nothing has pressed it for a moment. A second click then hits no neighbour.
 */
export function steady(place, draw) {
  let pressed = null;
  let timer = null;
  let waiting = false;

  const release = () => {
    clearTimeout(timer);
    pressed = null;
    if (waiting) draw();
    waiting = false;
  };
  const leave = ({ pointerType, target }) => {
    if (pointerType === "mouse" && pressed && !pressed.contains(target)) release();
  };
  const releaseLater = () => {
    clearTimeout(timer);
    timer = setTimeout(release, MOMENT);
  };
  place.addEventListener("pointerdown", ({ target }) => {
    clearTimeout(timer);
    pressed = [...place.children].find((child) => child.contains(target)) ?? null;
  });
  for (const type of ["pointerup", "pointercancel"]) place.addEventListener(type, releaseLater);
  for (const type of ["pointerover", "pointerleave"]) place.addEventListener(type, leave);
  return () => {
    if (pressed) waiting = true;
    else draw();
  };
}
