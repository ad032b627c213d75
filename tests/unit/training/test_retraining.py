from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest

from recsvc.datasets.collected import Collected
from recsvc.datasets.dataset import Dataset, Ratings
from recsvc.engine.engine import Engine
from recsvc.errors import ErasedMeanwhileError, RegistryError
from recsvc.features.text import EMBEDDING
from recsvc.models.content import ContentConfig
from recsvc.models.hybrid import HybridConfig
from recsvc.models.nmf import NmfConfig
from recsvc.registry import store
from recsvc.registry.store import Registry
from recsvc.training import pipeline, retraining
from recsvc.training.config import TrainingConfig
from recsvc.training.gate_in_time import Verdict
from recsvc.training.pipeline import Folders, SearchPlan, publish_trained
from recsvc.training.retraining import Retrained, config_of, newest_made, retrain, seen_until
from recsvc.tuning.objective import Value
from recsvc.tuning.search import Study, Trial
from recsvc.tuning.spaces import point_of
from recsvc.usecases.models import open_engine, promote
from tests.unit.registry.drafts import draft
from tests.versions import part_of_sample

NOTHING = Ratings((), np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.float32), np.empty(0, np.int64))


@pytest.fixture
def part() -> Dataset:
    return part_of_sample(range(1, 151), range(150), name="part")


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "artifacts")


def trained(part: Dataset, registry: Registry, config: TrainingConfig | None = None) -> Engine:
    """A version in production, whatever the gate of `train` says of so few ratings."""
    done = publish_trained(
        part, config or TrainingConfig(), registry, promote=False, who="tests", progress=lambda _step: None
    )
    promote(registry, done.manifest.version, who="tests", why="")
    return open_engine(registry, done.manifest.version)


def one_opinion(part: Dataset) -> Collected:
    movies = np.array([part.movies[0].movie_id], np.int64)
    times = np.array([part.ratings.timestamps.max() + 10], np.int64)
    return Collected(Ratings(("0",), np.zeros(1, np.int32), movies, np.full(1, 4.5, np.float32), times), ("ann",))


def retrained(
    part: Dataset,
    registry: Registry,
    serving: Engine,
    collected: Collected,
    check: object,
    plan: SearchPlan | None = None,
    challenge: float | None = None,
) -> Retrained:
    assert callable(check)
    return retrain(
        part,
        collected,
        registry,
        serving,
        promote=True,
        challenge=challenge,
        who="tests",
        progress=lambda _step: None,
        read_from=Folders(),
        search_plan=plan,
        check=check,
    )


def test_with_too_few_users_it_is_published_and_not_promoted(part: Dataset, registry: Registry) -> None:
    serving = trained(part, registry)
    assert seen_until(serving, part) == part.ratings.timestamps.max()
    done = retrained(part, registry, serving, one_opinion(part), lambda _: None)
    assert done.action == "published"
    assert registry.production() == serving.manifest.version
    engine = open_engine(registry, done.manifest.version)
    assert engine.manifest.catalogue == serving.manifest.catalogue
    assert engine.manifest.collected is not None
    assert (engine.manifest.collected.users, engine.manifest.collected.ratings) == (1, 1)
    assert seen_until(engine, part) == part.ratings.timestamps.max() + 10
    assert len(engine.history) == len(serving.history)
    assert "0 users said something to test on" in str(engine.manifest.metrics["decision"])
    logged = registry.aliases.entries()[-1]
    assert (logged.alias, logged.version, logged.action) == ("candidate", done.manifest.version, "publish")
    assert logged.why == f"retrained; {done.verdict.reason}"


@pytest.mark.parametrize("fails_at", [1, 2])
def test_nothing_stays_of_a_version_in_which_somebody_is_who_was_erased(
    part: Dataset, registry: Registry, fails_at: int
) -> None:
    serving = trained(part, registry)
    calls = 0

    def erased(version: str) -> None:
        nonlocal calls
        calls += 1
        assert (version in registry.names()) == (calls == 2)
        if calls == fails_at:
            raise ErasedMeanwhileError(1)

    with pytest.raises(ErasedMeanwhileError):
        retrained(part, registry, serving, one_opinion(part), erased)
    assert registry.names() == [serving.manifest.version]
    assert registry.production() == serving.manifest.version


