/** Splits long work, so that the page paints and answers in between. */

/** How many movies are made at a time. */
export const SLICE = 3;

/** Resolve once the next frame is painted. */
export function painted() {
  return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
}
