/** A visitor rates a movie and shares the recommendations. The compiler checks every call against openapi.json. */
import createClient, { type Middleware } from "openapi-fetch";
import type { components, paths } from "./api.js";

type Recommendations = components["schemas"]["Recommendations"];

const baseUrl = process.argv[2];
if (baseUrl === undefined) throw new Error("usage: example.ts URL");
const api = createClient<paths>({ baseUrl });

/** Return the answer, or throw an error with the detail of the problem. */
function unwrap<T>({ data, error }: { data?: T; error?: { detail?: string } }): T {
  if (data === undefined) throw new Error(error?.detail ?? "no answer");
  return data;
}

const session = unwrap(await api.POST("/session"));
const withToken: Middleware = {
  onRequest({ request }) {
    request.headers.set("Authorization", `Bearer ${session.token}`);
    return request;
  },
};
api.use(withToken);

async function recommend(): Promise<Recommendations> {
  return unwrap(await api.GET("/recommend", { params: { query: { k: 5, era: "any" } } }));
}

const before = await recommend();
const found = unwrap(await api.GET("/movies", { params: { query: { q: "empire strkes back" } } }));
const movie = found.items[0];
if (movie === undefined) throw new Error("nothing was found");
unwrap(await api.POST("/rate", { body: { movie_id: movie.movie_id, rating: 5 } }));

const after = await recommend();
const first = after.items[0];
if (first === undefined) throw new Error("nothing was recommended");
const shown = { type: "shown", recommendation_id: after.recommendation_id, movie_id: first.movie.movie_id } as const;
const events = unwrap(await api.POST("/events", { body: { events: [shown] } }));
unwrap(
  await api.POST("/rate", {
    body: { movie_id: first.movie.movie_id, liked: true, recommendation_id: after.recommendation_id },
  }),
);

const movie_ids = after.items.map((item) => item.movie.movie_id);
const list = unwrap(await api.POST("/lists", { body: { title: "For a rainy Sunday", movie_ids } }));
const shared = unwrap(await api.GET("/lists/{slug}", { params: { path: { slug: list.slug } } }));
const forged = await api.POST("/rate", { body: { movie_id: movie.movie_id, liked: true, recommendation_id: "AAAA" } });

console.log(
  JSON.stringify({
    user: session.user_id,
    strategies: [before.strategy, after.strategy],
    movie: movie.title,
    because: first.because.map((reason) => reason.title),
    kept: events.kept,
    shared: shared.items.map((item) => item.movie?.title ?? item.title),
    recommended: after.items.map((item) => item.movie.title),
    refused: forged.error?.errors?.map((error) => error.field),
  }),
);
