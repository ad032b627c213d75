/**
 * The feedback of the user on movies. It is shown and sent at once; entries that the service has confirmed are kept
 * apart from those that are pending, so that a refusal only has to drop the latter.
 *
 * Events, each with the movie's id as `detail.movie_id` if it is about one movie:
 * `change` (other feedback is shown), `saved` (by the service), `refused` (with the problem), `offline`, `online`,
 * `erased` (the user wants to be forgotten).
 *
 * Other tabs send feedback too: when one of them has sent all of its own, the feedback is loaded again.
 */

import * as api from "./api.js";
import { catalogue } from "./http.js";
import { session } from "./session.js";
import { hasFields, keep, onChangeElsewhere, recallAll } from "./storage.js";

const FIRST_PAUSE = 2_000;
const LONGEST_PAUSE = 30_000;
const ENTRY = { movie_id: "number", title: "string", kind: "string", updated_at: "string" };
const TASTE_KINDS = new Set(["rating", "liked", "disliked"]);

class Feedback extends EventTarget {
  loaded = false;
  /** @type {Map<number, Entry>} the entries that the service has */
  #confirmed = new Map();
  /** @type {Map<number, Change>} the last change of each movie */
  #pending = new Map(
    recallAll("wishes", isPending).map(({ opinion, ...change }) => [change.movie_id, { ...change, entry: opinion }]),
  );
  /** @type {Map<number, Entry|null>} the changes that were confirmed while the feedback was being loaded */
  #confirmedMeanwhile = new Map();
  /** How often this tab has changed its user. */
  #userChanges = 0;
  #sending = new Set();
  #loading = null;
  #pause = FIRST_PAUSE;
  #retry = null;

  /** Load the feedback that the service has, once; there is none before the session begins. */
  load() {
    this.#loading ??= this.#read().catch((problem) => {
      this.#loading = null;
      throw problem;
    });
    return this.#loading;
  }

  /** Load it again when another tab has sent feedback or changed the user, and update lists. */
  async reload() {
    this.#loading = null;
    this.loaded = false;
    await this.load();
    this.#dispatch("saved");
  }

  async #read() {
    const entries = new Map();
    const meanwhile = (this.#confirmedMeanwhile = new Map());
    if (session.user) {
      for (let offset = 0; offset !== null;) {
        const { items, next_offset } = await api.myRatings(offset);
        for (const item of items) entries.set(item.movie_id, item);
        offset = next_offset;
      }
    }
    if (meanwhile !== this.#confirmedMeanwhile) return this.#loading; // another load has begun
    this.#confirmed = entries;
    for (const [movieId, entry] of meanwhile) this.#confirm(movieId, entry); // newer than the answers
    this.loaded = true;
    this.#dispatch("change");
    this.resume();
    return null;
  }

  get(movieId) {
    return this.#pending.has(movieId) ? this.#pending.get(movieId).entry : (this.#confirmed.get(movieId) ?? null);
  }

  /** All entries, the newest first. */
  all() {
    return this.#entries().sort((a, b) => Date.parse(b.updated_at) - Date.parse(a.updated_at));
  }

  /** The number of movies in the user's taste. */
  get tasteSize() {
    return this.#entries().filter(({ kind }) => TASTE_KINDS.has(kind)).length;
  }

  #entries() {
    const ids = new Set([...this.#confirmed.keys(), ...this.#pending.keys()]);
    return [...ids].map((id) => this.get(id)).filter(Boolean);
  }

  get pendingCount() {
    return this.#pending.size;
  }

  /** The number of entries that the service has, as far as is known. */
  get confirmedCount() {
    return this.#confirmed.size;
  }

  /**
   * Set the feedback on a movie to `{kind, rating?}`, or delete it with null.
   * Returns the feedback before, with which an undo sets it again.
   */
  set(movie, value, recommendationId = null) {
    const before = this.get(movie.movie_id);
    const entry = value && {
      movie_id: movie.movie_id,
      title: movie.title,
      kind: value.kind,
      rating: value.rating ?? null,
      recommendation_id: recommendationId,
      updated_at: new Date().toISOString(),
    };
    this.#add(movie.movie_id, entry);
    this.#dispatch("change", movie.movie_id);
    this.#send(movie.movie_id);
    return before;
  }

  #add(movie_id, entry) {
    this.#pending.set(movie_id, { movie_id, entry, catalogue: catalogue.name });
    this.#keepPending();
  }

  resume() {
    clearTimeout(this.#retry);
    for (const movieId of this.#pending.keys()) this.#send(movieId);
  }

  /** Begin as another user, of whom the service has no feedback; pending changes become theirs. */
  startAnew() {
    this.#confirmed = new Map();
    this.#dispatch("change");
  }

  /**
   * Follow another tab, which has changed the user of this browser. If both tabs began a session at once, the feedback
   * of this one is sent again as the user who stays.
   */
  follow({ ended }) {
    this.#userChanges += 1;
    const entries = ended ? [] : [...this.#confirmed.values()].filter(({ movie_id }) => !this.#pending.has(movie_id));
    for (const entry of entries) this.#add(entry.movie_id, { ...entry, recommendation_id: null });
    this.startAnew();
    return this.reload();
  }

  /** Drop all feedback, also the pending changes. */
  clear() {
    this.#userChanges += 1;
    this.#pending.clear();
    this.#keepPending();
    this.startAnew();
    this.#dispatch("erased");
    for (const erased of [true, null]) keep("erased", erased); // for other tabs
  }

  /** Send one request per movie at a time, so that the last change is the one that stays. */
  async #send(movieId) {
    if (this.#sending.has(movieId)) return;
    this.#sending.add(movieId);
    try {
      while (this.#pending.has(movieId)) await this.#deliver(this.#pending.get(movieId));
    } catch (problem) {
      this.#retryLater(problem);
    } finally {
      this.#sending.delete(movieId);
    }
  }

  async #deliver(change) {
    try {
      const userChanges = this.#userChanges;
      await deliver(change);
      if (userChanges !== this.#userChanges) return; // send it again as the new user
    } catch (problem) {
      if (problem.isTemporary) throw problem;
      this.#settle(change, false);
      this.#dispatch("change", change.movie_id);
      this.#dispatch("refused", change.movie_id, problem);
      return;
    }
    this.#pause = FIRST_PAUSE;
    this.#dispatch("online");
    this.#settle(change, true);
    if (!this.#pending.has(change.movie_id)) this.#dispatch("saved", change.movie_id);
  }

  #settle(change, accepted) {
    if (accepted) this.#confirm(change.movie_id, change.entry);
    if (this.#pending.get(change.movie_id) === change) this.#pending.delete(change.movie_id); // else it is older
    this.#keepPending();
  }

  #confirm(movieId, entry) {
    if (entry) this.#confirmed.set(movieId, entry);
    else this.#confirmed.delete(movieId);
    this.#confirmedMeanwhile.set(movieId, entry);
  }

  #retryLater(problem) {
    this.#dispatch("offline", undefined, problem);
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.resume(), this.#pause);
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
  }

  /** Keep the pending changes, under the names of earlier versions of the page. */
  #keepPending() {
    const changes = [...this.#pending.values()].map(({ entry, ...change }) => ({ ...change, opinion: entry }));
    keep("wishes", changes.length ? changes : null);
  }

  #dispatch(type, movie_id, problem) {
    this.dispatchEvent(new CustomEvent(type, { detail: { movie_id, problem } }));
  }
}

async function deliver({ movie_id, entry, catalogue }) {
  if (entry) return api.rate(movie_id, toBody(entry), entry.recommendation_id, catalogue);
  try {
    return await api.deleteRating(movie_id, catalogue);
  } catch (problem) {
    if (problem.status !== 404) throw problem; // it is deleted already
    return null;
  }
}

function toBody({ kind, rating }) {
  if (kind === "rating") return { rating };
  if (kind === "liked" || kind === "disliked") return { liked: kind === "liked" };
  return { [kind]: true };
}

function isPending(value) {
  const entry = value?.opinion;
  if (!hasFields(value, { movie_id: "number" }) || !/^[\w.-]+$/.test(value.catalogue ?? "none")) return false;
  return entry === null || hasFields(entry, ENTRY);
}

export const feedback = new Feedback();
addEventListener("online", () => feedback.resume());
onChangeElsewhere("wishes", (removed) => removed && feedback.reload().catch(() => {}));
onChangeElsewhere("erased", (removed) => removed && feedback.dispatchEvent(new Event("erased")));

/** @typedef {{movie_id: number, title: string|null, kind: string, rating: number|null, updated_at: string,
 *   recommendation_id: string|null}} Entry the feedback on one movie
 * @typedef {{movie_id: number, entry: Entry|null, catalogue: string|null}} Change without an entry, it deletes */
