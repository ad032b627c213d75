/** Draws the posters of a shared list, as the service has rendered it, where there is none or it does not load. */

import { poster } from "./poster.js";

for (const tile of document.querySelectorAll(".tile")) {
  const image = tile.querySelector("img");
  if (!image || (image.complete && !image.naturalWidth)) draw(tile);
  else image.addEventListener("error", () => draw(tile));
}

function draw(tile) {
  const { year, genres } = tile.dataset;
  const movie = { title: tile.querySelector("h3").textContent, year, genres: genres.split(",") };
  tile.querySelector(".poster").replaceWith(poster(movie));
}
