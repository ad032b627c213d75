"""VBMF: predicted stars by variational Bayes, with priors from who rated what, from genres and from decades."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import ClassVar, NamedTuple, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse

from recsvc.errors import ModelError
from recsvc.features.interactions import Interactions
from recsvc.features.metadata import UNKNOWN_YEAR, genre_matrix, years
from recsvc.models.fold_in import FoldInModel, MovieFactors
from recsvc.types import Movie, Rows, State

Doubles: TypeAlias = NDArray[np.float64]
BLOCK = 256
START_LEVEL = 0.4
START_DEVIATION = 0.1
BEFORE_PRIORS = 5


@dataclass(frozen=True, slots=True)
class VbmfConfig:
    """How the factors are trained.

    `noise` is the variance of a rating around its prediction, as a share of the variance of all ratings. The precisions
    (1 / stars^2) are those of the prior of a movie's bias, of its loading on the users' levels, and of its `factors`.
    `users_l2` is the ridge of predicting a user's factors from which movies they rated, and `movies_l2` that of
    predicting a movie's factors from who rated it and from its traits; `traits` is the weight of these, which are
    genres and decades. Both regressions use at most `most_traits` features, those with the most ratings.
    """

    factors: int = 24
    iterations: int = 30
    noise: float = 0.65
    bias_precision: float = 30.0
    level_precision: float = 200.0
    factor_precision: float = 200.0
    users_l2: float = 3.0
    movies_l2: float = 1.7
    traits: float = 0.7
    most_traits: int = 3000


class Vbmf(FoldInModel):
    """`mu + b_i + q_i . z_u` in stars; the posteriors of users and movies are computed in turn (Lim & Teh 2007).

    "Variational Bayesian Approach to Movie Rating Prediction", KDD Cup 2007. z_u ~ N(B' x_u, I), where x_u is the 0/1
    row of the movies that u rated, divided by the root of their number: which movies a user rated carries information,
    as in SVD++ (Koren 2008). (b_i, q_i) ~ N(C' y_i, .), where y_i is the column of the users who rated i, divided in
    the same way, with the genres and the decade of i: who rated a movie carries information, too (the "flipped"
    implicit features of Rendle, Zhang & Koren 2019, "On the Difficulty of Evaluating Baselines", arXiv:1905.01395). B
    and C are trained by ridge regression of the posterior means. Only what belongs to the movies is kept: the means,
    the diagonals of the covariances, and B. A movie without a rating has no score.
    """

    kind: ClassVar[str] = "vbmf"

    def __init__(self, config: VbmfConfig | None = None) -> None:
        self.config = config or VbmfConfig()

    def fit(self, interactions: Interactions, movies: Sequence[Movie], *, rng: np.random.Generator) -> Self:
        """Compute the posteriors; the iteration starts from random factors."""
        for _, movie_factors in self._iterate(interactions, movies, rng):
            last = movie_factors
        self._set(last)
        return self

    def fit_after_each(
        self, iterations: Collection[int], interactions: Interactions, movies: Sequence[Movie], rng: np.random.Generator
    ) -> list[Vbmf]:
        """Return the models of some numbers of iterations, ascending, in the time that the largest number takes."""
        longest = Vbmf(replace(self.config, iterations=max(iterations)))
        fitted = []
        for iteration, movie_factors in longest._iterate(interactions, movies, rng):
            if iteration in iterations:
                model = Vbmf(replace(self.config, iterations=iteration))
                model._set(movie_factors)
                fitted.append(model)
        return fitted

    def _iterate(
        self, interactions: Interactions, movies: Sequence[Movie], rng: np.random.Generator
    ) -> Iterator[tuple[int, MovieFactors]]:
        """Yield the number of each iteration, from 1, and what it trained."""
        if not len(interactions.stars):
            raise ModelError("without ratings no stars can be predicted")
        if self.config.iterations < 1:
            raise ModelError("there must be at least one iteration")
        rated = np.flatnonzero(interactions.counts()).astype(np.int32)
        sweeps = _train(interactions, [movies[row] for row in rated.tolist()], rated, self.config, rng)
        for iteration, trained in enumerate(sweeps, 1):
            yield iteration, _movie_factors(trained, rated, interactions.n_movies)

    def _set(self, movies: MovieFactors) -> None:
        self._movies = movies
        self.set_movies(movies)

    def state(self) -> State:
        """Return `baseline` float32 (n_movies,); the other arrays float32 (n_movies, 1 + factors)."""
        return State(asdict(self.config), {k: v for k, v in self._movies._asdict().items() if v is not None})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Create the model from its state."""
        model = cls(VbmfConfig(**state.config))
        model._set(MovieFactors(**state.arrays))
        return model


class _Trained(NamedTuple):
    """The result of training on m movies.

    The mean and the noise variance of the ratings; the posterior means of `movies` (m, 2 + factors), their bias first;
    the `variances` of all but the bias (m, 1 + factors); and B as `implicit_factors` (m, 1 + factors).
    """

    mean: float
    noise: float
    movies: Doubles
    variances: Doubles
    implicit_factors: Doubles


def _train(
    interactions: Interactions, movies: Sequence[Movie], rated: Rows, config: VbmfConfig, rng: np.random.Generator
) -> Iterator[_Trained]:
    """Alternate between the posteriors of users and of movies, for the movies at the rows `rated` (m,).

    Yields what is trained after each iteration.
    """
    mean = float(interactions.stars.mean(dtype=np.float64))
    noise = max(config.noise * float(interactions.stars.var(dtype=np.float64)), 1e-3)
    by_user = interactions.matrix(np.ones_like(interactions.stars))[:, rated].astype(np.float64)
    offsets = interactions.matrix(interactions.stars)[:, rated].astype(np.float64)
    offsets.data -= mean
    by_movie, offsets_by_movie = sparse.csr_array(by_user.T), sparse.csr_array(offsets.T)
    user_prior = _Ridge(_divided_by_root(by_user), config.users_l2, config.most_traits)
    traits = sparse.csr_array(sparse.hstack([_divided_by_root(by_movie), _traits(movies, config.traits)]))
    movie_prior = _Ridge(traits, config.movies_l2, config.most_traits)

    width = config.factors + 1
    rows, columns = np.triu_indices(width)
    half, squares = rows * width + columns, np.flatnonzero(rows == columns)
    diagonal = np.arange(1, width + 1) * (width + 2)
    precisions = np.full(width + 1, config.factor_precision)
    precisions[:2] = config.bias_precision, config.level_precision
    movie_means = rng.normal(0, START_DEVIATION, (len(rated), width + 1))
    movie_means[:, 0] = offsets_by_movie.sum(axis=1) / (by_movie.sum(axis=1) + noise * config.bias_precision)
    movie_means[:, 1] = START_LEVEL
    variances, implicit_factors = np.zeros((2, len(rated), width))
    expected = np.zeros_like(movie_means)
    expected_users = np.zeros((interactions.n_users, width))
    for iteration in range(config.iterations):
        factors = movie_means[:, 1:]
        second = _upper_halves(factors)
        second[:, squares] += variances
        first = offsets @ factors - by_user @ (movie_means[:, :1] * factors)
        user_means, covariances = _posteriors(
            by_user @ second / noise, first / noise, np.ones(width), expected_users, half
        )

        with_bias = np.hstack([np.ones((len(user_means), 1)), user_means])
        second = _upper_halves(with_bias)
        second[:, width + 1 :] += covariances
        second, first = by_movie @ second / noise, offsets_by_movie @ with_bias / noise
        movie_means, variances = _posteriors(second, first, precisions, expected, diagonal)

        # The priors are trained on the posteriors, as soon as these are more than noise.
        expected = np.zeros_like(movie_means)
        expected[:, 1] = movie_means[:, 1].mean()
        if iteration >= BEFORE_PRIORS:
            implicit_factors, expected_users = user_prior.fit(user_means)
            expected += movie_prior.fit(movie_means - expected)[1]
        yield _Trained(mean, noise, movie_means, variances, implicit_factors)


def _movie_factors(trained: _Trained, rated: Rows, n_movies: int) -> MovieFactors:
    """Return what folds users in, for all movies: NaN as the baseline of those that nobody rated."""
    unit = trained.noise**0.5
    baseline = np.full(n_movies, np.nan, np.float32)
    baseline[rated] = trained.mean + trained.movies[:, 0]
    parts = (trained.movies[:, 1:] / unit, trained.variances / trained.noise, trained.implicit_factors * unit)
    all_parts = np.zeros((3, n_movies, parts[0].shape[1]), np.float32)
    all_parts[:, rated] = parts
    return MovieFactors(baseline, *all_parts)


def _posteriors(
    second: Doubles, first: Doubles, precisions: Doubles, expected: Doubles, kept: NDArray[np.intp]
) -> tuple[Doubles, Doubles]:
    """Return the means (n, D) and some entries of the covariances, flattened, of n Gaussian regressions.

    `second` are the upper halves of their sums of squares (n, D (D + 1) / 2) and `first` their sums of products (n, D),
    both divided by the noise. The priors have `precisions` (D,) and means `expected` (n, D). `kept` are the places of
    the entries of the covariances to return.
    """
    width = len(precisions)
    rows, columns = np.triu_indices(width)
    place = np.empty((width, width), np.intp)
    place[rows, columns] = place[columns, rows] = np.arange(len(rows))
    means, covariances = np.empty_like(first), np.empty((len(first), len(kept)))
    right = first + precisions * expected
    for start in range(0, len(first), BLOCK):
        here = slice(start, start + BLOCK)
        grams = second[here].take(place.ravel(), axis=1).reshape(-1, width, width)
        grams[:, np.arange(width), np.arange(width)] += precisions
        inverses = linalg.inv(grams, check_finite=False, overwrite_a=True, assume_a="pos")
        means[here] = (inverses @ right[here, :, None])[:, :, 0]
        covariances[here] = inverses.reshape(-1, width * width).take(kept, axis=1)
    return means, covariances


def _upper_halves(vectors: Doubles) -> Doubles:
    """Return the upper halves of v v', row by row, of vectors (n, D): (n, D (D + 1) / 2)."""
    rows, columns = np.triu_indices(vectors.shape[1])
    return vectors.take(rows, axis=1) * vectors.take(columns, axis=1)


def _divided_by_root(flags: sparse.csr_array) -> sparse.csr_array:
    """Divide 0/1 rows by the root of their number of ones."""
    counts = np.maximum(np.diff(flags.indptr), 1)
    return sparse.csr_array(sparse.diags_array(counts**-0.5) @ flags)


def _traits(movies: Sequence[Movie], weight: float) -> sparse.csr_array:
    """Return the genres and the decade of each movie, (n_movies, genres + decades): `weight` or 0."""
    decades = years(movies) // 10
    known = np.unique(decades[decades != UNKNOWN_YEAR // 10])
    flags = np.vstack([genre_matrix(movies), known[:, None] == decades])
    return sparse.csr_array(flags.T * weight)


class _Ridge:
    """Ridge regression on sparse features (n, p), factorised once, in the smaller of the dimensions n and p.

    If both exceed `most`, only the `most` features with the most entries are used.
    """

    def __init__(self, features: sparse.csr_array, l2: float, most: int) -> None:
        self._size = features.shape[1]
        self._columns = np.arange(self._size)
        if min(features.shape) > most:
            entries = np.bincount(features.indices, minlength=self._size)
            self._columns = np.sort(np.argsort(-entries, kind="stable")[:most])
        self._features = features[:, self._columns]
        self._by_rows = features.shape[0] < len(self._columns)
        gram = self._features @ self._features.T if self._by_rows else self._features.T @ self._features
        self._factor = linalg.cho_factor(gram.toarray() + l2 * np.eye(gram.shape[0]), overwrite_a=True)

    def fit(self, targets: Doubles) -> tuple[Doubles, Doubles]:
        """Return the weights (p, D) for targets (n, D), and their predictions (n, D)."""
        features = self._features
        if self._by_rows:
            kept = features.T @ linalg.cho_solve(self._factor, targets)
        else:
            kept = linalg.cho_solve(self._factor, features.T @ targets)
        weights = np.zeros((self._size, targets.shape[1]))
        weights[self._columns] = kept
        return weights, features @ kept
