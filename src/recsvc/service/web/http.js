/** Sends one HTTP request to the service and reads its problems (RFC 9457). */

import { painted } from "./dom.js";

/** Whether the page is being closed: its last requests must outlive it. */
let leaving = false;
addEventListener("pagehide", () => (leaving = true));
addEventListener("pageshow", () => (leaving = false));

/** Dispatches "switched" when another catalogue serves than the one whose movies the page shows. */
class Catalogue extends EventTarget {
  /** The name in the first answer; null before it. */
  name = null;

  /** Whether an answer is of another one. */
  isLeftBy(answer) {
    const name = answer.headers.get("x-catalogue");
    this.name ??= name;
    return Boolean(name) && name !== this.name;
  }
}

export const catalogue = new Catalogue();

/** A failed request; `status` is 0 when the service was not reached. */
export class Problem extends Error {
  constructor(status, detail, errors = []) {
    super(detail);
    this.name = "Problem";
    this.status = status;
    this.errors = errors;
  }

  /** Whether the same request may succeed later. */
  get isTemporary() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/**
 * Request a path and return the parsed answer (null if it has no body), with its tag as `etag` if it is to be `tagged`.
 * An aborted request throws the `AbortError` of fetch; every other failure throws a `Problem`.
 */
export async function request(path, { method = "GET", query, body, headers = {}, signal, tagged = false } = {}) {
  if (method !== "GET" && !leaving) await painted(); // what the user does is seen before it is sent
  const url = path + queryString(query);
  const options = {
    method,
    signal,
    keepalive: leaving,
    headers: body === undefined ? headers : { "content-type": "application/json", ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
    cache: catalogue.name ? "default" : "no-cache", // what the browser has kept may be of another catalogue
  };
  let response = await send(url, options);
  if (catalogue.isLeftBy(response)) {
    if (method === "GET") response = await send(url, { ...options, cache: "reload" });
    if (catalogue.isLeftBy(response)) catalogue.dispatchEvent(new Event("switched"));
  }
  if (!response.ok) throw await readProblem(response);
  if (response.status === 204) return null;
  const answer = await response.json();
  return tagged ? { ...answer, etag: response.headers.get("etag") } : answer;
}

async function send(url, options) {
  try {
    return await fetch(url, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, "The service cannot be reached.");
  }
}

async function readProblem(response) {
  try {
    const { detail, errors } = await response.json();
    return new Problem(response.status, detail, errors);
  } catch {
    return new Problem(response.status, `The service answered ${response.status}.`); // for example the page of a proxy
  }
}

/** Return the query string; arrays repeat their name, and what is null or empty is left out. */
export function queryString(query = {}) {
  const pairs = Object.entries(query).flatMap(([name, value]) => [value].flat().map((item) => [name, item]));
  const params = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return params.length ? `?${new URLSearchParams(params)}` : "";
}
