/**
 * The session of the user: a token that this browser keeps. It is requested when it is first needed and is never part
 * of an address. `session` dispatches "renewed" when the service no longer accepted the old token, and "replaced" when
 * another tab has begun or ended a session (`detail.ended`).
 */

import { Problem, request } from "./http.js";
import { hasFields, keep, onChangeElsewhere, recall } from "./storage.js";

class Session extends EventTarget {
  #beginning = null;
  /** The token that this tab used last. */
  #lastToken = this.user?.token;

  constructor() {
    super();
    onChangeElsewhere("session", (ended) => this.#follow(ended));
  }

  /** The user of this browser, or null before the first write. It is read each time: another tab may have begun. */
  get user() {
    return recall("session", isUser);
  }

  /** Return the user, created now if there is none. Simultaneous callers get the same one. */
  async begin() {
    if (this.user) return this.user;
    this.#beginning ??= request("/session", { method: "POST" })
      .then(({ token, user_id }) => {
        if (!this.user) this.#keep({ token, user_id }); // else another tab was quicker
        return this.user;
      })
      .finally(() => (this.#beginning = null));
    return this.#beginning;
  }

  /** End the session; the next write begins a new one. */
  end() {
    this.#keep(null);
  }

  /**
   * Send a request as this user. `build(user, renewed)` returns the path and options of `request`; `renewed` is
   * whether the user is a new one because the service no longer accepted the old token.
   */
  async send(build) {
    const user = await this.begin();
    try {
      return await send(user, build);
    } catch (problem) {
      if (problem.status !== 401) throw problem;
      return send(await this.#renew(user), build, true);
    }
  }

  /** Send a request as this user, or without a user if there is no session yet. */
  async sendIfBegun(build) {
    return this.user ? this.send(build) : request(...build(null));
  }

  /** Send a request as the current user and never as a new one. */
  async sendAsCurrent(build) {
    if (!this.user) throw new Problem(401, "This browser has lost the session to which your ratings belong.");
    return send(this.user, build);
  }

  #keep(user) {
    keep("session", user);
    this.#lastToken = user?.token;
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

  /** Become the user of another tab: two that begin at once end as the one that was kept last. */
  #follow(ended) {
    const token = this.user?.token;
    if (token === this.#lastToken) return;
    this.#lastToken = token;
    this.dispatchEvent(new CustomEvent("replaced", { detail: { ended } }));
  }
}

/** Whether a value is a user whose token can be sent in a header, as a JWT can. */
function isUser(value) {
  return hasFields(value, { token: "string", user_id: "string" }) && /^[\w.-]+$/.test(value.token);
}

function send(user, build, renewed = false) {
  const [path, options = {}] = build(user, renewed);
  return request(path, { ...options, headers: { ...options.headers, authorization: `Bearer ${user.token}` } });
}

export const session = new Session();
