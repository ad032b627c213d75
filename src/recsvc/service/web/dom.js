/** Elements made from data, never from HTML text: nothing that a movie is called can become markup. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * An HTML element; `p.hint` is a `p` of the class `hint`. `onclick` and the like are listeners, `vars` are CSS custom properties; null, undefined and false
 * attributes and children are left out, so that callers can write `condition && child`.
 */
export function h(tag, attributes = {}, ...children) {
  return furnish((name) => document.createElement(name), tag, attributes, children);
}

/** The same for SVG. */
export function svg(tag, attributes = {}, ...children) {
  return furnish((name) => document.createElementNS(SVG, name), tag, attributes, children);
}

function furnish(create, tag, attributes, children) {
  const [name, ...classes] = tag.split(".");
  const element = create(name);
  if (classes.length) element.setAttribute("class", classes.join(" "));
  for (const [attribute, value] of Object.entries(attributes)) put(element, attribute, value);
  element.append(...children.flat(Infinity).filter(isThere));
  return element;
}

function put(element, name, value) {
  if (!isThere(value)) return;
  if (name === "vars") setVars(element, value);
  else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else element.setAttribute(name, value === true ? "" : value);
}

/** Set CSS custom properties; the page's policy forbids style attributes, but not this. */
export function setVars(element, vars) {
  for (const [name, value] of Object.entries(vars)) element.style.setProperty(`--${name}`, value);
}

function isThere(value) {
  return value !== null && value !== undefined && value !== false;
}

/** Text for screen readers only. */
export function aside(...text) {
  return h("span.aside", {}, ...text);
}

let last = 0;
/** An id that nothing else on the page has, for labels. */
export function freshId(name) {
  last += 1;
  return `${name}-${last}`;
}
