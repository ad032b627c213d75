/** Waits with what is far below until it comes near the view. */

const AHEAD = "300px";

/** Call `run()` once when an element comes near the view, unless the signal is aborted before. */
export function whenNear(element, run, signal) {
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      observer.disconnect();
      run();
    },
    { rootMargin: AHEAD },
  );
  observer.observe(element);
  signal.addEventListener("abort", () => observer.disconnect());
}
