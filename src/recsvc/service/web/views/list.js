/** `#/list/SLUG`: a saved list. Anyone can open it; the browser that saved it can rename and delete it. */

import { changeList, deleteList, list as read } from "../api.js";
import { grid, tile } from "../cards.js";
import { h } from "../dom.js";
import { icon } from "../icons.js";
import { forgetList, ownToken, rememberList } from "../mylists.js";
import { askText, confirmDanger, button, empty, fill, heading, quietHeading, quote, skeletons } from "../parts.js";
import { poster } from "../poster.js";
import { address, setTitle, go } from "../router.js";
import { announce, toast } from "../toast.js";
import { count, date } from "../words.js";

export function list(route, signal) {
  const [slug] = route.params;
  const title = heading("Loading the list…");
  const place = h("div", {});
  const setName = (text) => {
    title.textContent = text;
    setTitle(text);
  };
  const show = (saved) => {
    setName(saved.title);
    return [
      lead(saved),
      share(slug),
      h("p.row", {}, h("a.button.quiet", { href: address(`/list/${slug}/rate`) }, "Rate some of these and see yours")),
      owner(saved, setName),
      quietHeading("Movies"),
      grid("Movies of the list", saved.items.map(entry)),
    ];
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

/** Create the tile of a movie; one that left the catalogue keeps the title under which it was saved. */
function entry({ movie, ...saved }) {
  if (movie) return tile(movie);
  const words = h("p.meta", {}, saved.year ? `${saved.year} · ` : "", "no longer in the catalogue");
  return h("article.tile", { "data-movie-id": saved.movie_id }, poster(saved), h("h3", {}, saved.title), words);
}

/** Create the field with the link to the page that the service renders, of which a preview can be shown. */
function share(slug) {
  const value = new URL(`/l/${slug}`, location.href).href;
  const link = h("input", { type: "text", readonly: true, value, "aria-label": "Link to this list" });
  link.addEventListener("focus", () => link.select());
  const copying = button("", () => copy(link), icon("copy"), "Copy link");
  return h("div.sharing", {}, link, copying);
}

/** Copy the link; pages that are not secure have no clipboard, so there the selected text is copied. */
async function copy(link) {
  try {
    await navigator.clipboard.writeText(link.value);
  } catch {
    link.select();
    if (!document.execCommand("copy")) return toast("The link is selected: copy it with your keyboard.");
  }
  return toast("Link copied.");
}

function owner(saved, setName) {
  const token = ownToken(saved.slug);
  if (!token) return null;
  const rename = async () => {
    const title = await askText({ title: "Rename the list", label: "Title", value: saved.title, confirm: "Rename" });
    if (title)
      await attempt(async () => {
        saved = await changeList(saved, { title }, token);
        rememberList({ ...saved, edit_token: token });
        setName(saved.title);
        announce(`Renamed to ${saved.title}`);
      });
  };
  const remove = async () => {
    const text = "Its link will stop working for everyone. This cannot be undone.";
    if (await confirmDanger({ title: ["Delete ", quote(saved.title), "?"], text, confirm: "Delete the list" }))
      await attempt(async () => {
        await deleteList(saved, token);
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
    if (problem.status !== 412) return toast(problem.message);
    go(location.hash);
    toast("The list was changed elsewhere. This is how it is now.");
  }
}
