"""Cases of Schemathesis from every kind of caller: what openapi.json says is what happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.cases import ALL_CALLERS, EVERY_SCOPE, PHASES, Tried, trying

SEED = 1
WITH_FULL = 10
"""Examples an operation and scenarios; else there is one, and boundary values are tried by who may do most alone."""
IN_SHORT = [phase for phase in PHASES if phase != "coverage"]


@pytest.fixture(scope="module")
def exposed(sample_artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Tried]]:
    with trying(tmp_path_factory.mktemp("cases"), sample_artifacts, exposed=1) as as_caller:
        yield as_caller


def assert_as_documented(tried: Tried, least: int) -> None:
    assert not tried.failures, "\n\n".join([f"seed {SEED}", *tried.failures])
    assert tried.sent >= least
    assert tried.done >= least / 5


@pytest.mark.parametrize("caller", ALL_CALLERS)
def test_exposed(exposed: Callable[..., Tried], caller: str, full: bool) -> None:
    if full:
        assert_as_documented(exposed(caller, SEED, WITH_FULL), 2200)
    elif caller == EVERY_SCOPE:
        assert_as_documented(exposed(caller, SEED, 1), 2000)
    else:
        assert_as_documented(exposed(caller, SEED, 1, IN_SHORT), 90)


def test_not_exposed(sample_artifacts: Path, tmp_path: Path, full: bool) -> None:
    with trying(tmp_path, sample_artifacts, exposed=0) as as_caller:
        tried = as_caller("nobody", SEED, WITH_FULL, PHASES) if full else as_caller("nobody", SEED, 1, IN_SHORT)
    assert_as_documented(tried, 2200 if full else 90)
