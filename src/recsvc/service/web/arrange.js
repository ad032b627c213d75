/** Brings elements in line with a list. Those that stay are moved and not rebuilt, so that nothing flickers. */

const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
const MOVE = { duration: 320, easing: "cubic-bezier(.2, .8, .2, 1)" };

/**
 * Show one element per item. An element belongs to the item with the same `key(item)`, which is kept in `element.key`;
 * `make(item)` builds one, `update(element, item)` updates one. An item without a key has a skeleton, which is built
 * each time. Focus in an element that is removed passes to its neighbour.
 */
export function arrange(place, items, { key, make, update }) {
  const children = [...place.children];
  const present = new Map(children.filter(hasKey).map((child) => [child.key, child]));
  const focused = children.findIndex((child) => child.contains(document.activeElement));
  const isFilling = children.length > present.size; // what takes the place of a skeleton moves nothing
  const measured = isFilling || reducedMotion.matches ? [] : [...present.values()];
  const before = new Map(measured.map((element) => [element, element.getBoundingClientRect()]));

  const elements = items.map((item) => {
    const element = present.get(key(item)) ?? Object.assign(make(item), { key: key(item) });
    update?.(element, item);
    return element;
  });
  const kept = new Set(elements);
  if (focused >= 0 && !kept.has(children[focused])) {
    document.activeElement.blur(); // what waits in it may call this function
    // before anything moves, since the browser lays out all to focus something
    const nearest = [...children.slice(focused + 1), ...children.slice(0, focused).reverse()];
    focusIn(nearest.find((child) => kept.has(child)));
  }
  replace(place, elements, kept);
  if (focused >= 0 && !place.contains(document.activeElement)) {
    focusIn(elements.slice(0, focused + 1).findLast(hasKey));
  }
  if (before.size) animate(elements, before);
}

/** Set the children in this order, moving as few as will do, and never the one in focus, which would lose it. */
function replace(place, elements, kept) {
  for (const child of [...place.children]) if (!kept.has(child)) child.remove();
  const ranks = new Map([...place.children].map((child, rank) => [child, rank]));
  const focused = elements.findIndex((element) => element.contains(document.activeElement));
  const rank = ranks.get(elements[focused]);
  const canStay = (element, index) =>
    ranks.has(element) && (focused < 0 || index === focused || (index < focused) === (ranks.get(element) < rank));
  const staying = longestRise(elements.filter(canStay), (element) => ranks.get(element));
  let next = null;
  for (const element of [...elements].reverse()) {
    if (!staying.has(element)) place.insertBefore(element, next);
    next = element;
  }
}

/** Return the longest subsequence of `items` whose `rank(item)` rises, as a set. */
function longestRise(items, rank) {
  const longest = (runs) => runs.reduce((best, run) => (run.length > best.length ? run : best), []);
  const runs = [];
  for (const item of items) runs.push([...longest(runs.filter((run) => rank(run.at(-1)) < rank(item))), item]);
  return new Set(longest(runs));
}

function hasKey({ key }) {
  return (key ?? null) !== null;
}

function focusIn(element) {
  element?.querySelector("a, button, input")?.focus({ preventScroll: true });
}

/** Let elements come from where they were, and new ones fade in. All are measured before one moves. */
function animate(elements, before) {
  const after = elements.map((element) => element.getBoundingClientRect());
  elements.forEach((element, index) => {
    const [old, { left, top }] = [before.get(element), after[index]];
    if (!old && top > innerHeight) return;
    const [x, y] = old ? [old.left - left, old.top - top] : [0, 0];
    if (old && !x && !y) return;
    const from = old ? { transform: `translate(${x}px, ${y}px)` } : { opacity: 0, transform: "scale(.97)" };
    element.animate([from, { opacity: 1, transform: "none" }], MOVE);
  });
}
