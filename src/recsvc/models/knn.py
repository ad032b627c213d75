"""KNN: predicted stars from the ratings that a user gave the most similar movies."""

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
    """The `k` nearest rated movies are used, out of the `kept` most similar movies that are stored for each movie.

    `shrinkage` draws the similarity of two movies towards 0 if few users rated both. `user_l2` and `item_l2` are the
    ridges on the biases, in ratings. Neighbours are among the `max_movies` most rated movies, since time and memory
    grow with their square.
    """

    k: int = 40
    kept: int = 300
    shrinkage: float = 100.0
    user_l2: float = 15.0
    item_l2: float = 10.0
    max_movies: int = 3000


class Knn(Model):
    """`b_ui + sum_j s_ij (r_uj - b_uj) / sum_j s_ij` over the k rated movies j most similar to i.

    `b_ui = mu + b_i + b_u`. Koren 2010, "Factor in the Neighbors", formula 3; scikit-surprise computes the biases and
    the Pearson correlations around them. Only positive similarities are used, and no movie is its own neighbour. The
    bias of a user is, as in training, `sum_j (r_uj - mu - b_j) / (user_l2 + n)`; it cancels out where there is a
    neighbour. A movie that was not in training has no score.
    """

    kind: ClassVar[str] = "knn"
    capabilities: ClassVar[Capabilities] = Capabilities(
        new_users=True, new_movies=False, similar=True, stars=True, explains=True
    )

    def __init__(self, config: KnnConfig | None = None) -> None:
        self.config = config or KnnConfig()

    def fit(self, interactions: Interactions, movies: Sequence[Movie], *, rng: np.random.Generator) -> Self:
        """Compute biases and similarities with scikit-surprise; nothing here is random."""
        config = self.config
        trained_rows = most_rated(interactions, 1, config.max_movies)
        if not len(trained_rows):
            raise ModelError("without ratings no stars can be predicted")
        import surprise

        trainset = trainset_of(interactions, trained_rows)
        trained = surprise.KNNBaseline(
            k=config.k,
            sim_options={"name": "pearson_baseline", "user_based": False, "shrinkage": config.shrinkage},
            bsl_options={"method": "als", "reg_u": config.user_l2, "reg_i": config.item_l2},
            verbose=False,
        ).fit(trainset)
        rows = rows_of(trainset)
        baseline = np.full(interactions.n_movies, np.nan, np.float32)
        baseline[rows] = trainset.global_mean + trained.bi
        correlations = np.asarray(trained.sim, np.float64)
        np.fill_diagonal(correlations, -1)
        kept = min(config.kept, len(rows))
        order = np.argsort(-correlations, axis=1, kind="stable")[:, :kept]
        neighbours = np.zeros((interactions.n_movies, kept), np.int32)
        neighbours[rows] = rows[order]
        similarities = np.zeros((interactions.n_movies, kept), np.float32)
        similarities[rows] = np.maximum(np.take_along_axis(correlations, order, axis=1), 0)
        self._set(baseline, neighbours, similarities)
        return self

    def _set(self, baseline: FloatMovies, neighbours: NDArray[np.int32], similarities: FloatMatrix) -> None:
        self._baseline = baseline
        self._neighbours = neighbours
        self._similarities = similarities

    def _offsets(self, taste: Taste) -> tuple[FloatK, NDArray[np.bool_]]:
        """Return stars above the baseline (n,), and whether each movie was in training (n,)."""
        baseline = self._baseline[taste.rows]
        trained = np.isfinite(baseline)
        return np.where(trained, taste.stars - baseline, np.float32(0)), trained

    def _neighbours_of(self, taste: Taste, trained: NDArray[np.bool_], rows: Rows) -> tuple[FloatMatrix, FloatK]:
        """Return the similarities (k, kept) of the neighbours used, else 0, and their sums (k,), 1 for none."""
        rated = np.zeros(len(self._baseline), np.bool_)
        rated[taste.rows] = trained
        present = rated[self._neighbours[rows]]
        used = self._similarities[rows] * (present & (np.cumsum(present, axis=1) <= self.config.k))
        sums = used.sum(axis=1)
        return used, np.where(sums > 0, sums, np.float32(1))

    def _bias_share(self, trained: NDArray[np.bool_]) -> np.float32:
        return np.float32(1 / (self.config.user_l2 + int(trained.sum())))

    def score(self, taste: Taste) -> FloatMovies:
        """Return predicted stars, which are not clipped to the scale."""
        stars = np.full_like(self._baseline, np.nan)
        rows = np.flatnonzero(np.isfinite(self._baseline)).astype(np.int32)
        stars[rows] = self.score_rows(taste, rows)
        return stars

    def score_rows(self, taste: Taste, rows: Rows) -> FloatK:
        """Return predicted stars of some movies only."""
        offsets, trained = self._offsets(taste)
        used, sums = self._neighbours_of(taste, trained, rows)
        all_offsets = np.zeros(len(self._baseline), np.float32)
        all_offsets[taste.rows] = offsets
        by_neighbours = (used * all_offsets[self._neighbours[rows]]).sum(axis=1) / sums
        bias = offsets.sum() * self._bias_share(trained)
        stars: FloatK = self._baseline[rows] + np.where(used.any(axis=1), by_neighbours, bias)
        return stars

    def explain(self, taste: Taste, rows: Rows) -> Explanation:
        """Let each neighbour that is used contribute its offset by its share of similarity; the baseline is mu + b_i.

        Without such a neighbour, every rated movie contributes its part of the user's bias.
        """
        offsets, trained = self._offsets(taste)
        used, sums = self._neighbours_of(taste, trained, rows)
        place = np.full(len(self._baseline), len(taste), np.int32)
        place[taste.rows] = np.arange(len(taste), dtype=np.int32)
        shares = np.zeros((len(rows), len(taste) + 1), np.float32)
        np.put_along_axis(shares, place[self._neighbours[rows]], used / sums[:, None], axis=1)
        shares = shares[:, :-1]
        shares[~used.any(axis=1)] = self._bias_share(trained)
        return Explanation(self._baseline[rows], shares * offsets)

    def similar(self, row: int) -> FloatMovies:
        """Return the correlation with every trained movie; 0 for those that are not among the stored neighbours."""
        correlations = np.where(np.isnan(self._baseline), np.float32(np.nan), np.float32(0))
        if np.isnan(self._baseline[row]):
            return np.full_like(correlations, np.nan)
        positive = self._similarities[row] > 0
        correlations[self._neighbours[row][positive]] = self._similarities[row][positive]
        return correlations

    def state(self) -> State:
        """Return `baseline` float32 (n_movies,), `neighbours` int32 and `similarities` float32 (n_movies, kept)."""
        return State(
            asdict(self.config),
            {"baseline": self._baseline, "neighbours": self._neighbours, "similarities": self._similarities},
        )

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Create the model from its state."""
        model = cls(KnnConfig(**state.config))
        model._set(*(state.arrays[name] for name in ("baseline", "neighbours", "similarities")))
        return model
