"""The contract that every model keeps. The shared suite in tests/contracts reads it line by line."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Self

import numpy as np

from recsvc.errors import ModelError
from recsvc.features.interactions import Interactions
from recsvc.types import BoolMovies, FloatK, FloatMatrix, FloatMovies, Movie, Rows, State, Taste


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a model can do, declared and never found out by catching an exception.

    `new_users`: scores someone whom training never saw. `new_movies`: scores movies without a rating. `similar`:
    answers `similar`. `stars`: scores are predicted ratings in stars. `explains`: `explain` gives a contribution for
    each rated movie. `personal`: the order of movies depends on the taste.
    """

    new_users: bool
    new_movies: bool
    similar: bool
    stars: bool
    explains: bool
    personal: bool


class Explanation(NamedTuple):
    """Why k movies score what they score.

    `baseline` (k,) and `contributions` (k, n), n being the rated movies of the taste.

    `baseline + contributions.sum(axis=1)` is the score to 1e-4; the baseline is NaN where the score is.
    """

    baseline: FloatK
    contributions: FloatMatrix


class Model(ABC):
    """Scores every movie of a catalogue for one taste. `__init__` only stores the config; `fit` learns."""

    kind: ClassVar[str]
    capabilities: ClassVar[Capabilities]

    @abstractmethod
    def fit(self, interactions: Interactions, movies: Sequence[Movie], *, rng: np.random.Generator) -> Self:
        """Learn from ratings and movies (in the order of the rows); the same `rng` state gives the same model.

        Raises:
            ModelError: nothing can be learned from this data.
        """

    @abstractmethod
    def score(self, taste: Taste) -> FloatMovies:
        """Score every movie, float32 (n_movies,); NaN where the model cannot say."""

    def score_rows(self, taste: Taste, rows: Rows) -> FloatK:
        """Score some movies only, float32 (k,): `score(taste)[rows]`, which a model may have a quicker way to."""
        return self.score(taste)[rows]

    def similar(self, row: int) -> FloatMovies:
        """Say how alike every movie is to one, float32 (n_movies,); NaN where the model cannot say.

        Raises:
            ModelError: the model does not declare `similar`.
        """
        raise ModelError(f"{self.kind} does not say what is similar (movie row {row})")

    def explain(self, taste: Taste, rows: Rows) -> Explanation:
        """Split the scores of some movies (k,) into a baseline and a contribution from each rated movie.

        Raises:
            ModelError: the model does not declare `explains`.
        """
        raise ModelError(f"{self.kind} does not explain (movie rows {rows.tolist()}, {len(taste)} ratings)")

    @abstractmethod
    def state(self) -> State:
        """Return the trained model as JSON and named arrays."""

    @classmethod
    @abstractmethod
    def from_state(cls, state: State) -> Self:
        """Make the model again; arrays may be memory-mapped and read-only."""


class ItemToItem(Model):
    """A model whose score is `signed_weights(stars) @ item_weights()[rows]`: linear in what a user rated."""

    @abstractmethod
    def item_weights(self) -> FloatMatrix:
        """What rating a movie says for others, float32 (n_movies, n_movies).

        The column of a movie about which the model says nothing is NaN; the row of one that tells it nothing is 0.
        """

    @abstractmethod
    def informed(self) -> BoolMovies:
        """Which movies tell the model something when they are rated, bool (n_movies,); one makes it speak."""
