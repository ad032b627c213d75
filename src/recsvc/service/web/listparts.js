/** The parts of a list that its owner and others see. */

import { tile } from "./cards.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { button } from "./parts.js";
import { poster } from "./poster.js";
import { address } from "./router.js";
import { toast } from "./toast.js";
import { count, date } from "./words.js";

export function lead({ items, updated_at }) {
  return h("p.lead", {}, `${count(items.length, "movie")} · saved ${date(updated_at)}`);
}

export function invitation({ slug }) {
  const link = h("a.button.quiet", { href: address(`/list/${slug}/rate`) }, "Rate some of these and see yours");
  return h("p.row.invitation", {}, link);
}

/** Create the tile of a movie; one that left the catalogue keeps the title under which it was saved. */
export function entry({ movie, note, ...saved }, ...extras) {
  const more = [note && h("p.note", {}, note), ...extras];
  if (movie) return tile(movie, more);
  const words = h("p.meta", {}, saved.year ? `${saved.year} · ` : "", "no longer in the catalogue");
  return h("article.tile", { "data-movie-id": saved.movie_id }, poster(saved), h("h3", {}, saved.title), words, more);
}

/** Create the field with the link to the page that the service renders, of which a preview can be shown. */
export function share({ slug, kind }) {
  if (kind !== "shared") return h("p.lead", {}, "Only you see this list.");
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
