"""Prospects: how many ratings a film is going to have, from what it is; so that not every new film is a stranger's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import ClassVar, Self

import numpy as np
from scipy import sparse

from recsvc.errors import ModelError
from recsvc.features.interactions import Interactions
from recsvc.features.text import tag_matrix
from recsvc.models.contract import Capabilities, Explanation, ItemToItem
from recsvc.models.weights import signed_weights
from recsvc.types import BoolMovies, FloatK, FloatMatrix, FloatMovies, Movie, Rows, State, Taste


@dataclass(frozen=True, slots=True)
class ProspectsConfig:
    """`l2` is the ridge; `weights` says how much each field of tags counts (see `ContentConfig`)."""

    l2: float = 1.0
    weights: Mapping[str, float] = field(
        default_factory=lambda: {"text": 1.0, "genres": 1.0, "people": 1.0, "title": 0.0, "years": 1.0}
    )


class Prospects(ItemToItem):
    """Ridge regression of ln(1 + ratings) on a film's tags and on its votes at TMDB, for every film of the catalogue.

    What is expected of a film, above the mean of all, counts once for each film that someone rated, with the weight of
    that rating: so it keeps its proportion to what is personal, however much someone has rated; the order of films is
    the same for all. A stranger is NaN, and so is a film of which nothing is known.
    """

    kind: ClassVar[str] = "prospects"
    capabilities: ClassVar[Capabilities] = Capabilities(
        new_people=True, new_movies=True, similar=False, stars=False, explains=True, personal=False
    )

    def __init__(self, config: ProspectsConfig | None = None) -> None:
        self.config = config or ProspectsConfig()
        self._scores = np.empty(0, np.float32)

    def fit(self, interactions: Interactions, movies: Sequence[Movie], *, rng: np.random.Generator) -> Self:
        """Solve the ridge regression on the films that have ratings; nothing here is random."""
        from sklearn.linear_model import Ridge

        counts = interactions.counts()
        rated = np.flatnonzero(counts)
        if not len(rated):
            raise ModelError("without a rating nothing can be learned of how many a film is going to have")
        features = _features(movies, self.config.weights)
        model = Ridge(alpha=self.config.l2, solver="lsqr").fit(features[rated], np.log1p(counts[rated]))
        expected = model.predict(features)
        expected -= expected.mean()
        expected[np.diff(features.indptr) == 0] = np.nan  # there is nothing to go by
        self._scores = expected.astype(np.float32)
        return self

    def score(self, taste: Taste) -> FloatMovies:
        """The expected ln(1 + ratings) above the mean, times the sum of the weights of what someone rated."""
        return self.score_rows(taste, np.arange(len(self._scores), dtype=np.int32))

    def score_rows(self, taste: Taste, rows: Rows) -> FloatK:
        """The same for some films only."""
        if not len(taste):
            return np.full(len(rows), np.nan, np.float32)
        return np.asarray(self._scores[rows] * signed_weights(taste.stars).sum())

    def explain(self, taste: Taste, rows: Rows) -> Explanation:
        """Each rated film contributes by its weight; the baseline is 0."""
        silent = np.isnan(self._scores[rows]) | (len(taste) == 0)
        expected = np.where(silent, np.float32(0), self._scores[rows])
        baseline = np.where(silent, np.float32(np.nan), np.float32(0))
        return Explanation(baseline, expected[:, None] * signed_weights(taste.stars))

    def item_weights(self) -> FloatMatrix:
        """The same row for every film."""
        return np.tile(self._scores, (len(self._scores), 1))

    def informed(self) -> BoolMovies:
        """Every film."""
        return np.ones(len(self._scores), np.bool_)

    def state(self) -> State:
        """`scores` float32 (n_movies,)."""
        return State(asdict(self.config), {"scores": self._scores})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Make the model again."""
        model = cls(ProspectsConfig(**state.config))
        model._scores = state.arrays["scores"]
        return model


def _features(movies: Sequence[Movie], weights: Mapping[str, float]) -> sparse.csr_array:
    """Tags and votes: (n_movies, n_tags + 3)."""
    votes = np.array([_votes(movie) for movie in movies], np.float64)
    tags = tag_matrix(movies, weights=weights, vectoriser="tfidf", min_films=3)
    return sparse.csr_array(sparse.hstack([tags, sparse.csr_array(votes)], format="csr"))


def _votes(movie: Movie) -> tuple[float, float, float]:
    """Whether TMDB's votes are known, ln(1 + how many), and their average above 6 of 10."""
    if movie.vote_count is None:
        return 0.0, 0.0, 0.0
    return 1.0, float(np.log1p(movie.vote_count)), (movie.vote_average or 6.0) - 6.0
