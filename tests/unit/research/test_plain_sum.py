from __future__ import annotations

from collections.abc import Sequence
from math import log, sqrt

import numpy as np

from recsvc.evaluation.protocols.judged_pairs import CataloguePairs
from recsvc.evaluation.protocols.similarity import PairValues
from recsvc.research.plain_sum import co_rating_cosines, genre_cosines, plain_sum, text_cosines
from recsvc.types import Movie
from tests.contracts.worlds import world_of


def pairs_of(first: list[int], second: list[int], ok: list[bool]) -> CataloguePairs:
    return CataloguePairs(np.array(first, np.int32), np.array(second, np.int32), np.array(ok), len(ok))


MOVIES = [
    Movie(1, "x", genres=("A", "B"), keywords=("red", "blue")),
    Movie(2, "x", genres=("A",), overview="Ships sailing"),
    Movie(3, "x", genres=("C",), keywords=("red",)),
    Movie(4, "x"),
]


def test_the_plain_sum_by_hand() -> None:
    small = world_of(MOVIES, {"ann": {1: 5.0, 2: 0.5}, "bob": {1: 4.0, 2: 1.0}, "cat": {1: 3.0, 3: 5.0}})
    pairs = pairs_of([0, 0, 1, 0], [1, 2, 2, 3], [True, True, False, False])
    genres, ratings = [1 / sqrt(2), 0, 0, 0], [2 / sqrt(3 * 2), 1 / sqrt(3), 0, 0]
    np.testing.assert_allclose(genre_cosines(MOVIES, pairs), genres)
    np.testing.assert_allclose(co_rating_cosines(small.interactions, pairs), ratings)
    rare, common = log(5 / 2) + 1, log(5 / 3) + 1  # in one and in two of four movies
    lengths = [sqrt(2 * common**2 + 2 * rare**2), sqrt(common**2 + 2 * rare**2), sqrt(common**2 + rare**2)]
    texts = [common**2 / lengths[0] / lengths[1], common**2 / lengths[0] / lengths[2], 0, 0]
    np.testing.assert_allclose(text_cosines(MOVIES, pairs), texts, rtol=1e-6)

    def standard(values: Sequence[float]) -> PairValues:
        return np.asarray((np.array(values) - np.mean(values)) / np.std(values))

    summed = standard(genres) + standard(texts) + standard(ratings)
    np.testing.assert_allclose(plain_sum(small.interactions, MOVIES, pairs), summed, rtol=1e-6)


def test_the_plain_sum_is_0_where_movies_have_no_data() -> None:
    empty = [Movie(1, "x"), Movie(2, "x"), Movie(3, "x")]
    small = world_of(empty, {"ann": {3: 5.0}})
    assert plain_sum(small.interactions, empty, pairs_of([0, 0], [1, 2], [True, False])).tolist() == [0, 0]
