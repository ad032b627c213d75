from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsvc.models.popularity import Popularity, PopularityConfig
from recsvc.types import EMPTY_TASTE
from tests.contracts.worlds import HALVES, films, world_of

Table = dict[str, dict[int, float]]


def scores_of(table: Table, n_films: int, prior_quantile: float) -> list[float]:
    world = world_of(films(n_films), table)
    model = Popularity(PopularityConfig(prior_quantile))
    model.fit(world.interactions, world.dataset.movies, rng=np.random.default_rng(1))
    return [float(score) for score in model.score(EMPTY_TASTE)]


def test_the_weighted_rating_by_hand() -> None:
    table = {"a": {1: 4.0, 2: 2.0}, "b": {1: 5.0}, "c": {1: 3.0}}
    # C = 14 / 4 = 3.5; half of the rated films stay below m = 2 ratings
    by_hand = [3 / 5 * 4 + 2 / 5 * 3.5, 1 / 3 * 2 + 2 / 3 * 3.5]
    assert by_hand == pytest.approx([3.8, 3.0])
    *rated, unrated = scores_of(table, 3, 0.5)
    assert rated == pytest.approx(by_hand)
    assert np.isnan(unrated)
    # m = 1 is the least, m = 3 the most
    assert scores_of(table, 2, 0.0) == pytest.approx([3 / 4 * 4 + 1 / 4 * 3.5, 1 / 2 * 2 + 1 / 2 * 3.5])
    assert scores_of(table, 2, 1.0) == pytest.approx([1 / 2 * 4 + 1 / 2 * 3.5, 1 / 4 * 2 + 3 / 4 * 3.5])


tables = st.dictionaries(
    st.sampled_from("abcdefgh"), st.dictionaries(st.integers(1, 6), st.sampled_from(HALVES), min_size=1), min_size=1
)


@given(table=tables, quantile=st.floats(0, 1))
@settings(deadline=None, max_examples=60)
def test_it_lies_between_the_film_and_everything_nearer_the_film_the_more_rated(table: Table, quantile: float) -> None:
    everything = [stars for rated in table.values() for stars in rated.values()]
    overall = sum(everything) / len(everything)
    scores = scores_of(table, 6, quantile)
    votes = {film: [rated[film] for rated in table.values() if film in rated] for film in range(1, 7)}
    prior = float(np.quantile([len(stars) for stars in votes.values() if stars], quantile))
    for film, stars in votes.items():
        if not stars:
            assert np.isnan(scores[film - 1])
            continue
        mean, n = sum(stars) / len(stars), len(stars)
        assert scores[film - 1] == pytest.approx(n / (n + prior) * mean + prior / (n + prior) * overall, abs=1e-5)


def test_the_default_prior_is_the_one_stated() -> None:
    assert PopularityConfig().prior_quantile == 0.9
