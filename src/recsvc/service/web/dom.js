/** Elements made from data, never from HTML text: nothing that a film is called can become markup. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * An HTML element. `onclick` and the like are listeners, `vars` are CSS custom properties; null, undefined and false
 * attributes and children are left out, so that callers can write `condition && child`.
 */
export function h(tag, attributes = {}, ...children) {
  return furnish(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function svg(tag, attributes = {}, ...children) {
  return furnish(document.createElementNS(SVG, tag), attributes, children);
}

function furnish(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) put(element, name, value);
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
  return h("span", { class: "aside" }, ...text);
}

let last = 0;
/** An id that nothing else on the page has, for labels. */
export function freshId(name) {
  last += 1;
  return `${name}-${last}`;
}
