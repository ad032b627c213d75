/** The list of recommendations: it follows every opinion without being built anew. */

import { recommendation, renew } from "./cards.js";
import { h } from "./dom.js";
import { feedback } from "./feedback.js";
import { arrange } from "./keyed.js";
import { button, empty, failure, skeletons } from "./parts.js";
import { note, noted } from "./router.js";
import { recommend } from "./service.js";
import { announce } from "./toast.js";
import { count } from "./words.js";

const PAGE = 12;
const MOST = 100;

/** A list for `filters`. `onanswer(answer)` is called whenever the service has answered. */
export class RecommendationList {
  #filters;
  #items = [];
  #next = null;
  #answered = false;
  #asking = new AbortController();

  constructor(filters, { onanswer, signal }) {
    this.#filters = filters;
    this.onanswer = onanswer;
    this.progress = h("div.progress", { hidden: true });
    this.cards = h("div.cards", {});
    this.end = h("div.list-end", {});
    this.node = h("div.recommendations", {}, this.progress, this.cards, this.end);
    this.cards.replaceChildren(...skeletons(PAGE, "card"));
    feedback.addEventListener("change", () => this.#draw(), { signal });
    feedback.addEventListener("kept", () => this.refresh(), { signal });
    signal.addEventListener("abort", () => this.#asking.abort());
    this.ready = this.refresh(noted().shown);
  }

  /** The movies that are shown. */
  get movies() {
    return this.#items.map(({ movie }) => movie);
  }

  filter(filters) {
    this.#filters = filters;
    return this.refresh(noted().shown ?? PAGE);
  }

  /** Ask anew for as many movies as are shown; the old ones stay until the answer is there. */
  refresh(many = Math.max(PAGE, this.#items.length)) {
    return this.#ask({ k: Math.min(many, MOST), offset: 0 }, (items) => {
      this.#items = items;
      if (this.#answered) announce(`${count(items.length, "recommendation")} updated`);
    });
  }

  async #more() {
    const first = this.#items.length;
    await this.#ask({ k: PAGE, offset: this.#next }, (items) => this.#items.push(...items));
    this.cards.children[first]?.querySelector("a")?.focus({ preventScroll: true });
    announce(`${count(this.#items.length - first, "more recommendation")}`);
  }

  async #ask(page, take) {
    this.#asking.abort();
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    this.#busy(true);
    try {
      const answer = await recommend({ ...this.#filters, ...page }, signal);
      if (signal.aborted) return;
      const { recommendation_id, strategy } = answer;
      take(answer.items.map((item) => ({ ...item, recommendation_id, strategy })));
      note({ shown: this.#items.length });
      this.#answered = true;
      this.#next = answer.next_offset;
      this.#draw();
      this.#finish();
      this.onanswer(answer);
    } catch (problem) {
      if (problem.name !== "Problem") {
        if (problem.name === "AbortError") return;
        throw problem;
      }
      if (!this.#items.length) this.cards.replaceChildren();
      this.end.replaceChildren(failure(problem, () => this.#ask(page, take)));
    }
    if (!signal.aborted) this.#busy(false);
  }

  /** Movies that something was said about leave at once; the service leaves them out too, once it knows. */
  #draw() {
    if (!this.#answered) return;
    const items = this.#items.filter(({ movie }) => !feedback.about(movie.movie_id));
    arrange(this.cards, items, { key: ({ movie }) => movie.movie_id, make: recommendation, update: renew });
  }

  #finish() {
    if (!this.#items.length)
      return this.end.replaceChildren(empty("No movie fits", h("p", {}, "Take back a filter to see more.")));
    const more = button("quiet", () => this.#more(), "Load more");
    return this.end.replaceChildren(...(this.#next === null ? [] : [more]));
  }

  #busy(busy) {
    this.cards.setAttribute("aria-busy", busy);
    this.progress.hidden = !busy;
  }
}
