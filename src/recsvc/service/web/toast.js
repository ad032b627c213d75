/** Short messages, perhaps with an action, and announcements for screen readers. */

import { h } from "./dom.js";
import { icon } from "./icons.js";

const DURATION = 8_000;
const MOST = 3;
const place = document.getElementById("toasts");
const line = document.getElementById("announcements");

/** Announce a text to screen readers only. The same text is read again each time. */
export function announce(text) {
  line.textContent = "";
  setTimeout(() => (line.textContent = text), 50);
}

/**
 * Show a message for a while; `action` is `{label, run}`. It stays while it has the pointer or the focus. A message about
 * something replaces the one before about the same.
 */
export function toast(text, action = null, about = text) {
  const message = h("div.toast", { "data-about": about }, h("span", {}, text));
  const close = () => remove(message);
  if (action) message.append(button(action, close));
  message.append(h("button.icon-button", { type: "button", "aria-label": "Dismiss", onclick: close }, icon("close")));
  for (const other of [...place.children]) if (other.dataset.about === about) other.remove();
  place.append(message);
  while (place.children.length > MOST) place.firstElementChild.remove();
  removeLater(message, close);
  return close;
}

/** Set whether messages stand above a bar at the bottom of the page. */
export function raise(isAbove) {
  place.classList.toggle("raised", isAbove);
}

/** Close all messages, with what they offer to undo. */
export function closeToasts() {
  for (const message of [...place.children]) remove(message);
}

function button({ label, run }, close) {
  const act = () => {
    close();
    run();
  };
  return h("button.toast-action", { type: "button", onclick: act }, label);
}

function removeLater(message, close) {
  let timer = setTimeout(close, DURATION);
  const stay = () => clearTimeout(timer);
  const go = () => {
    stay();
    timer = setTimeout(close, DURATION);
  };
  for (const type of ["pointerenter", "focusin"]) message.addEventListener(type, stay);
  for (const type of ["pointerleave", "focusout"]) message.addEventListener(type, go);
}

/** Remove a message; focus in it goes back to the page. */
function remove(message) {
  if (message.contains(document.activeElement)) document.querySelector("main h1")?.focus({ preventScroll: true });
  message.remove();
}
