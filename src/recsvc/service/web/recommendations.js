/** The list of recommendations. It follows every change of the feedback without being rebuilt. */

import { recommend } from "./api.js";
import { arrange } from "./arrange.js";
import { recommendationCard, updateCard } from "./cards.js";
import { h, SLICE, turn } from "./dom.js";
import { feedback } from "./feedback.js";
import { button, empty, failure, refusal, retryQuietly, skeletons } from "./parts.js";
import { savedState, saveState } from "./router.js";
import { steady } from "./steady.js";
import { announce } from "./toast.js";
import { count } from "./words.js";

const PAGE = 12;
const MOST = 100;

/**
 * A list for `filters`. `onanswer(answer)` is called with every answer of the service, `goTo(filters, options)`
 * when the address is to have other filters: those of the list after it could not be shown with others.
 */
export class RecommendationList {
  #filters;
  #items = [];
  #next = null;
  /** The place of the first movie that "Load more" is to add. */
  #added = null;
  #answered = false;
  #drawing = false;
  #problem = null;
  #request = new AbortController();

  constructor(filters, { onanswer, goTo, signal }) {
    this.#filters = filters;
    this.onanswer = onanswer;
    this.goTo = goTo;
    this.progress = h("div.progress", { hidden: true });
    this.cards = h("div.cards", {});
    this.end = h("div.list-end", {});
    this.problem = h("div", {});
    this.node = h("div.recommendations", {}, this.progress, this.problem, this.cards, this.end);
    this.draw = steady(this.cards, () => this.#draw());
    this.drawMore = () => signal.aborted || this.draw();
    this.cards.replaceChildren(...skeletons(PAGE, "card"));
    feedback.addEventListener("change", this.draw, { signal });
    feedback.addEventListener("saved", () => this.refresh(), { signal });
    signal.addEventListener("abort", () => this.#request.abort());
    this.ready = this.refresh(savedState().shown);
  }

  get movies() {
    return this.#items.map(({ movie }) => movie);
  }

  /** Show the list with other filters. If that fails, the list stays as it is, with the problem above it. */
  filter(filters) {
    if (!this.#answered) this.#filters = filters;
    else if (JSON.stringify(filters) === JSON.stringify(this.#filters)) return this.progress.hidden || this.refresh();
    this.#added = null;
    return this.#loadFirst(filters, savedState().shown ?? PAGE, "The filters were not changed");
  }

  /** Load as many movies as are shown again; the old ones stay until the answer arrives. */
  refresh(many = Math.max(PAGE, this.#items.length, this.#added === null ? 0 : this.#added + PAGE)) {
    return this.#loadFirst(this.#filters, many, "The list could not be updated");
  }

  #loadFirst(filters, many, failed) {
    const take = (items) => {
      this.#items = items;
      this.#filters = filters;
      this.#problem = null;
      if (this.#answered) announce(`${count(items.length, "recommendation")} updated`);
    };
    const fail = (problem, retry) => {
      const changed = filters !== this.#filters;
      const again = changed ? () => this.goTo(filters) : retry;
      const notice = this.#answered ? refusal(`${failed}: ${problem.message}`, again) : failure(problem, again);
      if (!changed && problem.isTemporary) retryQuietly(notice, () => recommend(query), retry);
      if (this.#answered) this.#problem = notice;
      else this.cards.replaceChildren(notice);
      this.draw();
      return changed && this.goTo(this.#filters, { replace: true });
    };
    const query = { ...filters, k: Math.min(many, MOST), offset: 0 };
    return this.#load(query, take, fail);
  }

  #more() {
    this.#added = this.#items.length;
    if (!this.progress.hidden) return this.refresh(); // which brings them, too
    const page = { ...this.#filters, k: PAGE, offset: this.#next };
    const fail = (problem) => {
      const held = this.end.contains(document.activeElement);
      this.#added = null;
      this.end.replaceChildren(failure(problem, () => this.#more()));
      if (held) this.end.querySelector("a, button").focus();
    };
    return this.#load(page, (items) => this.#items.push(...items), fail);
  }

  /** Pass the focus to the first movie that was added, once it has a card. */
  #showAdded() {
    const link = this.cards.children[this.#added]?.querySelector("a");
    if (!link) return;
    link.focus({ preventScroll: true });
    announce(`${count(this.#items.length - this.#added, "more recommendation")}`);
    this.#added = null;
  }

  async #load(query, take, fail) {
    this.#request.abort();
    this.#request = new AbortController();
    const { signal } = this.#request;
    this.#setBusy(true);
    try {
      const answer = await recommend(query, signal);
      if (signal.aborted) return;
      const { recommendation_id, strategy } = answer;
      take(answer.items.map((item) => ({ ...item, recommendation_id, strategy })));
      saveState({ shown: this.#items.length });
      this.#answered = true;
      this.#next = answer.next_offset;
      this.#updateCards();
      this.draw();
      this.#drawEnd();
      this.onanswer(answer);
    } catch (problem) {
      if (problem.name === "AbortError") return;
      if (problem.name !== "Problem") throw problem;
      this.#setBusy(false);
      return fail(problem, () => this.#load(query, take, fail));
    }
    this.#setBusy(false);
  }

  /** Show the answer on the cards that are there, even before they may move. One that is pressed would lose its click. */
  #updateCards() {
    const items = new Map(this.#items.map((item) => [item.movie.movie_id, item]));
    const isIdle = (card) => items.has(card.key) && !card.matches(":active");
    for (const card of [...this.cards.children].filter(isIdle)) updateCard(card, items.get(card.key));
  }

  /** Movies with feedback leave at once, before the service leaves them out. New cards are made some at a time. */
  #draw() {
    if (!this.#answered) return;
    this.problem.replaceChildren(...[this.#problem].filter(Boolean));
    const id = ({ movie }) => movie.movie_id;
    const present = new Set([...this.cards.children].map((card) => card.key));
    const items = this.#items.filter((item) => !feedback.get(id(item)));
    const waiting = new Set(items.filter((item) => !present.has(id(item))).slice(SLICE));
    arrange(this.cards, items, {
      key: (item) => (waiting.has(item) ? null : id(item)),
      make: (item) => (waiting.has(item) ? skeletons(1, "card")[0] : recommendationCard(item)),
      update: (card, item) => waiting.has(item) || updateCard(card, item),
    });
    this.#drawing = waiting.size > 0;
    if (this.#drawing) turn().then(this.drawMore);
    this.#showBusy();
    this.#showAdded();
  }

  #drawEnd() {
    if (!this.#items.length) return this.end.replaceChildren(empty("No movie matches", "Remove a filter to see more."));
    const more = button("quiet", () => this.#more(), "Load more");
    return this.end.replaceChildren(...(this.#next === null ? [] : [more]));
  }

  #setBusy(busy) {
    this.progress.hidden = !busy;
    this.#showBusy();
  }

  #showBusy() {
    this.cards.setAttribute("aria-busy", this.#drawing || !this.progress.hidden);
  }
}
