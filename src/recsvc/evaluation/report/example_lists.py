"""The lists of example users, and the neighbours of well-known movies, for the model report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from recsvc.datasets.dataset import Dataset
from recsvc.engine.answer import UserProfile
from recsvc.engine.engine import EVERYTHING, NO_ROWS, Engine
from recsvc.engine.query import Query
from recsvc.features.interactions import interactions_of
from recsvc.types import Movie

USERS = 5
MOVIES = 10
LENGTH = 8
"""The length of each list; users with fewer ratings are not shown."""


class ListedMovie(NamedTuple):
    """A movie of a list, and a note such as its stars or the reason for it."""

    title: str
    year: int | None
    note: str = ""


class ExampleUser(NamedTuple):
    """A user of the dataset: the number of their ratings, the movies they rated best, and what they are recommended."""

    label: str
    n_ratings: int
    rated: list[ListedMovie]
    recommended: list[ListedMovie]


class Neighbourhood(NamedTuple):
    """A movie and the movies that are most similar to it."""

    movie: ListedMovie
    similar: list[ListedMovie]


def example_users(engine: Engine, dataset: Dataset, *, seed: int) -> list[ExampleUser]:
    """Return up to `USERS` users drawn from the seed."""
    interactions = interactions_of(dataset.ratings, engine.catalogue.vocabulary)
    active = np.flatnonzero(np.diff(interactions.starts) >= LENGTH)
    chosen = np.random.default_rng(seed).choice(active, min(USERS, len(active)), replace=False)
    examples = []
    for user in chosen.tolist():
        taste = interactions.taste(user)
        best = np.argsort(-taste.stars, kind="stable")[:LENGTH]
        rated = [
            _listed(movie, f"{stars:g} stars")
            for movie, stars in zip(engine.movies(taste.rows[best]), taste.stars[best].tolist(), strict=True)
        ]
        answer = engine.recommend(UserProfile(taste, NO_ROWS), Query(k=LENGTH))
        recommended = [
            _listed(item.movie, _because([reason.movie.title for reason in item.reasons.because[:2]]))
            for item in answer.items
            if item.reasons
        ]
        examples.append(ExampleUser(dataset.ratings.user_labels[user], len(taste), rated, recommended))
    return examples


def neighbourhoods(engine: Engine) -> list[Neighbourhood]:
    """Return the neighbours of the `MOVIES` most rated movies."""
    rows = engine.most_rated(EVERYTHING)[:MOVIES].tolist()
    return [
        Neighbourhood(
            _listed(engine.catalogue.movie(row)), [_listed(similar.movie) for similar in engine.similar(row, k=LENGTH)]
        )
        for row in rows
    ]


def _listed(movie: Movie, note: str = "") -> ListedMovie:
    return ListedMovie(movie.title, movie.year, note)


def _because(titles: Sequence[str]) -> str:
    return f"because of {', '.join(titles)}" if titles else "because many like it"
