"""What is measured for the page: curves over what a version's configuration does as one thing changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from recsvc.datasets.split import by_user, stratified_by_movie
from recsvc.datasets.tables import Dataset
from recsvc.engine.query import DEEPEST
from recsvc.engine.ranking import diversified, top
from recsvc.evaluation.beyond import exposure, least_rated_half, popularity_lift
from recsvc.evaluation.lists import liked, make_lists
from recsvc.evaluation.metrics import ndcg, rmse, summarise
from recsvc.evaluation.tasks import ms_recommenders
from recsvc.features.interactions import Interactions, interactions_of
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.content import Content
from recsvc.models.contract import Model
from recsvc.models.hybrid import Hybrid, HybridConfig
from recsvc.models.svd import Svd, SvdConfig
from recsvc.types import MAX_STARS, MIN_STARS, BoolMovies, FloatK, Rows, Taste

K = 10
FOLDED_IN = (0, 1, 3, 5, 10, 20)
LEAST_LEFT = 10
"""How many ratings must be left to be found, of someone whose list is measured."""
DIVERSITIES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
POPULARITIES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
EPOCHS = (2, 5, 10, 20, 40, 80)
REGULARISATIONS = (0.02, 0.05, 0.1, 0.2)
MOST_PEOPLE = 300


@dataclass(frozen=True, slots=True)
class Curve:
    """Some series over one axis: `x` (n,) and values (n,) a series."""

    x: tuple[float, ...]
    series: dict[str, list[float]]


def learning_curve(dataset: Dataset, vocabulary: Vocabulary, config: HybridConfig, *, seed: int) -> Curve:
    """NDCG@10 for people whom training never saw, after some of their ratings (drawn at random) were folded in.

    What is to be found is the same at every point: the ratings that are left when the most were folded in.
    """
    train, held = by_user(dataset.ratings, test_share=0.2, seed=seed)
    learned, people = interactions_of(train, vocabulary), interactions_of(held, vocabulary)
    hybrid = Hybrid(config).fit(learned, dataset.movies, rng=np.random.default_rng(seed))
    popularity = hybrid.parts["popularity"]
    rng = np.random.default_rng(seed)
    reached: dict[str, list[list[float]]] = {"hybrid": [], "popularity": []}
    for person in _active(people, FOLDED_IN[-1] + LEAST_LEFT, rng):
        taste = people.taste(person)
        order = rng.permutation(len(taste))
        sought = taste.rows[order[FOLDED_IN[-1] :]]
        known = [_part(taste, order[:count]) for count in FOLDED_IN]
        reached["hybrid"].append([_ndcg(hybrid, part, sought) for part in known])
        reached["popularity"].append([_ndcg(popularity, part, sought) for part in known])
    means = {name: np.mean(lines, axis=0).tolist() for name, lines in reached.items() if lines}
    return Curve(tuple(float(count) for count in FOLDED_IN), means)


def diversity_curve(dataset: Dataset, vocabulary: Vocabulary, config: HybridConfig, *, seed: int) -> Curve:
    """NDCG@10 and how different the ten films of a list are (1 - mean likeness) as `diversity` grows."""
    train, test = stratified_by_movie(dataset.ratings, test_share=0.25, seed=seed)
    seen, sought = interactions_of(train, vocabulary), interactions_of(test, vocabulary)
    hybrid = Hybrid(config).fit(seen, dataset.movies, rng=np.random.default_rng(seed))
    content = hybrid.parts["content"]
    assert isinstance(content, Content)  # noqa: S101 - Hybrid makes it so
    found, varied = [], []
    for person in _active(sought, 1, np.random.default_rng(seed)):
        taste, wanted = seen.taste(person), sought.taste(person).rows
        pool = top(hybrid.score(taste), _unseen(seen.n_movies, taste), k=DEEPEST)
        alike = partial(_alike, content, pool.rows)
        lists = [diversified(pool, alike, diversity=diversity, k=K) for diversity in DIVERSITIES]
        found.append([_gain(ranked.rows, wanted) for ranked in lists])
        varied.append([1 - _likeness(content, ranked.rows) for ranked in lists])
    return Curve(DIVERSITIES, {"ndcg@10": np.mean(found, axis=0).tolist(), "variety": np.mean(varied, axis=0).tolist()})


def popularity_curve(
    dataset: Dataset,
    vocabulary: Vocabulary,
    config: HybridConfig,
    *,
    seed: int,
    popularities: Sequence[float] = POPULARITIES,
) -> Curve:
    """What it costs to bound popularity: as `CollaborativeConfig.popularity` grows, what is found and how well known.

    NDCG@10 with every held-out rating relevant and with liked ones, the popularity lift, and the share of places that
    go to the least-rated half of liked films, of the `ms-recommenders` task. The value of `config` is among the points.
    """
    task = ms_recommenders(dataset, vocabulary, seed)
    counts, unsung = task.learned.counts(), least_rated_half(task.learned)
    points = sorted({*popularities, config.collaborative.popularity})
    series: dict[str, list[float]] = {"ndcg@10": [], "liked ndcg@10": [], "popularity_lift": [], "long_tail": []}
    for popularity in points:
        bounded = replace(config, collaborative=replace(config.collaborative, popularity=popularity))
        hybrid = Hybrid(bounded).fit(task.learned, task.movies, rng=task.rng())
        lists = make_lists(hybrid, task.seen, task.sought, k=K)
        series["ndcg@10"].append(summarise(*lists.hits(task.sought))[f"ndcg@{K}"])
        series["liked ndcg@10"].append(summarise(*lists.hits(liked(task.sought)))[f"ndcg@{K}"])
        series["popularity_lift"].append(popularity_lift(lists, task.seen, counts))
        series["long_tail"].append(exposure(lists, unsung))
    return Curve(tuple(points), series)


def error_curves(dataset: Dataset, vocabulary: Vocabulary, *, seed: int) -> tuple[Curve, Curve]:
    """RMSE of SVD on what it learned from and on what it did not: by epoch, and by regularisation."""
    train, test = stratified_by_movie(dataset.ratings, test_share=0.25, seed=seed)
    seen, sought = interactions_of(train, vocabulary), interactions_of(test, vocabulary)

    def errors(config: SvdConfig) -> tuple[float, float]:
        model = Svd(config).fit(seen, dataset.movies, rng=np.random.default_rng(seed))
        return _rmse(model, seen, seen), _rmse(model, seen, sought)

    by_epoch = [errors(SvdConfig(epochs=epochs)) for epochs in EPOCHS]
    by_l2 = [errors(SvdConfig(l2=l2)) for l2 in REGULARISATIONS]
    return _curve(EPOCHS, by_epoch), _curve(REGULARISATIONS, by_l2)


def _curve(x: tuple[float, ...], errors: list[tuple[float, float]]) -> Curve:
    return Curve(x, {"training": [error[0] for error in errors], "validation": [error[1] for error in errors]})


def _active(people: Interactions, least: int, rng: np.random.Generator) -> list[int]:
    """People with at least so many ratings, at most `MOST_PEOPLE` of them."""
    active = np.flatnonzero(np.diff(people.starts) >= least)
    chosen: list[int] = np.sort(rng.choice(active, min(MOST_PEOPLE, len(active)), replace=False)).tolist()
    return chosen


def _part(taste: Taste, places: NDArray[np.intp]) -> Taste:
    chosen = np.sort(places)
    return Taste(taste.rows[chosen], taste.stars[chosen])


def _unseen(n_movies: int, taste: Taste) -> BoolMovies:
    allowed = np.ones(n_movies, np.bool_)
    allowed[taste.rows] = False
    return allowed


def _ndcg(model: Model, taste: Taste, sought: Rows) -> float:
    scores = model.score(taste)
    return _gain(top(scores, _unseen(len(scores), taste), k=K).rows, sought)


def _gain(rows: Rows, sought: Rows) -> float:
    hits = np.zeros((1, K), np.bool_)
    hits[0, : len(rows)] = np.isin(rows, sought)
    return float(ndcg(hits, np.array([len(sought)]))[0])


def _alike(content: Content, rows: Rows, place: int) -> FloatK:
    return content.cosines(int(rows[place]), rows)


def _likeness(content: Content, rows: Rows) -> float:
    pairs = [content.cosines(int(row), rows[at + 1 :]) for at, row in enumerate(rows[:-1])]
    return float(np.concatenate(pairs).mean()) if pairs else 0.0


def _rmse(model: Svd, seen: Interactions, asked: Interactions) -> float:
    predicted, actual = [], []
    for person in np.flatnonzero(np.diff(asked.starts)).tolist():
        taste = asked.taste(person)
        stars = model.score_rows(seen.taste(person), taste.rows)
        known = np.isfinite(stars)
        predicted.append(np.clip(stars[known], MIN_STARS, MAX_STARS))
        actual.append(taste.stars[known])
    return rmse(np.concatenate(predicted).astype(np.float64), np.concatenate(actual).astype(np.float64))
