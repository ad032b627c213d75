/** `#/list/SLUG/rate`: the movies of a list to rate, and beside them what the ratings lead to. */

import { list } from "../api.js";
import { h } from "../dom.js";
import { filtersOf } from "../filters.js";
import { heading, quote } from "../parts.js";
import { recommendations } from "../picks.js";
import { setTitle } from "../router.js";
import { rating } from "./rate.js";

export function rateList(route, signal) {
  const [slug] = route.params;
  const title = heading("Rate some of these and see yours");
  title.className = "low long";
  const find = async () => {
    const saved = await list(slug, signal);
    title.replaceChildren("Rate some of ", ...quote(saved.title), " and see yours");
    setTitle(`Rate some of ${saved.title}`);
    return saved.items.map(({ movie }) => movie).filter(Boolean);
  };
  const movies = rating(signal, find);
  const picks = recommendations(route, true, signal);
  return {
    title: "Rate some of these",
    nodes: [title, h("div.beside", {}, h("div.rating", {}, movies.nodes), picks.node)],
    ready: Promise.all([movies.ready, picks.list.ready]),
    update(next) {
      picks.show(filtersOf(next.query));
    },
  };
}
