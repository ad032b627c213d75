"""Small versions to publish, and what they are made of."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from recsvc.features.catalogue import Catalogue
from recsvc.features.history import History
from recsvc.features.titles import TitleIndex
from recsvc.models.popularity import Popularity
from recsvc.registry.components import Component
from recsvc.registry.manifest import DatasetRecord
from recsvc.registry.store import Draft
from recsvc.types import Movie
from tests.contracts.worlds import world_of

MOVIES = (
    Movie(10, "Solaris", 1972, ("Sci-Fi",), overview="A station above an ocean that thinks."),
    Movie(20, "Amélie", 2001, ("Comedy", "Romance")),
    Movie(30, "Stalker", 1979, ("Sci-Fi",)),
)
DATASET = DatasetRecord(name="tiny", fingerprint="0" * 64, users=2, movies=3, ratings=3, simulated=True, notice="")


def components() -> dict[str, Component]:
    world = world_of(MOVIES, {"7": {10: 5.0, 30: 4.0}, "70": {10: 3.0}})
    return {
        "movies": Catalogue.of(MOVIES, world.interactions),
        "history": History.of(world.dataset.ratings, world.interactions),
        "titles": TitleIndex.of(MOVIES),
        "popularity": Popularity().fit(world.interactions, MOVIES, rng=np.random.default_rng(1)),
    }


def draft(held: Mapping[str, Component] | None = None, folders: Mapping[str, str] | None = None) -> Draft:
    held = components() if held is None else held
    return Draft(
        dataset=DATASET,
        config={"note": "tiny"},
        seed=42,
        era_border=1979,
        metrics={"hybrid": {"ndcg@10": 0.25}},
        packages={"numpy": np.__version__},
        components=held,
        folders=folders or {name: "" if name == "popularity" else f"in/{name}" for name in held},
    )
