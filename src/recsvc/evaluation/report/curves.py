"""What is measured for the page: curves over what a version's lists do as one thing changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from recsvc.datasets.split import by_user, stratified_by_movie
from recsvc.datasets.tables import Dataset
from recsvc.engine.query import DEEPEST
from recsvc.engine.ranking import diversified, top
from recsvc.evaluation.metrics.accuracy import ndcg, summarise
from recsvc.evaluation.metrics.beyond_accuracy import (
    diversity,
    exposure,
    genre_likeness,
    least_rated_half,
    popularity_lift,
)
from recsvc.evaluation.parallel import Job, run_all, silent
from recsvc.evaluation.protocols.ranked_lists import LIKED_STARS, Lists, liked, make_lists
from recsvc.evaluation.protocols.tasks import Task, ms_recommenders
from recsvc.features.interactions import Interactions, interactions_of
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.content import Content
from recsvc.models.hybrid import Hybrid, HybridConfig
from recsvc.models.popularity import MostRated
from recsvc.types import BoolMovies, FloatK, Ranked, Rows, Taste

K = 10
FOLDED_IN = (0, 1, 3, 5, 10, 20)
LEAST_LEFT = 10
"""How many ratings must be left to be found, of someone whose list is measured."""
DRAWS = 5
"""How often it is drawn which ratings of a user are folded in."""
DIVERSITIES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
POPULARITIES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
MOST_USERS = 1000
LIKED = "liked "
"""What the name of a series begins with for which only liked ratings are to be found."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Some series over one axis: `x` (n,) and values (n,) a series; at `served` is what is served, if that is on it."""

    x: tuple[float, ...]
    series: dict[str, list[float]]
    served: float | None = None


def learning_curve(dataset: Dataset, vocabulary: Vocabulary, config: HybridConfig, *, seed: int) -> Curve:
    """NDCG@10 for users whom training never saw, as more of their ratings are folded in, beside what is popular.

    `DRAWS` times a user, as many ratings as are ever folded in are drawn, and folded in one after the other. Their
    movies are left out of every list, and all other movies that the user rated are to be found. So candidates and
    answers are the same at every point and for every model, and a list that is the same for everyone reaches the same
    everywhere. In the `LIKED` series only the ratings of 4 stars or more are to be found, by those who have any.
    """
    train, held = by_user(dataset.ratings, test_share=0.2, seed=seed)
    learned, users = interactions_of(train, vocabulary), interactions_of(held, vocabulary)
    hybrid = Hybrid(config).fit(learned, dataset.movies, rng=np.random.default_rng(seed))
    most_rated = MostRated().fit(learned, dataset.movies, rng=np.random.default_rng(seed))
    models = {Hybrid.kind: hybrid, "popularity": hybrid.parts["popularity"], MostRated.kind: most_rated}
    rng = np.random.default_rng(seed)
    reached: dict[str, list[list[float]]] = {mark + name: [] for mark in ("", LIKED) for name in models}
    for user in np.repeat(_active(users, FOLDED_IN[-1] + LEAST_LEFT, rng), DRAWS).tolist():
        taste = users.taste(user)
        order = rng.permutation(len(taste))
        told, rest = order[: FOLDED_IN[-1]], order[FOLDED_IN[-1] :]
        candidates = _unseen(users.n_movies, taste.rows[told])
        known = [_part(taste, told[:count]) for count in FOLDED_IN]
        sought, best = taste.rows[rest], taste.rows[rest[taste.stars[rest] >= LIKED_STARS]]
        for name, model in models.items():
            lists = [top(model.score(part), candidates, k=K).rows for part in known]
            reached[name].append([_gain(rows, sought) for rows in lists])
            if len(best):
                reached[LIKED + name].append([_gain(rows, best) for rows in lists])
    means = {name: np.mean(lines, axis=0).tolist() for name, lines in reached.items() if lines}
    return Curve(tuple(float(count) for count in FOLDED_IN), means)


