/** `#/lists`: the lists that were made in this browser. */

import { h } from "../dom.js";
import { myLists } from "../mylists.js";
import { empty, heading } from "../parts.js";
import { address } from "../router.js";

export function lists() {
  const mine = myLists();
  return { title: "My lists", nodes: [heading("My lists"), ...(mine.length ? shelf(mine) : [none()])] };
}

function shelf(mine) {
  const entries = mine.map(({ slug, title }) =>
    h("li", {}, h("a", { href: address(`/list/${slug}`) }, h("bdi", {}, title))),
  );
  return [
    h("p.lead", {}, "Made in this browser. Anyone who has a link can open it."),
    h("ul.shelf", { "aria-label": "My lists" }, entries),
  ];
}

function none() {
  return empty(
    "No lists yet",
    h("p", {}, "Save what is recommended to you, or your favourites, and send the link to a friend."),
    h("a.button", { href: "#/" }, "To my recommendations"),
  );
}
