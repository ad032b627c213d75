"""VBMF: predicted stars by variational Bayes, with priors from who rated what, from genres and from decades."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar, NamedTuple, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse

from recsvc.errors import ModelError
from recsvc.features.interactions import Interactions
from recsvc.features.metadata import UNKNOWN_YEAR, genre_matrix, years
from recsvc.models.fold_in import FoldedIn, MovieSides
from recsvc.types import Movie, Rows, State

Doubles: TypeAlias = NDArray[np.float64]
AT_ONCE = 256
START_LEVEL = 0.4
START_SPREAD = 0.1
BEFORE_PRIORS = 5


@dataclass(frozen=True, slots=True)
class VbmfConfig:
    """How the factors are learned.

    `noise` is the variance of a rating around its prediction, as a share of the variance of all ratings. The precisions
    (1 / stars^2) are those of a movie's bias, of its loading on the users' levels and of its `factors` around what is
    expected of it. `users_l2` and `movies_l2` are the ridges on what the movies that someone rated say of them, and on
    what the users who rated a movie say of it; `traits` is the weight of genres and decades beside these users. At most
    `most_traits` users, and movies, are asked, those with the most ratings.
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


class Vbmf(FoldedIn):
    """`mu + b_i + q_i . z_u` in stars, the posteriors of movies and users found in turn (Lim & Teh 2007).

    "Variational Bayesian Approach to Movie Rating Prediction", KDD Cup 2007. z_u ~ N(B' x_u, I), x_u being the 0/1 row
    of what u rated, divided by the root of their number: which movies someone rated says something, as in SVD++ (Koren
    2008). (b_i, q_i) ~ N(C' y_i, .), y_i being the column of who rated i, divided in the same way, with its genres and
    decade: who rated a movie says something too (the "flipped" implicit features of Rendle, Zhang & Koren 2019, "On the
    Difficulty of Evaluating Baselines", arXiv:1905.01395). B and C are learned by ridge regression of the posterior
    means. Only the movies' side is kept: its means, the diagonals of its covariances, and B. A movie without a rating
    is NaN.
    """

    kind: ClassVar[str] = "vbmf"

    def __init__(self, config: VbmfConfig | None = None) -> None:
        self.config = config or VbmfConfig()

    def fit(self, interactions: Interactions, movies: Sequence[Movie], *, rng: np.random.Generator) -> Self:
        """Find the posteriors; the iteration starts from random factors."""
        if not len(interactions.stars):
            raise ModelError("without a rating no stars can be predicted")
        rated = np.flatnonzero(interactions.counts()).astype(np.int32)
        learned = _posteriors_of(interactions, [movies[row] for row in rated.tolist()], rated, self.config, rng)
        unit = learned.noise**0.5
        baseline = np.full(interactions.n_movies, np.nan, np.float32)
        baseline[rated] = learned.mean + learned.movies[:, 0]
        parts = (learned.movies[:, 1:] / unit, learned.spreads / learned.noise, learned.leanings * unit)
        spread = np.zeros((3, interactions.n_movies, self.config.factors + 1), np.float32)
        spread[:, rated] = parts
        self._movies = MovieSides(baseline, *spread)
        self.hold(self._movies)
        return self

    def state(self) -> State:
        """`baseline` float32 (n_movies,); `sides`, `spreads` and `leanings` float32 (n_movies, 1 + factors)."""
        return State(asdict(self.config), {k: v for k, v in self._movies._asdict().items() if v is not None})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Make the model again."""
        model = cls(VbmfConfig(**state.config))
        model._movies = MovieSides(**state.arrays)
        model.hold(model._movies)
        return model


class _Learned(NamedTuple):
    """The mean and noise of ratings; movies (m, 2 + factors), their spreads and leanings (m, 1 + factors)."""

    mean: float
    noise: float
    movies: Doubles
    spreads: Doubles
    leanings: Doubles


def _posteriors_of(
    interactions: Interactions, movies: Sequence[Movie], rated: Rows, config: VbmfConfig, rng: np.random.Generator
) -> _Learned:
    """Alternate between the posteriors of users and of item_means, for the item_means of the rows `rated` (m,)."""
    mean = float(interactions.stars.mean(dtype=np.float64))
    noise = max(config.noise * float(interactions.stars.var(dtype=np.float64)), 1e-3)
    who = interactions.matrix(np.ones_like(interactions.stars))[:, rated].astype(np.float64)
    above = interactions.matrix(interactions.stars)[:, rated].astype(np.float64)
    above.data -= mean
    movies_who, movies_above = sparse.csr_array(who.T), sparse.csr_array(above.T)
    leaning = _Ridge(_shared(who), config.users_l2, config.most_traits)
    traits = sparse.csr_array(sparse.hstack([_shared(movies_who), _traits(movies, config.traits)]))
    expecting = _Ridge(traits, config.movies_l2, config.most_traits)

    width = config.factors + 1
    rows, columns = np.triu_indices(width)
    half, squares = rows * width + columns, np.flatnonzero(rows == columns)
    diagonal = np.arange(1, width + 1) * (width + 2)
    precisions = np.full(width + 1, config.factor_precision)
    precisions[:2] = config.bias_precision, config.level_precision
    item_means = rng.normal(0, START_SPREAD, (len(rated), width + 1))
    item_means[:, 0] = movies_above.sum(axis=1) / (movies_who.sum(axis=1) + noise * config.bias_precision)
    item_means[:, 1] = START_LEVEL
    spreads, leanings = np.zeros((2, len(rated), width))
    expected = np.zeros_like(item_means)
    users_expected = np.zeros((interactions.n_users, width))
    for iteration in range(config.iterations):
        sides = item_means[:, 1:]
        second = _halves(sides)
        second[:, squares] += spreads
        first = above @ sides - who @ (item_means[:, :1] * sides)
        users, covariances = _posteriors(who @ second / noise, first / noise, np.ones(width), users_expected, half)

        told = np.hstack([np.ones((len(users), 1)), users])
        second = _halves(told)
        second[:, width + 1 :] += covariances
        second, first = movies_who @ second / noise, movies_above @ told / noise
        item_means, spreads = _posteriors(second, first, precisions, expected, diagonal)

        # What is expected of users and item_means is learned from the posteriors, once these are more than noise.
        expected = np.zeros_like(item_means)
        expected[:, 1] = item_means[:, 1].mean()
        if iteration >= BEFORE_PRIORS:
            leanings, users_expected = leaning.fit(users)
            expected += expecting.fit(item_means - expected)[1]
    return _Learned(mean, noise, item_means, spreads, leanings)


def _posteriors(
    second: Doubles, first: Doubles, precisions: Doubles, expected: Doubles, kept: NDArray[np.intp]
) -> tuple[Doubles, Doubles]:
    """Means (n, D) and some entries of the covariances, flattened, of n Gaussian regressions.

    `second` are the halves of their sums of squares (n, D (D + 1) / 2), `first` their sums of products (n, D), both
    over the noise; the priors have `precisions` (D,) and means `expected` (n, D).
    """
    width = len(precisions)
    rows, columns = np.triu_indices(width)
    place = np.empty((width, width), np.intp)
    place[rows, columns] = place[columns, rows] = np.arange(len(rows))
    means, covariances = np.empty_like(first), np.empty((len(first), len(kept)))
    right = first + precisions * expected
    for start in range(0, len(first), AT_ONCE):
        here = slice(start, start + AT_ONCE)
        grams = second[here].take(place.ravel(), axis=1).reshape(-1, width, width)
        grams[:, np.arange(width), np.arange(width)] += precisions
        inverses = np.linalg.inv(grams)
        means[here] = (inverses @ right[here, :, None])[:, :, 0]
        covariances[here] = inverses.reshape(-1, width * width).take(kept, axis=1)
    return means, covariances


def _halves(vectors: Doubles) -> Doubles:
    """The upper halves of v v', row by row, of vectors (n, D): (n, D (D + 1) / 2)."""
    rows, columns = np.triu_indices(vectors.shape[1])
    return vectors.take(rows, axis=1) * vectors.take(columns, axis=1)


