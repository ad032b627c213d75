from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsvc.datasets.dataset import Dataset
from recsvc.datasets.preprocess import fingerprint
from recsvc.engine.answer import UserProfile
from recsvc.engine.engine import NO_ROWS, Engine
from recsvc.engine.query import Query
from recsvc.engine.strategies import Strategy
from recsvc.errors import ModelError, RegistryError
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.hybrid import HybridConfig
from recsvc.models.nmf import Nmf, NmfConfig
from recsvc.models.vbmf import Vbmf
from recsvc.registry.store import Registry
from recsvc.training import pipeline
from recsvc.training.config import TrainingConfig
from recsvc.training.gate import judge, split
from recsvc.training.pipeline import STEPS, SearchPlan, Trained, publish_trained
from recsvc.tuning.search import Study, search
from recsvc.tuning.spaces import point_of
from recsvc.types import Movie
from tests.contracts.worlds import USERS, movies, taste_of, world, world_of
from tests.versions import part_of_sample

AGAINST_TASTE = TrainingConfig(hybrid=HybridConfig(popularity_prior=-1000.0))


def train(
    registry: Registry, dataset: Dataset, config: TrainingConfig | None = None, *, promote: bool = True
) -> Trained:
    return publish_trained(
        dataset, config or TrainingConfig(), registry, promote=promote, who="ann", progress=lambda _: None
    )


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "artifacts")


def test_what_passes_the_gate_is_in_production(registry: Registry) -> None:
    steps: list[str] = []
    held = world()
    trained = publish_trained(held.dataset, TrainingConfig(), registry, promote=True, who="ann", progress=steps.append)
    assert len(steps) == len(set(steps)) == STEPS
    assert trained.promoted
    assert registry.production() == trained.manifest.version
    [entry] = registry.aliases.entries()
    assert entry.who == "ann"
    assert "small-world" in entry.why

    manifest = registry.manifest(trained.manifest.version)
    assert manifest == trained.manifest
    told = manifest.dataset
    assert (told.name, told.users, told.movies, told.ratings) == ("small-world", USERS, 42, len(held.dataset.ratings))
    assert told.fingerprint == fingerprint(held.dataset)
    assert (manifest.seed, manifest.config) == (42, json.loads(json.dumps(TrainingConfig().as_dict())))
    years = [movie.year for movie in held.dataset.movies if movie.year is not None]
    assert manifest.era_border == int(np.median(years))
    assert {"recsvc", "numpy", "scipy"} <= manifest.packages.keys()
    assert manifest.metrics["hybrid"]["ndcg@10"] > manifest.metrics["popularity"]["ndcg@10"] > 0
    written = registry.versions / manifest.version / "metrics.json"
    assert json.loads(written.read_text()) == manifest.metrics


def test_promoting_is_asked_for(registry: Registry) -> None:
    trained = train(registry, world().dataset, promote=False)
    assert trained.verdict.passed
    assert not trained.promoted
    assert registry.names() == [trained.manifest.version]
    assert registry.aliases.current() is None


def assert_published_and_not_promoted(registry: Registry, trained: Trained) -> None:
    assert not trained.verdict.passed
    assert not trained.promoted
    assert registry.names() == [trained.manifest.version]
    assert registry.aliases.current() is None
    Engine(registry.open(trained.manifest.version))


def test_what_is_worse_than_the_popular_movies_does_not_serve(registry: Registry) -> None:
    trained = train(registry, world().dataset, AGAINST_TASTE)
    assert trained.verdict.metrics["hybrid"]["ndcg@10"] < trained.verdict.metrics["popularity"]["ndcg@10"]
    assert_published_and_not_promoted(registry, trained)


def test_what_is_as_good_as_the_popular_movies_does_not_serve(registry: Registry) -> None:
    # everyone rated every movie, so each held-out movie is among the few unseen ones, in whatever order they are
    stars = np.random.default_rng(1).choice([3.0, 4.0, 5.0], (8, 12)).tolist()
    movies = [Movie(number, "x", 1990 + number % 3, ("A", "B")[number % 2 :]) for number in range(1, 13)]
    held = world_of(movies, {str(user): dict(enumerate(line, 1)) for user, line in enumerate(stars)})
    trained = train(registry, held.dataset)
    for model in ("hybrid", "popularity"):
        assert trained.verdict.metrics[model]["ndcg@10"] == pytest.approx(1)
    assert_published_and_not_promoted(registry, trained)


def test_data_too_small_to_hold_anything_out_does_not_serve(registry: Registry) -> None:
    # the only ratings of a movie, one or two, are all in the training part
    held = world_of(movies(3), {"a": {1: 5.0, 2: 3.0}, "b": {1: 4.0, 3: 2.0}})
    assert_published_and_not_promoted(registry, train(registry, held.dataset))


def test_what_serves_goes_on_when_the_next_is_refused(registry: Registry) -> None:
    first = train(registry, world().dataset).manifest.version
    assert not train(registry, world().dataset, AGAINST_TASTE).promoted
    assert registry.production() == first
    assert len(registry.names()) == 2
    with pytest.raises(RegistryError, match="no earlier version"):
        registry.aliases.roll_back(who="ann", why="")


