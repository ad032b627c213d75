/** Bring a row of elements in line with a list: what stays is moved, not rebuilt, so that nothing flickers. */

const calm = matchMedia("(prefers-reduced-motion: reduce)");
const MOVE = { duration: 320, easing: "cubic-bezier(.2, .8, .2, 1)" };

/**
 * Each element belongs to the item with the same `key(item)`, held in `element.key`; `make(item)` builds one,
 * `update(element, item)` brings one up to date. Focus that was in an element which goes away passes to its neighbour.
 */
export function arrange(place, items, { key, make, update }) {
  const present = new Map([...place.children].filter((child) => "key" in child).map((child) => [child.key, child]));
  const focused = [...place.children].findIndex((child) => child.contains(document.activeElement));
  const before = new Map([...present.values()].map((element) => [element, element.getBoundingClientRect()]));

  const wanted = items.map((item) => {
    const element = present.get(key(item)) ?? Object.assign(make(item), { key: key(item) });
    update?.(element, item);
    return element;
  });
  settle(place, wanted);
  if (focused >= 0 && !place.contains(document.activeElement)) refocus(place, focused);
  if (!calm.matches) for (const element of wanted) animate(element, before.get(element));
}

/** Put the wanted children in order, touching only those that are not where they belong. */
function settle(place, wanted) {
  const keeps = new Set(wanted);
  for (const child of [...place.children]) if (!keeps.has(child)) child.remove();
  wanted.forEach((element, index) => {
    if (place.children[index] !== element) place.insertBefore(element, place.children[index] ?? null);
  });
}

function refocus(place, index) {
  const heir = place.children[Math.min(index, place.children.length - 1)];
  heir?.querySelector("a, button, input")?.focus({ preventScroll: true });
}

function animate(element, before) {
  const after = element.getBoundingClientRect();
  if (after.top > innerHeight && !before) return;
  const [x, y] = before ? [before.left - after.left, before.top - after.top] : [0, 0];
  if (before && !x && !y) return;
  const from = before ? { transform: `translate(${x}px, ${y}px)` } : { opacity: 0, transform: "scale(.97)" };
  element.animate([from, { opacity: 1, transform: "none" }], MOVE);
}
