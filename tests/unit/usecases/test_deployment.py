"""Which version answers whom."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from recsvc.engine.engine import Engine
from recsvc.registry.aliases import Challenge
from recsvc.registry.store import Registry
from recsvc.usecases.deployment import Deployment, DeploymentManager
from tests.versions import publish_again

USERS = 10_000
NAMES = [f"anon:{number:032x}" if number % 2 else f"user-{number}" for number in range(USERS)]


@pytest.fixture(scope="module")
def engines(sample_artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Engine, Engine, Engine]:
    """What is in production, and two versions that might challenge it."""
    artifacts = Path(shutil.copytree(sample_artifacts, tmp_path_factory.mktemp("deployment") / "artifacts"))
    registry = Registry(artifacts)
    versions = [registry.production(), *(publish_again(artifacts).version for _ in range(2))]
    one, two, three = (Engine(registry.open(version)) for version in versions)
    return one, two, three


def challenging(engine: Engine, challenger: Engine, weight: float) -> Deployment:
    return Deployment(engine, challenger, Challenge(challenger.manifest.version, weight, datetime.now(UTC)))


def challenged(deployment: Deployment) -> set[str]:
    """Who is answered from the challenger."""
    assert {id(deployment.for_user(name)) for name in NAMES} <= {id(deployment.production), id(deployment.challenger)}
    return {name for name in NAMES if deployment.for_user(name) is deployment.challenger}


@pytest.mark.parametrize("weight", [0.01, 0.1, 0.3, 0.5, 0.9])
def test_the_share_is_near_the_weight(engines: tuple[Engine, Engine, Engine], weight: float) -> None:
    share = len(challenged(challenging(engines[0], engines[1], weight))) / USERS
    # Six standard errors: the versions' names, and with them the draw, are others every time.
    assert abs(share - weight) < 6 * (weight * (1 - weight) / USERS) ** 0.5


def test_who_is_answered_from_the_challenger_stays_so_as_its_share_grows(
    engines: tuple[Engine, Engine, Engine],
) -> None:
    before: set[str] = set()
    for weight in (0.0, 0.05, 0.3, 0.31, 0.8, 1.0):
        now = challenged(challenging(engines[0], engines[1], weight))
        assert before <= now
        before = now
        assert challenged(challenging(engines[0], engines[1], weight)) == now
    assert before == set(NAMES)


def test_without_weight_it_answers_nobody(engines: tuple[Engine, Engine, Engine]) -> None:
    assert challenged(challenging(engines[0], engines[1], 0.0)) == set()


def test_unknown_users_are_answered_from_what_is_in_production(engines: tuple[Engine, Engine, Engine]) -> None:
    assert challenging(engines[0], engines[1], 1.0).for_user(None) is engines[0]
    assert Deployment(engines[0]).for_user("ada") is engines[0]


def test_another_challenger_draws_other_users(engines: tuple[Engine, Engine, Engine]) -> None:
    """Or the same users would get what is new every time."""
    one, other = (challenged(challenging(engines[0], engine, 0.5)) for engine in engines[1:])
    assert abs(len(one & other) / USERS - 0.25) < 0.03


def test_of_two_engines_the_one_that_stays_is_not_loaded_again(sample_artifacts: Path, tmp_path: Path) -> None:
    sample = Path(shutil.copytree(sample_artifacts, tmp_path / "artifacts"))
    second = publish_again(sample).version
    manager = DeploymentManager(Registry(sample))
    assert manager.refresh()
    first = manager.deployment().production
    manager.challenge(second, 0.5, who="tests", why="")
    challenger = manager.deployment().challenger
    assert challenger is not None
    assert manager.deployment().production is first
    assert not manager.refresh()
    third = publish_again(sample).version
    manager.promote(third, who="tests", why="")
    assert manager.deployment().production.manifest.version == third
    assert manager.deployment().challenger is challenger
    manager.promote(second, who="tests", why="")
    assert manager.deployment() == Deployment(challenger)
    assert manager.loaded() == {second}
