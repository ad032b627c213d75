/**
 * Creates posters. A movie without a poster gets a drawing: colours from its title, a motif from its genre, and the
 * title on it. The same movie always gets the same drawing.
 */

import { attribute } from "./attribution.js";
import { h, svg } from "./dom.js";

/** The hues of the background, and the angles on the colour wheel from there to a fitting accent. */
const GROUNDS = [350, 8, 24, 42, 150, 168, 186, 200, 214, 228, 246, 264, 284, 306, 328];
const ACCENTS = [40, 60, 165, 180, 205, 300];

/** The motif of each genre, on 200 x 300; `r` returns the next random number between two numbers. */
const MOTIFS = {
  "Sci-Fi": (r) => {
    const [x, y, size] = [r(70, 130), r(90, 130), r(38, 54)];
    return [
      circle(x, y, size, "tone"),
      ...[1.35, 1.75, 2.2].map((scale) => circle(x, y, size * scale, "hair")),
      circle(x + size * 1.75 * Math.cos(r(3, 6)), y - size * 1.1, r(5, 10), "glow"),
      ...dots(r, 16),
    ];
  },
  Horror: (r) => {
    const teeth = times(9, (i) => `L${i * 25} ${i % 2 ? r(120, 205) : r(40, 80)}`).join("");
    return [circle(r(60, 140), r(70, 110), r(34, 50), "tone"), path(`M0 0${teeth}L200 0Z`, "shade")];
  },
  Action: (r) =>
    times(7, (i) => {
      const [top, width] = [i * 34 - 20 + r(-6, 6), r(6, 20)];
      return path(`M-20 ${top + 120}L220 ${top}v${width}L-20 ${top + 120 + width}Z`, i % 3 ? "wash" : "tone");
    }),
  Adventure: (r) => [
    circle(r(50, 150), r(60, 90), r(20, 32), "glow"),
    path(`M-10 230L${r(40, 70)} ${r(90, 120)}L130 230Z`, "tone"),
    path(`M60 250L${r(120, 150)} ${r(120, 150)}L220 250Z`, "wash"),
    path(`M-10 300V${r(205, 225)}Q100 ${r(170, 200)} 210 ${r(215, 240)}V300Z`, "shade"),
  ],
  Animation: (r) => times(11, (i) => circle(r(0, 200), r(10, 200), r(8, 34), FILLS[i % 3])),
  Comedy: (r) => [
    ...times(12, (i) => turned(bar(r(0, 200), r(0, 190), 5, r(10, 22), FILLS[i % 3]), r(0, 180))),
    path(`M40 ${r(95, 105)}a60 60 0 0 0 120 0Z`, "tone"),
  ],
  Crime: (r) => [
    circle(r(80, 120), 110, r(48, 60), "tone"),
    ...times(9, (i) => bar(0, 18 + i * 22, 200, r(7, 12), "shade")),
  ],
  Documentary: (r) => [
    ...[0, 1, 2, 3].map((i) => frame(24 + i * 18, 30 + i * 20, 152 - i * 36, 150 - i * 40)),
    circle(100, 105, r(7, 12), "glow"),
  ],
  Drama: (r) => [
    circle(r(60, 84), r(90, 120), r(44, 58), "wash"),
    circle(r(112, 138), r(100, 130), r(40, 54), "tone"),
    path(`M0 ${r(150, 190)}Q100 ${r(120, 240)} 200 ${r(150, 200)}V300H0Z`, "shade"),
  ],
  Fantasy: (r) => [
    path(`M${r(110, 130)} 40a62 62 0 1 0 40 96a50 50 0 1 1-40-96Z`, "tone"),
    ...times(7, () => spark(r(14, 186), r(20, 210), r(4, 11))),
  ],
  Musical: (r) =>
    times(6, (i) => {
      const [y, swing] = [50 + i * 26, r(18, 42)];
      return path(
        `M-5 ${y}C50 ${y - swing} 80 ${y + swing} 110 ${y}S170 ${y - swing} 205 ${y}`,
        i % 2 ? "line" : "hair",
      );
    }),
  Mystery: (r) => [
    ...[78, 60, 42].map((radius) => circle(100, 105, radius, "hair")),
    circle(100, r(92, 98), 21, "tone"),
    path("M90 105h20l12 58H78Z", "tone"),
  ],
  Romance: (r) => {
    const y = r(95, 120);
    return [circle(78, y, 50, "tone"), circle(122, y, 50, "wash"), circle(100, y, r(70, 84), "hair")];
  },
  Thriller: (r) => {
    const [x, y] = [r(60, 140), r(80, 130)];
    return [
      ...times(14, (i) => {
        const angle = (i / 14) * 2 * Math.PI;
        return path(`M${x} ${y}L${x + 260 * Math.cos(angle)} ${y + 260 * Math.sin(angle)}`, "hair");
      }),
      circle(x, y, r(20, 30), "tone"),
    ];
  },
  War: (r) => [
    ...times(5, (i) => {
      const y = 40 + i * 32;
      return path(`M20 ${y + 42}L100 ${y}L180 ${y + 42}v16L100 ${y + 16}L20 ${y + 58}Z`, i === 2 ? "tone" : "wash");
    }),
    circle(100, r(36, 44), 11, "glow"),
  ],
  Western: (r) => [
    circle(r(80, 120), 140, r(52, 66), "tone"),
    path(`M0 ${r(165, 175)}h34v-34h44v34h50v-18h36v18h40V300H0Z`, "shade"),
  ],
};
Object.assign(MOTIFS, { Children: MOTIFS.Animation, "Film-Noir": MOTIFS.Crime });

