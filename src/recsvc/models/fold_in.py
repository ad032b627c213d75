"""Matrix factorisation of stars in which no user is trained: user factors are solved for from the ratings."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from recsvc.models.contract import Capabilities, Explanation, Model
from recsvc.types import FloatK, FloatMatrix, FloatMovies, Rows, Taste


class MovieFactors(NamedTuple):
    """What fold-in needs of the movies, in units of the noise, so that the ridge on the user factors is 1.

    `baseline` (n_movies,) is in stars, NaN for a movie that was not in training. `factors` (n_movies, D) are the q of
    the formula. `variances` (n_movies, D) are those of the factors, where these are uncertain. `implicit_factors`
    (n_movies, D) are what having rated a movie at all implies about a user, whatever the rating is.
    """

    baseline: FloatMovies
    factors: FloatMatrix
    variances: FloatMatrix | None = None
    implicit_factors: FloatMatrix | None = None


class FoldInModel(Model):
    """`baseline_i + q_i . z` in stars, where z is solved for from the ratings, for known and new users alike.

    z has a Gaussian prior around `sum(implicit factors) / sqrt(n)` over the n rated movies, so that
    `z = (I + sum(q q' + diag(variances)))^-1 (sum q (r - baseline) + sum(implicit factors) / sqrt(n))`. This is linear
    in the ratings, given which movies were rated, so that each of them has an exact contribution.
    """

    capabilities: ClassVar[Capabilities] = Capabilities(
        new_users=True, new_movies=False, similar=False, stars=True, explains=True
    )

    def set_movies(self, movies: MovieFactors) -> None:
        """Keep the factors of the movies; those of a movie that was not in training have no effect."""
        untrained = np.isnan(movies.baseline)
        zeros = np.zeros_like(movies.factors)
        self._baseline = movies.baseline
        self._factors: FloatMatrix = np.where(untrained[:, None], np.float32(0), movies.factors)
        self._expected: FloatMovies = np.where(untrained, np.float32(0), movies.baseline)
        # Variances, implicit factors and a column of ones, which counts the ratings, are summed by one product.
        parts = [zeros if part is None else part for part in (movies.variances, movies.implicit_factors)]
        self._summed: FloatMatrix = np.hstack([*parts, np.ones((len(untrained), 1), np.float32)])
        self._summed[untrained] = 0

    def _system(self, taste: Taste) -> tuple[FloatMatrix, FloatMatrix, FloatK, np.float32]:
        """Return the Gram matrix (D, D), the factors of the rated movies (n, D), the prior mean (D,) and 1/sqrt(n)."""
        factors: FloatMatrix = self._factors[taste.rows]
        width = factors.shape[1]
        sums = np.ones(len(taste), np.float32) @ self._summed[taste.rows]
        gram = factors.T @ factors
        gram.flat[:: width + 1] += sums[:width] + np.float32(1)
        share = np.float32(max(float(sums[-1]), 1.0) ** -0.5)
        return gram, factors, sums[width:-1] * share, share

    def score(self, taste: Taste) -> FloatMovies:
        """Return predicted stars, which are not clipped to the scale."""
        return self.score_rows(taste, np.arange(len(self._baseline), dtype=np.int32))

    def score_rows(self, taste: Taste, rows: Rows) -> FloatK:
        """Return predicted stars of some movies only."""
        if not len(taste):
            return self._baseline[rows]
        gram, factors, prior, _ = self._system(taste)
        user_factors = solve(gram, factors.T @ (taste.stars - self._expected[taste.rows]) + prior)
        stars: FloatK = self._baseline[rows] + self._factors[rows] @ user_factors
        return stars

    def explain(self, taste: Taste, rows: Rows) -> Explanation:
        """Let each rated movie contribute what its residual and its implicit factors add through the solution."""
        gram, factors, _, share = self._system(taste)
        width = factors.shape[1]
        residuals = taste.stars - self._expected[taste.rows]
        right = (factors * residuals[:, None] + self._summed[taste.rows, width:-1] * share).T
        return Explanation(self._baseline[rows], self._factors[rows] @ solve(gram, right))


def solve(gram: FloatMatrix, right: FloatMatrix | FloatK) -> FloatMatrix:
    """Solve `gram x = right` for a symmetric positive definite matrix, which is overwritten."""
    _, solution, failed = linalg.lapack.sposv(gram, right, overwrite_a=1)
    if failed:  # pragma: no cover - the ridge makes it positive definite
        raise linalg.LinAlgError("a fold-in system is not positive definite")
    result: FloatMatrix = solution
    return result


def cholesky(gram: FloatMatrix) -> NDArray[np.float64]:
    """Return the triangle L' of `gram = L L'`, for a symmetric positive definite matrix, in double precision."""
    triangle, failed = linalg.lapack.dpotrf(gram.astype(np.float64), overwrite_a=1)
    if failed:  # pragma: no cover - the ridge makes it positive definite
        raise linalg.LinAlgError("a fold-in system is not positive definite")
    result: NDArray[np.float64] = triangle
    return result


def solve_cholesky(triangle: NDArray[np.float64], right: FloatMatrix | FloatK) -> NDArray[np.float64]:
    """Solve the system of a `cholesky` for one right-hand side (d,) or several (d, n)."""
    solution, _ = linalg.lapack.dpotrs(triangle, right.astype(np.float64), overwrite_b=1)
    result: NDArray[np.float64] = solution
    return result
