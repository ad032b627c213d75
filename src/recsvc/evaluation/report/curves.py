"""The curves of the model report: metrics of a version's lists as one parameter changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from recsvc.datasets.dataset import Dataset
from recsvc.datasets.split import by_user, stratified_by_movie
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
from recsvc.evaluation.parallel import Job, Measurement
from recsvc.evaluation.protocols.ranked_lists import LIKED_STARS, RankedLists, liked, make_lists
from recsvc.evaluation.protocols.tasks import Task, ms_recommenders
from recsvc.features.interactions import Interactions, interactions_of
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.hybrid import Hybrid, HybridConfig
from recsvc.models.popularity import MostRated, Popularity
from recsvc.types import BoolMovies, Ranked, Rows, Taste

K = 10
FOLDED_IN = (0, 1, 3, 5, 10, 20)
LEAST_LEFT = 10
"""The least number of ratings that are held out of a user whose list is measured."""
DRAWS = 5
"""The number of draws for each user of the ratings that are folded in."""
DIVERSITIES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
POPULARITIES = (-0.1, -0.05, 0.0, 0.05, 0.1, 0.2)
MAX_USERS = 1000
LIKED = "liked "
"""The prefix of the names of series in which only liked ratings are held out."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Some series over one axis: `x` (n,), values (n,) of each series, and the served x if it is on the axis."""

    x: tuple[float, ...]
    series: dict[str, list[float]]
    served: float | None = None


def learning_curve(dataset: Dataset, vocabulary: Vocabulary, config: HybridConfig, *, seed: int) -> Curve:
    """Return the nDCG@10 for users who were not in training, as more of their ratings are folded in, and of baselines.

    `DRAWS` times for each user, the ratings to fold in are drawn, and folded in one after the other. Their movies are
    left out of every list, and all other ratings of the user are held out. So the candidates and the relevant movies
    are the same at every point and for every model, and a list that is the same for all users has the same nDCG at
    every point. In the `LIKED` series only ratings of 4 stars or more are held out, for the users who have any.
    """
    train_ratings, ratings_of_new = by_user(dataset.ratings, test_share=0.2, seed=seed)
    train, users = interactions_of(train_ratings, vocabulary), interactions_of(ratings_of_new, vocabulary)
    hybrid = Hybrid(config).fit(train, dataset.movies, rng=np.random.default_rng(seed))
    most_rated = MostRated().fit(train, dataset.movies, rng=np.random.default_rng(seed))
    models = {Hybrid.kind: hybrid, Popularity.kind: hybrid.popularity, MostRated.kind: most_rated}
    rng = np.random.default_rng(seed)
    gains: dict[str, list[list[float]]] = {prefix + name: [] for prefix in ("", LIKED) for name in models}
    for user in np.repeat(_active(users, FOLDED_IN[-1] + LEAST_LEFT, rng), DRAWS).tolist():
        taste = users.taste(user)
        order = rng.permutation(len(taste))
        fold_in, rest = order[: FOLDED_IN[-1]], order[FOLDED_IN[-1] :]
        candidates = _all_but(users.n_movies, taste.rows[fold_in])
        tastes = [_part(taste, fold_in[:count]) for count in FOLDED_IN]
        held_out, held_out_liked = taste.rows[rest], taste.rows[rest[taste.stars[rest] >= LIKED_STARS]]
        for name, model in models.items():
            lists = [top(model.score(part), candidates, k=K).rows for part in tastes]
            gains[name].append(_ndcg(lists, held_out, users.n_movies))
            if len(held_out_liked):
                gains[LIKED + name].append(_ndcg(lists, held_out_liked, users.n_movies))
    means = {name: np.mean(of_users, axis=0).tolist() for name, of_users in gains.items() if of_users}
    return Curve(tuple(float(count) for count in FOLDED_IN), means)


