/** The colours: light, dark, or the setting of the device; the choice is kept in this browser. */

import { icon } from "./icons.js";
import { keep, recall } from "./storage.js";

const THEMES = ["auto", "light", "dark"];
const page = document.documentElement;

export function startTheme(button) {
  const name = () => {
    button.replaceChildren(icon(chosen()));
    button.setAttribute("aria-label", `Colours: ${chosen()}`);
    button.title = `Colours: ${chosen()}`;
  };
  button.addEventListener("click", () => {
    choose(THEMES[(THEMES.indexOf(chosen()) + 1) % THEMES.length]);
    name();
  });
  name();
}

function chosen() {
  return page.dataset.theme ?? "auto";
}

function choose(theme) {
  keep("theme", theme === "auto" ? null : theme);
  show(theme);
}

function show(theme) {
  if (theme === null || theme === "auto") delete page.dataset.theme;
  else page.dataset.theme = theme;
}

show(recall("theme", (theme) => THEMES.includes(theme))); // at once, so that the page is never drawn in other colours
