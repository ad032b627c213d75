/** The list of recommendations. It follows every change of the feedback without being rebuilt. */

import { recommend } from "./api.js";
import { arrange } from "./arrange.js";
import { recommendationCard, updateCard } from "./cards.js";
import { h } from "./dom.js";
import { feedback } from "./feedback.js";
import { button, empty, failure, skeletons } from "./parts.js";
import { savedState, saveState } from "./router.js";
import { announce } from "./toast.js";
import { count } from "./words.js";

const PAGE = 12;
const MOST = 100;

/** A list for `filters`. `onanswer(answer)` is called with every answer of the service. */
export class RecommendationList {
  #filters;
  #items = [];
  #next = null;
  #answered = false;
  #request = new AbortController();

  constructor(filters, { onanswer, signal }) {
    this.#filters = filters;
    this.onanswer = onanswer;
    this.progress = h("div.progress", { hidden: true });
    this.cards = h("div.cards", {});
    this.end = h("div.list-end", {});
    this.node = h("div.recommendations", {}, this.progress, this.cards, this.end);
    this.cards.replaceChildren(...skeletons(PAGE, "card"));
    feedback.addEventListener("change", () => this.#draw(), { signal });
    feedback.addEventListener("saved", () => this.refresh(), { signal });
    signal.addEventListener("abort", () => this.#request.abort());
    this.ready = this.refresh(savedState().shown);
  }

  get movies() {
    return this.#items.map(({ movie }) => movie);
  }

  filter(filters) {
    this.#filters = filters;
    return this.refresh(savedState().shown ?? PAGE);
  }

  /** Load as many movies as are shown again; the old ones stay until the answer arrives. */
  refresh(many = Math.max(PAGE, this.#items.length)) {
    return this.#load({ k: Math.min(many, MOST), offset: 0 }, (items) => {
      this.#items = items;
      if (this.#answered) announce(`${count(items.length, "recommendation")} updated`);
    });
  }

  async #more() {
    const first = this.#items.length;
    await this.#load({ k: PAGE, offset: this.#next }, (items) => this.#items.push(...items));
    this.cards.children[first]?.querySelector("a")?.focus({ preventScroll: true });
    announce(`${count(this.#items.length - first, "more recommendation")}`);
  }

  async #load(page, take) {
    this.#request.abort();
    this.#request = new AbortController();
    const { signal } = this.#request;
    this.#setBusy(true);
    try {
      const answer = await recommend({ ...this.#filters, ...page }, signal);
      if (signal.aborted) return;
      const { recommendation_id, strategy } = answer;
      take(answer.items.map((item) => ({ ...item, recommendation_id, strategy })));
      saveState({ shown: this.#items.length });
      this.#answered = true;
      this.#next = answer.next_offset;
      this.#draw();
      this.#drawEnd();
      this.onanswer(answer);
    } catch (problem) {
      if (problem.name !== "Problem") {
        if (problem.name === "AbortError") return;
        throw problem;
      }
      if (!this.#items.length) this.cards.replaceChildren();
      this.end.replaceChildren(failure(problem, () => this.#load(page, take)));
    }
    if (!signal.aborted) this.#setBusy(false);
  }

  /** Movies with feedback leave at once; the service leaves them out too once the feedback is saved. */
  #draw() {
    if (!this.#answered) return;
    const items = this.#items.filter(({ movie }) => !feedback.get(movie.movie_id));
    arrange(this.cards, items, { key: ({ movie }) => movie.movie_id, make: recommendationCard, update: updateCard });
  }

  #drawEnd() {
    if (!this.#items.length) return this.end.replaceChildren(empty("No movie matches", "Remove a filter to see more."));
    const more = button("quiet", () => this.#more(), "Load more");
    return this.end.replaceChildren(...(this.#next === null ? [] : [more]));
  }

  #setBusy(busy) {
    this.cards.setAttribute("aria-busy", busy);
    this.progress.hidden = !busy;
  }
}
