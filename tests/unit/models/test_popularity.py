from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from recsvc.errors import ModelError
from recsvc.features.interactions import Interactions
from recsvc.models.popularity import MostRated, MostRatedConfig, Popularity, PopularityConfig, recency_weights
from recsvc.types import EMPTY_TASTE, Movie
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


def voted(*votes: tuple[int, float] | None) -> list[Movie]:
    """Movies 1, 2, … with this number of votes at TMDB, and their mean."""
    return [
        Movie(number, f"Movie {number}", 2000, vote_count=vote and vote[0], vote_average=vote and vote[1])
        for number, vote in enumerate(votes, 1)
    ]


def popularity_of(config: PopularityConfig, table: Table, known: list[Movie]) -> list[float]:
    world = world_of(known, table)
    model = Popularity(config).fit(world.interactions, world.dataset.movies, rng=np.random.default_rng(1))
    return [float(score) for score in model.score(EMPTY_TASTE)]


def test_without_ratings_votes_count_by_the_formula_of_imdb() -> None:
    known = voted((100, 8.0), (300, 6.0), (0, 0.0), None, (50, 4.0))
    # of 100, 300, 0, 0 and 50 half are at most 50; the mean of 8, 6, 0, 0 and 4 is 3.6
    by_hand = [100 / 150 * 8 + 50 / 150 * 3.6, 300 / 350 * 6 + 50 / 350 * 3.6, np.nan, np.nan, 4 / 2 + 3.6 / 2]
    assert popularity_of(PopularityConfig(vote_quantile=0.5), {}, known) == pytest.approx(by_hand, nan_ok=True)
    heaviest = popularity_of(PopularityConfig(vote_quantile=1.0), {}, known)
    assert heaviest[0] == pytest.approx(100 / 400 * 8 + 300 / 400 * 3.6)


def test_votes_count_as_one_rating_a_movie_beside_ratings() -> None:
    table = {"a": {1: 4.0, 2: 2.0}, "b": {1: 5.0}}
    known = voted((300, 8.0), (100, 6.0), (200, 5.0), None, (0, 0.0))
    # 200 votes are the mean: they count as 1.5, 0.5 and 1 ratings of 4, 3 and 2.5 stars; the most is 3.5
    counts, totals = [3.5, 1.5, 1.0], [9 + 6, 2 + 1.5, 2.5]
    by_hand = [(total + 3.5 * 2) / (count + 3.5) for count, total in zip(counts, totals, strict=True)]
    config = PopularityConfig(prior_quantile=1.0, prior_stars=2.0)
    assert popularity_of(config, table, known) == pytest.approx([*by_hand, np.nan, np.nan], nan_ok=True)
    without = popularity_of(PopularityConfig(1.0, 2.0, vote_ratings=0.0), table, known)
    assert without == pytest.approx([(9 + 2 * 2) / 4, (2 + 2 * 2) / 3, np.nan, np.nan, np.nan], nan_ok=True)


def test_without_ratings_and_votes_nothing_is_popular() -> None:
    for known in ([], voted(None, (0, 0.0))):
        with pytest.raises(ModelError, match="without ratings no movie is popular"):
            popularity_of(PopularityConfig(), {}, known)


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


def test_a_rating_counts_half_of_one_that_is_a_half_life_newer() -> None:
    times = np.array([40, 10, 30, 20], np.int64)
    held = Interactions(4, np.array([0, 4]), np.arange(4, dtype=np.int32), np.full(4, 4, np.float32), times)
    oldest_first = recency_weights(held, 0.5)[[1, 3, 2, 0]]
    np.testing.assert_allclose(oldest_first[2:], 2 * oldest_first[:2])
    assert oldest_first.mean() == pytest.approx(1)
    score = (
        Popularity(PopularityConfig(half_life=0.5))
        .fit(held, movies(4), rng=np.random.default_rng(0))
        .score(EMPTY_TASTE)
    )
    assert np.argsort(score).tolist() == [1, 3, 2, 0]


@pytest.mark.parametrize("times", [None, np.zeros(3, np.int64), np.full(3, 7, np.int64)])
def test_without_times_that_differ_all_ratings_count_alike(times: NDArray[np.int64] | None) -> None:
    held = Interactions(3, np.array([0, 3]), np.arange(3, dtype=np.int32), np.full(3, 4, np.float32), times)
    np.testing.assert_allclose(recency_weights(held, 0.01), 1)
    np.testing.assert_allclose(recency_weights(held, None), 1)


def test_ratings_of_the_same_second_count_alike_in_whatever_order_they_stand() -> None:
    times = np.array([2, 1, 2, 1], np.int64)
    held = Interactions(4, np.array([0, 4]), np.arange(4, dtype=np.int32), np.full(4, 4, np.float32), times)
    weights = recency_weights(held, 0.25)
    assert weights[0] == weights[2] > weights[1] == weights[3]
