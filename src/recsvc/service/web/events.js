/**
 * Events of what was shown and clicked. A card counts as shown once at least half of it was in view for a second.
 * Events are sent in batches. Sending one twice does no harm, so that none is dropped before it is answered.
 */

import { sendEvents } from "./api.js";
import { session } from "./session.js";
import { hasFields, keep, recallAll } from "./storage.js";

const SHOWN_AFTER = 1_000;
const BATCH_PAUSE = 3_000;
const RETRY_PAUSE = 15_000;
/** Recommendation ids may be 4 kB long, and a browser lets a closing page send 64 kB. */
const MOST = 100;
const CLOSING_BYTES = 60_000;

const EVENT = { type: "string", recommendation_id: "string", movie_id: "number" };
const kept = recallAll("events", (event) => hasFields(event, EVENT));

const pending = new Map(kept.map((event) => [keyOf(event), event]));
const sent = new Set();
const cards = new WeakMap();
const recommendationIds = new Map();
let timer = null;
let sending = null;

/** Return the recommendation in which the user last saw a movie, to be sent with feedback, or null. */
export function shownIn(movieId) {
  return recommendationIds.get(movieId) ?? null;
}

/** Watch a card; call it again when the card belongs to another answer. */
export function watch(card, recommendation_id, movie_id) {
  clearTimeout(cards.get(card)?.timer);
  cards.set(card, { event: { type: "shown", recommendation_id, movie_id }, timer: null });
  observer.unobserve(card);
  observer.observe(card);
}

/** Note that the user has seen a card: it was in view for long enough, or they act on it. */
export function noteSeen(card) {
  const { event } = cards.get(card);
  recommendationIds.set(event.movie_id, event.recommendation_id);
  add(event);
}

export function clicked(recommendation_id, movie_id) {
  add({ type: "clicked", recommendation_id, movie_id });
}

/** Drop the events that were not sent, for a user who is erased, and wait for those on their way. */
export async function clearEvents() {
  pending.clear();
  recommendationIds.clear();
  keep("events", null);
  await sending;
}

const observer = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      const card = cards.get(target);
      clearTimeout(card.timer);
      if (isIntersecting) card.timer = setTimeout(() => noteSeen(target), SHOWN_AFTER);
    }
  },
  { threshold: 0.5 },
);

function add(event) {
  const key = keyOf(event);
  if (sent.has(key) || pending.has(key)) return;
  pending.set(key, event);
  sendAfter(BATCH_PAUSE);
}

function keyOf({ type, recommendation_id, movie_id }) {
  return `${type} ${movie_id} ${recommendation_id}`;
}

function sendAfter(pause) {
  timer ??= setTimeout(() => (sending = send()), pause);
}

async function send() {
  const batch = [...pending.values()].slice(0, MOST);
  timer = null;
  if (!batch.length) return;
  try {
    await sendEvents(batch);
    settle(batch);
  } catch (problem) {
    if (!problem.isTemporary) settle(batch); // it will never be accepted
  }
  if (pending.size) sendAfter(RETRY_PAUSE);
}

/** Remove answered events, also those that were refused. */
function settle(batch) {
  for (const event of batch) {
    pending.delete(keyOf(event));
    sent.add(keyOf(event));
  }
}

/** Send what fits while the page is closing, and keep all events: no answer will arrive. */
function sendNow() {
  const events = [...pending.values()];
  keep("events", events.length ? events : null);
  if (!session.user) return;
  while (JSON.stringify(events).length > CLOSING_BYTES) events.pop();
  if (events.length) sendEvents(events).catch(() => {});
}

addEventListener("pagehide", sendNow);
if (pending.size) sendAfter(BATCH_PAUSE);
