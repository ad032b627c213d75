"""Errors as RFC 9457 problems. One table maps the errors of recsvc to statuses, and all error bodies are made here."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.routing import Match, Mount

from recsvc.errors import (
    CatalogueMismatchError,
    ChangedMeanwhileError,
    ExistsAlreadyError,
    InvalidInputError,
    InvalidRecordError,
    NotAuthenticatedError,
    NotFoundError,
    NotPermittedError,
    NotReadyError,
    QuotaError,
    ReadOnlyUserError,
    RecsvcError,
    RegistryError,
    VersionNotFoundError,
)

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
STATUS: dict[type[RecsvcError], int] = {
    NotFoundError: 404,
    VersionNotFoundError: 404,
    RegistryError: 409,
    InvalidInputError: 422,
    CatalogueMismatchError: 409,
    ExistsAlreadyError: 409,
    ChangedMeanwhileError: 412,
    NotAuthenticatedError: 401,
    NotPermittedError: 403,
    ReadOnlyUserError: 403,
    NotReadyError: 503,
}
RETRY_AFTER_SECONDS = 5
MOST_ERRORS = 20
"""With the bounds of each text, no problem about a body is larger than 64 kB, even if all of it has to be escaped."""
_HEADERS = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": str(RETRY_AFTER_SECONDS)}}
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class FieldError(BaseModel):
    """One value that cannot be used."""

    field: str = Field(description="Where it stands, e.g. `body.ratings.3.rating` or `query.k`.")
    message: str = Field(description="What is wrong with it.")


class Problem(BaseModel):
    """An error, as RFC 9457 describes it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:recsvc:problem:unprocessable-content",
                    "title": "Unprocessable Content",
                    "status": 422,
                    "detail": "query.k: Input should be less than or equal to 100",
                    "instance": "/recommend",
                    "request_id": "5f0c6c1e8a1d4d6c9b3c7a1f2e4d6b80",
                    "errors": [{"field": "query.k", "message": "Input should be less than or equal to 100"}],
                }
            ]
        }
    )

    type: str = Field(description="Which kind of problem, as a URN that does not change.")
    title: str = Field(description="The HTTP status in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What is wrong this time, for a user to read.")
    instance: str = Field(description="The path that was asked.")
    request_id: str = Field(description="Also in the `X-Request-ID` header and in the service's log.")
    errors: list[FieldError] = Field(default=[], description="The fields that cannot be used, if it is about fields.")


def problem_response(
    path: str,
    request_id: str,
    status: int,
    detail: str,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Make the response of one problem."""
    title = _title(status)
    more = f"; and {len(errors) - MOST_ERRORS:,} more" if len(errors) > MOST_ERRORS else ""
    problem = Problem(
        type=f"urn:recsvc:problem:{title.lower().replace(' ', '-')}",
        title=title,
        status=status,
        detail=_short(detail, 1_000) + more,
        instance=path,
        request_id=request_id,
        errors=list(errors[:MOST_ERRORS]),
    )
    content = problem.model_dump(exclude_defaults=True)
    return Response(json.dumps(content, ensure_ascii=False).encode(errors="replace"), status, headers, MEDIA_TYPE)


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _title(status: int) -> str:
    names = {
        413: "Content Too Large",
        414: "URI Too Long",
        422: "Unprocessable Content",
    }  # as in RFC 9110, which Python's table follows in later versions only
    return names.get(status) or HTTPStatus(status).phrase


def document(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of an operation: these problems, and those that any operation may have."""
    return {
        status: {"model": Problem, "description": _title(status)} for status in sorted({*statuses, 422, 429, 500, 503})
    }


def install(app: FastAPI) -> None:
    """Answer errors as problems: those of recsvc, of validation, and the framework's 404 and 405.

    Errors that nobody foresaw are for the middleware, which answers with `unforeseen`.
    """
    app.add_exception_handler(RecsvcError, _domain)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)


