/** `#/list/SLUG`: a saved list that anyone can open; whoever made it can rename and delete it. */

import { grid, tile } from "../cards.js";
import { h } from "../dom.js";
import { icon } from "../icons.js";
import { forgetList, ownToken, rememberList } from "../mylists.js";
import { askText, askWhether, button, empty, fill, heading, quietHeading, quote, skeletons } from "../parts.js";
import { poster } from "../poster.js";
import { entitle, go } from "../router.js";
import { deleteList, list as read, renameList } from "../service.js";
import { announce, toast } from "../toast.js";
import { count, date } from "../words.js";

export function list(route, signal) {
  const [slug] = route.params;
  const title = heading("Loading the list…");
  const place = h("div", {});
  const name = (text) => {
    title.textContent = text;
    entitle(text);
  };
  const show = (saved) => {
    name(saved.title);
    return [
      lead(saved),
      share(),
      owner(saved, name),
      quietHeading("Movies"),
      grid("Movies of the list", saved.items.map(entry)),
    ];
  };
  const missing = () => {
    name("No such list");
    return empty("This list is not there", h("p", {}, "It was deleted, or the link is incomplete."));
  };
  const skeleton = h("div.grid", {}, skeletons(12, "tile"));
  return {
    title: "List",
    nodes: [title, place],
    ready: fill(place, {
      skeleton,
      load: () => read(slug, signal),
      show,
      instead: { 404: missing, 422: missing },
      signal,
    }),
  };
}

function lead({ items, updated_at }) {
  return h("p.lead", {}, `${count(items.length, "movie")} · saved ${date(updated_at)}`);
}

/** A movie of the list; one that left the catalogue is still called what it was called. */
function entry({ movie, ...saved }) {
  if (movie) return tile(movie);
  const words = h("p.meta", {}, saved.year ? `${saved.year} · ` : "", "no longer in the catalogue");
  return h("article.tile", { "data-movie-id": saved.movie_id }, poster(saved), h("h3", {}, saved.title), words);
}

function share() {
  const link = h("input", { type: "text", readonly: true, value: location.href, "aria-label": "Link to this list" });
  link.addEventListener("focus", () => link.select());
  const copying = button("", () => copy(link), icon("copy"), "Copy link");
  return h("div.sharing", {}, link, copying);
}

/** Browsers give the clipboard to secure pages only; elsewhere the selected text is copied as by hand. */
async function copy(link) {
  try {
    await navigator.clipboard.writeText(link.value);
  } catch {
    link.select();
    if (!document.execCommand("copy")) return toast("The link is selected: copy it with your keyboard.");
  }
  return toast("Link copied.");
}

function owner(saved, name) {
  const token = ownToken(saved.slug);
  if (!token) return null;
  const rename = async () => {
    const title = await askText({ title: "Rename the list", label: "Title", value: saved.title, confirm: "Rename" });
    if (title)
      await attempt(async () => {
        saved = await renameList(saved.slug, title, token);
        rememberList({ ...saved, edit_token: token });
        name(saved.title);
        announce(`Renamed to ${saved.title}`);
      });
  };
  const remove = async () => {
    const text = "Whoever has the link will not find it any more. This cannot be undone.";
    if (await askWhether({ title: ["Delete ", quote(saved.title), "?"], text, confirm: "Delete the list" }))
      await attempt(async () => {
        await deleteList(saved.slug, token);
        forgetList(saved.slug);
        go("#/lists");
        toast("The list was deleted.");
      });
  };
  return h(
    "div.row",
    {},
    button("quiet", rename, icon("edit"), "Rename"),
    button("danger", remove, icon("bin"), "Delete"),
  );
}

async function attempt(act) {
  try {
    await act();
  } catch (problem) {
    toast(problem.message);
  }
}
