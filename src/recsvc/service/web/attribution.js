/** What must be said where the data is shown. It comes with the films, and then stays in the footer. */

const place = document.getElementById("attribution");

export function attribute(text) {
  if (text) place.textContent = text;
}
