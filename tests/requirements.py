"""What a test may need from its surroundings: a data folder, a database, a browser, the packages of an extra."""

from __future__ import annotations

import os
from importlib.util import find_spec

import pytest


def need(what: str, available: bool, hint: str) -> None:
    """Skip the test if something is not there, or fail it if RECSVC_TEST_REQUIRE (a,b,...) names it."""
    if available:
        return
    required = {part.strip() for part in os.environ.get("RECSVC_TEST_REQUIRE", "").split(",")}
    if what in required:
        pytest.fail(f"{what} required by RECSVC_TEST_REQUIRE and not there: {hint}")
    pytest.skip(f"{what} not there: {hint}", allow_module_level=True)


def need_extra(extra: str, *modules: str) -> None:
    """Skip the test or, at its top, the whole file if packages of an extra are not installed; see `need`."""
    missing = [module for module in modules if find_spec(module) is None]
    need(extra, not missing, f"install recsvc[{extra}], which brings {' and '.join(missing)}")
