/* Not a module, so that it also runs in browsers without modules. It shows a notice when the page does not start. */

const START_TIMEOUT = 10_000;

/** Show the notice, which is part of the HTML until the first view replaces it. */
function showNotice() {
  const notice = document.getElementById("unstarted");
  if (!notice) return;
  notice.hidden = false;
  notice.querySelector("button").onclick = () => location.reload();
}

setTimeout(showNotice, START_TIMEOUT);
addEventListener(
  "error",
  ({ target }) => {
    if (target === window || target.tagName === "SCRIPT") showNotice();
  },
  true, // load errors do not bubble, so they are only seen while capturing
);
