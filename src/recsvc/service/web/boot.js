/* No module, so that it also runs where those do not: it says so when the page does not start. */

const NOT_STARTED_AFTER = 10_000;

/** The notice stands in the page's HTML, and gives way to the first view. */
function notStarted() {
  const notice = document.getElementById("unstarted");
  if (!notice) return;
  notice.hidden = false;
  notice.querySelector("button").onclick = () => location.reload();
}

setTimeout(notStarted, NOT_STARTED_AFTER);
addEventListener(
  "error",
  ({ target }) => {
    if (target === window || target.tagName === "SCRIPT") notStarted();
  },
  true, // what does not load tells nobody above it
);
