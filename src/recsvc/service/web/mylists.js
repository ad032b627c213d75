/** The lists of the user, and those that this browser saved before lists had owners, with the tokens to change them. */

import { deleteList, heldLists, makeList } from "./api.js";
import { askText } from "./parts.js";
import { address, go } from "./router.js";
import { hasFields, keep, recallAll } from "./storage.js";
import { toast } from "./toast.js";
import { count } from "./words.js";

/** The largest number of movies in a list. */
const MOST = 200;

/**
 * Return all lists that the user can change, the newest first: `{slug, title}`, and `kind` and `movie_count` if they own
 * them, or else `edit_token`.
 */
export async function myLists(signal) {
  const owned = await heldLists(signal);
  return [...owned, ...keptLists().filter(({ slug }) => owned.every((list) => list.slug !== slug))];
}

/** Return what is known of a list: of one that this browser saved, nothing. */
export function aboutList({ kind, movie_count: many }) {
  return kind ? `${count(many, "movie")} · ${kind === "shared" ? "shared" : "only for you"}` : "";
}

function keptLists() {
  return recallAll("lists", (list) => hasFields(list, { slug: "string", title: "string", edit_token: "string" }));
}

/** Keep the new title of a list that this browser saved. */
export function noteTitle(slug, title) {
  keep(
    "lists",
    keptLists().map((list) => (list.slug === slug ? { ...list, title } : list)),
  );
}

export function forgetList(slug) {
  keep(
    "lists",
    keptLists().filter((list) => list.slug !== slug),
  );
}

/** Delete the lists that are nobody's and that only this browser can change, as far as they are still there. */
export async function deleteKeptLists() {
  await Promise.allSettled(
    keptLists().map(async (list) => {
      await deleteList(list, list.edit_token).catch((problem) => {
        if (problem.status !== 404) throw problem;
      });
      forgetList(list.slug);
    }),
  );
}

/** Ask for a title, and make a list of the movies under it; resolves to the list, or to null if there is none. */
export async function askForList(suggested, movies) {
  if (!movies.length) {
    toast("There is nothing to save yet.");
    return null;
  }
  const note = "Anyone who has the link can open it. It shows the movies, not who you are.";
  const title = await askText({ title: "Save as a list", label: "Title", value: suggested, confirm: "Save", note });
  if (!title) return null;
  try {
    const first = movies.slice(0, MOST);
    return await makeList({ title, movie_ids: first.map(({ movie_id }) => movie_id) });
  } catch (problem) {
    const again = { label: "Try again", run: () => saveList(title, movies) };
    toast(`The list was not saved: ${problem.message}`, again);
    return null;
  }
}

/** Do the same, and open the list. */
export async function saveList(suggested, movies) {
  const list = await askForList(suggested, movies);
  if (list) go(address(`/list/${list.slug}`));
}