def diversity_curve(dataset: Dataset, vocabulary: Vocabulary, config: HybridConfig, *, seed: int) -> Curve:
    """Return the nDCG@10 and the variety of the genres of a list as `diversity` grows.

    Lists are diversified by the content of the movies, as in the engine, and their variety is measured by genres only
    (`beyond_accuracy.diversity`).
    """
    train_ratings, held_out_ratings = stratified_by_movie(dataset.ratings, test_share=0.25, seed=seed)
    train, held_out = interactions_of(train_ratings, vocabulary), interactions_of(held_out_ratings, vocabulary)
    hybrid = Hybrid(config).fit(train, dataset.movies, rng=np.random.default_rng(seed))
    users = _active(held_out, 1, np.random.default_rng(seed))
    gains: list[list[float]] = []
    lists: list[list[Ranked]] = []
    for user in users.tolist():
        taste, relevant = train.taste(user), held_out.taste(user).rows
        pool = top(hybrid.score(taste), _all_but(train.n_movies, taste.rows), k=DEEPEST)
        likeness = cache(hybrid.content.cosines_among(pool.rows))
        of_user = [diversified(pool, likeness, diversity=share, k=K) for share in DIVERSITIES]
        gains.append(_ndcg([ranked.rows for ranked in of_user], relevant, train.n_movies))
        lists.append(of_user)
    by_genres = genre_likeness(dataset.movies)
    variety = [diversity(RankedLists(K, users, ranked), by_genres) for ranked in zip(*lists, strict=True)]
    return Curve(DIVERSITIES, {"ndcg@10": np.mean(gains, axis=0).tolist(), "variety": variety})


def popularity_curve(
    dataset: Dataset,
    vocabulary: Vocabulary,
    config: HybridConfig,
    *,
    seed: int,
    popularities: Sequence[float] = POPULARITIES,
) -> Measurement[Curve]:
    """Measure the metrics of the `ms-recommenders` task as `CollaborativeConfig.popularity` grows.

    They are the nDCG@10 with every held-out rating relevant and with liked ones, the popularity lift, and the share of
    places that go to the least-rated half of liked movies. The value of `config` is among the points.
    """
    task = ms_recommenders(dataset, vocabulary, seed)
    points = sorted({*popularities, config.collaborative.popularity})
    configs = [
        replace(config, collaborative=replace(config.collaborative, popularity=popularity)) for popularity in points
    ]
    jobs = [
        Job(f"popularity {popularity:g}", partial(_task_figures, task, of_point))
        for popularity, of_point in zip(points, configs, strict=True)
    ]

    def curve(figures: list[dict[str, float]]) -> Curve:
        series = {name: [of_point[name] for of_point in figures] for name in figures[0]}
        return Curve(tuple(points), series, served=config.collaborative.popularity)

    return Measurement(jobs, curve)


def _task_figures(task: Task, config: HybridConfig) -> dict[str, float]:
    """Return the metrics of the hybrid with one configuration."""
    hybrid = Hybrid(config).fit(task.train, task.movies, rng=task.rng())
    lists = make_lists(hybrid, task.fold_in, task.held_out, k=K)
    return {
        f"ndcg@{K}": summarise(*lists.hits(task.held_out))[f"ndcg@{K}"],
        f"liked ndcg@{K}": summarise(*lists.hits(liked(task.held_out)))[f"ndcg@{K}"],
        "popularity_lift": popularity_lift(lists, task.fold_in, task.train.counts()),
        "long_tail": exposure(lists, least_rated_half(task.train)),
    }


def _active(users: Interactions, least: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the users with at least that many ratings, at most `MAX_USERS` of them."""
    active = np.flatnonzero(np.diff(users.starts) >= least)
    return np.sort(rng.choice(active, min(MAX_USERS, len(active)), replace=False)).astype(np.int64)


def _part(taste: Taste, places: NDArray[np.intp]) -> Taste:
    chosen = np.sort(places)
    return Taste(taste.rows[chosen], taste.stars[chosen])


def _all_but(n_movies: int, rows: Rows) -> BoolMovies:
    allowed = np.ones(n_movies, np.bool_)
    allowed[rows] = False
    return allowed


def _ndcg(lists: Sequence[Rows], relevant: Rows, n_movies: int) -> list[float]:
    """Return the nDCG@10 of each of some lists of one user."""
    is_relevant = np.zeros(n_movies, np.bool_)
    is_relevant[relevant] = True
    hits = np.zeros((len(lists), K), np.bool_)
    for of_list, rows in zip(hits, lists, strict=True):
        of_list[: len(rows)] = is_relevant[rows]
    return [float(value) for value in ndcg(hits, np.full(len(lists), len(relevant)))]
