from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from recsvc.datasets.dataset import Dataset, Ratings
from recsvc.models.popularity import PopularityConfig
from recsvc.tuning import holdouts
from recsvc.tuning.popular import search_popular
from recsvc.tuning.spaces import HALF_LIVES, STARS_BELOW
from recsvc.types import Movie

SECOND_PLACE = 1 / np.log2(3)


@pytest.fixture(autouse=True)
def one_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holdouts, "ENOUGH_UNKNOWN", 1)


def dataset(movies: list[int], stars: list[float]) -> Dataset:
    """One rating a user, a second after that of the user before."""
    n = len(movies)
    ratings = Ratings(
        tuple(map(str, range(n))),
        np.arange(n, dtype=np.int32),
        np.array(movies, np.int64),
        np.array(stars, np.float32),
        np.arange(n, dtype=np.int64),
    )
    return Dataset("in time", ratings, tuple(Movie(movie, f"Movie {movie}") for movie in (1, 2)))


def test_a_movie_that_is_popular_now_comes_first_for_who_starts_now_by_hand() -> None:
    """Of 80 older ratings, 60 are of the first movie and the newest 20 of the second, as are the 20 that are held out.

    Without a half-life, the first movie leads by 60 to 20, and all 20 users find theirs in the second place.
    """
    data = dataset([1] * 60 + [2] * 40, [5.0] * 100)
    config = PopularityConfig()
    study = search_popular(data, config)
    assert study is not None
    assert study.users == 20
    assert study.defaults.ndcg == pytest.approx((SECOND_PLACE, SECOND_PLACE))
    assert study.best.ndcg == (1, 1)
    assert study.best.value == pytest.approx((1 / SECOND_PLACE, 0))
    # A quarter of the ratings fades by q = 2 ** (-1 / (4 h)): 20 newest ones outweigh 60 older ones where
    # 1 - q > q - q ** 4, so for q below 0.544, which is h = 0.284. Of equals, the longest half-life is taken.
    assert study.best.config.half_life == max(one for one in HALF_LIVES if one is not None and one < 0.284)
    assert json.loads(json.dumps(study.record())) == study.record()


def test_what_is_no_better_does_not_replace_the_config() -> None:
    data = dataset([1, 1, 2] * 40, [5.0] * 120)
    config = PopularityConfig(half_life=0.4, prior_stars=0.7)
    assert config.half_life not in HALF_LIVES
    study = search_popular(data, config)
    assert study is not None
    assert study.best == study.defaults == (config, (1, 0), study.defaults.ndcg)


def test_stars_and_numbers_of_ratings_are_weighed_by_who_comes_later() -> None:
    """Half as many users rate the first movie, and give it more stars; those who come later rate the second one."""
    older = [1, 2, 2] * 32
    data = dataset(older + [2] * 24, [5.0 if movie == 1 else 3.0 for movie in older] + [4.0] * 24)
    config = PopularityConfig(prior_stars=3.0, prior_quantile=0.0)
    study = search_popular(data, config)
    assert study is not None
    assert study.defaults.ndcg == pytest.approx((SECOND_PLACE, SECOND_PLACE))
    assert study.best.ndcg == (1, 1)
    assert study.best.config.prior_stars in [3.5 - below for below in STARS_BELOW]


def test_without_times_there_is_nothing_to_search() -> None:
    data = dataset([1, 2] * 20, [4.0] * 40)
    at_once = replace(data, ratings=replace(data.ratings, timestamps=np.zeros(40, np.int64)))
    assert search_popular(at_once, PopularityConfig()) is None
