/** The search box: a combobox that suggests movies while the user types. */

import { findMovies } from "./api.js";
import { movieAddress } from "./cards.js";
import { h } from "./dom.js";
import { quote } from "./parts.js";
import { address, go } from "./router.js";
import { announce } from "./toast.js";
import { count, movieLine } from "./words.js";

const PAUSE = 120;
const OPTIONS = 7;

export function startSearch(form) {
  const input = form.querySelector("input");
  const options = form.querySelector("[role=listbox]");
  let request = new AbortController();
  let active = -1;

  const close = () => {
    request.abort(); // a late answer must not open it again
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
  const leaveFor = (hash) => {
    close();
    go(hash);
  };
  const show = (q, movies) => {
    options.replaceChildren(...movies.map(movieOption), searchOption(q, movies.length));
    options.hidden = false;
    input.setAttribute("aria-expanded", "true");
    point(-1);
    announce(movies.length ? `${count(movies.length, "suggestion")}` : "No movie by that name");
  };
  const suggest = async () => {
    request.abort();
    request = new AbortController();
    const { signal } = request;
    const q = input.value.trim();
    if (!q) return close();
    try {
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
      const { items } = await findMovies({ q, k: OPTIONS }, signal); // sends nothing if it was aborted meanwhile
      if (!signal.aborted) show(q, items);
    } catch (problem) {
      if (!signal.aborted && problem.name === "Problem") showProblem(options, problem);
    }
    return null;
  };
  const step = (by) => {
    const many = options.children.length;
    if (options.hidden || !many) return suggest();
    return point((active + by + many + (active < 0 && by < 0 ? 1 : 0)) % many);
  };
  const keys = {
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    Escape: () => (options.hidden ? (input.value = "") : close()),
    Enter: () => leaveFor(options.children[active]?.dataset.href ?? address("/search", { q: input.value.trim() })),
  };

  input.addEventListener("input", suggest);
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (!keys[event.key] || event.isComposing) return;
    event.preventDefault();
    keys[event.key]();
  });
  options.addEventListener("pointerdown", (event) => event.preventDefault()); // the focus stays in the input
  options.addEventListener("click", (event) => {
    const chosen = event.target.closest("[data-href]");
    if (chosen) leaveFor(chosen.dataset.href);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => slash(event, input));
  const showQuery = () => (input.value = searchedFor());
  addEventListener("hashchange", showQuery);
  showQuery();
}

/** Return the search text of the address. */
function searchedFor() {
  const [path, query] = location.hash.split("?");
  return path === "#/search" ? (new URLSearchParams(query).get("q") ?? "") : "";
}

function option(tag, index, href, ...content) {
  return h(tag, { role: "option", id: `option-${index}`, "data-href": href, "aria-selected": "false" }, content);
}

function movieOption(movie, index) {
  const line = h("span.meta", {}, movieLine(movie));
  return option("li", index, movieAddress(movie.movie_id), h("b", {}, movie.title), " ", line);
}

function searchOption(q, index) {
  const words = index ? ["All results for ", quote(q)] : ["No movie by that name. Search for ", quote(q), " anyway"];
  return option("li.all", index, address("/search", { q }), words);
}

function showProblem(options, problem) {
  options.replaceChildren(
    h("li", { role: "option", "aria-disabled": "true", "aria-selected": "false" }, problem.message),
  );
  options.hidden = false;
}

/** Focus the search on `/`, unless the user is typing elsewhere. */
function slash(event, input) {
  const writing = event.target.closest?.("input:not([type=range], [type=radio]), textarea, dialog");
  if (event.key !== "/" || writing || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  input.focus();
  input.select();
}
