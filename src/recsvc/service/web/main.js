/** Where the page begins: the frame around the views, and what they share. */

import { feedback } from "./feedback.js";
import { start } from "./router.js";
import { startSearch } from "./searchbox.js";
import { session } from "./session.js";
import { startTheme } from "./theme.js";
import { toast } from "./toast.js";
import { analytics } from "./views/analytics.js";
import { movie } from "./views/movie.js";
import { home } from "./views/home.js";
import { list } from "./views/list.js";
import { lists } from "./views/lists.js";
import { mine } from "./views/mine.js";
import { model } from "./views/model.js";
import { rate } from "./views/rate.js";
import { search } from "./views/search.js";
import { count } from "./words.js";

startTheme(document.getElementById("theme"));
startSearch(document.getElementById("search"));
start(document.getElementById("main"), [
  ["/", home],
  ["/rate", rate],
  ["/movie/(\\d+)", movie],
  ["/search", search],
  ["/list/([^/]+)", list],
  ["/lists", lists],
  ["/ratings", mine],
  ["/model", model],
  ["/analytics", analytics],
]);

/** The views that need what was said tell what is wrong; here it is only tried again, once something gets through. */
const readFeedback = () => feedback.load().catch(() => feedback.resume());
readFeedback();
feedback.addEventListener("flowing", () => feedback.loaded || readFeedback());

session.addEventListener("renewed", () => {
  feedback.startAnew();
  toast("Your session had ended, so a new one has begun. What you said in the old one is not shown here any more.");
});

session.addEventListener("replaced", ({ detail }) => feedback.follow(detail).catch(() => {}));

feedback.addEventListener("refused", ({ detail: { problem } }) => toast(`That was not taken: ${problem.message}`));

const offline = document.getElementById("offline");
offline.querySelector("button").addEventListener("click", () => feedback.resume());
feedback.addEventListener("stalled", () => {
  offline.querySelector("p").textContent =
    `The service cannot be reached. ${count(feedback.waiting, "opinion")} will be sent when it is back.`;
  offline.hidden = false;
});
feedback.addEventListener("flowing", () => (offline.hidden = true));

document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault(); // `#main` would be an address to the router
  document.querySelector("main h1").focus();
});
