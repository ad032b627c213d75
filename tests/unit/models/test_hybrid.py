from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray

from recsvc.models.collaborative import CollaborativeConfig
from recsvc.models.content import ContentConfig
from recsvc.models.contract import Model
from recsvc.models.ease import EaseConfig
from recsvc.models.hybrid import Hybrid, HybridConfig
from recsvc.models.popularity import Popularity, PopularityConfig
from recsvc.models.prospects import ProspectsConfig
from recsvc.types import EMPTY_TASTE, Array, State, Taste
from tests.contracts.worlds import UNRATED, films, stored, taste_of, tastes, world, world_of

# Four films. Item-to-item weights are known for 0 and 1, tags of 0 and 2, popularity of 0, 1 and 2; of 3 nothing is.
B = np.array([[0, 0.5], [0.25, 0]], np.float32)
COSINE = 0.6
POPULARITY = [3.0, 4.0, 2.0, np.nan]
WEIGHTS = {"collaborative": 0.5, "content": 0.3, "popularity": 0.2}
SCALES = {
    "collaborative": {"centre": 0.125, "spread": 0.5},
    "content": {"centre": 0.0, "spread": 2.0},
    "popularity": {"centre": 3.0, "spread": 0.25},
}


def by_hand() -> Hybrid:
    config: dict[str, Any] = {
        "weights": WEIGHTS,
        "similar_weights": {"collaborative": 0.25, "content": 0.75},
        "scales": SCALES,
        "similar_scales": {
            "collaborative": {"centre": 0.25, "spread": 0.5},
            "content": {"centre": 0.1, "spread": 0.25},
        },
        "parts": {
            "collaborative": {**asdict(CollaborativeConfig()), "n_movies": 4},
            "content": {**asdict(ContentConfig()), "n_tags": 2},
            "popularity": asdict(PopularityConfig()),
            "prospects": asdict(ProspectsConfig()),
        },
    }
    arrays: dict[str, Array] = {
        "collaborative/learned": np.array([0, 1], np.int32),
        "collaborative/weights": B,
        "collaborative/vectors": np.empty((2, 0), np.float32),
        "content/data": np.array([1.0, COSINE, 0.8], np.float32),
        "content/indices": np.array([0, 0, 1], np.int32),
        "content/starts": np.array([0, 1, 1, 3, 3], np.int64),
        "popularity/scores": np.array(POPULARITY, np.float32),
        "prospects/scores": np.full(4, np.nan, np.float32),
    }
    return Hybrid.from_state(State(config, arrays))


def z(part: str, score: float) -> float:
    return (score - SCALES[part]["centre"]) / SCALES[part]["spread"]


def test_the_blend_by_hand() -> None:
    # film 0 at 5 stars weighs 1.5: it says 0.75 for film 1 and 0.9 for film 2
    expected = [
        0.5 * z("collaborative", 0) + 0.3 * z("content", 1.5) + 0.2 * z("popularity", 3),
        (0.5 * z("collaborative", 0.75) + 0.2 * z("popularity", 4)) / 0.7,  # it has no tags
        (0.3 * z("content", 0.9) + 0.2 * z("popularity", 2)) / 0.5,  # it was not learned
        np.nan,
    ]
    assert expected[:3] == pytest.approx([0.1, 2.0357142857, -1.33])
    taste = taste_of({0: 5.0})
    model = by_hand()
    assert model.score(taste).tolist() == pytest.approx(expected, nan_ok=True)
    baseline, contributions = model.explain(taste, np.array([0, 1, 2], np.int32))
    assert contributions[:, 0].tolist() == pytest.approx([0.3 * 1.5 / 2, 0.5 * 0.75 / 0.5 / 0.7, 0.3 * 0.9 / 2 / 0.5])
    assert (baseline + contributions[:, 0]).tolist() == pytest.approx(expected[:3])


def test_parts_that_cannot_speak_of_a_person_are_left_out() -> None:
    model = by_hand()
    # film 2 was not learned, so that only content and popularity speak; 1 star weighs -0.25
    taste = taste_of({2: 1.0})
    expected = [
        (0.3 * z("content", -0.25 * COSINE) + 0.2 * z("popularity", 3)) / 0.5,
        np.nan,  # of which only its popularity speaks: undiluted, it would come first in everyone's list
        (0.3 * z("content", -0.25) + 0.2 * z("popularity", 2)) / 0.5,
        np.nan,
    ]
    assert model.score(taste).tolist() == pytest.approx(expected, nan_ok=True)
    baseline, contributions = model.explain(taste, np.array([0, 1, 2], np.int32))
    assert (baseline + contributions[:, 0]).tolist() == pytest.approx(expected[:3], nan_ok=True)
    # of a stranger only popularity speaks
    assert model.score(EMPTY_TASTE).tolist() == pytest.approx([z("popularity", one) for one in POPULARITY], nan_ok=True)


def test_similar_by_hand() -> None:
    model = by_hand()
    learned = [(0 - 0.25) / 0.5, (0.5 - 0.25) / 0.5]
    tagged = [(1 - 0.1) / 0.25, (COSINE - 0.1) / 0.25]
    assert model.similar(0).tolist() == pytest.approx(
        [0.25 * learned[0] + 0.75 * tagged[0], learned[1], tagged[1], np.nan], nan_ok=True
    )
    assert np.isnan(model.similar(3)).all()


