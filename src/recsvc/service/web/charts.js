/** Draws charts as SVG, each with a table of the same figures below it. */

import { h, svg } from "./dom.js";
import { day } from "./words.js";

const HEIGHT = 200;
const EDGE = { top: 12, right: 10, bottom: 26, left: 48 };
const ROW = 34;
/** The share of the width of an interval chart that the names of its rows take. */
const NAMES = 0.34;
/** The width of the column of mean stars at the right. */
const STARS = 48;

/** Draw lines over days: `series` are `{name, values}`, `days` are the labels of the points. */
export function lineChart(title, days, series) {
  const rows = days.map((day, at) => [day, ...series.map(({ values }) => values[at])]);
  const draw = (width) => drawLines(width, days, series);
  const legend = h(
    "p.legend",
    {},
    series.map(({ name }, at) => h("span", { class: `key key-${at}` }, name)),
  );
  return chart(title, draw, table(["Day", ...series.map(({ name }) => name)], rows), legend);
}

/** Draw rates with their 95 % intervals: `rows` are `{name, shown, rate: {value, low, high}|null, stars}`. */
export function intervalChart(title, rows) {
  const cells = rows.map(({ name, shown, rate, stars }) => [
    name,
    shown,
    ...["value", "low", "high"].map((part) => share(rate?.[part])),
    mean(stars),
  ]);
  const draw = (width) => drawIntervals(width, rows);
  const heads = ["", "Shown", "Rate", "Low", "High", "Mean stars"];
  return chart(title, draw, table(heads, cells), h("p.legend", {}, "★ mean stars"));
}

/** Create a table; the first cell of a row is its heading, and cells may be nodes. */
export function table(heads, rows, caption) {
  const head = heads.map((text, column) =>
    h(text ? "th" : "td", { scope: text ? "col" : null, class: column ? null : "name" }, text),
  );
  const row = ([first, ...rest]) => [h("th.name", { scope: "row" }, first), rest.map((cell) => h("td", {}, cell))];
  const body = rows.map((cells) => h("tr", {}, row(cells)));
  const parts = [caption && h("caption", {}, caption), h("thead", {}, h("tr", {}, head)), h("tbody", {}, body)];
  const attributes = { class: "table", tabindex: 0, role: "region", "aria-label": caption ?? "Table" };
  return h("div", attributes, h("table", {}, parts));
}

export function mean(stars) {
  return stars?.toFixed(1) ?? "–";
}

export function share(value) {
  return value === null || value === undefined ? "–" : `${(100 * value).toFixed(1)} %`;
}

/** Create a figure that is drawn for its width, so that its text has the same size on every screen. */
function chart(title, draw, data, legend) {
  const place = h("div.plot", {});
  const resized = new ResizeObserver(([{ contentRect }]) => {
    const picture = draw(Math.max(260, Math.round(contentRect.width)));
    picture.setAttribute("role", "img");
    picture.setAttribute("aria-label", `${title}. The figures are in the table below.`);
    place.replaceChildren(picture);
  });
  resized.observe(place);
  data.setAttribute("aria-label", title);
  const caption = h("figcaption", {}, h("h3", {}, title), legend);
  return h("figure.chart", {}, caption, place, h("details", {}, h("summary", {}, "The figures as a table"), data));
}

function drawLines(width, days, series) {
  const most = niceMost(Math.max(1, ...series.flatMap(({ values }) => values)));
  const x = (at) => EDGE.left + (at / Math.max(1, days.length - 1)) * (width - EDGE.left - EDGE.right);
  const y = (value) => EDGE.top + (1 - value / most) * (HEIGHT - EDGE.top - EDGE.bottom);
  const levels = [0, most / 2, most].map((value) => [
    svg("line.level", { x1: EDGE.left, x2: width - EDGE.right, y1: y(value), y2: y(value) }),
    svg("text", { x: EDGE.left - 8, y: y(value) + 4, "text-anchor": "end" }, value.toLocaleString("en")),
  ]);
  const lines = series.map(({ values }, kind) => {
    const d = values.map((value, at) => `${at ? "L" : "M"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`).join("");
    return svg("path", { class: `line line-${kind}`, d });
  });
  const ends = [
    [0, "start"],
    [days.length - 1, "end"],
  ].map(([at, anchor]) => svg("text", { x: x(at), y: HEIGHT - 6, "text-anchor": anchor }, day(days[at])));
  return picture(width, HEIGHT, levels, lines, ends);
}

function drawIntervals(width, rows) {
  const left = Math.min(190, width * NAMES);
  const height = rows.length * ROW + 28;
  const most = Math.min(1, niceMost(Math.max(0.01, ...rows.map(({ rate }) => rate?.high ?? 0)) * 100) / 100);
  const x = (value) => left + (Math.min(value, most) / most) * (width - left - STARS - 16);
  const axis = [0, most / 2, most].map((value) => [
    svg("line.level", { x1: x(value), x2: x(value), y1: 4, y2: height - 22 }),
    svg(
      "text",
      { x: x(value), y: height - 6, "text-anchor": value === most ? "end" : "middle" },
      `${+(value * 100).toFixed(1)} %`,
    ),
  ]);
  const marks = rows.map(({ name, rate, stars }, at) => [
    svg("text", { x: 0, y: at * ROW + ROW / 2 + 4 }, shorten(name, left)),
    rate && whisker(x, rate, at * ROW + ROW / 2),
    svg("text", { x: width, y: at * ROW + ROW / 2 + 4, "text-anchor": "end" }, `★ ${mean(stars)}`),
    !rate && svg("text", { x: left + 8, y: at * ROW + ROW / 2 + 4 }, "not shown yet"),
  ]);
  return picture(width, height, axis, marks);
}

function whisker(x, { value, low, high }, y) {
  const cap = (at) => svg("line.whisker", { x1: x(at), x2: x(at), y1: y - 6, y2: y + 6 });
  return [
    svg("line.whisker", { x1: x(low), x2: x(high), y1: y, y2: y }),
    cap(low),
    cap(high),
    svg("circle.dot", { cx: x(value), cy: y, r: 5 }),
  ];
}

function picture(width, height, ...content) {
  return svg("svg", { width, height, viewBox: `0 0 ${width} ${height}` }, content);
}

/** Return the next of 1, 2, 4, 5, 10, 20, …, whose half is a round number too. */
function niceMost(value) {
  const unit = 10 ** Math.floor(Math.log10(value));
  const most = [1, 2, 4, 5, 10].find((step) => step * unit >= value) * unit;
  return most === 1 ? 2 : most;
}

function shorten(text, width) {
  const most = Math.floor(width / 7.4);
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
