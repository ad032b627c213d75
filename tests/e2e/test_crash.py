"""Tests with `kill -9`: no incomplete version is ever listed, and no acknowledged rating is lost."""

from __future__ import annotations

import asyncio
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from recsvc.registry.store import Registry
from recsvc.storage import feedback
from recsvc.storage.database import Database
from recsvc.storage.feedback import Feedback
from recsvc.training.gate_in_time import LEAST_USERS
from recsvc.types import FeedbackKind
from tests.e2e.processes import Process, environment, start
from tests.e2e.writers import kill_while_rating

WITH_FULL = 50
KILLS_IN_TRAINING = 3
KILLS_IN_RETRAINING = 1
KILLS_IN_PUBLISHING = 15
KILLS_IN_SERVING = 12


def assert_only_whole_versions(artifacts: Path) -> list[str]:
    registry = Registry(artifacts)
    names = registry.names()
    for name in names:
        registry.verify(name)
    assert [manifest.version for manifest in registry.manifests()] == names
    if registry.aliases.entries():
        assert registry.production() in names
    return names


def leftovers(artifacts: Path) -> list[Path]:
    return list((artifacts / "versions").glob(".unfinished-*"))


def test_training_killed_at_any_time(tmp_path: Path, full: bool) -> None:
    kills = WITH_FULL if full else KILLS_IN_TRAINING
    artifacts, log = tmp_path / "artifacts", tmp_path / "log"
    began = time.perf_counter()
    assert start("train", log=log, artifacts_dir=artifacts).wait() == 0, log.read_text()
    whole_time = time.perf_counter() - began
    production = Registry(artifacts).production()

    draw = random.Random(20261120)
    killed = 0
    for _ in range(5 * kills):
        began = time.perf_counter()
        child = start("train", log=log, artifacts_dir=artifacts)
        time.sleep(whole_time * (killed + draw.random()) / kills)
        if child.kill() == -signal.SIGKILL:
            killed += 1
        else:  # it had ended by then: the machine was busier when the whole was timed
            whole_time = min(whole_time, time.perf_counter() - began) * 0.9
        assert production in assert_only_whole_versions(artifacts)
        if killed == kills:
            break
    assert killed == kills


async def rate_at_two_times(url: str) -> int:
    """Store ratings of as many simulated users as the gate asks; return how many there are."""
    database = await Database.open(url)
    draw, count = random.Random(5), 0
    try:
        for stars in (4.0, 5.0):
            async with database.write() as transaction:
                for user in range(LEAST_USERS + 10):
                    liked = draw.sample(range(1 + user % 4, 600, 4), 6)
                    items = [Feedback(f"simulated-{user}", movie, FeedbackKind.RATING, stars) for movie in liked]
                    count += sum(await feedback.put_many(transaction, "sample", items))
            await asyncio.sleep(1.01)  # ratings are cut in time, to the second
    finally:
        await database.close()
    return count


def test_retraining_killed_at_any_time(sample_artifacts: Path, tmp_path: Path, sqlite_url: str, full: bool) -> None:
    kills = WITH_FULL if full else KILLS_IN_RETRAINING
    artifacts, log = Path(shutil.copytree(sample_artifacts, tmp_path / "artifacts")), tmp_path / "log"
    stored = asyncio.run(rate_at_two_times(sqlite_url))
    settings = {"artifacts_dir": artifacts, "database_url": sqlite_url}

    def retrain() -> Process:
        """Start as after the two minutes for which a dead trainer keeps its lease."""
        with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as connection, connection:
            connection.execute("UPDATE leases SET expires_at = '2000-01-01 00:00:00.000000'")
        return start("retrain", log=log, **settings)

    began = time.perf_counter()
    assert retrain().wait() == 0, log.read_text()
    whole_time = time.perf_counter() - began
    draw = random.Random(20261129)
    for kill in range(kills):
        serving = Registry(artifacts).production()
        child = retrain()
        time.sleep(whole_time * (kill + draw.random()) / kills)
        killed = child.kill() == -signal.SIGKILL
        names = assert_only_whole_versions(artifacts)
        assert serving in names
        assert not killed or Registry(artifacts).production() in {serving, names[-1]}
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as connection:
        assert connection.execute("SELECT count(*) FROM feedback").fetchone() == (stored,)
    assert retrain().wait() == 0, log.read_text()
    assert leftovers(artifacts) == []


def test_publishing_killed_at_any_time(tmp_path: Path, full: bool) -> None:
    kills = WITH_FULL if full else KILLS_IN_PUBLISHING
    artifacts = tmp_path / "artifacts"
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("publisher.py")), str(artifacts)],
        env=environment() | {"OPENBLAS_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None

    def publish(seconds: float) -> tuple[float, int]:
        print(seconds, file=process.stdin, flush=True)
        taken, code = process.stdout.readline().split()  # type: ignore[union-attr] # it is a pipe
        return float(taken), int(code)

    assert process.stdout.readline() == "ready\n"
    whole = [publish(float("inf")) for _ in range(3)]
    assert all(code == 0 for _, code in whole)
    taken = min(seconds for seconds, _ in whole)  # the first one begins with cold caches

    draw = random.Random(20261120)
    cut_short = torn = 0
    after = assert_only_whole_versions(artifacts)
    for number in range(10 * kills):  # on a busy machine, more are needed until enough are killed in the middle
        if number >= kills and torn > 5:
            break
        before = after
        _, code = publish(taken * 1.2 * (number % kills + draw.random()) / kills)
        after = assert_only_whole_versions(artifacts)
        assert set(before) <= set(after)
        if code == -signal.SIGKILL and len(after) == len(before):
            cut_short += 1
            torn += bool(leftovers(artifacts))
    process.communicate()
    assert cut_short > 5
    assert torn > 5

    log = tmp_path / "log"
    assert start("train", log=log, artifacts_dir=artifacts).wait() == 0, log.read_text()
    assert leftovers(artifacts) == []
    assert assert_only_whole_versions(artifacts)[-1] == Registry(artifacts).production()


def test_serving_killed_in_a_burst_of_ratings(
    tmp_path: Path, sample_artifacts: Path, database_url: str, full: bool
) -> None:
    kills = WITH_FULL if full else KILLS_IN_SERVING
    killed = kill_while_rating(tmp_path, sample_artifacts, database_url, kills=kills)
    assert killed.lost == []
    assert killed.least_sent > KILLS_IN_SERVING
