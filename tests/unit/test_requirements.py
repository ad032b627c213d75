from __future__ import annotations

import pytest

from tests.requirements import need, need_extra


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


def test_an_extra_is_missing_if_one_of_its_packages_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECSVC_TEST_REQUIRE", "report")
    need_extra("postgres", "json", "email.message")
    with pytest.raises(pytest.skip.Exception, match=r"postgres .*recsvc\[postgres\], which brings no_such_module$"):
        need_extra("postgres", "json", "no_such_module")
    with pytest.raises(pytest.fail.Exception, match="report required"):
        need_extra("report", "no_such_module")
