/** One HTTP request to the service, and its problems (RFC 9457). */

/** Whether the page is going away: what is asked for then must outlive it. */
let leaving = false;
addEventListener("pagehide", () => (leaving = true));
addEventListener("pageshow", () => (leaving = false));

/** An answer that is none: `status` is 0 where the service was not reached at all. */
export class Problem extends Error {
  constructor(status, detail, errors = []) {
    super(detail);
    this.name = "Problem";
    this.status = status;
    this.errors = errors;
  }

  /** Whether the same request may succeed later. */
  get passes() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/**
 * Ask for a path and return the parsed answer (null where there is no body).
 * Aborted requests throw the `AbortError` of fetch; everything else that goes wrong throws a `Problem`.
 */
export async function request(path, { method = "GET", query, body, headers = {}, signal } = {}) {
  const response = await reach(path + search(query), {
    method,
    signal,
    keepalive: leaving,
    headers: body === undefined ? headers : { "content-type": "application/json", ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!response.ok) throw await problemOf(response);
  return response.status === 204 ? null : response.json();
}

async function reach(url, options) {
  try {
    return await fetch(url, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, "The service cannot be reached.");
  }
}

async function problemOf(response) {
  try {
    const { detail, errors } = await response.json();
    return new Problem(response.status, detail, errors);
  } catch {
    return new Problem(response.status, `The service answered ${response.status}.`); // a proxy's page, for example
  }
}

/** The query string; arrays repeat their name, and what is null, undefined or empty is left out. */
export function search(query = {}) {
  const pairs = Object.entries(query).flatMap(([name, value]) => [value].flat().map((one) => [name, one]));
  const given = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return given.length ? `?${new URLSearchParams(given)}` : "";
}
