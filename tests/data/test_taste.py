"""What a taste does to a list of real films: every rating helps, a dislike hurts its like, fame is not everything."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from recsvc.datasets.movielens import read_movielens
from recsvc.datasets.tables import Dataset
from recsvc.evaluation.portrait.curves import FOLDED_IN, diversity_curve, learning_curve, popularity_curve
from recsvc.features.interactions import Interactions, interactions_of
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.hybrid import Hybrid, HybridConfig
from recsvc.types import EMPTY_TASTE, FloatMovies, Taste
from tests.contracts.worlds import taste_of


@pytest.fixture(scope="module")
def dataset(data_dir: Path) -> Dataset:
    return read_movielens(data_dir / "ml-100k", name="ml-100k")


@pytest.fixture(scope="module")
def vocabulary(dataset: Dataset) -> Vocabulary:
    return Vocabulary.of(movie.movie_id for movie in dataset.movies)


@pytest.fixture(scope="module")
def interactions(dataset: Dataset, vocabulary: Vocabulary) -> Interactions:
    return interactions_of(dataset.ratings, vocabulary)


@pytest.fixture(scope="module")
def hybrid(dataset: Dataset, interactions: Interactions) -> Hybrid:
    return Hybrid().fit(interactions, dataset.movies, rng=np.random.default_rng(42))


def test_every_few_ratings_make_lists_better_and_one_is_better_than_none(
    dataset: Dataset, vocabulary: Vocabulary
) -> None:
    held = learning_curve(dataset, vocabulary, HybridConfig(), seed=42)
    assert held.x == FOLDED_IN == (0, 1, 3, 5, 10, 20)
    personal, popular = (np.array(held.series[name]) for name in ("hybrid", "popularity"))
    assert personal[0] == pytest.approx(popular[0])
    assert (np.diff(personal) > 0).all()
    assert (personal[1:] > popular[1:]).all()


def test_diversity_trades_smoothly(dataset: Dataset, vocabulary: Vocabulary) -> None:
    held = diversity_curve(dataset, vocabulary, HybridConfig(), seed=42)
    variety, found = (np.array(held.series[name]) for name in ("variety", "ndcg@10"))
    assert (np.diff(variety) >= 0).all()
    assert variety[-1] - variety[0] > 0.05
    assert found[3] > 0.9 * found[0]  # some variety costs little
    assert found[0] > found[5] > found[-1]


def ranks(scores: FloatMovies) -> NDArray[np.int64]:
    order = np.argsort(-np.where(np.isnan(scores), -np.inf, scores), kind="stable")
    found = np.empty(len(order), np.int64)
    found[order] = np.arange(len(order))
    return found


@pytest.mark.parametrize("person", [None, 50, 300])
def test_a_dislike_pushes_its_nearest_down(hybrid: Hybrid, interactions: Interactions, person: int | None) -> None:
    taste = EMPTY_TASTE if person is None else interactions.taste(person)
    before = ranks(hybrid.score(taste))
    pushed = []
    for film in range(0, interactions.n_movies, 3):
        if film in taste.rows:
            continue
        alike = hybrid.similar(film)
        alike[film] = np.nan
        nearest = np.argsort(-np.where(np.isnan(alike), -np.inf, alike), kind="stable")[:20]
        nearest = nearest[~np.isin(nearest, taste.rows)]
        rated = {**dict(zip(taste.rows.tolist(), taste.stars.tolist(), strict=True)), film: 1.0}
        after: Taste = taste_of(dict(sorted(rated.items())))
        pushed.append(ranks(hybrid.score(after))[nearest].mean() > before[nearest].mean())
    assert np.mean(pushed) >= 0.95


def test_popularity_is_bounded_at_little_cost(dataset: Dataset, vocabulary: Vocabulary) -> None:
    """The bound of docs/evaluation.md, and what is paid for it: at most 1 % of what the least bounded lists find."""
    config = HybridConfig()
    held = popularity_curve(dataset, vocabulary, config, seed=42, popularities=(0.0, 1.0))
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
    assert lift[0] < 1.4  # how far one could go
    assert tail[0] > 0.01
