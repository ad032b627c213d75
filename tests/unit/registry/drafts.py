"""Small versions to publish, and what they are made of; quick to import, since processes of their own do."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from recsvc.datasets.ratings import ratings_table
from recsvc.features.catalogue import Catalogue
from recsvc.features.history import History
from recsvc.features.interactions import interactions_of
from recsvc.features.title_index import TitleIndex
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.popularity import Popularity
from recsvc.registry.aliases import AliasEntry
from recsvc.registry.components import Component
from recsvc.registry.manifest import DatasetRecord
from recsvc.registry.store import Draft, Registry
from recsvc.types import Movie

MOVIES = (
    Movie(10, "Solaris", 1972, ("Sci-Fi",), overview="A station above an ocean that thinks."),
    Movie(20, "Amélie", 2001, ("Comedy", "Romance")),
    Movie(30, "Stalker", 1979, ("Sci-Fi",)),
)
DATASET = DatasetRecord(name="tiny", fingerprint="0" * 64, users=2, movies=3, ratings=3, simulated=True, notice="")


def components() -> dict[str, Component]:
    ratings = ratings_table(
        ["7", "70"],
        np.array([0, 0, 1], np.int32),
        np.array([10, 30, 10], np.int64),
        np.array([5.0, 4.0, 3.0], np.float32),
        np.zeros(3, np.int64),
    )
    interactions = interactions_of(ratings, Vocabulary.of(movie.movie_id for movie in MOVIES))
    return {
        "movies": Catalogue.of(MOVIES, interactions),
        "history": History.of(ratings, interactions),
        "titles": TitleIndex.of(MOVIES),
        "popularity": Popularity().fit(interactions, MOVIES, rng=np.random.default_rng(1)),
    }


def draft(held: Mapping[str, Component] | None = None, folders: Mapping[str, str] | None = None) -> Draft:
    held = components() if held is None else held
    return Draft(
        catalogue=DATASET.name,
        dataset=DATASET,
        config={"note": "tiny"},
        seed=42,
        era_border=1979,
        metrics={"hybrid": {"ndcg@10": 0.25}},
        packages={"numpy": np.__version__},
        components=held,
        folders=folders or {name: "" if name == "popularity" else f"in/{name}" for name in held},
    )


def promote(registry: Registry, version: str, *, who: str = "ann", why: str = "") -> AliasEntry:
    """Move the alias, without asking whether the version can serve, as `usecases.models` does."""
    return registry.aliases.append("production", version, action="promote", who=who, why=why)