def diversity_curve(dataset: Dataset, vocabulary: Vocabulary, config: HybridConfig, *, seed: int) -> Curve:
    """NDCG@10 and how different the genres of the ten movies of a list are as `diversity` grows.

    Lists are made varied by the likeness of content, as in the engine, and judged by genres alone (`beyond.diversity`).
    """
    train, test = stratified_by_movie(dataset.ratings, test_share=0.25, seed=seed)
    seen, sought = interactions_of(train, vocabulary), interactions_of(test, vocabulary)
    hybrid = Hybrid(config).fit(seen, dataset.movies, rng=np.random.default_rng(seed))
    content = hybrid.parts["content"]
    assert isinstance(content, Content)  # noqa: S101 - Hybrid makes it so
    users = _active(sought, 1, np.random.default_rng(seed))
    found: list[list[float]] = []
    made: list[list[Ranked]] = []
    for user in users.tolist():
        taste, wanted = seen.taste(user), sought.taste(user).rows
        pool = top(hybrid.score(taste), _unseen(seen.n_movies, taste.rows), k=DEEPEST)
        alike = cache(partial(_alike, content, pool.rows))
        lists = [diversified(pool, alike, diversity=share, k=K) for share in DIVERSITIES]
        found.append([_gain(ranked.rows, wanted) for ranked in lists])
        made.append(lists)
    likeness = genre_likeness(dataset.movies)
    varied = [diversity(Lists(K, users, ranked), likeness) for ranked in zip(*made, strict=True)]
    return Curve(DIVERSITIES, {"ndcg@10": np.mean(found, axis=0).tolist(), "variety": varied})


def popularity_curve(
    dataset: Dataset,
    vocabulary: Vocabulary,
    config: HybridConfig,
    *,
    seed: int,
    popularities: Sequence[float] = POPULARITIES,
    processes: int = 1,
) -> Curve:
    """What it costs to bound popularity: as `CollaborativeConfig.popularity` grows, what is found and how well known.

    NDCG@10 with every held-out rating relevant and with liked ones, the popularity lift, and the share of places that
    go to the least-rated half of liked movies, of the `ms-recommenders` task. The value of `config` is among the
    points.
    """
    task = ms_recommenders(dataset, vocabulary, seed)
    points = sorted({*popularities, config.collaborative.popularity})
    configs = [
        replace(config, collaborative=replace(config.collaborative, popularity=popularity)) for popularity in points
    ]
    jobs = [Job(f"{popularity:g}", partial(_known, task, one)) for popularity, one in zip(points, configs, strict=True)]
    figures = run_all(jobs, processes=processes, progress=silent)
    series = {name: [reached[name] for reached in figures] for name in figures[0]}
    return Curve(tuple(points), series, served=config.collaborative.popularity)


def _known(task: Task, config: HybridConfig) -> dict[str, float]:
    """What the hybrid of one configuration finds, and how well known that is."""
    lists = make_lists(Hybrid(config).fit(task.learned, task.movies, rng=task.rng()), task.seen, task.sought, k=K)
    return {
        f"ndcg@{K}": summarise(*lists.hits(task.sought))[f"ndcg@{K}"],
        f"liked ndcg@{K}": summarise(*lists.hits(liked(task.sought)))[f"ndcg@{K}"],
        "popularity_lift": popularity_lift(lists, task.seen, task.learned.counts()),
        "long_tail": exposure(lists, least_rated_half(task.learned)),
    }


def _active(users: Interactions, least: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Users with at least so many ratings, at most `MOST_USERS` of them."""
    active = np.flatnonzero(np.diff(users.starts) >= least)
    return np.sort(rng.choice(active, min(MOST_USERS, len(active)), replace=False)).astype(np.int64)


def _part(taste: Taste, places: NDArray[np.intp]) -> Taste:
    chosen = np.sort(places)
    return Taste(taste.rows[chosen], taste.stars[chosen])


def _unseen(n_movies: int, rows: Rows) -> BoolMovies:
    allowed = np.ones(n_movies, np.bool_)
    allowed[rows] = False
    return allowed


def _gain(rows: Rows, sought: Rows) -> float:
    hits = np.zeros((1, K), np.bool_)
    hits[0, : len(rows)] = np.isin(rows, sought)
    return float(ndcg(hits, np.array([len(sought)]))[0])


def _alike(content: Content, rows: Rows, place: int) -> FloatK:
    return content.cosines(int(rows[place]), rows)
