"""KNN: predicted stars from what someone gave the most similar movies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from recsvc.errors import ModelError
from recsvc.features.interactions import Interactions
from recsvc.models.contract import Capabilities, Explanation, Model
from recsvc.models.item_item_models import most_rated
from recsvc.models.surprise_data import rows_of, trainset_of
from recsvc.types import FloatK, FloatMatrix, FloatMovies, Movie, Rows, State, Taste


@dataclass(frozen=True, slots=True)
class KnnConfig:
    """`k` neighbours among what someone rated are heard, out of the `kept` most similar movies that are stored.

    `shrinkage` draws the similarity of movies that few users rated both towards 0. `user_l2` and `item_l2` are the
    ridges on the biases, in ratings. Neighbours are found among the `max_movies` most rated movies, since time and
    memory grow with their square.
    """

    k: int = 40
    kept: int = 300
    shrinkage: float = 100.0
    user_l2: float = 15.0
    item_l2: float = 10.0
    max_movies: int = 3000


class Knn(Model):
    """`b_ui + sum_j s_ij (r_uj - b_uj) / sum_j s_ij` over the k rated movies j most similar to i.

    `b_ui = mu + b_i + b_u`. Koren 2010, "Factor in the Neighbors", formula 3; biases and Pearson correlations around
    them by scikit-surprise. Only positive similarities are heard, and no movie speaks for itself. A user's bias is, as
    in training, `sum_j (r_uj - mu - b_j) / (user_l2 + n)`; it drops out where there is a neighbour. A movie that is not
    among those learned is NaN.
    """

    kind: ClassVar[str] = "knn"
    capabilities: ClassVar[Capabilities] = Capabilities(
        new_users=True, new_movies=False, similar=True, stars=True, explains=True, personal=True
    )

    def __init__(self, config: KnnConfig | None = None) -> None:
        self.config = config or KnnConfig()

    def fit(self, interactions: Interactions, movies: Sequence[Movie], *, rng: np.random.Generator) -> Self:
        """Let scikit-surprise find biases and similarities; nothing here is random."""
        config = self.config
        learned = most_rated(interactions, 1, config.max_movies)
        if not len(learned):
            raise ModelError("without a rating no stars can be predicted")
        import surprise

        trainset = trainset_of(interactions, learned)
        trained = surprise.KNNBaseline(
            k=config.k,
            sim_options={"name": "pearson_baseline", "user_based": False, "shrinkage": config.shrinkage},
            bsl_options={"method": "als", "reg_u": config.user_l2, "reg_i": config.item_l2},
            verbose=False,
        ).fit(trainset)
        rows = rows_of(trainset)
        baseline = np.full(interactions.n_movies, np.nan, np.float32)
        baseline[rows] = trainset.global_mean + trained.bi
        alike = np.asarray(trained.sim, np.float64)
        np.fill_diagonal(alike, -1)
        kept = min(config.kept, len(rows))
        order = np.argsort(-alike, axis=1, kind="stable")[:, :kept]
        neighbours = np.zeros((interactions.n_movies, kept), np.int32)
        neighbours[rows] = rows[order]
        similarities = np.zeros((interactions.n_movies, kept), np.float32)
        similarities[rows] = np.maximum(np.take_along_axis(alike, order, axis=1), 0)
        self._hold(baseline, neighbours, similarities)
        return self

    def _hold(self, baseline: FloatMovies, neighbours: NDArray[np.int32], similarities: FloatMatrix) -> None:
        self._baseline = baseline
        self._neighbours = neighbours
        self._similarities = similarities

    def _offsets(self, taste: Taste) -> tuple[FloatK, NDArray[np.bool_]]:
        """Stars above the baseline (n,), and whether the movie was learned (n,)."""
        baseline = self._baseline[taste.rows]
        known = np.isfinite(baseline)
        return np.where(known, taste.stars - baseline, np.float32(0)), known

    def _heard(self, taste: Taste, known: NDArray[np.bool_], rows: Rows) -> tuple[FloatMatrix, FloatK]:
        """Similarities (k, kept) of the neighbours that are heard, else 0, and their sums (k,), 1 for none."""
        rated = np.zeros(len(self._baseline), np.bool_)
        rated[taste.rows] = known
        present = rated[self._neighbours[rows]]
        heard = self._similarities[rows] * (present & (np.cumsum(present, axis=1) <= self.config.k))
        sums = heard.sum(axis=1)
        return heard, np.where(sums > 0, sums, np.float32(1))

    def _bias_share(self, known: NDArray[np.bool_]) -> np.float32:
        return np.float32(1 / (self.config.user_l2 + int(known.sum())))

    def score(self, taste: Taste) -> FloatMovies:
        """Predicted stars, not clipped to the scale."""
        return self.score_rows(taste, np.arange(len(self._baseline), dtype=np.int32))

    def score_rows(self, taste: Taste, rows: Rows) -> FloatK:
        """Predicted stars of some movies only."""
        offsets, known = self._offsets(taste)
        heard, sums = self._heard(taste, known, rows)
        spread = np.zeros(len(self._baseline), np.float32)
        spread[taste.rows] = offsets
        told = (heard * spread[self._neighbours[rows]]).sum(axis=1) / sums
        bias = offsets.sum() * self._bias_share(known)
        stars: FloatK = self._baseline[rows] + np.where(heard.any(axis=1), told, bias)
        return stars

    def explain(self, taste: Taste, rows: Rows) -> Explanation:
        """The baseline is mu + b_i; each neighbour that is heard contributes its offset, by its share of similarity.

        Without such a neighbour, every rated movie contributes its part of the user's bias.
        """
        offsets, known = self._offsets(taste)
        heard, sums = self._heard(taste, known, rows)
        place = np.full(len(self._baseline), len(taste), np.int32)
        place[taste.rows] = np.arange(len(taste), dtype=np.int32)
        shares = np.zeros((len(rows), len(taste) + 1), np.float32)
        np.put_along_axis(shares, place[self._neighbours[rows]], heard / sums[:, None], axis=1)
        shares = shares[:, :-1]
        shares[~heard.any(axis=1)] = self._bias_share(known)
        return Explanation(self._baseline[rows], shares * offsets)

    def similar(self, row: int) -> FloatMovies:
        """The correlation with every movie learned; 0 for those that are no near neighbours."""
        alike = np.where(np.isnan(self._baseline), np.float32(np.nan), np.float32(0))
        if np.isnan(self._baseline[row]):
            return np.full_like(alike, np.nan)
        heard = self._similarities[row] > 0
        alike[self._neighbours[row][heard]] = self._similarities[row][heard]
        return alike

    def state(self) -> State:
        """`baseline` float32 (n_movies,), `neighbours` int32 and `similarities` float32 (n_movies, kept)."""
        return State(
            asdict(self.config),
            {"baseline": self._baseline, "neighbours": self._neighbours, "similarities": self._similarities},
        )

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Make the model again."""
        model = cls(KnnConfig(**state.config))
        model._hold(*(state.arrays[name] for name in ("baseline", "neighbours", "similarities")))
        return model
