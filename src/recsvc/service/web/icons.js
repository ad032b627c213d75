/** Line icons on a square of 24 x 24. */

import { svg } from "./dom.js";

const PATHS = {
  liked: "M7 11v9H4v-9zm0 0 4-8c1.7 0 2.5 1.2 2.2 2.8L12.6 9H19a2 2 0 0 1 2 2.4l-1.4 7A2 2 0 0 1 17.6 20H7",
  disliked: "M17 13V4h3v9zm0 0-4 8c-1.7 0-2.5-1.2-2.2-2.8l.6-3.2H5a2 2 0 0 1-2-2.4l1.4-7A2 2 0 0 1 6.4 4H17",
  seen: "M2 12s3.6-7 10-7 10 7 10 7-3.6 7-10 7-10-7-10-7zm10 3a3 3 0 1 0 0-6 3 3 0 0 0 0 6z",
  not_interested: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM5.7 5.7l12.6 12.6",
  similar: "M4 4h10v13H4zm13 3h3v13H9v-1",
  undo: "M9 14 4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3",
  copy: "M8 8h12v12H8zM16 8V4H4v12h4",
  edit: "M4 20h4L20 8l-4-4L4 16z",
  bin: "M4 7h16M9 7V4h6v3m3 0-1 13H7L6 7m4 4v5m4-5v5",
  play: "M7 4v16l13-8z",
  out: "M10 5H5v14h14v-5M14 4h6v6m0-6-9 9",
  shuffle: "M3 7h4l10 10h4m-3-3 3 3-3 3M3 17h4l3-3m4-4 3-3h4m-3-3 3 3-3 3",
  save: "M6 3h12v18l-6-4-6 4zm6 5v6m-3-3h6",
  earlier: "m15 5-7 7 7 7",
  later: "m9 5 7 7-7 7",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  close: "m6 6 12 12M18 6 6 18",
  light:
    "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zm0-14v2m0 16v2M2 12h2m16 0h2M5 5l1.5 1.5m11 11L19 19M5 19l1.5-1.5m11-11L19 5",
  dark: "M20 14.5A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.5z",
  auto: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zm0-18v18m4-16v14m3-11v8",
  retry: "M20 11a8 8 0 1 0-1 5m1-10v5h-5",
};

/** Create an icon; it is hidden from screen readers, so its button needs a name. */
export function icon(name) {
  return svg("svg.icon", { viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d: PATHS[name] }));
}
