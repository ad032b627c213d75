/** What must be said where the data is shown. It comes with the first movie that has any, and then stays in the footer. */

const TMDB = "This product uses the TMDB API but is not endorsed or certified by TMDB.";
const place = document.getElementById("attribution");

/** Name the source of what is shown; lists of movies do not tell it, but all posters are TMDB's. */
export function attribute(text = TMDB) {
  if (text) place.textContent = text;
}
