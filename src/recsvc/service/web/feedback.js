/**
 * What the user said about movies. It is shown at once and sent at once; what the service has confirmed is kept apart
 * from what is still on its way, so that a refusal only has to drop the latter.
 *
 * Events, each with the movie's id as `detail.movie_id` where it is about one:
 * `change` (what is shown changed), `kept` (the service has it), `refused` (with the problem), `stalled`, `flowing`.
 *
 * Other tabs say things too: when one of them has sent everything, what the service holds is read anew.
 */

import * as service from "./service.js";
import { session } from "./session.js";
import { has, keep, onChangeElsewhere, recallAll } from "./storage.js";

const FIRST_PAUSE = 2_000;
const LONGEST_PAUSE = 30_000;
const OPINION = { movie_id: "number", title: "string", kind: "string", updated_at: "string" };
const TASTE = new Set(["rating", "liked", "disliked"]);

class Feedback extends EventTarget {
  /** Whether what the service holds has been read. */
  loaded = false;
  /** @type {Map<number, Opinion>} what the service has */
  #confirmed = new Map();
  /** @type {Map<number, {movie_id: number, opinion: Opinion|null}>} the last wish about each movie; null takes back */
  #wishes = new Map(recallAll("wishes", isWish).map((wish) => [wish.movie_id, wish]));
  /** @type {Map<number, Opinion|null>} what was settled while it was being read what the service has */
  #settled = new Map();
  /** How often this tab has become somebody else. */
  #user = 0;
  #sending = new Set();
  #loading = null;
  #pause = FIRST_PAUSE;
  #retry = null;

