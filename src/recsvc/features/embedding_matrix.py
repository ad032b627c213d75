"""The embeddings of the movies as one matrix."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recsvc.types import FloatMatrix, Movie

DIMENSIONS = 64


def embedding_matrix(movies: Sequence[Movie]) -> FloatMatrix:
    """Return the embeddings in their leading `DIMENSIONS`, in rows of length 1 (0 without one): (n_movies, n).

    The leading right singular vectors of the embeddings of length 1 (latent semantic analysis; Deerwester et al. 1990)
    hold nearly all that the cosines say, in fewer numbers. Without any embedding there are no columns.
    """
    sizes = {len(movie.embedding) for movie in movies} - {0}
    if not sizes:
        return np.empty((len(movies), 0), np.float32)
    empty = bytes(sizes.pop())
    vectors = np.frombuffer(b"".join(movie.embedding or empty for movie in movies), "<f4")
    rows = _of_length_one(vectors.reshape(len(movies), -1).astype(np.float64))
    _, axes = np.linalg.eigh(rows.T @ rows)  # ascending
    return _of_length_one(rows @ axes[:, : -DIMENSIONS - 1 : -1]).astype(np.float32)


def _of_length_one(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(np.divide(rows, lengths, where=lengths > 0, out=np.zeros_like(rows)))
