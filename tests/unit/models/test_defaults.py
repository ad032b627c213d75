"""What each model is configured to by default, and what it declares: the figures of the documents are of these."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from recsvc.models.contract import Capabilities
from recsvc.models.kinds import MODELS

EASE: dict[str, Any] = {
    "l2": 1200.0,
    "dropout": 0.0,
    "slope": 0.25,
    "centring": "none",
    "user_power": 0.0,
    "item_power": 0.25,
    "output_power": 0.19,
    "genre_weight": 4.0,
    "year_weight": 0.0,
    "min_ratings": 1,
    "max_movies": 5000,
}
SPECTRAL: dict[str, Any] = {
    "factors": 36,
    "sharpness": 8.0,
    "slope": 0.25,
    "centring": "none",
    "user_power": 0.25,
    "item_power": 0.35,
    "output_power": 0.21,
    "min_ratings": 1,
    "max_movies": 5000,
}
COLLABORATIVE: dict[str, Any] = {
    "ease": {
        **EASE,
        "l2": 1300.0,
        "slope": 0.25,
        "user_power": 0.08,
        "item_power": 0.3,
        "genre_weight": 5.0,
        "year_weight": 3.0,
    },
    "spectral": {**SPECTRAL, "item_power": 0.25},
    "spectral_share": 0.25,
    "popularity": -0.06,
}
CONTENT: dict[str, Any] = {
    "vectoriser": "tfidf",
    "min_movies": 2,
    "weights": {"text": 0.47, "genres": 0.07, "credits": 0.2, "title": 0.15, "years": 0.11, "embedding": 0.17},
}
POPULARITY: dict[str, Any] = {
    "prior_quantile": 0.99,
    "prior_stars": 1.0,
    "half_life": None,
    "vote_ratings": 1.0,
    "vote_quantile": 0.9,
}
DEFAULTS: dict[str, dict[str, Any]] = {
    "popularity": POPULARITY,
    "most-rated": {"min_ratings": 1},
    "content": CONTENT,
    "ease": EASE,
    "spectral": SPECTRAL,
    "collaborative": COLLABORATIVE,
    "als": {"factors": 32, "iterations": 15, "alpha": 8.0, "slope": 0.25, "l2": 50.0},
    "knn": {"k": 40, "kept": 300, "shrinkage": 100.0, "user_l2": 15.0, "item_l2": 10.0, "max_movies": 3000},
    "nmf": {"factors": 20, "fill": "item_mean", "iterations": 100, "l2": 1.0},
    "svd": {
        "factors": 50,
        "epochs": 50,
        "learning_rate": 0.005,
        "l2": 0.1,
        "fold_in_l2": 12.0,
        "fold_in_bias_l2": 3.0,
    },
    "svdpp": {
        "factors": 20,
        "epochs": 30,
        "learning_rate": 0.01,
        "l2": 0.1,
        "fold_in_l2": 12.0,
        "fold_in_bias_l2": 3.0,
    },
    "vbmf": {
        "factors": 24,
        "iterations": 30,
        "noise": 0.65,
        "bias_precision": 30.0,
        "level_precision": 200.0,
        "factor_precision": 200.0,
        "users_l2": 3.0,
        "movies_l2": 1.7,
        "traits": 0.7,
        "most_traits": 3000,
    },
    "hybrid": {
        "collaborative": COLLABORATIVE,
        "content": CONTENT,
        "als": {"factors": 32, "iterations": 15, "alpha": 8.0, "slope": 0.25, "l2": 50.0},
        "popularity": {**POPULARITY, "half_life": 0.5},
        "prior_popularity": {**POPULARITY, "half_life": 0.5},
        "weights": {"collaborative": 0.52, "content": 0.2, "als": 0.28},
        "similar_weights": {"collaborative": 0.09, "content": 0.91, "als": 0.0},
        "popularity_prior": 7.0,
        "prior_growth": 0.0,
        "calibration": 0.7,
    },
}

NEW_MOVIES = {"content", "hybrid"}
SIMILAR = {"content", "ease", "spectral", "collaborative", "als", "knn", "hybrid"}
STARS = {"knn", "nmf", "svd", "svdpp", "vbmf"}


def test_every_kind_has_its_defaults_here() -> None:
    assert DEFAULTS.keys() == MODELS.keys()


@pytest.mark.parametrize("kind", sorted(DEFAULTS))
def test_the_defaults(kind: str) -> None:
    make: Any = MODELS[kind]
    config = make().config
    assert asdict(config) == DEFAULTS[kind]
    assert config == type(config)()


@pytest.mark.parametrize("kind", sorted(DEFAULTS))
def test_what_is_declared(kind: str) -> None:
    assert MODELS[kind].capabilities == Capabilities(
        new_users=True, new_movies=kind in NEW_MOVIES, similar=kind in SIMILAR, stars=kind in STARS, explains=True
    )
