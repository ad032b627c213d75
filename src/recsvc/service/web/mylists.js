/** The lists that were saved in this browser, with the tokens to change them, which are kept nowhere else. */

import { makeList } from "./api.js";
import { askText } from "./parts.js";
import { address, go } from "./router.js";
import { hasFields, keep, recallAll } from "./storage.js";
import { toast } from "./toast.js";

/** The largest number of movies in a list. */
const MOST = 200;

/** Return the lists of this browser, the newest first: `{slug, title, edit_token}`. */
export function myLists() {
  return recallAll("lists", (list) => hasFields(list, { slug: "string", title: "string", edit_token: "string" }));
}

export function ownToken(slug) {
  return myLists().find((list) => list.slug === slug)?.edit_token ?? null;
}

export function rememberList({ slug, title, edit_token }) {
  keep("lists", [{ slug, title, edit_token }, ...myLists().filter((list) => list.slug !== slug)]);
}

export function forgetList(slug) {
  keep(
    "lists",
    myLists().filter((list) => list.slug !== slug),
  );
}

/** Ask for a title, save the movies under it, and open the list. */
export async function saveList(suggested, movies) {
  if (!movies.length) return toast("There is nothing to save yet.");
  const note = "Anyone who has the link can open it. It shows the movies, not who you are.";
  const title = await askText({ title: "Save as a list", label: "Title", value: suggested, confirm: "Save", note });
  if (!title) return null;
  try {
    const list = await makeList(
      title,
      movies.slice(0, MOST).map(({ movie_id }) => movie_id),
    );
    rememberList(list);
    return go(address(`/list/${list.slug}`));
  } catch (problem) {
    return toast(`The list was not saved: ${problem.message}`, {
      label: "Try again",
      run: () => saveList(title, movies),
    });
  }
}
