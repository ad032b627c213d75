/** A list with what its owner can do: rename, arrange, annotate, share and delete it. */

import { changeList, deleteList } from "./api.js";
import { arrange } from "./arrange.js";
import { grid } from "./cards.js";
import { action, once } from "./controls.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { entry, invitation, lead, share } from "./listparts.js";
import { forgetList, noteTitle } from "./mylists.js";
import { askText, button, confirmDanger, quietHeading, quote } from "./parts.js";
import { go } from "./router.js";
import { announce, toast } from "./toast.js";

const MOST_OF_A_NOTE = 300;

/** Create the nodes of a list that was read; `held` is the list in `myLists`, and `setName(title)` shows its title. */
export function ownList(saved, held, setName) {
  const movies = grid("Movies of the list", []);
  const about = h("div", {});
  const visibility = button("quiet", () => toggle());
  let changes = Promise.resolve();

  const isShared = () => saved.kind === "shared";
  const draw = () => {
    setName(saved.title);
    about.replaceChildren(lead(saved), share(saved));
    visibility.replaceChildren(...(isShared() ? [icon("lock"), "Make private"] : [icon("out"), "Share"]));
    const make = () => h("li", {});
    const update = (place, item) => {
      const state = JSON.stringify(item);
      if (place.state !== state) place.replaceChildren(entry(item, controls(item)));
      place.state = state;
    };
    arrange(movies, saved.items, { key: ({ movie_id }) => movie_id, make, update });
  };
  /** Change the list to what `make()` returns, once the changes before are stored. */
  const change = (make, words) => {
    changes = changes.then(() =>
      attempt(async () => {
        saved = await changeList(saved, make(), held.edit_token);
        if (movies.isConnected) draw(); // else the user has left, and takes something back
        announce(words);
      }),
    );
    return changes;
  };

  const rename = async () => {
    const title = await askText({ title: "Rename the list", label: "Title", value: saved.title, confirm: "Rename" });
    if (!title) return;
    await change(() => ({ title }), `Renamed to ${title}`);
    noteTitle(saved.slug, saved.title);
  };
  const remove = async () => {
    const text = `${isShared() ? "Its link will stop working for everyone. " : ""}This cannot be undone.`;
    if (await confirmDanger({ title: ["Delete ", quote(saved.title), "?"], text, confirm: "Delete the list" }))
      await attempt(async () => {
        await deleteList(saved, held.edit_token);
        forgetList(saved.slug);
        go("#/lists");
        toast("The list was deleted.");
      });
  };
  const toggle = () => {
    const words = isShared() ? "Only you see the list now" : "Anyone who has the link can open the list now";
    return change(() => ({ kind: isShared() ? "private" : "shared" }), words);
  };
  const showControls = () => arranging.setAttribute("aria-pressed", movies.classList.toggle("arranging"));
  const arranging = button("quiet", showControls, icon("shuffle"), "Arrange");
  arranging.setAttribute("aria-pressed", false);

  const move = async ({ movie_id, title }, by) => {
    await change(() => {
      const order = ids(saved);
      const from = order.indexOf(movie_id);
      order.splice(from, 1);
      order.splice(Math.max(from + by, 0), 0, movie_id);
      return { movie_ids: order };
    }, `${title} moved`);
    const place = [...movies.children].find(({ key }) => key === movie_id);
    place?.querySelector(by < 0 ? ".earlier" : ".later")?.focus({ preventScroll: true });
  };
  const takeOut = async (item) => {
    if (saved.items.length === 1) return remove(); // a list has a movie at least
    const { movie_id, title, note } = item;
    const before = ids(saved);
    await change(() => ({ movie_ids: ids(saved).filter((id) => id !== movie_id) }), `${title} removed`);
    const back = () => {
      const order = ids(saved);
      order.splice(before.indexOf(movie_id), 0, movie_id);
      return { movie_ids: order, notes: [{ movie_id, note }] };
    };
    return toast(`${title}: removed`, { label: "Undo", run: () => change(back, `${title} is back`) });
  };
  const annotate = async ({ movie_id, title, note }) => {
    const text = await askText({
      title: ["Note on ", quote(title)],
      label: "Note",
      value: note ?? "",
      confirm: "Save",
      note: isShared() && "Anyone who has the link can read it.",
      most: MOST_OF_A_NOTE,
      optional: true,
    });
    if (text !== null) await change(() => ({ notes: [{ movie_id, note: text || null }] }), "Note saved");
  };
  const controls = (item) => {
    const control = (label, onclick, name) => action(`button.${name}`, item, label, { type: "button", onclick }, name);
    return h(
      "div.actions",
      { role: "group", "aria-label": `Arrange ${item.title}` },
      control("Earlier", () => move(item, -1), "earlier"),
      control("Later", () => move(item, 1), "later"),
      control("Note", () => annotate(item), "edit"),
      control("Remove", once(() => takeOut(item)), "close"),
    );
  };
  draw();
  const buttons = [
    button("quiet", rename, icon("edit"), "Rename"),
    arranging,
    ["shared", "private"].includes(held.kind) && visibility,
    button("danger", remove, icon("bin"), "Delete"),
  ];
  return [about, h("div.row.below", {}, buttons), invitation(saved), quietHeading("Movies"), movies];
}

function ids({ items }) {
  return items.map(({ movie_id }) => movie_id);
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
