/** `#/lists`: the lists of the user. */

import { h } from "../dom.js";
import { aboutList, myLists } from "../mylists.js";
import { empty, fill, heading, skeletons } from "../parts.js";
import { address } from "../router.js";

export function lists(route, signal) {
  const place = h("div", {});
  const show = (all) => (all.length ? links(all) : none());
  const ready = fill(place, { skeleton: skeletons(4, "entry"), load: () => myLists(signal), show, signal });
  return { title: "My lists", nodes: [heading("My lists"), place], ready };
}

function links(all) {
  const entries = all.map((list) => {
    const href = address(`/list/${list.slug}`);
    return h("li", {}, h("a", { href }, h("bdi", {}, list.title), h("span.meta", {}, aboutList(list))));
  });
  return [
    h("p.lead", {}, "Anyone who has the link of a shared list can open it."),
    h("ul.lists", { "aria-label": "My lists" }, entries),
  ];
}

function none() {
  return empty(
    "No lists yet",
    "Save your recommendations or your favourites as a list, or add a movie to one from wherever you see it.",
    h("a.button", { href: "#/" }, "To my recommendations"),
  );
}
