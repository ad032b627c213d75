/** Every call of the API that this page makes. */

import { request } from "./api.js";
import { session } from "./session.js";

const byId = encodeURIComponent;

export function recommend(filters, signal) {
  return session.perhapsAs(() => ["/recommend", { query: filters, signal }]);
}

/** Films that most people know; the same seed deals the same films. */
export function onboarding(k, seed, signal) {
  return request("/movies/onboarding", { query: { k, seed }, signal });
}

export function findFilms(query, signal) {
  return request("/movies", { query, signal });
}

export function film(movieId, signal) {
  return request(`/movies/${byId(movieId)}`, { signal });
}

export function similar(movieId, by, k, signal) {
  return request(`/similar/${byId(movieId)}`, { query: { by, k }, signal });
}

/** What a person says about a film: one of `rating`, `liked`, `seen`, `not_interested`. */
export function rate(movie_id, verdict, recommendation_id) {
  const body = { movie_id, ...verdict, ...(recommendation_id && { recommendation_id }) };
  return session.as(() => ["/rate", { method: "POST", body }]);
}

export function takeBack(movie_id) {
  return session.as(() => ["/rate", { method: "DELETE", query: { movie_id } }]);
}

/** A page of all that this person said. */
export function myRatings(offset) {
  return session.as(({ user_id }) => [`/users/${byId(user_id)}/ratings`, { query: { k: 100, offset } }]);
}

export function eraseMe() {
  return session.as(({ user_id }) => [`/users/${byId(user_id)}`, { method: "DELETE" }]);
}

export function tell(events, keepalive = false) {
  return session.as(() => ["/events", { method: "POST", body: { events }, keepalive }]);
}

export function makeList(title, movie_ids) {
  return request("/lists", { method: "POST", body: { title, movie_ids } });
}

export function list(slug, signal) {
  return request(`/lists/${byId(slug)}`, { signal });
}

export function renameList(slug, title, editToken) {
  return request(`/lists/${byId(slug)}`, { method: "PATCH", body: { title }, headers: { "x-edit-token": editToken } });
}

export function deleteList(slug, editToken) {
  return request(`/lists/${byId(slug)}`, { method: "DELETE", headers: { "x-edit-token": editToken } });
}

export function models(signal) {
  return request("/models", { signal });
}

export function analytics(days, adminKey, signal) {
  return request("/analytics", { query: { days }, headers: { "x-admin-key": adminKey }, signal });
}
