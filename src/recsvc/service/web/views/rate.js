/** `#/rate`: movies to rate, and the way to the recommendations. */

import { h } from "../dom.js";
import { feedback } from "../feedback.js";
import { ERAS, filtersOf } from "../filters.js";
import { onboardingDeck, otherMovies } from "../onboarding.js";
import { choice, heading, quietHeading } from "../parts.js";
import { address, go } from "../router.js";
import { count } from "../words.js";

export function rate(route, signal) {
  const { nodes, update, ready } = rating(route, signal, "/rate");
  return { title: "Rate movies", nodes: [heading("Rate movies"), ...nodes], update, ready };
}

/** The same as a part of another page, whose path is `path`. */
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
  const call = callToAction(signal);
  const update = ({ query }) => {
    era.show(filtersOf(query).era);
    call.show(query);
  };
  update(route);
  const lead = h(
    "p.lead",
    {},
    "Slide the stars on what you have seen. One movie is enough to begin; five make it good.",
  );
  return {
    nodes: [lead, h("div.section-head", {}, era, otherMovies(deck)), quietHeading("Movies to rate"), deck, call],
    update,
    ready: deck.deal(),
  };
}

/** A bar that appears with the first rating; Enter on a slider does the same as its link. */
function callToAction(signal) {
  const link = h("a.button", {}, "See my recommendations");
  const said = h("p", {});
  const bar = h("div.call", { role: "region", "aria-label": "Next step" }, said, link);
  const show = () => {
    bar.hidden = feedback.taste === 0;
    said.textContent = `${count(feedback.taste, "movie")} rated`;
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
  if (key === "Enter" && target.type === "range" && feedback.taste) link.click();
}
