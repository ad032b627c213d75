/**
 * Who is asking. A user is a token that this browser keeps; it is fetched when it is first needed, and never part of
 * an address. `session` tells when the user changes: "renewed" where the service no longer took the old one,
 * "replaced" where another tab has begun or ended a session (`detail.ended`).
 */

import { Problem, request } from "./api.js";
import { has, keep, onChangeElsewhere, recall } from "./storage.js";

class Session extends EventTarget {
  #beginning = null;
  /** The token that this tab last knew. */
  #known = this.user?.token;

  constructor() {
    super();
    onChangeElsewhere("session", (ended) => this.#follow(ended));
  }

  /** The user of this browser, or null before the first write. Read anew each time: another tab may have begun. */
  get user() {
    return recall("session", isUser);
  }

  /** The user, made now if there is none. Callers at the same time get the same one. */
  async begin() {
    if (this.user) return this.user;
    this.#beginning ??= request("/session", { method: "POST" })
      .then(({ token, user_id }) => {
        if (!this.user) this.#become({ token, user_id }); // else another tab was quicker
        return this.user;
      })
      .finally(() => (this.#beginning = null));
    return this.#beginning;
  }

  /** Be nobody; the next write makes a new user. */
  end() {
    this.#become(null);
  }

  /**
   * A request as this user: `ask` is given the user, and whether they are a new one since the service no longer
   * took the old, and returns the path and options of `request`.
   */
  async as(ask) {
    const user = await this.begin();
    try {
      return await send(user, ask);
    } catch (problem) {
      if (problem.status !== 401) throw problem;
      return send(await this.#renew(user), ask, true);
    }
  }

  /** As `as`, but somebody who is nobody yet stays it. */
  async perhapsAs(ask) {
    return this.user ? this.as(ask) : request(...ask(null));
  }

  /** As `as`, but as the user of now or not at all. */
  async onlyAs(ask) {
    if (!this.user) throw new Problem(401, "This browser has lost the session to which your opinions belong.");
    return send(this.user, ask);
  }

  #become(user) {
    keep("session", user);
    this.#known = user?.token;
  }

  async #renew(refused) {
    // Several requests may be refused at once: only the first of them ends the session.
    if (this.user?.token === refused.token) {
      this.end();
      await this.begin();
      this.dispatchEvent(new Event("renewed"));
    }
    return this.begin();
  }

  /** Be who another tab has made this browser; two that begin at once thus end as the one that came last. */
  #follow(ended) {
    const token = this.user?.token;
    if (token === this.#known) return;
    this.#known = token;
    this.dispatchEvent(new CustomEvent("replaced", { detail: { ended } }));
  }
}

/** A token is a JWT; anything else could not even be sent. */
function isUser(value) {
  return has(value, { token: "string", user_id: "string" }) && /^[\w.-]+$/.test(value.token);
}

function send(user, ask, renewed = false) {
  const [path, options = {}] = ask(user, renewed);
  return request(path, { ...options, headers: { ...options.headers, authorization: `Bearer ${user.token}` } });
}

export const session = new Session();
