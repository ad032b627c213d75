/** `#/two`: movies for two at one screen. Few visits need it, so that the most of it is loaded when it is opened. */

import { h } from "../dom.js";
import { Problem } from "../http.js";
import { fill, heading } from "../parts.js";

export function forTwo(_, signal) {
  const place = h("div", {});
  const load = () =>
    import("../decks.js").catch(() => {
      throw new Problem(0, "The service cannot be reached.");
    });
  const show = ({ decksForTwo }) => decksForTwo(signal);
  return {
    title: "For two",
    nodes: [heading("For two"), place],
    ready: fill(place, { skeleton: [], load, show, signal }),
  };
}
