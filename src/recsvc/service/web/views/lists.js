/** `#/lists`: the lists that were saved in this browser. */

import { h } from "../dom.js";
import { myLists } from "../mylists.js";
import { empty, heading } from "../parts.js";
import { address } from "../router.js";

export function lists() {
  const saved = myLists();
  return { title: "My lists", nodes: [heading("My lists"), ...(saved.length ? links(saved) : [none()])] };
}

function links(saved) {
  const entries = saved.map(({ slug, title }) =>
    h("li", {}, h("a", { href: address(`/list/${slug}`) }, h("bdi", {}, title))),
  );
  return [
    h("p.lead", {}, "Saved in this browser. Anyone who has the link of a list can open it."),
    h("ul.lists", { "aria-label": "My lists" }, entries),
  ];
}

function none() {
  return empty(
    "No lists yet",
    "Save your recommendations or your favourites as a list, and send the link to a friend.",
    h("a.button", { href: "#/" }, "To my recommendations"),
  );
}
