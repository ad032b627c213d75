from __future__ import annotations

import pytest

from tests.requirements import need


def test_what_is_there_lets_the_test_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECSVC_TEST_REQUIRE", "datasets")
    need("datasets", True, "hint")


def test_what_is_missing_skips_and_says_what(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECSVC_TEST_REQUIRE", "chromium")
    with pytest.raises(pytest.skip.Exception, match=r"datasets.*set the folder"):
        need("datasets", False, "set the folder")


def test_what_is_missing_fails_when_it_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECSVC_TEST_REQUIRE", "chromium, datasets")
    with pytest.raises(pytest.fail.Exception, match=r"datasets.*set the folder"):
        need("datasets", False, "set the folder")
