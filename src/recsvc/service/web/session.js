/**
 * Who is asking. A person is a token that this browser keeps; it is fetched when it is first needed, and never part of
 * an address. `session` tells when the person changes: "renewed" where the service no longer took the old one,
 * "replaced" where another tab has begun or ended a session (`detail.ended`).
 */

import { Problem, request } from "./api.js";
import { has, keep, onChangeElsewhere, recall } from "./storage.js";

class Session extends EventTarget {
  #beginning = null;
  /** The token that this tab last knew. */
  #known = this.person?.token;

  constructor() {
    super();
    onChangeElsewhere("session", (ended) => this.#follow(ended));
  }

  /** The person of this browser, or null before the first write. Read anew each time: another tab may have begun. */
  get person() {
    return recall("session", isPerson);
  }

  /** The person, made now if there is none. Callers at the same time get the same one. */
  async begin() {
    if (this.person) return this.person;
    this.#beginning ??= request("/session", { method: "POST" })
      .then(({ token, user_id }) => {
        if (!this.person) this.#become({ token, user_id }); // else another tab was quicker
        return this.person;
      })
      .finally(() => (this.#beginning = null));
    return this.#beginning;
  }

  /** Be nobody; the next write makes a new person. */
  end() {
    this.#become(null);
  }

  /**
   * A request as this person: `ask` is given the person, and whether they are a new one since the service no longer
   * took the old, and returns the path and options of `request`.
   */
  async as(ask) {
    const person = await this.begin();
    try {
      return await send(person, ask);
    } catch (problem) {
      if (problem.status !== 401) throw problem;
      return send(await this.#renew(person), ask, true);
    }
  }

  /** As `as`, but somebody who is nobody yet stays it. */
  async perhapsAs(ask) {
    return this.person ? this.as(ask) : request(...ask(null));
  }

  /** As `as`, but as the person of now or not at all. */
  async onlyAs(ask) {
    if (!this.person) throw new Problem(401, "This browser has lost the session to which your opinions belong.");
    return send(this.person, ask);
  }

  #become(person) {
    keep("session", person);
    this.#known = person?.token;
  }

  async #renew(refused) {
    // Several requests may be refused at once: only the first of them ends the session.
    if (this.person?.token === refused.token) {
      this.end();
      await this.begin();
      this.dispatchEvent(new Event("renewed"));
    }
    return this.begin();
  }

  /** Be who another tab has made this browser; two that begin at once thus end as the one that came last. */
  #follow(ended) {
    const token = this.person?.token;
    if (token === this.#known) return;
    this.#known = token;
    this.dispatchEvent(new CustomEvent("replaced", { detail: { ended } }));
  }
}

/** A token is a JWT; anything else could not even be sent. */
function isPerson(value) {
  return has(value, { token: "string", user_id: "string" }) && /^[\w.-]+$/.test(value.token);
}

function send(person, ask, renewed = false) {
  const [path, options = {}] = ask(person, renewed);
  return request(path, { ...options, headers: { ...options.headers, authorization: `Bearer ${person.token}` } });
}

export const session = new Session();
