/** All calls of the API that the page makes. */

import { catalogue, request } from "./http.js";
import { session } from "./session.js";

const byId = encodeURIComponent;

/** Headers by which a request is refused if the movie ids in it are of another catalogue than the one that serves. */
const of = (name) => (name ? { "x-catalogue": name } : {});

export function recommend(filters, signal) {
  return session.sendIfBegun(() => ["/recommend", { query: filters, signal }]);
}

/** Get one list for several `members`, for whom nothing is stored; the session has no part in it. */
export function recommendTogether(body, signal) {
  return request("/recommend", { method: "POST", body, headers: of(catalogue.name), signal });
}

/** Get well-known movies to rate; the same seed gives the same movies. */
export function onboarding(k, seed, signal) {
  return request("/movies/onboarding", { query: { k, seed }, signal });
}

export function findMovies(query, signal) {
  return request("/movies", { query, signal });
}

export function popular(query, signal) {
  return request("/movies/popular", { query, signal });
}

/** Return how many stars this user would give to a movie; null where nothing tells. */
export async function predictedStars(movieId, signal) {
  if (!session.user) return null;
  const { strategy, items } = await recommend({ only: movieId, explain: false }, signal);
  return strategy === "popular" ? null : (items[0]?.predicted_rating ?? null);
}

export function genres() {
  return request("/genres");
}

export function movie(movieId, signal) {
  return request(`/movies/${byId(movieId)}`, { signal });
}

export function similar(movieId, by, k, signal) {
  return request(`/similar/${byId(movieId)}`, { query: { by, k }, signal });
}

/** Get the movies that are like all of a selection. */
export function similarToAll(body, signal) {
  return request("/similar", { method: "POST", body, headers: of(catalogue.name), signal });
}

/**
 * Send feedback on a movie of a catalogue: one of `rating`, `liked`, `seen`, `not_interested`. The recommendation is
 * left out once the service refuses it (it is too old, or another user's), since the feedback matters more.
 */
export async function rate(movie_id, value, recommendation_id, inCatalogue) {
  const post = (id) =>
    session.send((_, renewed) => {
      const body = { movie_id, ...value, ...(id && !renewed && { recommendation_id: id }) };
      return ["/rate", { method: "POST", body, headers: of(inCatalogue) }];
    });
  try {
    return await post(recommendation_id);
  } catch (problem) {
    if (!problem.errors?.some(({ field }) => field === "body.recommendation_id")) throw problem;
    return post(null);
  }
}

export function deleteRating(movie_id, inCatalogue) {
  return session.send(() => ["/rate", { method: "DELETE", query: { movie_id }, headers: of(inCatalogue) }]);
}

export function myRatings(offset) {
  return session.send(({ user_id }) => [`/users/${byId(user_id)}/ratings`, { query: { k: 100, offset } }]);
}

export function eraseMe() {
  return session.sendAsCurrent(({ user_id }) => [`/users/${byId(user_id)}`, { method: "DELETE" }]);
}

export function sendEvents(events) {
  return session.send(() => ["/events", { method: "POST", body: { events } }]);
}

/** Return the lists of the user, as the service tells them. */
export async function heldLists(signal) {
  if (!session.user) return [];
  try {
    return (await session.send(({ user_id }) => [`/users/${byId(user_id)}`, { signal }])).lists;
  } catch (problem) {
    if (problem.status === 404) return []; // nothing is stored
    throw problem;
  }
}

/** Make a list of this user: `{title, kind, movie_ids}`. */
export function makeList(body) {
  return session.send(() => ["/lists", { method: "POST", body, headers: of(catalogue.name) }]);
}

export function list(slug, signal) {
  return session.sendIfBegun(() => [`/lists/${byId(slug)}`, { signal, tagged: true }]);
}

/** Change a list as it was read; a problem with the status 412 says that others changed it. */
export function changeList(saved, body, editToken) {
  return session.sendIfBegun(() => [
    `/lists/${byId(saved.slug)}`,
    { method: "PATCH", body, headers: { ...of(catalogue.name), ...asRead(saved, editToken) }, tagged: true },
  ]);
}

export function deleteList(saved, editToken) {
  return session.sendIfBegun(() => [
    `/lists/${byId(saved.slug)}`,
    { method: "DELETE", headers: asRead(saved, editToken) },
  ]);
}

/** Headers for a change of a list as it was read; a list that is nobody's takes its edit token. */
function asRead({ etag }, editToken) {
  return { ...(etag && { "if-match": etag }), ...(editToken && { "x-edit-token": editToken }) };
}

export function models(signal) {
  return request("/models", { signal });
}

export function analytics(days, adminKey, signal) {
  // A header is a string of bytes, and the key is compared as UTF-8.
  const key = String.fromCharCode(...new TextEncoder().encode(adminKey));
  return request("/analytics", { query: { days }, headers: { "x-admin-key": key }, signal });
}
