"""The contract that every model keeps. The shared suite in tests/contracts checks it for all kinds of models."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, NamedTuple, Self, TypeAlias

import numpy as np

from recsvc.errors import ModelError
from recsvc.features.interactions import Interactions
from recsvc.models.calibration import Target
from recsvc.models.rating_weights import TasteWeights
from recsvc.types import BoolMovies, FloatK, FloatMatrix, FloatMovies, Movie, Rows, State, Taste


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a model can do. It is declared, and never found out by catching an exception.

    `new_users`: it scores movies for users who were not in training. `new_movies`: it scores movies without a rating.
    `similar`: it implements `similar`. `stars`: its scores are predicted ratings in stars. `explains`: it implements
    `explain`.
    """

    new_users: bool
    new_movies: bool
    similar: bool
    stars: bool
    explains: bool


class Explanation(NamedTuple):
    """Why k movies have their scores, for a taste of n ratings.

    `baseline` is float32 (k,) and `contributions` float32 (k, n). `baseline + contributions.sum(axis=1)` equals the
    score to 1e-4. The baseline is NaN where the score is.
    """

    baseline: FloatK
    contributions: FloatMatrix


Explain: TypeAlias = Callable[[Rows], Explanation]
"""Splits the scores of some movies for one taste."""


class Scored(NamedTuple):
    """The scores of all movies for one taste, and what splits those of some of them."""

    scores: FloatMovies
    explain: Explain


class Model(ABC):
    """A model that scores every movie of a catalogue for one taste. `__init__` only stores the config."""

    kind: ClassVar[str]
    capabilities: ClassVar[Capabilities]

    @abstractmethod
    def fit(self, interactions: Interactions, movies: Sequence[Movie], *, rng: np.random.Generator) -> Self:
        """Train on ratings and on movies, which are in the order of the rows.

        Training twice with the same state of `rng` gives the same model.

        Raises:
            ModelError: The model cannot be trained on this data.
        """

    @abstractmethod
    def score(self, taste: Taste) -> FloatMovies:
        """Return the score of every movie, float32 (n_movies,); NaN where the model has no score."""

    def score_all(self, users: Interactions) -> FloatMatrix:
        """Return the scores of many users, float32 (n_users, n_movies); a model may have a faster way than this."""
        return np.stack([self.score(users.taste(user)) for user in range(users.n_users)])

    def score_rows(self, taste: Taste, rows: Rows) -> FloatK:
        """Return the scores of k movies, float32 (k,). A model may have a faster way than `score(taste)[rows]`."""
        return self.score(taste)[rows]

    def scored(self, taste: Taste) -> Scored:
        """Return `score(taste)` with its explanations; a model may compute only once what both need."""
        return Scored(self.score(taste), partial(self.explain, taste))

    def targets(self, taste: Taste) -> Sequence[Target]:
        """Return the kinds of movies that a list for a taste should have, and in which share; see `calibration`."""
        del taste
        return ()

    def similar(self, row: int) -> FloatMovies:
        """Return how similar every movie is to one, float32 (n_movies,); NaN where the model has no value.

        Raises:
            ModelError: The model does not declare the capability `similar`.
        """
        raise ModelError(f"{self.kind} does not compute similarities (movie row {row})")

    def explain(self, taste: Taste, rows: Rows) -> Explanation:
        """Split the scores of k movies into a baseline and one contribution for each rated movie.

        Raises:
            ModelError: The model does not declare the capability `explains`.
        """
        raise ModelError(f"{self.kind} does not explain its scores (movie rows {rows.tolist()}, {len(taste)} ratings)")

    @abstractmethod
    def state(self) -> State:
        """Return the trained model as JSON and named arrays."""

    @classmethod
    @abstractmethod
    def from_state(cls, state: State) -> Self:
        """Create the model from its state; arrays may be read-only."""


class ItemItemModel(Model):
    """A model whose score is `taste_weights.taste(taste) @ item_item_weights()[rows]`: a sum over the rated movies."""

    taste_weights: TasteWeights

    @abstractmethod
    def item_item_weights(self) -> FloatMatrix:
        """Return how much a rating of the row's movie adds to the column's movie, float32 (n_movies, n_movies).

        The column of a movie without a score is NaN. The row of a movie whose ratings the model does not use is 0.
        """

    @abstractmethod
    def informative(self) -> BoolMovies:
        """Return the movies whose ratings the model uses, bool (n_movies,).

        The model has scores for every user who rated at least one of them.
        """
