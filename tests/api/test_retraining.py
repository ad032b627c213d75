"""What users say over HTTP is trained on: the whole way from ratings to a version that serves them better."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from recsvc import cli
from recsvc.datasets.sample import read_sample
from recsvc.registry.store import Registry
from recsvc.training.gate_in_time import LEAST_USERS
from recsvc.usecases.models import open_engine
from tests.api.asking import answer, serving

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

    def rate(self, client: TestClient, user: str, places: range) -> None:
        ratings = [
            {"user_id": user, "movie_id": int(self.movies[user][at]), "rating": float(self.stars[user][at])}
            for at in places
        ]
        assert answer(client.post("/rate/batch", json={"ratings": ratings}), 200)


@pytest.fixture
def rated(artifacts: Path, sqlite_url: str) -> Iterator[TestClient]:
    """The service, which looks for other versions all the time, after simulated users have rated at two times."""
    users = Simulated()
    with serving(artifacts, sqlite_url, reload_seconds=0.05) as client:
        for user in users.of_user:
            users.rate(client, user, range(EARLIER))
        time.sleep(1.01)  # ratings are cut in time, to the second
        for user in users.of_user:
            users.rate(client, user, range(EARLIER, EARLIER + LATER))
        yield client


def run(monkeypatch: pytest.MonkeyPatch, artifacts: Path, url: str, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["recsvc", "retrain", *arguments])
    monkeypatch.setenv("RECSVC_ARTIFACTS_DIR", str(artifacts))
    monkeypatch.setenv("RECSVC_DATABASE_URL", url)
    with pytest.raises(SystemExit) as end:
        cli.main()
    return int(end.value.code or 0)


def test_what_users_said_is_trained_on_and_served(
    rated: TestClient,
    artifacts: Path,
    sqlite_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = Registry(artifacts).production()
    assert run(monkeypatch, artifacts, sqlite_url) == 0, capsys.readouterr().err
    registry = Registry(artifacts)
    after = registry.production()
    assert after != before
    assert f"published {after}, trained on sample and 7,200 opinions of 400 users" in capsys.readouterr().out

    manifest = registry.manifest(after)
    assert manifest.collected is not None
    assert (manifest.collected.users, manifest.collected.ratings) == (USERS, 7200)
    metrics = manifest.metrics
    assert metrics["users"] >= LEAST_USERS
    assert metrics["hybrid"]["ndcg@10"] > 1.2 * metrics["serving"]["ndcg@10"]
    assert metrics["serving"]["gain_low"] > 0
    assert registry.aliases.entries()[-1].why.startswith("retrained; nDCG@10 of ")

    # It is served, and no user of the service stands in it.
    deadline = time.monotonic() + 10
    while answer(rated.get("/health/ready"))["model_version"] != after:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    [newest, former] = answer(rated.get("/models"))["items"]
    assert (newest["version"], newest["opinions"], former["opinions"]) == (after, 7200, 0)
    assert newest["metrics"]["decision"].startswith("nDCG@10 of ")
    assert answer(rated.get("/recommend?user_id=simulated-0"))["model_version"] == after
    assert not any("simulated-" in path.read_text("latin-1") for path in (artifacts / "versions" / after).rglob("*.*"))
    engine = open_engine(registry, after)
    assert len(engine.history) == len(read_sample().ratings.user_labels)