def test_one_seed_makes_one_model_bit_by_bit(registry: Registry) -> None:
    first, second = (train(registry, world().dataset).manifest for _ in range(2))
    assert first.version != second.version
    assert len(first.files) > 20
    assert first.files == second.files
    assert first.components == second.components
    other = train(registry, world().dataset, TrainingConfig(seed=7)).manifest
    assert other.seed == 7
    assert other.files["stars/factors.npy"] != first.files["stars/factors.npy"]
    assert other.files["history/stars.npy"] == first.files["history/stars.npy"]


def test_limits_are_of_learning_and_not_of_the_catalogue(registry: Registry) -> None:
    held = world()
    config = TrainingConfig(min_ratings_per_user=10, min_ratings_per_movie=20)
    engine = Engine(registry.open(train(registry, held.dataset, config).manifest.version))
    counts = held.interactions.counts()
    np.testing.assert_array_equal(engine.catalogue.rating_counts, counts)
    assert len(engine.catalogue) == 42
    assert len(engine.history) == USERS
    assert engine.titles.search("Movie 39", counts).tolist()[0] == 39
    few = np.diff(held.interactions.starts) < 10
    assert few.any()
    lazy = int(np.flatnonzero(few)[0])
    assert len(engine.history.taste(str(lazy + 1))) == len(held.interactions.taste(lazy))

    enough = np.flatnonzero(counts >= 20)
    assert 5 < len(enough) < 35
    model = engine._models[Strategy.COLLABORATIVE]
    scores = model.score(taste_of({int(enough[0]): 5.0}))
    assert np.flatnonzero(np.isfinite(scores)).tolist() == enough.tolist()
    # a movie without enough ratings to be trained on is still recommended, by its metadata
    answer = engine.recommend(UserProfile(taste_of({0: 5.0}), NO_ROWS), Query(k=100))
    assert len(answer.items) == 40


def test_a_minimum_that_leaves_nothing_is_reported(registry: Registry) -> None:
    with pytest.raises(ModelError, match="at least 1000"):
        train(registry, world().dataset, TrainingConfig(min_ratings_per_user=1000))
    assert registry.names() == []


def test_a_simulated_dataset_says_so(registry: Registry) -> None:
    simulated = replace(world().dataset, simulated=True, notice="nobody gave these")
    told = train(registry, simulated).manifest.dataset
    assert (told.simulated, told.notice) == (True, "nobody gave these")


def test_the_gate_says_what_it_compared() -> None:
    held = world()
    vocabulary = Vocabulary.of(movie.movie_id for movie in held.dataset.movies)
    verdict = judge(held.dataset, vocabulary, TrainingConfig())
    personal, popular = (verdict.metrics[name]["ndcg@10"] for name in ("hybrid", "popularity"))
    assert f"{personal:.4f} personal, {popular:.4f} popular" in verdict.reason


def test_stars_may_come_from_a_filled_matrix() -> None:
    assert isinstance(TrainingConfig().star_model(), Vbmf)
    assert isinstance(TrainingConfig(stars=NmfConfig(fill="user_mean")).star_model(), Nmf)
    with pytest.raises(ModelError, match="fill must be a mean"):
        TrainingConfig(stars=NmfConfig(fill="none")).star_model()


@pytest.mark.usefixtures("short_search")
def test_what_is_searched_is_kept_and_trained_with(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = part_of_sample(range(1, 201), range(300), name="part")
    searched_in: list[int] = []

    def noted(part: Dataset, *arguments: Any, **named: Any) -> Study:
        searched_in.append(len(part.ratings))
        return search(part, *arguments, **named)

    monkeypatch.setattr(pipeline, "search", noted)
    steps: list[str] = []
    trained = publish_trained(
        dataset,
        TrainingConfig(),
        registry,
        promote=False,
        who="ann",
        progress=steps.append,
        search_plan=SearchPlan(2),
    )
    assert len(steps) == STEPS + 2
    found = trained.manifest.search
    assert found is not None
    assert found["trials"] == 2
    hybrid = Engine(registry.open(trained.manifest.version)).hybrid
    assert point_of(hybrid.config) == pytest.approx(found["chosen"]["settings"])
    assert trained.manifest.config["hybrid"]["popularity_prior"] == hybrid.config.popularity_prior
    # once, on what the gate does not hold out
    assert searched_in == [len(split(dataset, TrainingConfig().seed)[0])]


@pytest.mark.parametrize("config", [TrainingConfig(), TrainingConfig(min_ratings_per_user=3)])
def test_nothing_is_searched_in_too_few_ratings(registry: Registry, config: TrainingConfig) -> None:
    trained = publish_trained(
        world().dataset,
        config,
        registry,
        promote=False,
        who="ann",
        progress=lambda _: None,
        search_plan=SearchPlan(2),
    )
    assert trained.manifest.search is None
