from __future__ import annotations

import numpy as np
import pytest

from recsvc.datasets.sample import read_sample
from recsvc.evaluation.report import curves
from recsvc.evaluation.report.curves import (
    DIVERSITIES,
    FOLDED_IN,
    LIKED,
    diversity_curve,
    learning_curve,
    popularity_curve,
)
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.collaborative import CollaborativeConfig
from recsvc.models.hybrid import HybridConfig
from tests.contracts.worlds import World, movies, world_of


def two_kinds(disliked: int = 0) -> World:
    """Sixty users who rated 36 of the 40 movies of one kind and none of the other: one rating shows which kind.

    They gave five stars, but one star to the first movies of either kind.
    """
    rng = np.random.default_rng(3)
    rated = {
        str(user): {
            int(movie) * 2 + user % 2 + 1: 1.0 if movie < disliked else 5.0
            for movie in rng.choice(40, 36, replace=False)
        }
        for user in range(60)
    }
    return world_of(movies(80), rated)


def test_one_rating_is_enough_where_it_determines_the_others() -> None:
    world = two_kinds()
    held = learning_curve(world.dataset, world.vocabulary, HybridConfig(), seed=1)
    assert held.x == FOLDED_IN
    hybrid, popularity = held.series["hybrid"], held.series["popularity"]
    assert hybrid[0] == pytest.approx(popularity[0])  # no rating is folded in yet
    assert min(hybrid[1:]) > 1.5 * popularity[0]


def test_what_is_folded_in_is_neither_a_candidate_nor_held_out_at_any_point() -> None:
    world = two_kinds()
    held = learning_curve(world.dataset, world.vocabulary, HybridConfig(popularity_prior=1.0), seed=1)
    for name in ("popularity", "most-rated"):
        assert len(set(held.series[name])) == 1
    # 40 movies of a kind less the 20 that are left out: 16 are relevant and 4 are not rated.
    assert min(held.series["hybrid"][1:]) > 0.7


def test_liked_ratings_are_held_out_for_users_who_have_any_left() -> None:
    everything_liked = two_kinds()
    held = learning_curve(everything_liked.dataset, everything_liked.vocabulary, HybridConfig(), seed=1)
    for name in ("hybrid", "popularity", "most-rated"):
        assert held.series[LIKED + name] == held.series[name]
    nothing_liked = two_kinds(disliked=40)
    held = learning_curve(nothing_liked.dataset, nothing_liked.vocabulary, HybridConfig(), seed=1)
    assert not any(name.startswith(LIKED) for name in held.series)
    assert len(held.series) == 3
    half_liked = two_kinds(disliked=20)
    held = learning_curve(half_liked.dataset, half_liked.vocabulary, HybridConfig(), seed=1)
    assert 0 < held.series[f"{LIKED}most-rated"][0] < held.series["most-rated"][0]


def test_diversity_trades_relevance_for_variety(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curves, "MAX_USERS", 300)
    sample = read_sample()
    vocabulary = Vocabulary.of(movie.movie_id for movie in sample.movies)
    held = diversity_curve(sample, vocabulary, HybridConfig(), seed=1)
    assert held.x == DIVERSITIES
    variety, found = held.series["variety"], held.series["ndcg@10"]
    assert variety[0] < variety[5] < variety[-1]
    assert variety[-1] > variety[0] + 0.02
    assert found[0] > found[5] > found[-1]


def test_the_served_popularity_is_among_the_points() -> None:
    sample = read_sample()
    vocabulary = Vocabulary.of(movie.movie_id for movie in sample.movies)
    config = HybridConfig(collaborative=CollaborativeConfig(popularity=0.3))
    held = popularity_curve(sample, vocabulary, config, seed=1, popularities=(0.0, 1.0)).result()
    assert held.x == (0.0, 0.3, 1.0)
    assert held.served == 0.3
    assert [*held.series] == ["ndcg@10", "liked ndcg@10", "popularity_lift", "long_tail"]