def test_a_stranger_gets_exactly_the_popular_films() -> None:
    held = world()
    model = Hybrid().fit(held.interactions, held.dataset.movies, rng=np.random.default_rng(1))
    popular = model.parts["popularity"]
    assert isinstance(popular, Popularity)
    order = np.argsort(-model.score(EMPTY_TASTE), kind="stable")
    assert order.tolist() == np.argsort(-popular.score(EMPTY_TASTE), kind="stable").tolist()


def spread(samples: list[NDArray[np.float32]]) -> tuple[float, float]:
    values = [float(value) for sample in samples for value in sample if not np.isnan(value)]
    mean = sum(values) / len(values)
    return mean, (sum((value - mean) ** 2 for value in values) / len(values)) ** 0.5


def agreement(part: Model, reference: Model, people: list[Taste]) -> float:
    pairs = [
        (one, other)
        for taste in people
        for one, other in zip(part.score(taste).tolist(), reference.score(taste).tolist(), strict=True)
        if np.isfinite(one) and np.isfinite(other)
    ]
    ones, others = np.array(pairs).T
    return float(((ones - ones.mean()) * (others - others.mean())).mean() / (ones.std() * others.std()))


def test_scales_are_those_of_the_people_and_films_of_training() -> None:
    held = world()  # it has fewer people and films than the sample takes, so that all of them count
    model = Hybrid().fit(held.interactions, held.dataset.movies, rng=np.random.default_rng(1))
    config = model.state().config
    people = [held.interactions.taste(person) for person in range(held.interactions.n_users)]
    for name, part in model.parts.items():
        centre, width = spread([part.score(taste) for taste in people])
        if name != "popularity":
            width /= max(agreement(part, model.parts["collaborative"], people), 0.05)
        assert config["scales"][name]["spread"] == pytest.approx(width, rel=1e-4)
        # what is linear in a taste has its own zero: it must not depend on how many films people rated
        assert config["scales"][name]["centre"] == pytest.approx(centre if name == "popularity" else 0, rel=1e-4)
        if name in config["similar_weights"]:
            centre, width = spread([np.delete(part.similar(row), row) for row in range(len(held.vocabulary))])
            assert config["similar_scales"][name] == pytest.approx({"centre": centre, "spread": 1.0}, rel=1e-4)


@given(taste=tastes(len(world().vocabulary)))
@settings(deadline=None, max_examples=40)
def test_a_large_catalogue_is_blended_to_the_same(taste: Taste) -> None:
    fused, blended = FITTED, BLENDED
    np.testing.assert_allclose(blended.score(taste), fused.score(taste), rtol=1e-4, atol=1e-4)
    rows = np.arange(len(world().vocabulary), dtype=np.int32)
    for one, other in zip(blended.explain(taste, rows), fused.explain(taste, rows), strict=True):
        finite = np.isfinite(fused.score(taste))
        np.testing.assert_allclose(one[finite], other[finite], rtol=1e-4, atol=1e-4)


def _fitted() -> Hybrid:
    return Hybrid().fit(world().interactions, world().dataset.movies, rng=np.random.default_rng(1))


def _blended() -> Hybrid:
    model = _fitted()
    model._fused = None
    return model


FITTED, BLENDED = _fitted(), _blended()


def test_with_few_ratings_a_film_that_nobody_rated_can_be_among_the_best() -> None:
    held = world()
    unrated = held.vocabulary.row(UNRATED)
    assert unrated is not None
    scores = FITTED.score(taste_of({0: 5.0}))
    of_the_other_kind = scores[1:40:2]
    assert scores[unrated] > np.median(scores[:40])
    assert (scores[unrated] > of_the_other_kind).mean() > 0.9


def test_a_part_that_has_nothing_to_go_by_leaves_it_to_the_others() -> None:
    held = world_of(films(4), {"a": {1: 5.0, 2: 4.0}, "b": {1: 4.0, 2: 5.0, 3: 2.0}})  # no film has a tag
    model = Hybrid().fit(held.interactions, held.dataset.movies, rng=np.random.default_rng(1))
    scores = model.score(taste_of({0: 5.0}))
    assert np.isfinite(scores).tolist() == [True, True, True, False]
    assert scores[1] > scores[2]


def test_its_parts_keep_their_configs(tmp_path: Path) -> None:
    config = HybridConfig(
        collaborative=CollaborativeConfig(EaseConfig(l2=7.0, max_movies=30)),
        content=ContentConfig("counts", min_films=3, weights={"title": 1.0}),
        popularity=PopularityConfig(0.5),
        weights={"collaborative": 0.5, "content": 0.25, "popularity": 0.25},
    )
    model = Hybrid(config).fit(world().interactions, world().dataset.movies, rng=np.random.default_rng(1))
    again = Hybrid.from_state(stored(model.state(), tmp_path))
    assert again.config == config
    assert again.state().config == model.state().config


def test_the_weights_are_those_stated() -> None:
    config = HybridConfig()
    assert config.weights == {"collaborative": 0.84, "content": 0.12, "popularity": 0.01, "prospects": 0.03}
    assert config.similar_weights == {"collaborative": 0.085, "content": 0.915}
