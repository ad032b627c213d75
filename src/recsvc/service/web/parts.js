/** The parts that views are made of: headings, loading, empty and failed states, dialogs. */

import { aside, freshId, h } from "./dom.js";
import { icon } from "./icons.js";

/** Quote a text, isolated so that its writing direction does not affect the text around it. */
export function quote(text) {
  return ["“", h("bdi", {}, text), "”"];
}

/** Create a button that calls `run()`; `kind` is its style: "quiet", "danger", or "" for the main action. */
export function button(kind, run, ...content) {
  return h("button", { type: "button", class: `button ${kind}`, onclick: run }, content);
}

export function panel(title, ...content) {
  return h("section.panel", {}, h("h2", {}, title), content);
}

/** Create a list of names with their values: `rows` are `[name, value]`. */
export function facts(style, rows) {
  const pairs = rows.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)));
  return h(`dl.${style}`, {}, pairs);
}

/** Create a heading for screen readers only. */
export function quietHeading(text) {
  return h("h2.aside", {}, text);
}

/** Create the heading of a page, which takes the focus when the page is opened. */
export function heading(...text) {
  return h("h1", { tabindex: -1 }, ...text);
}

/**
 * Fill a place with `show(data)` of what `load()` returns. Until then it holds the skeleton, of the final size; after a
 * failure, the problem and a button to try again, which also happens by itself. `instead` has functions of the problem
 * that return other nodes for some statuses, `frame` puts the notice into its place. Resolves when there is something.
 */
export async function fill(place, { skeleton, load, show, instead = {}, frame = (notice) => notice, signal }) {
  place.replaceChildren(...[skeleton].flat());
  place.setAttribute("aria-busy", "true");
  const put = (draw) => {
    if (signal?.aborted) return;
    const focused = document.activeElement; // it may be a heading that was part of the skeleton
    place.replaceChildren(...[draw()].flat().filter(Boolean));
    if (focused !== document.activeElement && place.contains(focused)) focused.focus({ preventScroll: true });
  };
  try {
    const data = await load();
    put(() => show(data));
  } catch (problem) {
    if (problem.name === "AbortError") return;
    if (problem.name !== "Problem") throw problem;
    const notice = failure(problem, () => fill(place, { skeleton, load, show, instead, frame, signal }));
    put(() => instead[problem.status]?.(problem) ?? frame(notice));
    if (problem.isTemporary) retryQuietly(notice, load, (data) => put(() => show(data)));
  } finally {
    place.removeAttribute("aria-busy");
  }
}

const RETRY_PAUSE = 5_000;

/** Load again while the notice of a problem is on the page, then `show(data)`. */
export function retryQuietly(notice, load, show) {
  setTimeout(async () => {
    if (!notice.isConnected) return;
    try {
      const data = await load();
      if (notice.isConnected) show(data);
    } catch {
      retryQuietly(notice, load, show); // the notice has said why
    }
  }, RETRY_PAUSE);
}

const AHEAD = "300px";

/** Call `run()` once when an element comes near the view, unless the signal is aborted before. */
export function whenNear(element, run, signal) {
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      observer.disconnect();
      run();
    },
    { rootMargin: AHEAD },
  );
  observer.observe(element);
  signal.addEventListener("abort", () => observer.disconnect());
}

/** Create the notice of a problem, with a button to try again, or a link if a filter is invalid. */
export function failure(problem, retry) {
  const [title, advice] = explain(problem);
  const again = button("", retry, icon("retry"), "Retry");
  const unfiltered = h("a.button", { href: location.hash.split("?")[0] }, "Show it without filters");
  const remedy = problem.status === 422 ? unfiltered : again;
  return h("section.notice", { role: "alert" }, h("h2", {}, title), h("p", {}, advice), h("div.row", {}, remedy));
}

/** Create the short notice of a change that failed, above what stays as it was. */
export function refusal(text, retry) {
  return h("div.refusal", { role: "alert" }, h("p", {}, text), button("quiet", retry, icon("retry"), "Retry"));
}

function explain({ status, message }) {
  if (status === 0)
    return ["The projector has lost its connection", "The service cannot be reached. Nothing that you did is lost."];
  if (status === 503) return ["One moment, please", "The service has nothing to recommend from yet. Try again soon."];
  if (status === 422) return ["This cannot be shown", message.replaceAll("query.", "")];
  return ["Something went wrong", message];
}

export function empty(title, text, ...more) {
  return h("section.notice", {}, h("h2", {}, title), h("p", {}, text), more);
}

/** Create grey shapes in place of what is loading; `kind` is their class, or several with dots between. */
export function skeletons(many, kind) {
  return Array.from({ length: many }, () => h(`div.skeleton.${kind}`, { "aria-hidden": "true" }));
}

/** Create a row of radio buttons that looks like a switch. `options` are `[value, label]`. */
export function choice(label, options, chosen, onchoose) {
  const name = freshId("choice");
  const field = h("fieldset.choice", {}, h("legend", {}, label));
  for (const [value, text] of options) {
    const input = h("input", { type: "radio", name, value, onchange: () => onchoose(value) });
    field.append(h("label", {}, input, h("span.way", {}, text)));
  }
  field.show = (value) => {
    for (const input of field.querySelectorAll("input")) input.checked = input.value === value;
  };
  field.show(chosen);
  return field;
}

/** Create a link to another site, which opens in a new tab. */
export function externalLink(href, ...text) {
  const attributes = { href, target: "_blank", rel: "noopener noreferrer" };
  return h("a.button.quiet", attributes, ...text, aside(" (opens in a new tab)"));
}

/** Ask for a line of text of at most `most` characters, which may be empty if it is `optional`; resolves to it, or to
 * null if the user cancels. */
export function askText({ title, label, value, confirm, note, most = 120, optional = false }) {
  const input = h("input", {
    type: "text",
    value,
    required: !optional,
    maxlength: most,
    autocomplete: "off",
    id: freshId("text"),
  });
  const content = [h("label", { for: input.id }, label), input, note && h("p.hint", {}, note)];
  const result = () => input.value.trim() || (optional ? "" : null);
  return openDialog({ title, content, confirm, result, focus: input });
}

/** Ask for one of several `options`, `[value, ...label]`; resolves to its value, or to null if the user cancels. */
export function askChoice({ title, options }) {
  const buttons = options.map(([value, ...label]) => h("button.option", { value }, label));
  return openDialog({ title, content: buttons, result: ({ submitter }) => submitter.value, focus: buttons[0] });
}

/** Ask for a confirmation; resolves to true, or to null if the user cancels. */
export function confirmDanger({ title, text, confirm }) {
  return openDialog({ title, content: [h("p", {}, text)], confirm, result: () => true, danger: true });
}

function openDialog({ title, content, confirm, result, focus, danger }) {
  const id = freshId("dialog");
  const cancel = button("quiet", () => dialog.close(), "Cancel");
  const yes = confirm && h(danger ? "button.button.danger" : "button.button", {}, confirm);
  const form = h("form.dialog-form", {}, h("h2", { id }, title), content, h("div.row.end", {}, cancel, yes));
  const dialog = h("dialog", { "aria-labelledby": id }, form);
  document.body.append(dialog);
  dialog.showModal();
  (focus ?? cancel).focus();
  focus?.select?.();
  return new Promise((resolve) => {
    let answer = null;
    form.addEventListener("submit", (event) => {
      event.preventDefault(); // the Content-Security-Policy forbids sending forms
      answer = result(event);
      if (answer !== null) dialog.close();
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(answer);
    });
  });
}
