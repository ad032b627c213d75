/** Tells a tap or a slide along an element from a scroll of the page that begins on it. */

/** How far a finger may move in a tap, in pixels. */
const SLOP = 8;

/**
 * Follow the pointer on an element, whose `touch-action` is `pan-y`. `onmove(event)` is called while it slides,
 * `ondone()` when a tap or a slide ends, and `oncancel()` when it becomes a scroll. A mouse slides from the beginning,
 * a finger once it has gone sideways.
 */
export function followSlides(element, { onmove, ondone, oncancel }) {
  let start = null;
  let sliding = false;

  const end = (then) => {
    start = null;
    then();
  };
  const isFollowed = ({ pointerId }) => pointerId === start?.pointerId;
  const turnsToScroll = ({ clientX, clientY }) => {
    const [across, down] = [Math.abs(clientX - start.clientX), Math.abs(clientY - start.clientY)];
    sliding ||= across > SLOP && across > down;
    return !sliding && down > SLOP;
  };

  element.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button !== 0) return;
    start = event;
    sliding = event.pointerType === "mouse";
    element.setPointerCapture(event.pointerId);
    if (sliding) onmove(event);
  });
  element.addEventListener("pointermove", (event) => {
    if (!isFollowed(event)) return;
    if (turnsToScroll(event)) end(oncancel);
    else if (sliding) onmove(event);
  });
  element.addEventListener("pointerup", (event) => {
    if (!isFollowed(event)) return;
    onmove(event);
    end(ondone);
  });
  element.addEventListener("pointercancel", (event) => isFollowed(event) && end(oncancel));
}
