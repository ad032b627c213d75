"""Factor models of stars whose user's side is never trained, but solved for from what the user rated."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import numpy as np
from scipy import linalg

from recsvc.models.contract import Capabilities, Explanation, Model
from recsvc.types import FloatK, FloatMatrix, FloatMovies, Rows, Taste


class MovieSides(NamedTuple):
    """What folding in needs of the movies, in units of the noise, so that the ridge on a user is 1.

    `baseline` (n_movies,) in stars, NaN for a movie that training never saw; `sides` (n_movies, D) q'. `spreads`
    (n_movies, D) are the variances of the sides where these are uncertain. `leanings` (n_movies, D) are what having
    rated a movie at all says of a user.
    """

    baseline: FloatMovies
    sides: FloatMatrix
    spreads: FloatMatrix | None = None
    leanings: FloatMatrix | None = None


class FoldedIn(Model):
    """`baseline_i + q_i . z` in stars, z being solved for from the ratings, for a known user and a new one alike.

    z has a Gaussian prior around `sum(leanings) / sqrt(n)` over the n movies rated, so that
    `z = (I + sum(q q' + diag(spreads)))^-1 (sum q (r - baseline) + sum(leanings) / sqrt(n))`: linear in the ratings,
    given which movies were rated, so that each of them has an exact contribution.
    """

    capabilities: ClassVar[Capabilities] = Capabilities(
        new_users=True, new_movies=False, similar=False, stars=True, explains=True, personal=True
    )

    def hold(self, movies: MovieSides) -> None:
        """Keep the movies' sides; those of a movie that training never saw tell nothing."""
        never = np.isnan(movies.baseline)
        nothing = np.zeros_like(movies.sides)
        self._baseline = movies.baseline
        self._sides: FloatMatrix = np.where(never[:, None], np.float32(0), movies.sides)
        self._expected: FloatMovies = np.where(never, np.float32(0), movies.baseline)
        told = [nothing if part is None else part for part in (movies.spreads, movies.leanings)]
        self._told: FloatMatrix = np.hstack([*told, np.ones((len(never), 1), np.float32)])
        self._told[never] = 0

    def _system(self, taste: Taste) -> tuple[FloatMatrix, FloatMatrix, FloatK, np.float32]:
        """A (D, D), the sides (n, D) and residuals (n,) of the rated movies, the sum of leanings (D,), 1 / sqrt(n)."""
        sides: FloatMatrix = self._sides[taste.rows]
        width = sides.shape[1]
        told = np.ones(len(taste), np.float32) @ self._told[taste.rows]
        gram = sides.T @ sides
        gram.flat[:: width + 1] += told[:width] + np.float32(1)
        share = np.float32(max(float(told[-1]), 1.0) ** -0.5)
        return gram, sides, told[width:-1] * share, share

    def score(self, taste: Taste) -> FloatMovies:
        """Predicted stars, not clipped to the scale."""
        return self.score_rows(taste, np.arange(len(self._baseline), dtype=np.int32))

    def score_rows(self, taste: Taste, rows: Rows) -> FloatK:
        """Predicted stars of some movies only."""
        if not len(taste):
            return self._baseline[rows]
        gram, sides, leaning, _ = self._system(taste)
        user = solved(gram, sides.T @ (taste.stars - self._expected[taste.rows]) + leaning)
        stars: FloatK = self._baseline[rows] + self._sides[rows] @ user
        return stars

    def explain(self, taste: Taste, rows: Rows) -> Explanation:
        """A rated movie contributes what its residual, and its having been rated, add through the solution."""
        gram, sides, _, share = self._system(taste)
        width = sides.shape[1]
        residuals = taste.stars - self._expected[taste.rows]
        told = (sides * residuals[:, None] + self._told[taste.rows, width:-1] * share).T
        return Explanation(self._baseline[rows], self._sides[rows] @ solved(gram, told))


def solved(gram: FloatMatrix, right: FloatMatrix | FloatK) -> FloatMatrix:
    """Solve gram x = right for a symmetric positive definite gram, which is overwritten."""
    _, solution, failed = linalg.lapack.sposv(gram, right, overwrite_a=1)
    if failed:  # pragma: no cover - the ridge is in it
        raise linalg.LinAlgError("a fold-in system is not positive definite")
    result: FloatMatrix = solution
    return result
