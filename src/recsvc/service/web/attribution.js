/** The notice that TMDB requires. It appears in the footer with the first data of TMDB and stays there. */

const TMDB = "This product uses the TMDB API but is not endorsed or certified by TMDB.";
const place = document.getElementById("attribution");

/** Show the notice of a movie; lists of movies have none, but all posters are from TMDB. */
export function attribute(text = TMDB) {
  if (text) place.textContent = text;
}
