/** `#/rate`: movies to rate, and a link to the recommendations. */

import { h } from "../dom.js";
import { feedback } from "../feedback.js";
import { onboardingDeck, otherMovies, wellKnown } from "../onboarding.js";
import { heading, quietHeading } from "../parts.js";
import { raise } from "../toast.js";
import { count } from "../words.js";

export function rate(route, signal) {
  const { nodes, ready } = rating(signal);
  return { title: "Rate movies", nodes: [heading("Rate movies"), ...nodes], ready };
}

/** Create the same content as a part of another page, perhaps with other movies. */
export function rating(signal, find = wellKnown) {
  const deck = onboardingDeck(signal, find);
  const lead = h("p.lead", {}, "Slide the stars of what you have seen: five make a good list.");
  const head = h("div.section-head", {}, lead, otherMovies(deck));
  return { nodes: [head, quietHeading("Movies to rate"), deck, nextStep(signal)], ready: deck.deal() };
}

/** Create a bar that appears with the first rating; Enter on a slider does the same as its link. */
function nextStep(signal) {
  const link = h("a.button", { href: "#/" }, "See my recommendations");
  const text = h("p", {});
  const bar = h("div.next-step", { role: "region", "aria-label": "Next step" }, text, link);
  const show = () => {
    bar.hidden = feedback.tasteSize === 0;
    text.textContent = `${count(feedback.tasteSize, "movie")} rated`;
    raise(!bar.hidden);
  };
  signal.addEventListener("abort", () => raise(false));
  feedback.addEventListener("change", show, { signal });
  document.addEventListener("keydown", (event) => enter(event, link), { signal });
  show();
  return bar;
}

function enter({ key, target }, link) {
  if (key === "Enter" && target.type === "range" && feedback.tasteSize) link.click();
}
