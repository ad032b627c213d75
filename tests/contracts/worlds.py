"""A small world with two kinds of taste, in which the right answers are plain, and ways to make worlds by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import strategies as st

from recsvc.datasets.dataset import Dataset, Ratings
from recsvc.datasets.ratings import ratings_table
from recsvc.engine.engine import Engine
from recsvc.features.interactions import Interactions, interactions_of
from recsvc.features.vocabulary import Vocabulary
from recsvc.registry.store import Registry
from recsvc.training.config import TrainingConfig
from recsvc.training.pipeline import publish_trained
from recsvc.types import Array, Movie, State, Taste
from tests.versions import made_once

USERS = 60
HALVES = tuple(half / 2 for half in range(1, 11))

Table = Mapping[str, Mapping[int, float]]
"""Who gave which movie how many stars."""


class World(NamedTuple):
    dataset: Dataset
    vocabulary: Vocabulary
    interactions: Interactions


def ratings_from(table: Table) -> Ratings:
    """The ratings table, in the order in which they are written."""
    labels = list(table)
    given = [(at, movie, stars) for at, label in enumerate(labels) for movie, stars in table[label].items()]
    return ratings_table(
        labels,
        np.array([user for user, _, _ in given], np.int32),
        np.array([movie for _, movie, _ in given], np.int64),
        np.array([stars for _, _, stars in given], np.float32),
        np.arange(len(given), dtype=np.int64),
    )


def world_of(movies: Sequence[Movie], table: Table, name: str = "by-hand") -> World:
    dataset = Dataset(name, ratings_from(table), tuple(movies))
    vocabulary = Vocabulary.of(movie.movie_id for movie in movies)
    return World(dataset, vocabulary, interactions_of(dataset.ratings, vocabulary))


def movies(count: int) -> list[Movie]:
    """Movies 1 to count without a tag: a title of one letter is no word."""
    return [Movie(movie_id, "x") for movie_id in range(1, count + 1)]


def taste_of(stars: Mapping[int, float]) -> Taste:
    """What is rated, row by row; read-only, since no model may change it."""
    taste = Taste(np.array(list(stars), np.int32), np.array(list(stars.values()), np.float32))
    for array in (taste.rows, taste.stars):
        array.setflags(write=False)
    return taste


def tastes(n_movies: int, *, least: int = 0, most: int = 12) -> st.SearchStrategy[Taste]:
    """Any taste, its rows in any order."""
    ratings = st.dictionaries(st.integers(0, n_movies - 1), st.sampled_from(HALVES), min_size=least, max_size=most)
    return ratings.map(taste_of)


def stored(state: State, folder: Path) -> State:
    """The state as it comes back from a disk: the config through JSON, the arrays mapped read-only."""
    import json

    arrays: dict[str, Array] = {}
    for number, (name, array) in enumerate(state.arrays.items()):
        path = folder / f"{number}.npy"
        np.save(path, array, allow_pickle=False)
        arrays[name] = np.load(path, mmap_mode="r", allow_pickle=False)
    config: dict[str, Any] = json.loads(json.dumps(state.config, allow_nan=False))
    return State(config, arrays)


_SPACE = ("Sci-Fi", "Action"), ("space", "alien", "laser"), ("Ridley Scott", "James Cameron")
_HEART = ("Romance", "Drama"), ("wedding", "letter", "paris"), ("Nora Ephron", "Eric Rohmer")
UNRATED = 903
"""A movie like those of the first kind that nobody has rated."""
TAGLESS = 913
"""A movie that nobody has rated and of which nothing is known."""
YEARLESS = 123
"""A rated movie whose year is not known."""


def _movies() -> list[Movie]:
    rng = np.random.default_rng(7)
    movies = []
    for number in range(40):
        genres, keywords, directors = (_SPACE, _HEART)[number % 2]
        movie_id = 10 * number + 3
        movies.append(
            Movie(
                movie_id,
                f"Movie {number} of {keywords[number % 3]}",
                year=None if movie_id == YEARLESS else 1950 + int(rng.integers(70)),
                genres=genres if number % 3 else genres[:1],
                overview=" ".join(rng.choice(keywords, 2)),
                keywords=(keywords[int(rng.integers(3))],),
                directors=(directors[int(rng.integers(2))],),
                cast=(f"Player {rng.integers(8)}",),
            )
        )
    genres, keywords, directors = _SPACE
    movies.append(Movie(UNRATED, "Aliens in space", 1979, genres, keywords=keywords, directors=directors[:1]))
    movies.append(Movie(TAGLESS, "x"))
    return movies


@cache
def world() -> World:
    """40 rated movies of two kinds, by turns; users of even number like the even ones, the others the odd ones."""
    movies, rng = _movies(), np.random.default_rng(11)
    rated = [movie.movie_id for movie in movies[:40]]
    draw = np.linspace(2.0, 0.5, 40)  # movies of low number are better known
    table: dict[str, dict[int, float]] = {}
    for user in range(USERS):
        own = np.arange(40) % 2 == user % 2
        chosen = rng.random(40) < np.where(own, 0.45, 0.12) * draw
        stars = np.where(own, rng.choice([3.5, 4.0, 4.5, 5.0], 40), rng.choice([0.5, 1.0, 2.0, 3.0], 40))
        table[str(user + 1)] = {rated[at]: float(stars[at]) for at in np.flatnonzero(chosen).tolist()}
    return world_of(movies, table, "small-world")


def publish(registry: Registry, *, promote: bool = True, config: TrainingConfig | None = None) -> str:
    """Train on the world and publish; returns the version."""
    trained = publish_trained(
        world().dataset, config or TrainingConfig(), registry, promote=promote, who="tests", progress=lambda _: None
    )
    return trained.manifest.version


@pytest.fixture(scope="session")
def world_registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """A registry with one version of the world in production. Not to be changed; copy its folder."""
    registry = Registry(made_once(tmp_path_factory, "world-artifacts", lambda folder: publish(Registry(folder))))
    assert registry.production()
    return registry


@pytest.fixture(scope="session")
def world_engine(world_registry: Registry) -> Engine:
    return Engine(world_registry.open(world_registry.production()))
