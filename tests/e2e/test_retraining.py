"""What users say over HTTP is trained on: the whole way from ratings to a version that serves them better."""

from __future__ import annotations

import itertools
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from recsvc.datasets.sample import read_sample
from recsvc.registry.store import Registry
from recsvc.training.gate_in_time import LEAST_USERS
from recsvc.usecases.models import open_engine
from tests.e2e.processes import Service, run, serving

PICKED_UP = timedelta(seconds=5)
USERS, GROUPS, EARLIER, LATER = 400, 8, 12, 6


class Simulated:
    """Simulated users of tastes that the sample knows nothing of: each likes the movies of one of some drawn groups."""

    def __init__(self, seed: int = 3) -> None:
        rng = np.random.default_rng(seed)
        ids = np.array([movie.movie_id for movie in read_sample().movies])
        groups = rng.permutation(ids)[: GROUPS * 25].reshape(GROUPS, 25)
        self.of_user = {f"simulated-{number}": groups[number % GROUPS] for number in range(USERS)}
        self.movies = {user: rng.permutation(group)[: EARLIER + LATER] for user, group in self.of_user.items()}
        self.stars = {user: rng.choice([4.0, 4.5, 5.0], EARLIER + LATER) for user in self.of_user}

    def rate(self, service: Service, user: str, places: range) -> None:
        ratings = [
            {"user_id": user, "movie_id": int(self.movies[user][at]), "rating": float(self.stars[user][at])}
            for at in places
        ]
        assert service.client.post("/rate/batch", json={"ratings": ratings}).json()["kept"] == len(ratings)


@pytest.fixture
def artifacts(sample_artifacts: Path, tmp_path: Path) -> Path:
    """A registry that may be changed."""
    return Path(shutil.copytree(sample_artifacts, tmp_path / "artifacts"))


@pytest.fixture
def replicas(artifacts: Path, tmp_path: Path) -> Iterator[tuple[Service, Service]]:
    """Two processes of one service, asked in turn, after simulated users have rated at two times."""
    users = Simulated()
    settings = {"artifacts_dir": artifacts, "database_url": f"sqlite:///{tmp_path / 'recsvc.db'}"}
    with serving(tmp_path, **settings) as one, serving(tmp_path, **settings) as other:
        turns = itertools.cycle((one, other))
        for user in users.of_user:
            users.rate(next(turns), user, range(EARLIER))
        time.sleep(1.01)  # ratings are cut in time, to the second
        for user in users.of_user:
            users.rate(next(turns), user, range(EARLIER, EARLIER + LATER))
        yield one, other


def serves(service: Service) -> str:
    version: str = service.client.get("/health/ready").json()["model_version"]
    return version


def test_what_users_said_is_trained_on_and_served(
    replicas: tuple[Service, Service], artifacts: Path, tmp_path: Path
) -> None:
    registry = Registry(artifacts)
    before = registry.production()
    settings = {"artifacts_dir": artifacts, "database_url": f"sqlite:///{tmp_path / 'recsvc.db'}"}
    done = run("retrain", timeout=300, **settings)
    assert done.returncode == 0, done.stderr
    after = registry.production()
    assert after != before
    promotion = registry.aliases.entries()[-1]
    while {serves(service) for service in replicas} != {after}:
        assert datetime.now(UTC) - promotion.time < PICKED_UP
    assert f"published {after}, trained on sample and 7,200 opinions of 400 users" in done.stdout
    assert promotion.why.startswith("retrained; nDCG@10 of ")

    manifest = registry.manifest(after)
    assert manifest.collected is not None
    assert (manifest.collected.users, manifest.collected.ratings) == (USERS, 7200)
    metrics = manifest.metrics
    assert metrics["users"] >= LEAST_USERS
    assert metrics["hybrid"]["ndcg@10"] > 1.2 * metrics["serving"]["ndcg@10"]
    assert metrics["serving"]["gain_low"] > 0

    # It says so, and no user of the service stands in it.
    for service in replicas:
        [newest, former] = service.client.get("/models").json()["items"]
        assert (newest["version"], newest["opinions"], former["opinions"]) == (after, 7200, 0)
        assert newest["metrics"]["decision"].startswith("nDCG@10 of ")
        assert service.client.get("/recommend?user_id=simulated-0").json()["model_version"] == after
    assert not any("simulated-" in path.read_text("latin-1") for path in (artifacts / "versions" / after).rglob("*.*"))
    engine = open_engine(registry, after)
    assert len(engine.history) == len(read_sample().ratings.user_labels)
