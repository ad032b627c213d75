/**
 * What was shown and clicked. A card counts as shown once at least half of it was in view for a second. Events wait
 * for each other and are sent together; sending one twice does no harm, so that none is dropped before it was answered.
 */

import { session } from "./session.js";
import { tell } from "./service.js";
import { has, keep, recallAll } from "./storage.js";

const LOOKED_AT = 1_000;
const GATHERING = 3_000;
const RETRY = 15_000;
/** Ids of recommendations may be 4 kB long, and a browser lets a closing page send 64 kB. */
const MOST = 100;
const CLOSING_BYTES = 60_000;

const EVENT = { type: "string", recommendation_id: "string", movie_id: "number" };
const kept = recallAll("events", (event) => has(event, EVENT));

const waiting = new Map(kept.map((event) => [keyOf(event), event]));
const told = new Set();
const cards = new WeakMap();
const lists = new Map();
let timer = null;

/** The recommendation that a movie was last shown in, to be sent back with feedback; null if it was in none. */
export function shownIn(movieId) {
  return lists.get(movieId) ?? null;
}

/** Watch a card; call it again when the card has come to belong to another answer. */
export function watch(card, recommendation_id, movie_id) {
  lists.set(movie_id, recommendation_id);
  clearTimeout(cards.get(card)?.timer);
  cards.set(card, { event: { type: "shown", recommendation_id, movie_id }, timer: null });
  observer.unobserve(card);
  observer.observe(card);
}

/** A movie was opened from a card. */
export function clicked(recommendation_id, movie_id) {
  note({ type: "clicked", recommendation_id, movie_id });
}

/** Forget what has not been sent, since the user wants to be forgotten. */
export function forgetEvents() {
  waiting.clear();
  lists.clear();
  keep("events", null);
}

const observer = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      const seen = cards.get(target);
      clearTimeout(seen.timer);
      if (isIntersecting) seen.timer = setTimeout(() => note(seen.event), LOOKED_AT);
    }
  },
  { threshold: 0.5 },
);

function note(event) {
  const key = keyOf(event);
  if (told.has(key) || waiting.has(key)) return;
  waiting.set(key, event);
  later(GATHERING);
}

function keyOf({ type, recommendation_id, movie_id }) {
  return `${type} ${movie_id} ${recommendation_id}`;
}

function later(pause) {
  timer ??= setTimeout(send, pause);
}

async function send() {
  const batch = [...waiting.values()].slice(0, MOST);
  timer = null;
  if (!batch.length) return;
  try {
    await tell(batch);
    settle(batch);
  } catch (problem) {
    if (!problem.passes) settle(batch); // it will never be taken
  }
  if (waiting.size) later(RETRY);
}

/** Events that were answered are done with, also those that were refused. */
function settle(batch) {
  for (const event of batch) {
    waiting.delete(keyOf(event));
    told.add(keyOf(event));
  }
}

/** The page is closing: send what fits, and keep all of it for the next visit, since no answer will be seen. */
function sendNow() {
  const events = [...waiting.values()];
  keep("events", events.length ? events : null);
  if (!session.user) return;
  while (JSON.stringify(events).length > CLOSING_BYTES) events.pop();
  if (events.length) tell(events).catch(() => {});
}

addEventListener("pagehide", sendNow);
if (waiting.size) later(GATHERING);
