"""The hybrid that searches its settings inside what it is trained on, so that any protocol can measure the search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np

from recsvc.datasets.dataset import Dataset, Ratings
from recsvc.evaluation.parallel import no_progress
from recsvc.features.interactions import Interactions
from recsvc.models.calibration import Target
from recsvc.models.contract import Capabilities, Explanation, Model
from recsvc.models.hybrid import Hybrid, HybridConfig
from recsvc.tuning.budget import budget, enough_to_search
from recsvc.tuning.search import Study, search
from recsvc.types import FloatK, FloatMatrix, FloatMovies, Movie, Rows, State, Taste


class TunedHybrid(Model):
    """A hybrid whose config is the best that a search found in the ratings that it is trained on.

    `trials` is the number of trials, None for what the size of the data affords; see `recsvc.tuning.search`. It cannot
    be stored: what is served is a `Hybrid` with the config that was found.
    """

    kind: ClassVar[str] = Hybrid.kind
    capabilities: ClassVar[Capabilities] = Hybrid.capabilities

    def __init__(self, config: HybridConfig | None = None, *, trials: int | None = None) -> None:
        self.config = config or HybridConfig()
        self.trials = trials
        self.study: Study | None = None
        self._hybrid = Hybrid(self.config)

    def fit(self, interactions: Interactions, movies: Sequence[Movie], *, rng: np.random.Generator) -> Self:
        """Search, then train with what was found."""
        dataset = dataset_of(interactions, movies)
        config = self.config
        if enough_to_search(dataset):
            trials = budget(dataset, self.trials).trials
            seed = int(rng.integers(2**32))
            self.study = search(dataset, config, trials=trials, seed=seed, jobs=1, progress=no_progress)
            config = self.study.config
        self._hybrid = Hybrid(config).fit(interactions, movies, rng=rng)
        return self

    def score(self, taste: Taste) -> FloatMovies:
        """Return the scores of the hybrid."""
        return self._hybrid.score(taste)

    def score_all(self, users: Interactions) -> FloatMatrix:
        """Return the same for many users."""
        return self._hybrid.score_all(users)

    def score_rows(self, taste: Taste, rows: Rows) -> FloatK:
        """Return the same for some movies."""
        return self._hybrid.score_rows(taste, rows)

    def similar(self, row: int) -> FloatMovies:
        """Return the similarities of the hybrid."""
        return self._hybrid.similar(row)

    def explain(self, taste: Taste, rows: Rows) -> Explanation:
        """Explain the scores of the hybrid."""
        return self._hybrid.explain(taste, rows)

    def targets(self, taste: Taste) -> Sequence[Target]:
        """Return what the hybrid finds evident."""
        return self._hybrid.targets(taste)

    def state(self) -> State:
        """Return the state of the hybrid."""
        return self._hybrid.state()

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Create the model around a hybrid that was found."""
        model = cls()
        model._hybrid = Hybrid.from_state(state)
        return model


def dataset_of(interactions: Interactions, movies: Sequence[Movie]) -> Dataset:
    """Return ratings as a dataset of the users who have any."""
    active, users = np.unique(interactions.users, return_inverse=True)
    ids = np.array([movie.movie_id for movie in movies], np.int64)
    times = np.zeros(len(interactions.rows), np.int64) if interactions.times is None else interactions.times
    labels = tuple(str(user) for user in active.tolist())
    ratings = Ratings(labels, users.astype(np.int32), ids[interactions.rows], interactions.stars, times)
    return Dataset("training", ratings, tuple(movies))