const FILLS = ["tone", "wash", "glow"];
/** The genres from rare to common. The rarest one of a movie is drawn, since it describes the movie best. */
const BY_RARITY = (
  "Western War Musical Documentary Film-Noir Horror Sci-Fi Mystery Fantasy Animation Romance " +
  "Crime Children Adventure Thriller Comedy Action Drama"
).split(" ");

const CAPITALS = new Set(["Action", "Adventure", "Animation", "Crime", "Horror", "Sci-Fi", "Thriller", "War"]);

/** Create the poster of a movie; a drawing is hidden from screen readers, since the title is text beside it. */
export function poster(movie) {
  return h("div.poster", {}, movie.poster_url ? photograph(movie) : drawn(movie));
}

function photograph(movie) {
  attribute();
  return h("img", {
    src: movie.poster_url,
    alt: `Poster of ${movie.title}`,
    width: 342,
    height: 513,
    loading: "lazy",
    decoding: "async",
    onerror: (event) => event.target.replaceWith(drawn(movie)),
  });
}

function drawn(movie) {
  const title = movie.title ?? "?";
  const random = randomNumbers(title);
  const choose = (values) => values[Math.floor(random() * values.length)];
  const between = (low, high) => Math.round(low + random() * (high - low));
  const ground = choose(GROUNDS);
  const accent = (ground + choose(ACCENTS)) % 360;
  const drawnGenre = BY_RARITY.find((genre) => movie.genres?.includes(genre)) ?? "Drama";
  const face = CAPITALS.has(drawnGenre) ? "drawn capitals" : "drawn";
  const size = between(96, 118) / 100;
  const transform = `translate(100 110) scale(${size * choose([1, -1])} ${size}) translate(-100 -110)`;
  return h(
    "div",
    {
      class: face,
      "data-length": lengthOf(title),
      "aria-hidden": "true",
      vars: { "ground-hue": ground, "accent-hue": accent },
    },
    svg(
      "svg",
      { viewBox: "0 0 200 300", preserveAspectRatio: "xMidYMid slice" },
      svg("g", { transform }, MOTIFS[drawnGenre](between)),
    ),
    h("span.drawn-year", {}, movie.year),
    h("span.drawn-title", {}, title),
  );
}

/** Return the class of the size of a title, which depends on its longest word as well as on its length. */
function lengthOf(title) {
  const longest = Math.max(...title.split(/[\s-]+/).map((word) => word.length));
  if (title.length > 34 || longest > 12) return "long";
  return title.length > 15 || longest > 8 ? "middle" : "short";
}

/** Return a generator of numbers in 0-1 that depend on the text alone (FNV-1a, then xorshift). */
function randomNumbers(text) {
  let state = [...text].reduce((hash, sign) => Math.imul(hash ^ sign.codePointAt(0), 16_777_619), 2_166_136_261);
  state = Math.imul(state ^ (state >>> 15), 2_246_822_507) | 1; // short titles differ in few bits, so mix them
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

const times = (number, make) => Array.from({ length: number }, (_, i) => make(i));
const circle = (cx, cy, radius, kind) => svg("circle", { cx, cy, r: radius, class: kind });
const frame = (x, y, width, height) => svg("rect", { x, y, width, height, class: "line" });
const path = (d, kind) => svg("path", { d, class: kind });
const bar = (x, y, width, height, kind) => svg("rect", { x, y, width, height, rx: 2, class: kind });
const dots = (r, many) => times(many, () => circle(r(0, 200), r(0, 200), r(5, 14) / 10, "glow"));

function spark(x, y, size) {
  const points = [
    [x + size, y],
    [x, y + size],
    [x - size, y],
    [x, y - size],
  ];
  return path(`M${x} ${y - size}${points.map((point) => `Q${x} ${y} ${point.join(" ")}`).join("")}Z`, "glow");
}

function turned(shape, degrees) {
  const [x, y] = [shape.getAttribute("x"), shape.getAttribute("y")];
  shape.setAttribute("transform", `rotate(${degrees} ${x} ${y})`);
  return shape;
}
