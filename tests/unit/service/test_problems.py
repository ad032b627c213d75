from __future__ import annotations

import json

import pytest

from recsvc import errors
from recsvc.errors import InvalidInputError, NotFoundError, ReadOnlyUserError, RecsvcError
from recsvc.service.problems import FieldError, problem_response, status_of, unforeseen


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFoundError("movie", 1), 404),
        (errors.VersionNotFoundError("x"), 404),
        (errors.DamagedVersionError("x"), 409),
        (errors.RegistryError("x"), 409),
        (InvalidInputError(("genre",), "x"), 422),
        (ReadOnlyUserError("ml-100k:1"), 403),
        (errors.NotReadyError("x"), 503),
        (errors.ConfigurationError("x"), 500),
        (errors.DataError("x"), 500),
        (errors.ModelError("x"), 500),
        (RecsvcError("x"), 500),
    ],
    ids=lambda value: type(value).__name__,
)
def test_domain_errors(error: RecsvcError, status: int) -> None:
    assert status_of(error) == status


def test_a_problem_without_fields_has_none() -> None:
    response = problem_response("/nope", "abc", 404, "Not Found")
    assert response.media_type == "application/problem+json"
    assert json.loads(bytes(response.body)) == {
        "type": "urn:recsvc:problem:not-found",
        "title": "Not Found",
        "status": 404,
        "detail": "Not Found",
        "instance": "/nope",
        "request_id": "abc",
    }


def test_what_is_no_text_is_still_sent() -> None:
    response = problem_response("/\udcff", "abc", 422, "\ud800", [FieldError(field="body.\ud800", message="x")])
    assert json.loads(bytes(response.body))["errors"] == [{"field": "body.?", "message": "x"}]


def test_an_unexpected_error_is_logged_and_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    response = unforeseen("/rate", "abc", RuntimeError("swordfish"))
    assert response.status_code == 500
    assert b"swordfish" not in bytes(response.body)
    assert "swordfish" in caplog.text
    assert "abc" in caplog.text
