"""What a test may need from its surroundings: a data folder, a database, a browser."""

from __future__ import annotations

import os

import pytest


def need(what: str, available: bool, hint: str) -> None:
    """Skip the test if something is not there, or fail it if RECSVC_TEST_REQUIRE (a,b,...) names it."""
    if available:
        return
    required = {part.strip() for part in os.environ.get("RECSVC_TEST_REQUIRE", "").split(",")}
    if what in required:
        pytest.fail(f"{what} required by RECSVC_TEST_REQUIRE and not there: {hint}")
    pytest.skip(f"{what} not there: {hint}")