def test_without_opinions_it_trains_on_the_dataset_alone(part: Dataset, registry: Registry) -> None:
    serving = trained(part, registry)
    done = retrained(part, registry, serving, Collected(NOTHING, ()), lambda _: None)
    assert done.manifest.collected is not None
    assert done.manifest.collected.until is None
    assert done.manifest.dataset == serving.manifest.dataset


def test_it_goes_on_from_the_config_of_the_serving_version(part: Dataset, registry: Registry) -> None:
    config = TrainingConfig(stars=NmfConfig(factors=3), min_ratings_per_user=2, seed=7)
    serving = trained(part, registry, config)
    assert config_of(serving) == config


def test_a_field_that_the_serving_version_did_not_know_gets_its_default(part: Dataset, registry: Registry) -> None:
    weights = {field: 0.2 for field in ContentConfig().weights if field != EMBEDDING}
    config = TrainingConfig(hybrid=replace(HybridConfig(), content=ContentConfig(weights=weights)))
    found = config_of(trained(part, registry, config))
    assert found.hybrid.content.weights == {**weights, EMBEDDING: ContentConfig().weights[EMBEDDING]}


def test_settings_are_searched_without_what_the_gate_asks_for(
    part: Dataset, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    serving = trained(part, registry)
    searched_in: list[int] = []
    config = replace(HybridConfig(), popularity_prior=3.0)
    best = Trial(point_of(config), Value(1.0, 0.0), 1, {}, 1.0)

    def noted(dataset: Dataset, given: HybridConfig, **_named: Any) -> Study:
        assert given == serving.hybrid.config
        searched_in.append(len(dataset.ratings))
        return Study(config, best, (best,))

    monkeypatch.setattr(pipeline, "search", noted)
    monkeypatch.setattr(pipeline, "enough_to_search", lambda _dataset: True)
    done = retrained(part, registry, serving, one_opinion(part), lambda _: None, SearchPlan(2))
    assert searched_in == [len(part.ratings)]  # without the one that is newer than the cut
    assert done.manifest.search is not None
    assert open_engine(registry, done.manifest.version).hybrid.config == config


def test_what_passes_is_promoted_or_challenges(
    part: Dataset, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    serving = trained(part, registry)
    monkeypatch.setattr(retraining, "judge", lambda *_: Verdict(True, "it is better", {}))
    done = retrained(part, registry, serving, one_opinion(part), lambda _: None, challenge=0.25)
    assert done.action == "challenges"
    challenge = registry.aliases.challenge()
    assert challenge is not None
    assert (challenge.version, challenge.weight) == (done.manifest.version, 0.25)
    assert registry.production() == serving.manifest.version
    done = retrained(part, registry, serving, one_opinion(part), lambda _: None)
    assert done.action == "promoted"
    assert registry.production() == done.manifest.version
    assert registry.aliases.entries()[-1].why == "retrained; it is better"
    with pytest.raises(RegistryError, match=f"{done.manifest.version} is in production by now"):
        retrained(part, registry, serving, one_opinion(part), lambda _: None)  # it was compared with the one before
    assert registry.production() == done.manifest.version
    assert len(registry.names()) == 4


def test_the_serving_version_knows_nothing_of_later_than_it_was_made(part: Dataset, registry: Registry) -> None:
    """Whatever time an imported opinion has, or a dataset that was written anew: what is said from now on is new."""
    serving = trained(part, registry)
    made = int(serving.manifest.created_at.timestamp())
    later = replace(part.ratings, timestamps=part.ratings.timestamps + made)
    assert seen_until(serving, replace(part, ratings=later)) == made
    future = one_opinion(replace(part, ratings=later))
    engine = open_engine(registry, retrained(part, registry, serving, future, lambda _: None).manifest.version)
    assert seen_until(engine, part) == int(engine.manifest.created_at.timestamp())


def test_which_version_of_a_catalogue_is_the_newest(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not one of other movies, nor one that was made when the clock was ahead."""

    class Tomorrow(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return super().now(tz) + timedelta(days=1)

    first = registry.publish(draft())
    registry.publish(replace(draft(), catalogue="another"))
    with monkeypatch.context() as patch:
        patch.setattr(store, "datetime", Tomorrow)
        ahead = registry.publish(draft())
    now = datetime.now(UTC)
    assert newest_made(registry, "tiny", now) == first.created_at
    assert newest_made(registry, "tiny", now + timedelta(days=2)) == ahead.created_at
    assert newest_made(registry, "none", now).year == 1970