  /** Read what the service holds, once; a user who is nobody yet has said nothing. */
  load() {
    this.#loading ??= this.#read().catch((problem) => {
      this.#loading = null;
      throw problem;
    });
    return this.#loading;
  }

  /** Read it again, since another tab has said something or is somebody else; what lists show may differ then. */
  async reload() {
    this.#loading = null;
    this.loaded = false;
    await this.load();
    this.#tell("kept");
  }

  async #read() {
    const held = new Map();
    const settled = (this.#settled = new Map());
    if (session.user) {
      for (let offset = 0; offset !== null;) {
        const { items, next_offset } = await service.myRatings(offset);
        for (const item of items) held.set(item.movie_id, item);
        offset = next_offset;
      }
    }
    if (settled !== this.#settled) return this.#loading; // it is being read again
    this.#confirmed = held;
    for (const [movieId, opinion] of settled) this.#hold(movieId, opinion); // newer than the answers
    this.loaded = true;
    this.#tell("change");
    this.resume();
    return null;
  }

  /** What was said about a movie, or null. */
  about(movieId) {
    return this.#wishes.has(movieId) ? this.#wishes.get(movieId).opinion : (this.#confirmed.get(movieId) ?? null);
  }

  /** Everything that was said, the newest first. */
  all() {
    const ids = new Set([...this.#confirmed.keys(), ...this.#wishes.keys()]);
    const said = [...ids].map((id) => this.about(id)).filter(Boolean);
    return said.sort((a, b) => b.updated_at.localeCompare(a.updated_at));
  }

  /** How many movies speak for the user's taste. */
  get taste() {
    return this.all().filter(({ kind }) => TASTE.has(kind)).length;
  }

  /** How many opinions are still on their way. */
  get waiting() {
    return this.#wishes.size;
  }

  /** How many opinions the service has, as far as is known. */
  get held() {
    return this.#confirmed.size;
  }

  /**
   * Say something about a movie. `verdict` is `{kind, rating?}` or null to take back what was said.
   * Returns what had been said before, which is what an undo says again.
   */
  say(movie, verdict, recommendationId = null) {
    const before = this.about(movie.movie_id);
    const opinion = verdict && {
      movie_id: movie.movie_id,
      title: movie.title,
      kind: verdict.kind,
      rating: verdict.rating ?? null,
      recommendation_id: recommendationId,
      updated_at: new Date().toISOString(),
    };
    this.#wish(movie.movie_id, opinion);
    this.#tell("change", movie.movie_id);
    this.#send(movie.movie_id);
    return before;
  }

  #wish(movie_id, opinion) {
    this.#wishes.set(movie_id, { movie_id, opinion });
    this.#remember();
  }

  /** Send again what could not be sent. */
  resume() {
    clearTimeout(this.#retry);
    for (const movieId of this.#wishes.keys()) this.#send(movieId);
  }

  /** Another user begins, of whom the service holds nothing; what is still on its way becomes theirs. */
  startAnew() {
    this.#confirmed = new Map();
    this.#tell("change");
  }

  /**
   * Another tab has made this browser another user. Where both tabs had begun at once, what was said here is said
   * again as the user who stays.
   */
  follow({ ended }) {
    this.#user += 1;
    const said = ended ? [] : [...this.#confirmed.values()].filter(({ movie_id }) => !this.#wishes.has(movie_id));
    for (const opinion of said) this.#wish(opinion.movie_id, { ...opinion, recommendation_id: null });
    this.startAnew();
    return this.reload();
  }

  /** Say nothing any more, not even what is on its way. */
  forget() {
    this.#user += 1;
    this.#wishes.clear();
    this.#remember();
    this.startAnew();
  }

  /** One request a movie at a time, so that the last word is the one that stays. */
  async #send(movieId) {
    if (this.#sending.has(movieId)) return;
    this.#sending.add(movieId);
    try {
      while (this.#wishes.has(movieId)) await this.#deliver(this.#wishes.get(movieId));
    } catch (problem) {
      this.#stall(problem);
    } finally {
      this.#sending.delete(movieId);
    }
  }

  async #deliver(wish) {
    try {
      const user = this.#user;
      await deliver(wish);
      if (user !== this.#user) return; // as another user now, who says it again
    } catch (problem) {
      if (problem.passes) throw problem;
      this.#settle(wish, false);
      this.#tell("change", wish.movie_id);
      this.#tell("refused", wish.movie_id, problem);
      return;
    }
    this.#flow();
    this.#settle(wish, true);
    if (!this.#wishes.has(wish.movie_id)) this.#tell("kept", wish.movie_id);
  }

  #settle(wish, accepted) {
    if (accepted) this.#hold(wish.movie_id, wish.opinion);
    if (this.#wishes.get(wish.movie_id) === wish) this.#wishes.delete(wish.movie_id); // else there is a newer one
    this.#remember();
  }

  #hold(movieId, opinion) {
    if (opinion) this.#confirmed.set(movieId, opinion);
    else this.#confirmed.delete(movieId);
    this.#settled.set(movieId, opinion);
  }

  #stall(problem) {
    this.#tell("stalled", undefined, problem);
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.resume(), this.#pause);
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
  }

  #flow() {
    this.#pause = FIRST_PAUSE;
    this.#tell("flowing");
  }

  #remember() {
    keep("wishes", this.#wishes.size ? [...this.#wishes.values()] : null);
  }

  #tell(type, movie_id, problem) {
    this.dispatchEvent(new CustomEvent(type, { detail: { movie_id, problem } }));
  }
}

async function deliver({ movie_id, opinion }) {
  if (opinion) return service.rate(movie_id, wire(opinion), opinion.recommendation_id);
  try {
    return await service.takeBack(movie_id);
  } catch (problem) {
    if (problem.status !== 404) throw problem; // nothing is held about it, which is what was wished
    return null;
  }
}

/** An opinion as `POST /rate` wants it. */
function wire({ kind, rating }) {
  if (kind === "rating") return { rating };
  if (kind === "liked" || kind === "disliked") return { liked: kind === "liked" };
  return { [kind]: true };
}

/** Whether something that was kept is a wish. */
function isWish(value) {
  const said = value?.opinion;
  return has(value, { movie_id: "number" }) && (said === null || has(said, OPINION));
}

export const feedback = new Feedback();
addEventListener("online", () => feedback.resume());
onChangeElsewhere("wishes", (sent) => sent && feedback.reload().catch(() => {}));

/** @typedef {{movie_id: number, title: string|null, kind: string, rating: number|null, updated_at: string,
 *   recommendation_id: string|null}} Opinion */
