/** A visitor rates a movie and shares the list they get: every call is checked against openapi.json when this compiles. */
import createClient, { type Middleware } from "openapi-fetch";
import type { components, paths } from "./api.js";

type Recommendations = components["schemas"]["Recommendations"];

const baseUrl = process.argv[2];
if (baseUrl === undefined) throw new Error("give the address of the service");
const api = createClient<paths>({ baseUrl });

/** The answer, or an error that says what the service said was wrong. */
function answered<T>({ data, error }: { data?: T; error?: { detail?: string } }): T {
  if (data === undefined) throw new Error(error?.detail ?? "no answer");
  return data;
}

const session = answered(await api.POST("/session"));
const withToken: Middleware = {
  onRequest({ request }) {
    request.headers.set("Authorization", `Bearer ${session.token}`);
    return request;
  },
};
api.use(withToken);

async function recommended(): Promise<Recommendations> {
  return answered(await api.GET("/recommend", { params: { query: { k: 5, era: "any" } } }));
}

const before = await recommended();
const found = answered(await api.GET("/movies", { params: { query: { q: "empire strkes back" } } }));
const movie = found.items[0];
if (movie === undefined) throw new Error("nothing was found");
answered(await api.POST("/rate", { body: { movie_id: movie.movie_id, rating: 5 } }));

const after = await recommended();
const first = after.items[0];
if (first === undefined) throw new Error("nothing was recommended");
const shown = { type: "shown", recommendation_id: after.recommendation_id, movie_id: first.movie.movie_id } as const;
const events = answered(await api.POST("/events", { body: { events: [shown] } }));
answered(
  await api.POST("/rate", {
    body: { movie_id: first.movie.movie_id, liked: true, recommendation_id: after.recommendation_id },
  }),
);

const movie_ids = after.items.map((item) => item.movie.movie_id);
const list = answered(await api.POST("/lists", { body: { title: "For a rainy Sunday", movie_ids } }));
const shared = answered(await api.GET("/lists/{slug}", { params: { path: { slug: list.slug } } }));
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
    refused: forged.error?.errors?.map((one) => one.field),
  }),
);
