/** What the page says by itself: short messages that can be undone, and a line for screen readers. */

import { h } from "./dom.js";
import { icon } from "./icons.js";

const LASTS = 8_000;
const MOST = 3;
const place = document.getElementById("toasts");
const line = document.getElementById("announcements");

/** Say something to screen readers only. The same words twice are read twice. */
export function announce(text) {
  line.textContent = "";
  setTimeout(() => (line.textContent = text), 50);
}

/** Show a message for a while; `action` is `{label, run}`. It stays while somebody points at it or is in it. */
export function toast(text, action = null) {
  const message = h("div.toast", {}, h("span", {}, text));
  const close = () => leave(message);
  if (action) message.append(button(action, close));
  message.append(h("button.icon-button", { type: "button", "aria-label": "Dismiss", onclick: close }, icon("close")));
  place.append(message);
  while (place.children.length > MOST) place.firstElementChild.remove();
  later(message, close);
  return close;
}

function button({ label, run }, close) {
  const act = () => {
    close();
    run();
  };
  return h("button.toast-action", { type: "button", onclick: act }, label);
}

function later(message, close) {
  let timer = setTimeout(close, LASTS);
  const stay = () => clearTimeout(timer);
  const go = () => {
    stay();
    timer = setTimeout(close, LASTS);
  };
  for (const type of ["pointerenter", "focusin"]) message.addEventListener(type, stay);
  for (const type of ["pointerleave", "focusout"]) message.addEventListener(type, go);
}

/** Remove a message; focus that was in it goes back to the page. */
function leave(message) {
  if (message.contains(document.activeElement)) document.querySelector("main h1")?.focus({ preventScroll: true });
  message.remove();
}
