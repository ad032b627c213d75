/** Brings elements in line with a list. Elements that stay are moved and not rebuilt, so that nothing flickers. */

const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
const MOVE = { duration: 320, easing: "cubic-bezier(.2, .8, .2, 1)" };

/**
 * Show one element per item. An element belongs to the item with the same `key(item)`, which is kept in `element.key`;
 * `make(item)` builds one, `update(element, item)` updates one. Focus in an element that is removed passes to its
 * neighbour.
 */
export function arrange(place, items, { key, make, update }) {
  const present = new Map([...place.children].filter((child) => "key" in child).map((child) => [child.key, child]));
  const focused = [...place.children].findIndex((child) => child.contains(document.activeElement));
  const before = new Map([...present.values()].map((element) => [element, element.getBoundingClientRect()]));

  const elements = items.map((item) => {
    const element = present.get(key(item)) ?? Object.assign(make(item), { key: key(item) });
    update?.(element, item);
    return element;
  });
  replace(place, elements);
  if (focused >= 0 && !place.contains(document.activeElement)) refocus(place, focused);
  if (!reducedMotion.matches) for (const element of elements) animate(element, before.get(element));
}

/** Set the children in this order, touching only those that are elsewhere. */
function replace(place, elements) {
  const kept = new Set(elements);
  for (const child of [...place.children]) if (!kept.has(child)) child.remove();
  elements.forEach((element, index) => {
    if (place.children[index] !== element) place.insertBefore(element, place.children[index] ?? null);
  });
}

function refocus(place, index) {
  const neighbour = place.children[Math.min(index, place.children.length - 1)];
  neighbour?.querySelector("a, button, input")?.focus({ preventScroll: true });
}

function animate(element, before) {
  const after = element.getBoundingClientRect();
  if (after.top > innerHeight && !before) return;
  const [x, y] = before ? [before.left - after.left, before.top - after.top] : [0, 0];
  if (before && !x && !y) return;
  const from = before ? { transform: `translate(${x}px, ${y}px)` } : { opacity: 0, transform: "scale(.97)" };
  element.animate([from, { opacity: 1, transform: "none" }], MOVE);
}
