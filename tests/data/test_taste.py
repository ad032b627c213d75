"""What a taste does to a list of real movies: every rating helps, a dislike hurts its like, fame is not everything."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from recsvc.datasets.movielens import read_movielens
from recsvc.datasets.tables import Dataset
from recsvc.evaluation.report.curves import (
    FOLDED_IN,
    LIKED,
    diversity_curve,
    learning_curve,
    popularity_curve,
)
from recsvc.features.interactions import Interactions, interactions_of
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.hybrid import Hybrid, HybridConfig
from recsvc.types import EMPTY_TASTE, FloatMovies, Taste
from tests.contracts.worlds import taste_of

SEEDS = (42, 43, 44)


@pytest.fixture(scope="module")
def dataset(data_dir: Path) -> Dataset:
    return read_movielens(data_dir / "ml-100k", name="ml-100k")


@pytest.fixture(scope="module")
def sparser(data_dir: Path) -> Dataset:
    """As many ratings as ml-100k, of fewer users and of six times as many movies."""
    return read_movielens(data_dir / "ml-latest-small", name="ml-latest-small")


def vocabulary_of(dataset: Dataset) -> Vocabulary:
    return Vocabulary.of(movie.movie_id for movie in dataset.movies)


@pytest.fixture(scope="module")
def interactions(dataset: Dataset) -> Interactions:
    return interactions_of(dataset.ratings, vocabulary_of(dataset))


@pytest.fixture(scope="module")
def hybrid(dataset: Dataset, interactions: Interactions) -> Hybrid:
    return Hybrid().fit(interactions, dataset.movies, rng=np.random.default_rng(42))


def learned(dataset: Dataset, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """NDCG@10 (any rating or liked, points) of the hybrid, and (any or liked, baselines, points) of what is popular."""
    held = learning_curve(dataset, vocabulary_of(dataset), HybridConfig(), seed=seed)
    assert held.x == FOLDED_IN == (0, 1, 3, 5, 10, 20)
    personal = np.array([held.series[mark + "hybrid"] for mark in ("", LIKED)])
    baselines = ("popularity", "most-rated")
    return personal, np.array([[held.series[mark + name] for name in baselines] for mark in ("", LIKED)])


@pytest.mark.parametrize("seed", SEEDS)
def test_every_few_ratings_make_lists_better_and_one_is_better_than_any_list_for_everyone(
    dataset: Dataset, seed: int
) -> None:
    personal, popular = learned(dataset, seed)
    assert personal[:, 0] == pytest.approx(popular[:, 0, 0])
    assert (np.diff(personal) > 0.01).all()
    assert (personal[:, 1:] > popular.max(axis=1)[:, 1:] + 0.01).all()


def test_the_same_where_data_is_sparser(sparser: Dataset) -> None:
    """Only what one rating says of liked movies is within the noise of the weighted rating: so three seeds together."""
    of_seeds = [learned(sparser, seed) for seed in SEEDS]
    personal, popular = (np.mean(series, axis=0) for series in zip(*of_seeds, strict=True))
    assert (np.diff(personal)[:, 1:] > 0.01).all()
    any_rating, liked = personal
    assert any_rating[1] > any_rating[0] + 0.01
    assert (any_rating[1:] > popular[0].max(axis=0)[1:] + 0.01).all()
    assert (liked[1:] > popular[1, 1, 1:] + 0.01).all()  # most-rated
    assert (liked[2:] > popular[1].max(axis=0)[2:] + 0.01).all()


@pytest.mark.parametrize("name", ["dataset", "sparser"])
def test_diversity_trades_smoothly(name: str, request: pytest.FixtureRequest) -> None:
    dataset: Dataset = request.getfixturevalue(name)
    held = diversity_curve(dataset, vocabulary_of(dataset), HybridConfig(), seed=42)
    variety, found = (np.array(held.series[name]) for name in ("variety", "ndcg@10"))
    steps = np.diff(variety)
    assert (steps > 0).all()
    assert steps.max() < 0.4 * steps.sum()  # no single step does it all
    assert steps.sum() > 0.15
    half = held.x.index(0.5)
    assert found[half] > 0.95 * found[0]  # some variety costs little
    assert found[half] > found[half + 2] > found[-1]
    assert (np.diff(found)[:-1] > -0.25 * found[0]).all()  # at 1 nothing but variety counts


def ranks(scores: FloatMovies) -> NDArray[np.int64]:
    order = np.argsort(-np.where(np.isnan(scores), -np.inf, scores), kind="stable")
    found = np.empty(len(order), np.int64)
    found[order] = np.arange(len(order))
    return found


@pytest.mark.parametrize("user", [None, 50, 300])
def test_a_dislike_pushes_its_nearest_down(hybrid: Hybrid, interactions: Interactions, user: int | None) -> None:
    taste = EMPTY_TASTE if user is None else interactions.taste(user)
    before = ranks(hybrid.score(taste))
    pushed = []
    for movie in range(0, interactions.n_movies, 3):
        if movie in taste.rows:
            continue
        alike = hybrid.similar(movie)
        alike[movie] = np.nan
        nearest = np.argsort(-np.where(np.isnan(alike), -np.inf, alike), kind="stable")[:20]
        nearest = nearest[~np.isin(nearest, taste.rows)]
        rated = {**dict(zip(taste.rows.tolist(), taste.stars.tolist(), strict=True)), movie: 1.0}
        after: Taste = taste_of(dict(sorted(rated.items())))
        pushed.append(ranks(hybrid.score(after))[nearest].mean() > before[nearest].mean())
    assert np.mean(pushed) >= 0.95


def test_popularity_is_bounded_at_little_cost(dataset: Dataset) -> None:
    """The bound of docs/evaluation.md, and what is paid for it: at most 1 % of what the least bounded lists find."""
    config = HybridConfig()
    held = popularity_curve(dataset, vocabulary_of(dataset), config, seed=42, popularities=(0.0, 1.0))
    served = held.x.index(config.collaborative.popularity)
    assert 0 < served < len(held.x) - 1
    found, liked, lift, tail = (
        np.array(held.series[name]) for name in ("ndcg@10", "liked ndcg@10", "popularity_lift", "long_tail")
    )
    assert (np.diff(lift) > 0).all()
    assert (np.diff(tail) < 0).all()
    assert lift[served] < 1.5
    assert tail[served] > 0.003
    assert found[served] > 0.99 * found[-1]
    assert liked[served] > 0.99 * liked[-1]
    assert lift[0] < 1.45  # how far one could go
    assert tail[0] > 0.007
