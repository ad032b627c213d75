/** `#/list/SLUG`: a list. Whoever may read it can open it; its owner can rename, arrange, share and delete it. */

import { list as read } from "../api.js";
import { grid } from "../cards.js";
import { h } from "../dom.js";
import { entry, invitation, lead, share } from "../listparts.js";
import { myLists } from "../mylists.js";
import { ownList } from "../ownlist.js";
import { empty, fill, heading, quietHeading, skeletons } from "../parts.js";
import { setTitle } from "../router.js";

export function list(route, signal) {
  const [slug] = route.params;
  const title = heading("Loading the list…");
  const place = h("div", {});
  const setName = (text) => {
    title.textContent = text;
    setTitle(text);
  };
  const show = ([saved, mine]) => {
    const held = mine.find((one) => one.slug === slug);
    return held ? ownList(saved, held, setName) : anyList(saved, setName);
  };
  const missing = () => {
    setName("No such list");
    const links = [h("a.button", { href: "#/" }, "To the movies"), h("a.button.quiet", { href: "#/lists" }, "My lists")];
    return empty("This list does not exist", "It was deleted, or the link is incomplete.", h("div.row", {}, links));
  };
  const skeleton = h("div.grid", {}, skeletons(12, "tile"));
  return {
    title: "List",
    nodes: [title, place],
    ready: fill(place, {
      skeleton,
      load: () => Promise.all([read(slug, signal), myLists(signal)]),
      show,
      instead: { 404: missing, 422: missing },
      signal,
    }),
  };
}

function anyList(saved, setName) {
  setName(saved.title);
  const movies = grid("Movies of the list", saved.items, (item) => entry(item), "tile");
  return [lead(saved), share(saved), invitation(saved), quietHeading("Movies"), movies];
}