def _shared(who: sparse.csr_array) -> sparse.csr_array:
    """0/1 rows divided by the root of how many ones they have."""
    counts = np.maximum(np.diff(who.indptr), 1)
    return sparse.csr_array(sparse.diags_array(counts**-0.5) @ who)


def _traits(movies: Sequence[Movie], weight: float) -> sparse.csr_array:
    """The genres and the decade of each movie, `weight` where it has one: (n_movies, genres + decades)."""
    decades = years(movies) // 10
    known = np.unique(decades[decades != UNKNOWN_YEAR // 10])
    flags = np.vstack([genre_matrix(movies), known[:, None] == decades])
    return sparse.csr_array(flags.T * weight)


class _Ridge:
    """Ridge regression on sparse features (n, p), factorised once, in whichever of n and p dimensions is the smaller.

    Where both exceed `most`, only the `most` features with the most entries are used.
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
        """The weights (p, D) for targets (n, D), and what they make of the features (n, D)."""
        features = self._features
        if self._by_rows:
            kept = features.T @ linalg.cho_solve(self._factor, targets)
        else:
            kept = linalg.cho_solve(self._factor, features.T @ targets)
        weights = np.zeros((self._size, targets.shape[1]))
        weights[self._columns] = kept
        return weights, features @ kept
