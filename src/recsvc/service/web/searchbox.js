/** Search as one types: a combobox whose options are movies. */

import { movieAddress } from "./cards.js";
import { h } from "./dom.js";
import { quote } from "./parts.js";
import { address, go } from "./router.js";
import { findMovies } from "./service.js";
import { announce } from "./toast.js";
import { count, movieLine } from "./words.js";

const PAUSE = 120;
const OPTIONS = 7;

/** Bring the search form of the header to life. */
export function startSearch(form) {
  const input = form.querySelector("input");
  const options = form.querySelector("[role=listbox]");
  let asking = new AbortController();
  let active = -1;

  const close = () => {
    asking.abort(); // an answer that is still on its way must not open it again
    options.hidden = true;
    input.setAttribute("aria-expanded", "false");
    point(-1);
  };
  const point = (index) => {
    active = index;
    for (const [at, option] of [...options.children].entries()) option.setAttribute("aria-selected", at === index);
    if (index < 0) return input.removeAttribute("aria-activedescendant");
    options.children[index].scrollIntoView({ block: "nearest" });
    return input.setAttribute("aria-activedescendant", options.children[index].id);
  };
  const leave = (hash) => {
    close();
    go(hash);
  };
  const show = (q, movies) => {
    options.replaceChildren(...movies.map(option), everything(q, movies.length, movies.length === 0));
    options.hidden = false;
    input.setAttribute("aria-expanded", "true");
    point(-1);
    announce(movies.length ? `${count(movies.length, "suggestion")}` : "No movie by that name");
  };
  const ask = async () => {
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    const q = input.value.trim();
    if (!q) return close();
    try {
      await pause(PAUSE, signal);
      const { items } = await findMovies({ q, k: OPTIONS }, signal);
      if (!signal.aborted) show(q, items);
    } catch (problem) {
      if (!signal.aborted && problem.name === "Problem") unavailable(options, problem);
    }
    return null;
  };
  const step = (by) => {
    const many = options.children.length;
    if (options.hidden || !many) return ask();
    return point((active + by + many + (active < 0 && by < 0 ? 1 : 0)) % many);
  };
  const keys = {
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    Escape: () => (options.hidden ? (input.value = "") : close()),
    Enter: () => leave(options.children[active]?.dataset.href ?? address("/search", { q: input.value.trim() })),
  };

  input.addEventListener("input", ask);
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (!keys[event.key] || event.isComposing) return;
    event.preventDefault();
    keys[event.key]();
  });
  options.addEventListener("pointerdown", (event) => event.preventDefault()); // the focus stays in the input
  options.addEventListener("click", (event) => {
    const chosen = event.target.closest("[data-href]");
    if (chosen) leave(chosen.dataset.href);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => slash(event, input));
  const follow = () => (input.value = wanted());
  addEventListener("hashchange", follow);
  follow();
}

/** What the address searches for. */
function wanted() {
  const [path, query] = location.hash.split("?");
  return path === "#/search" ? (new URLSearchParams(query).get("q") ?? "") : "";
}

function option(movie, index) {
  const attributes = {
    role: "option",
    id: `option-${index}`,
    "data-href": movieAddress(movie.movie_id),
    "aria-selected": "false",
  };
  return h("li", attributes, h("b", {}, movie.title), " ", h("span.meta", {}, movieLine(movie)));
}

function everything(q, index, none) {
  const attributes = {
    role: "option",
    id: `option-${index}`,
    "data-href": address("/search", { q }),
    "aria-selected": "false",
    class: "all",
  };
  return h(
    "li",
    attributes,
    none ? ["No movie by that name. Search for ", quote(q), " all the same"] : ["All results for ", quote(q)],
  );
}

function unavailable(options, problem) {
  options.replaceChildren(
    h("li", { role: "option", "aria-disabled": "true", "aria-selected": "false" }, problem.message),
  );
  options.hidden = false;
}

/** `/` goes to the search, unless somebody is writing. */
function slash(event, input) {
  const writing = event.target.closest?.("input:not([type=range], [type=radio]), textarea, dialog");
  if (event.key !== "/" || writing || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  input.focus();
  input.select();
}

function pause(duration, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, duration);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
