/** `#/search?q=…`: movies by title, of which the service tolerates typing mistakes, and those that pass filters. */

import { findMovies } from "../api.js";
import { h } from "../dom.js";
import { addressOf, filtersOf, narrowings } from "../filters.js";
import { icon } from "../icons.js";
import { empty, heading, quietHeading, quote } from "../parts.js";
import { results } from "../results.js";

export function search(route, signal) {
  const q = route.query.get("q") ?? "";
  const { diversity: _, ...filters } = filtersOf(route.query);
  const of = (genre) => ({ text: genre, part: { genre: filters.genre.filter((name) => name !== genre) } });
  const narrow = [...filters.genre.map(of), ...narrowings(filters)];
  const load = async (page) => {
    const { items, next_offset } = await findMovies({ q, ...filters, ...page }, signal);
    return { movies: items, next_offset };
  };
  const nothing = () => {
    const link = h("a.button", { href: "#/rate" }, "To well-known movies");
    if (!q) return empty("No movie", "The catalogue has none of these.", link);
    const advice = ["No title in the catalogue resembles ", quote(q), ". Try fewer letters."];
    return empty("No movie by that name", advice, link);
  };
  const { place, ready } = results("Search results", { load, nothing, signal });
  const narrowed = narrow.map(({ text }) => text).join(", ");
  const title = q ? ["Movies called ", quote(q), narrowed && `: ${narrowed}`] : [narrowed || "All movies"];
  const head = heading(...title.filter(Boolean));
  const mine = h("a.button.quiet", { href: addressOf("/", filters) }, "Which of these are for me");
  const without = ({ text, part }) => {
    const href = addressOf("/search", { q, ...filters, ...part });
    return h("a.chip", { href, "aria-label": `Remove: ${text}` }, text, icon("close"));
  };
  const way = narrowed ? [h("p.row.invitation", {}, narrow.map(without), mine)] : [];
  return { title: head.textContent, nodes: [head, ...way, quietHeading("Movies"), place], ready };
}
