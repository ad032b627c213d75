/** Creates elements from data, never from HTML text, so that no title of a movie can become markup. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Create an HTML element; `p.hint` is a `p` of the class `hint`. `onclick` and the like are listeners, `vars` are CSS
 * custom properties. Null, undefined and false attributes and children are left out, so that callers can write
 * `condition && child`.
 */
export function h(tag, attributes = {}, ...children) {
  return build((name) => document.createElement(name), tag, attributes, children);
}

/** Create an SVG element in the same way. */
export function svg(tag, attributes = {}, ...children) {
  return build((name) => document.createElementNS(SVG, name), tag, attributes, children);
}

function build(create, tag, attributes, children) {
  const [name, ...classes] = tag.split(".");
  const element = create(name);
  if (classes.length) element.setAttribute("class", classes.join(" "));
  for (const [attribute, value] of Object.entries(attributes)) setAttribute(element, attribute, value);
  element.append(...children.flat(Infinity).filter(isPresent));
  return element;
}

function setAttribute(element, name, value) {
  if (!isPresent(value)) return;
  if (name === "vars") setVars(element, value);
  else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else element.setAttribute(name, value === true ? "" : value);
}

/** Set CSS custom properties; the Content-Security-Policy forbids style attributes, but not this. */
export function setVars(element, vars) {
  for (const [name, value] of Object.entries(vars)) element.style.setProperty(`--${name}`, value);
}

function isPresent(value) {
  return value !== null && value !== undefined && value !== false;
}

/** Create text for screen readers only. */
export function aside(...text) {
  return h("span.aside", {}, ...text);
}

/** How many movies are made at a time, so that the page answers in between. */
export const SLICE = 3;

/** Resolve once the next frame is painted, soon in a tab that is not, and at once when the page is left. */
export function painted() {
  return new Promise((resolve) => {
    const done = () => {
      removeEventListener("pagehide", done);
      resolve();
    };
    addEventListener("pagehide", done);
    requestAnimationFrame(() => setTimeout(done));
    setTimeout(done, 300);
  });
}

let lastTurn = Promise.resolve();

/** Resolve once the next frame is painted that nothing else took: lists that are made at once take turns. */
export function turn() {
  return (lastTurn = lastTurn.then(painted));
}

let lastId = 0;

/** Return an id that is unique on the page, for labels. */
export function freshId(name) {
  lastId += 1;
  return `${name}-${lastId}`;
}
