/** The entry point: the routes, the frame around the views, and what all views share. */

import { feedback } from "./feedback.js";
import { catalogue } from "./http.js";
import { later, start } from "./router.js";
import { startSearch } from "./searchbox.js";
import { session } from "./session.js";
import { startTheme } from "./theme.js";
import { closeToasts, toast } from "./toast.js";
import { count } from "./words.js";
import { home } from "./views/home.js";
import { lists } from "./views/lists.js";
import { movie } from "./views/movie.js";
import { rate } from "./views/rate.js";
import { ratings } from "./views/ratings.js";

startTheme(document.getElementById("theme"));
startSearch(document.getElementById("search"));
await new Promise((resolve) => setTimeout(resolve)); // let the page answer
start(document.getElementById("main"), [
  ["/", home],
  ["/rate", rate],
  ["/movie/(\\d+)", movie],
  ["/film/(\\d+)", "/movie/"], // the former address of a movie: shared links must still open
  ["/search", later(async () => (await import("./views/search.js")).search)],
  ["/like", later(async () => (await import("./views/rows.js")).likeThese)],
  ["/newest", later(async () => (await import("./views/rows.js")).newest)],
  ["/loved", later(async () => (await import("./views/rows.js")).lovedGenre)],
  ["/list/([^/]+)", later(async () => (await import("./views/list.js")).list)],
  ["/list/([^/]+)/rate", later(async () => (await import("./views/ratelist.js")).rateList)],
  ["/lists", lists],
  ["/ratings", ratings],
  ["/two", later(async () => (await import("./views/two.js")).forTwo)],
  ["/model", later(async () => (await import("./views/model.js")).model)],
  ["/analytics", later(async () => (await import("./views/analytics.js")).analytics)],
]);

/** Views that need the feedback show what is wrong; this only tries again once a request succeeds. */
const loadFeedback = () => feedback.load().catch(() => feedback.resume());
loadFeedback();
feedback.addEventListener("online", () => feedback.loaded || loadFeedback());

session.addEventListener("renewed", () => {
  feedback.startAnew();
  toast("Your session has expired, so a new one has begun. It does not show the ratings of the old one.");
});

session.addEventListener("replaced", ({ detail }) => feedback.follow(detail).catch(() => {}));

const reload = { label: "Reload", run: () => location.reload() };
catalogue.addEventListener("switched", () => toast("The service has other movies now.", reload), { once: true });

feedback.addEventListener("refused", ({ detail: { problem } }) =>
  toast(`This was not saved: ${problem.message}`, problem.status === 409 ? reload : null),
);

feedback.addEventListener("erased", closeToasts); // an undo would store again what was erased

const offline = document.getElementById("offline");
offline.querySelector("button").addEventListener("click", () => feedback.resume());
feedback.addEventListener("offline", () => {
  offline.querySelector("p").textContent =
    `The service cannot be reached. Feedback on ${count(feedback.pendingCount, "movie")} will be sent when it is back.`;
  offline.hidden = false;
});
feedback.addEventListener("online", () => (offline.hidden = true));

document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault(); // the router would take `#main` for an address
  document.querySelector("main h1").focus();
});