def _respond(
    request: Request,
    status: int,
    detail: str,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    return problem_response(
        request.scope["path"], request.scope["state"]["request_id"], status, detail, errors, headers
    )


def status_of(error: RecsvcError) -> int:
    """Return the status of the nearest class in the table; 500 for an error that no caller can cause."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


@lru_cache(maxsize=64)
def _log_cause_of(cause: str, _minute: int) -> None:
    log.error("%s", cause)


def _log_cause(cause: str) -> None:
    """Log why nothing can be answered, once a minute and not for each request."""
    _log_cause_of(cause, int(time.monotonic() // 60))


def _domain(request: Request, error: Exception) -> Response:
    assert isinstance(error, RecsvcError)  # noqa: S101 - registered for it
    status = status_of(error)
    if status == 500:
        return unforeseen(request.scope["path"], request.scope["state"]["request_id"], error)
    if isinstance(error, NotReadyError):
        _log_cause(str(error))
        return _respond(request, status, error.told, (), _HEADERS[status])
    request.scope["state"]["is_within_rights"] = isinstance(error, QuotaError)
    errors = fields_of(error, "body" if request.method in {"POST", "PATCH"} else "query")
    return _respond(request, status, str(error), errors, _HEADERS.get(status))


def fields_of(error: RecsvcError, *within: str | int) -> list[FieldError]:
    """Return the fields that an error names; `within` is where the values are in the request."""
    fields = error.fields if isinstance(error, InvalidInputError) else ()
    return [_field_error(".".join(map(str, (*within, *field))), message) for field, message in fields]


def _field_error(field: str, message: str) -> FieldError:
    return FieldError(field=_short(field, 100), message=_short(message, 300))


def _validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it
    errors = fields_of(InvalidRecordError(plain_errors(error.errors())))
    return _respond(request, 422, "; ".join(f"{one.field}: {one.message}" for one in errors[:5]), errors)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it
    status, detail, headers = error.status_code, error.detail, error.headers
    errors = []
    if status == 400 and "parsing the body" in detail:
        # FastAPI answers 400 for a body that is no text at all. To the caller that is the same mistake as bad JSON.
        status, errors = 422, [FieldError(field="body", message="cannot be read as JSON")]
    elif status == 413:
        errors = [FieldError(field="body", message=detail)]
    elif status == 405:
        headers = {"Allow": ", ".join(_allowed(request))}
    return _respond(request, status, detail, errors, headers)


def _allowed(request: Request) -> Sequence[str]:
    """Return all methods of a path; the router returns those of the first matching route only."""
    scope = {"type": "http", "path": request.scope["path"], "root_path": request.scope["root_path"], "headers": []}
    routes = [route for route in request.app.routes if not isinstance(route, Mount)]
    found = [
        method
        for method in _METHODS
        if any(route.matches({**scope, "method": method})[0] is Match.FULL for route in routes)
    ]
    if "GET" in found:
        found.append("HEAD")  # answered as GET is, without the body
    return found or ("GET", "HEAD")  # mounted paths are files


def plain_errors(errors: Sequence[Any]) -> list[tuple[tuple[str | int, ...], str]]:
    """Return what pydantic found as pairs of a path and a message in the caller's words."""
    found: list[tuple[tuple[str | int, ...], str]] = []
    for error in errors:
        path, message = tuple(error["loc"]), str(error["msg"]).removeprefix("Value error, ")
        if error["type"] == "json_invalid":
            path, message = ("body",), f"is not JSON: {error['ctx']['error']} at character {error['loc'][-1]}"
        found.append((path, message))
    return found


def unforeseen(path: str, request_id: str, error: Exception) -> Response:
    """Log an error that nobody foresaw, and answer without any detail of it."""
    log.error("request %s failed", request_id, exc_info=error)
    detail = "Something went wrong inside the service; the log has it under this request id."
    return problem_response(path, request_id, 500, detail)
