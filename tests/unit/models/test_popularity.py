from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsvc.models.popularity import MostRated, MostRatedConfig, Popularity, PopularityConfig
from recsvc.types import EMPTY_TASTE
from tests.contracts.worlds import HALVES, movies, world_of

Table = dict[str, dict[int, float]]


def scores_of(table: Table, n_movies: int, prior_quantile: float, prior_stars: float) -> list[float]:
    world = world_of(movies(n_movies), table)
    model = Popularity(PopularityConfig(prior_quantile, prior_stars))
    model.fit(world.interactions, world.dataset.movies, rng=np.random.default_rng(1))
    return [float(score) for score in model.score(EMPTY_TASTE)]


def test_the_weighted_rating_by_hand() -> None:
    table = {"a": {1: 4.0, 2: 2.0}, "b": {1: 5.0}, "c": {1: 3.0}}
    # half of the rated movies stay below m = 2 ratings; C = 1.5
    by_hand = [3 / 5 * 4 + 2 / 5 * 1.5, 1 / 3 * 2 + 2 / 3 * 1.5]
    assert by_hand == pytest.approx([3.0, 5 / 3])
    *rated, unrated = scores_of(table, 3, 0.5, 1.5)
    assert rated == pytest.approx(by_hand)
    assert np.isnan(unrated)
    # m = 1 is the least, m = 3 the most; IMDb's own C is the mean of all four ratings
    assert scores_of(table, 2, 0.0, 3.5) == pytest.approx([3 / 4 * 4 + 1 / 4 * 3.5, 1 / 2 * 2 + 1 / 2 * 3.5])
    assert scores_of(table, 2, 1.0, 3.5) == pytest.approx([1 / 2 * 4 + 1 / 2 * 3.5, 1 / 4 * 2 + 3 / 4 * 3.5])


def test_many_good_ratings_come_before_a_few_better_ones_and_before_many_bad_ones() -> None:
    users = [str(number) for number in range(20)]
    table: Table = {user: {1: 4.0, 3: 1.5} for user in users}
    table["0"][2] = 5.0
    table["1"][2] = 5.0
    known, few, bad = scores_of(table, 3, 0.99, 1.0)
    assert known > few
    assert known > bad


def test_the_most_rated_are_counted_by_hand() -> None:
    world = world_of(movies(4), {"a": {1: 0.5, 2: 5.0}, "b": {1: 1.0}, "c": {1: 3.0, 3: 4.0}})
    made = [
        MostRated(config).fit(world.interactions, world.dataset.movies, rng=np.random.default_rng(1))
        for config in (MostRatedConfig(), MostRatedConfig(min_ratings=2))
    ]
    np.testing.assert_array_equal(made[0].score(EMPTY_TASTE), [3, 1, 1, np.nan])
    np.testing.assert_array_equal(made[1].score(EMPTY_TASTE), [3, np.nan, np.nan, np.nan])


tables = st.dictionaries(
    st.sampled_from("abcdefgh"), st.dictionaries(st.integers(1, 6), st.sampled_from(HALVES), min_size=1), min_size=1
)


@given(table=tables, quantile=st.floats(0, 1), presumed=st.floats(0.5, 5))
@settings(deadline=None, max_examples=60)
def test_it_lies_between_the_movie_and_what_is_presumed_nearer_the_movie_the_more_rated(
    table: Table, quantile: float, presumed: float
) -> None:
    scores = scores_of(table, 6, quantile, presumed)
    votes = {movie: [rated[movie] for rated in table.values() if movie in rated] for movie in range(1, 7)}
    prior = float(np.quantile([len(stars) for stars in votes.values() if stars], quantile))
    for movie, stars in votes.items():
        if not stars:
            assert np.isnan(scores[movie - 1])
            continue
        mean, n = sum(stars) / len(stars), len(stars)
        assert scores[movie - 1] == pytest.approx(n / (n + prior) * mean + prior / (n + prior) * presumed, abs=1e-5)
