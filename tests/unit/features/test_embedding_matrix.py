from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from recsvc.features import embedding_matrix as module
from recsvc.features.embedding_matrix import DIMENSIONS, embedding_matrix
from recsvc.types import Movie


def embedded(*vectors: Sequence[float]) -> list[Movie]:
    return [Movie(number, "x", embedding=np.array(vector, "<f4").tobytes()) for number, vector in enumerate(vectors)]


def test_products_are_cosines() -> None:
    matrix = embedding_matrix(embedded((3, 4), (0, 2), (-4, 3)))
    np.testing.assert_allclose(matrix @ matrix.T, [[1, 0.8, 0], [0.8, 1, 0.6], [0, 0.6, 1]], atol=1e-6)


def test_a_movie_without_an_embedding_is_like_no_other() -> None:
    one, other = embedded((1, 0), (1, 1))
    matrix = embedding_matrix([one, Movie(9, "x"), other])
    np.testing.assert_allclose(matrix @ matrix.T, [[1, 0, 0.5**0.5], [0, 0, 0], [0.5**0.5, 0, 1]], atol=1e-6)
    assert embedding_matrix([Movie(9, "x")]).shape == (1, 0)


def test_the_leading_dimensions_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    # All but a little of the vectors is in the plane of the first two axes; what is outside of it is left out.
    movies = embedded((1, 0, 0.1), (0, 1, -0.1), (1, 1, 0.1), (1, -1, 0))
    monkeypatch.setattr(module, "DIMENSIONS", 2)
    matrix = embedding_matrix(movies)
    assert matrix.shape == (4, 2)
    half = 0.5**0.5
    expected = [[1, 0, half, half], [0, 1, half, -half], [half, half, 1, 0], [half, -half, 0, 1]]
    np.testing.assert_allclose(matrix @ matrix.T, expected, atol=0.02)


def test_many_dimensions_become_few() -> None:
    vectors = np.random.default_rng(3).normal(size=(300, 384)).astype(np.float32)
    matrix = embedding_matrix(embedded(*vectors.tolist()))
    assert matrix.shape == (300, DIMENSIONS)
    assert matrix.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(matrix, axis=1), 1, rtol=1e-5)
