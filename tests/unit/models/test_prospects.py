from __future__ import annotations

import numpy as np
import pytest

from recsvc.models.prospects import Prospects, ProspectsConfig
from recsvc.types import EMPTY_TASTE, Movie
from tests.contracts.worlds import taste_of, world_of

GENRES = ProspectsConfig(l2=1e-6, weights={"genres": 1.0})
# Films of genre A have three ratings each, films of genre B one; film 7 and 8 are new, film 9 says nothing of itself.
MOVIES = [
    *(Movie(movie_id, "x", genres=("A",)) for movie_id in (1, 2, 3)),
    *(Movie(movie_id, "x", genres=("B",)) for movie_id in (4, 5, 6)),
    Movie(7, "x", genres=("A",)),
    Movie(8, "x", genres=("B",)),
    Movie(9, "x"),
]
RATED = {
    "a": {1: 4.0, 2: 4.0, 3: 4.0, 4: 4.0},
    "b": {1: 4.0, 2: 4.0, 3: 4.0, 5: 4.0},
    "c": {1: 4.0, 2: 4.0, 3: 4.0, 6: 4.0},
}


def fitted(movies: list[Movie], config: ProspectsConfig) -> Prospects:
    return Prospects(config).fit(world_of(movies, RATED).interactions, movies, rng=np.random.default_rng(1))


def test_a_new_film_is_expected_to_do_as_its_like() -> None:
    scores = fitted(MOVIES, GENRES).score(taste_of({0: 3.0}))  # 3 stars weigh 1
    assert scores[6] == pytest.approx(scores[0], abs=1e-3)
    assert scores[7] == pytest.approx(scores[3], abs=1e-3)
    assert scores[6] - scores[7] == pytest.approx(np.log1p(3) - np.log1p(1), abs=1e-3)
    assert np.isnan(scores[8])


def test_it_keeps_its_proportion_to_what_is_personal() -> None:
    model = fitted(MOVIES, GENRES)
    one, two = model.score(taste_of({0: 3.0})), model.score(taste_of({0: 3.0, 1: 5.0}))
    np.testing.assert_allclose(two, one * 2.5, rtol=1e-5)  # 5 stars weigh 1.5
    assert np.isnan(model.score(EMPTY_TASTE)).all()


def test_votes_elsewhere_count() -> None:
    votes = [800, 900, 1000, 8, 9, 10, 900, 9, None]
    movies = [Movie(one.movie_id, "x", vote_count=count) for one, count in zip(MOVIES, votes, strict=True)]
    scores = fitted(movies, ProspectsConfig(weights={"genres": 1.0})).score(taste_of({0: 3.0}))
    assert scores[6] > scores[7] + 0.3
    assert np.isnan(scores[8])
