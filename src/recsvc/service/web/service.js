/** Every call of the API that this page makes. */

import { request } from "./api.js";
import { session } from "./session.js";

const byId = encodeURIComponent;

export function recommend(filters, signal) {
  return session.perhapsAs(() => ["/recommend", { query: filters, signal }]);
}

/** Movies that most users know; the same seed deals the same movies. */
export function onboarding(k, seed, signal) {
  return request("/movies/onboarding", { query: { k, seed }, signal });
}

export function findMovies(query, signal) {
  return request("/movies", { query, signal });
}

export function movie(movieId, signal) {
  return request(`/movies/${byId(movieId)}`, { signal });
}

export function similar(movieId, by, k, signal) {
  return request(`/similar/${byId(movieId)}`, { query: { by, k }, signal });
}

/**
 * What a user says about a movie: one of `rating`, `liked`, `seen`, `not_interested`. Where the movie came from is left
 * out once the service does not take it (it is too old, or was another user's), since what was said counts more.
 */
export async function rate(movie_id, verdict, recommendation_id) {
  const post = (from) =>
    session.as((_, renewed) => {
      const body = { movie_id, ...verdict, ...(from && !renewed && { recommendation_id: from }) };
      return ["/rate", { method: "POST", body }];
    });
  try {
    return await post(recommendation_id);
  } catch (problem) {
    if (!problem.errors?.some(({ field }) => field === "body.recommendation_id")) throw problem;
    return post(null);
  }
}

export function takeBack(movie_id) {
  return session.as(() => ["/rate", { method: "DELETE", query: { movie_id } }]);
}

/** A page of all that this user said. */
export function myRatings(offset) {
  return session.as(({ user_id }) => [`/users/${byId(user_id)}/ratings`, { query: { k: 100, offset } }]);
}

export function eraseMe() {
  return session.onlyAs(({ user_id }) => [`/users/${byId(user_id)}`, { method: "DELETE" }]);
}

export function tell(events) {
  return session.as(() => ["/events", { method: "POST", body: { events } }]);
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
  // A header is bytes, and the key is compared as those of UTF-8.
  const key = String.fromCharCode(...new TextEncoder().encode(adminKey));
  return request("/analytics", { query: { days }, headers: { "x-admin-key": key }, signal });
}
