from __future__ import annotations

import numpy as np

from recsvc.features.movie_kinds import Kind, MovieKinds, kinds_of
from recsvc.types import Movie

MOVIES = [
    Movie(1, "Spirited Away", directors=("Hayao Miyazaki",), original_language="ja", companies=("Studio Ghibli",)),
    Movie(2, "Nothing is known"),
    Movie(3, "Only Yesterday", directors=("Isao Takahata",), original_language="ja", companies=("Studio Ghibli",)),
    Movie(4, "Twice", directors=("Ada", "Ada"), companies=("Ada",)),
]


def test_the_kinds_of_a_movie() -> None:
    assert list(kinds_of(MOVIES[0])) == [
        Kind("director", "Hayao Miyazaki"),
        Kind("language", "ja"),
        Kind("company", "Studio Ghibli"),
    ]
    assert list(kinds_of(MOVIES[1])) == []
    assert list(kinds_of(MOVIES[3])) == [Kind("director", "Ada"), Kind("company", "Ada")]


def test_both_directions() -> None:
    kinds = MovieKinds.of(MOVIES)
    assert kinds.count == 6
    numbers = dict(zip(kinds_of(MOVIES[0]), kinds.of_row(0), strict=True))
    assert kinds.of_row(1) == []
    assert kinds.members(numbers[Kind("company", "Studio Ghibli")]).tolist() == [0, 2]
    assert kinds.members(numbers[Kind("director", "Hayao Miyazaki")]).tolist() == [0]
    counts = kinds.counts(np.array([2, 0, 1], np.int32))
    assert counts[numbers[Kind("language", "ja")]] == 2
    assert counts.sum() == 6
    assert kinds.counts(np.empty(0, np.int32)).tolist() == [0] * 6


def test_no_movie_has_a_kind() -> None:
    kinds = MovieKinds.of(MOVIES[1:2])
    assert kinds.count == 0
    assert kinds.counts(np.zeros(1, np.int32)).tolist() == []
