"""Starting the service in this process, asking it, and the one check of every error."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from starlette.testclient import TestClient

from recsvc.service.app import create_app
from recsvc.settings import Settings

if TYPE_CHECKING:
    from httpx2 import Response

Json = dict[str, Any]

TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    412: "Precondition Failed",
    413: "Content Too Large",
    414: "URI Too Long",
    421: "Misdirected Request",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}


def settings_for(artifacts: Path, database_url: str, **more: Any) -> Settings:
    """The settings of a test; a machine that is busy with other tests may be slower than a database may be."""
    return Settings(artifacts_dir=artifacts, database_url=database_url, **{"database_seconds": 30.0, **more})


@contextmanager
def serving(artifacts: Path, database_url: str, **more: Any) -> Iterator[TestClient]:
    """The service, started, as its callers see it: an error inside is an answer."""
    app = create_app(settings_for(artifacts, database_url, **more))
    with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as client:
        now = time.time()
        set_clock(client, lambda: now)  # ids of recommendations hold the day: it must not end during a test
        yield client


def state(client: TestClient) -> Any:
    """What the started service holds."""
    app: Any = client.app
    return app.state


def set_clock(client: TestClient, clock: Callable[[], float]) -> None:
    """Let ids of recommendations be made and read at another time."""
    state(client).tokens._clock = clock


class Visitor(NamedTuple):
    """Who has a token, and the headers to send it in."""

    user_id: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def begin(client: TestClient) -> Visitor:
    """A new visitor."""
    begun = answer(client.post("/session"), 201)
    return Visitor(begun["user_id"], begun["token"])


def assert_problem(response: Response, status: int, *fields: str) -> Json:
    """The response is an RFC 9457 problem of this status that names these fields; returns its body."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["cache-control"] == ("no-cache" if response.url.path.startswith("/assets/") else "no-store")
    for name, value in SECURITY_HEADERS.items():
        assert response.headers[name] == value
    problem: Json = response.json()
    title = TITLES[status]
    assert problem["type"] == f"urn:recsvc:problem:{title.lower().replace(' ', '-')}"
    assert problem["title"] == title
    assert problem["status"] == status
    assert problem["detail"]
    assert problem["instance"] == response.url.path
    assert problem["request_id"] == response.headers["x-request-id"]
    assert problem["request_id"]
    assert set(problem) <= {"type", "title", "status", "detail", "instance", "request_id", "errors"}
    errors = problem.get("errors", [])
    assert sorted(error["field"] for error in errors) == sorted(fields), errors
    assert all(error["message"] for error in errors)
    assert "Traceback" not in response.text
    if status in (429, 503):
        assert int(response.headers["retry-after"]) > 0
    return problem


def answer(response: Response, status: int = 200) -> Json:
    """The body of a response that is no error."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-request-id"]
    body: Json = response.json()
    return body


def raw(name: str, value: str | bytes) -> dict[bytes, bytes]:
    """A header whose value may be no text."""
    return {name.encode(): value if isinstance(value, bytes) else value.encode()}


def movie(client: TestClient, title: str) -> int:
    """The id of the movie of that title."""
    found = answer(client.get("/movies", params={"q": title}))["items"]
    return next(int(movie["movie_id"]) for movie in found if movie["title"] == title)


def rate(client: TestClient, user_id: str, movie_id: int, stars: float, status: int = 201) -> Json:
    return answer(client.post("/rate", json={"user_id": user_id, "movie_id": movie_id, "rating": stars}), status)


def recommended(client: TestClient, user_id: str | None = None, **query: Any) -> Json:
    params = query if user_id is None else {"user_id": user_id, **query}
    return answer(client.get("/recommend", params=params))


def ids(listed: Json) -> list[int]:
    """The movies of an answer, in order; items are movies, or hold one."""
    return [item.get("movie", item)["movie_id"] for item in listed["items"]]


def scores(listed: Json) -> dict[int, float]:
    return {item["movie"]["movie_id"]: item["score"] for item in listed["items"]}


def feedback_of(client: TestClient, user_id: str) -> Sequence[Json]:
    items: list[Json] = answer(client.get(f"/users/{user_id}/ratings"))["items"]
    return items


def assert_sums(listed: Json) -> None:
    """Baseline, reasons and the rest make the score."""
    for item in listed["items"]:
        reasons = [reason["contribution"] for reason in item["because"]]
        assert len(reasons) <= 3
        assert reasons == sorted(reasons, reverse=True)
        assert all(reason > 0 for reason in reasons)
        assert abs(item["baseline"] + sum(reasons) + item["other"] - item["score"]) < 1e-6
