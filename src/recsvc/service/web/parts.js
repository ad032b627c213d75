/** What views are made of: headings, things that load, empty and failed states, dialogs. */

import { aside, freshId, h } from "./dom.js";
import { icon } from "./icons.js";

/** Somebody's words in quotes; whichever way they are written, they leave the text around them as it is. */
export function quote(text) {
  return ["“", h("bdi", {}, text), "”"];
}

/** A button that does `run()`; `kind` is how it looks: "quiet", "danger", or "" where it is what one came for. */
export function button(kind, run, ...content) {
  return h("button", { type: "button", class: `button ${kind}`, onclick: run }, content);
}

/** A section with a frame around it. */
export function panel(title, ...content) {
  return h("section.panel", {}, h("h2", {}, title), content);
}

/** Names with their values: `rows` are `[name, value]`. */
export function facts(look, rows) {
  const pairs = rows.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)));
  return h(`dl.${look}`, {}, pairs);
}

/** A heading that only screen readers need, where the eye sees what follows. */
export function quietHeading(text) {
  return h("h2.aside", {}, text);
}

/** The heading of a page, which takes the focus when one comes to it. */
export function heading(...text) {
  return h("h1", { tabindex: -1 }, ...text);
}

/**
 * Fill a place with what `load()` brings, as `show(data)` draws it. Until then it holds the skeleton, which has the
 * final size; if it fails, the problem and a way to try again. `instead` has other things to show for some statuses,
 * by functions of the problem. Resolves when there is something to see.
 */
export async function fill(place, { skeleton, load, show, instead = {}, signal }) {
  place.replaceChildren(...[skeleton].flat());
  place.setAttribute("aria-busy", "true");
  const put = (draw) => {
    if (signal?.aborted) return;
    const focused = document.activeElement; // perhaps a heading that is taken over from the skeleton
    place.replaceChildren(...[draw()].flat().filter(Boolean));
    if (focused !== document.activeElement && place.contains(focused)) focused.focus({ preventScroll: true });
  };
  try {
    const data = await load();
    put(() => show(data));
  } catch (problem) {
    if (problem.name === "AbortError") return;
    if (problem.name !== "Problem") throw problem;
    const again = () => fill(place, { skeleton, load, show, instead, signal });
    put(() => instead[problem.status]?.(problem) ?? failure(problem, again));
  } finally {
    place.removeAttribute("aria-busy");
  }
}

/** What went wrong, and what can be done: try again, or do without the filters of which one cannot be used. */
export function failure(problem, retry) {
  const [title, advice] = explain(problem);
  const again = button("", retry, icon("retry"), "Retry");
  const plain = h("a.button", { href: location.hash.split("?")[0] }, "Show it without filters");
  const remedy = problem.status === 422 ? plain : again;
  return h("section.notice", { role: "alert" }, h("h2", {}, title), h("p", {}, advice), h("div.row", {}, remedy));
}

function explain({ status, message, errors }) {
  if (status === 0)
    return ["The projector has lost its connection", "The service cannot be reached. Nothing you did is lost."];
  if (status === 503) return ["One moment, please", message];
  if (status === 422) return ["That cannot be shown", errors?.map((error) => error.message).join(" ") || message];
  return ["Something went wrong", message];
}

/** A page or section that has nothing to show yet. */
export function empty(title, ...more) {
  return h("section.notice", {}, h("h2", {}, title), ...more);
}

/** Grey shapes in place of what is being loaded; `kind` is their class, or classes with dots between. */
export function skeletons(many, kind) {
  return Array.from({ length: many }, () => h(`div.skeleton.${kind}`, { "aria-hidden": "true" }));
}

/** One of several, as a row of radio buttons that looks like a switch. `options` are `[value, label]`. */
export function choice(label, options, chosen, onchoose) {
  const name = freshId("choice");
  const field = h("fieldset.choice", {}, h("legend", {}, label));
  for (const [value, text] of options) {
    const input = h("input", { type: "radio", name, value, onchange: () => onchoose(value) });
    field.append(h("label", {}, input, h("span", {}, text)));
  }
  field.show = (value) => {
    for (const input of field.querySelectorAll("input")) input.checked = input.value === value;
  };
  field.show(chosen);
  return field;
}

/** A link to another site, in a tab of its own. */
export function outward(href, ...text) {
  const attributes = { href, target: "_blank", rel: "noopener noreferrer" };
  return h("a.button.quiet", attributes, ...text, aside(" (opens in a new tab)"));
}

/** Ask for a line of text; resolves to it, or to null if the user would rather not. */
export function askText({ title, label, value, confirm, note }) {
  const input = h("input", {
    type: "text",
    value,
    required: true,
    maxlength: 120,
    autocomplete: "off",
    id: freshId("text"),
  });
  const content = [h("label", { for: input.id }, label), input, note && h("p.hint", {}, note)];
  const given = () => input.value.trim() || null;
  return openDialog({ title, content, confirm, given, focus: input });
}

/** Ask whether to really do it; resolves to true or null. */
export function askWhether({ title, text, confirm }) {
  return openDialog({ title, content: [h("p", {}, text)], confirm, given: () => true, danger: true });
}

function openDialog({ title, content, confirm, given, focus, danger }) {
  const id = freshId("dialog");
  const cancel = button("quiet", () => dialog.close(), "Cancel");
  const yes = h(danger ? "button.button.danger" : "button.button", {}, confirm);
  const form = h("form.dialog-form", {}, h("h2", { id }, title), content, h("div.row.end", {}, cancel, yes));
  const dialog = h("dialog", { "aria-labelledby": id }, form);
  document.body.append(dialog);
  dialog.showModal();
  (focus ?? cancel).focus();
  focus?.select();
  return new Promise((resolve) => {
    let answer = null;
    form.addEventListener("submit", (event) => {
      event.preventDefault(); // the page's policy lets no form go anywhere
      answer = given();
      if (answer) dialog.close();
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(answer);
    });
  });
}
