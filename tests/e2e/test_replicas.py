"""Two processes on one database and one registry say what a plain model says, whatever is asked of which of them."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.replicas import follow, two_replicas

RULES = {"rate", "rate_batch", "undo", "erase", "promote", "roll_back", "challenge"}


def test_two_replicas_and_a_plain_model(
    shrinking_artifacts: tuple[Path, str], tmp_path: Path, database_url: str, full: bool
) -> None:
    with two_replicas(tmp_path, shrinking_artifacts[0], database_url) as replicas:
        follow(replicas, runs=100 if full else 3, steps=50 if full else 12)
    assert replicas.followed.total() >= 15
    assert not full or set(replicas.followed) == RULES
