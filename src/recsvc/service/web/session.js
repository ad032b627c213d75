/**
 * Who is asking. A person is a token that this browser keeps; it is fetched when it is first needed, and never part of
 * an address. `session` tells ("renewed") when the service no longer took the old one.
 */

import { request } from "./api.js";
import { keep, recall } from "./storage.js";

class Session extends EventTarget {
  #beginning = null;

  /** The person of this browser, or null before the first write. Read anew each time: another tab may have begun. */
  get person() {
    return recall("session");
  }

  /** The person, made now if there is none. Callers at the same time get the same one. */
  async begin() {
    if (this.person) return this.person;
    this.#beginning ??= request("/session", { method: "POST" })
      .then(({ token, user_id }) => {
        const person = { token, user_id };
        keep("session", person);
        return this.person ?? person;
      })
      .finally(() => (this.#beginning = null));
    return this.#beginning;
  }

  /** Be nobody; the next write makes a new person. */
  end() {
    keep("session", null);
  }

  /** A request as this person: `ask` is given the person and returns the path and options of `request`. */
  async as(ask) {
    const person = await this.begin();
    try {
      return await send(person, ask);
    } catch (problem) {
      if (problem.status !== 401) throw problem;
      return send(await this.#renew(person), ask);
    }
  }

  /** As `as`, but somebody who is nobody yet stays it. */
  async perhapsAs(ask) {
    return this.person ? this.as(ask) : request(...ask(null));
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
}

function send(person, ask) {
  const [path, options = {}] = ask(person);
  return request(path, { ...options, headers: { ...options.headers, authorization: `Bearer ${person.token}` } });
}

export const session = new Session();
