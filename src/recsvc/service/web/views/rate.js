/** `#/rate`: movies to rate, and a link to the recommendations. */

import { h } from "../dom.js";
import { feedback } from "../feedback.js";
import { filtersOf } from "../filters.js";
import { onboardingDeck, otherMovies } from "../onboarding.js";
import { choice, heading, quietHeading } from "../parts.js";
import { address, go } from "../router.js";
import { count } from "../words.js";

export function rate(route, signal) {
  const { nodes, update, ready } = rating(route, signal, "/rate");
  return { title: "Rate movies", nodes: [heading("Rate movies"), ...nodes], update, ready };
}

/** Create the same content as a part of another page, whose path is `path`. */
export function rating(route, signal, path) {
  const deck = onboardingDeck(signal);
  const era = choice(
    "I would like to see movies that are",
    [
      ["", "any age"],
      ["old", "older"],
      ["new", "newer"],
    ],
    filtersOf(route.query).era,
    (value) => go(address(path, { era: value })),
  );
  const bar = nextStep(signal);
  const update = ({ query }) => {
    era.show(filtersOf(query).era);
    bar.show(query);
  };
  update(route);
  const lead = h(
    "p.lead",
    {},
    "Slide the stars of movies that you have seen. One is enough to begin; five make good recommendations.",
  );
  return {
    nodes: [lead, h("div.section-head", {}, era, otherMovies(deck)), quietHeading("Movies to rate"), deck, bar],
    update,
    ready: deck.deal(),
  };
}

/** Create a bar that appears with the first rating; Enter on a slider does the same as its link. */
function nextStep(signal) {
  const link = h("a.button", {}, "See my recommendations");
  const text = h("p", {});
  const bar = h("div.next-step", { role: "region", "aria-label": "Next step" }, text, link);
  const show = () => {
    bar.hidden = feedback.tasteSize === 0;
    text.textContent = `${count(feedback.tasteSize, "movie")} rated`;
  };
  feedback.addEventListener("change", show, { signal });
  document.addEventListener("keydown", (event) => enter(event, link), { signal });
  bar.show = (query) => {
    link.href = address("/", { era: filtersOf(query).era });
    show();
  };
  return bar;
}

function enter({ key, target }, link) {
  if (key === "Enter" && target.type === "range" && feedback.tasteSize) link.click();
}
