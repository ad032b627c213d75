"""openapi.json: the same as the code, and enough to use the service by."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from recsvc.service.app import create_app
from recsvc.settings import Settings
from tests.api.asking import Json, answer, recommended

COMMITTED = Path(__file__).parents[2] / "openapi.json"
DOCUMENT: Json = create_app(Settings()).openapi()
SCHEMAS: Json = DOCUMENT["components"]["schemas"]
OPERATIONS: dict[str, Json] = {
    f"{method.upper()} {path}": operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def test_the_committed_file_is_what_the_code_says() -> None:
    made = json.dumps(DOCUMENT, indent=2, ensure_ascii=False) + "\n"
    assert COMMITTED.read_text(encoding="utf-8") == made, "run scripts/openapi"


def test_the_service_sends_it(reading: TestClient) -> None:
    assert answer(reading.get("/openapi.json")) == DOCUMENT


def test_all_operations_are_there() -> None:
    assert set(OPERATIONS) >= {
        *("GET /recommend", "POST /recommend", "GET /similar/{movie_id}", "POST /similar"),
        *("POST /rate", "POST /rate/batch", "DELETE /rate"),
        *("GET /movies", "GET /movies/{movie_id}", "GET /movies/popular", "GET /movies/onboarding"),
        "GET /genres",
        *("GET /users/{user_id}", "GET /users/{user_id}/ratings", "DELETE /users/{user_id}"),
        "GET /users/{user_id}/export",
        *("POST /session", "DELETE /session", "POST /events", "GET /analytics"),
        *("POST /lists", "GET /lists/{slug}", "PATCH /lists/{slug}", "DELETE /lists/{slug}"),
        *("GET /models", "POST /models/{version}/promote", "POST /models/rollback", "POST /models/{version}/challenge"),
        *("GET /health/live", "GET /health/ready"),
    }
    assert "GET /docs" not in OPERATIONS


def test_operation_ids_are_names_and_unique() -> None:
    names = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[a-z_]+", name) for name in names)


def reachable(part: Any, seen: set[str]) -> Iterator[Any]:
    """Everything in a part of the document, and in the schemas it refers to."""
    yield part
    if isinstance(part, dict):
        reference = str(part.get("$ref", "")).rpartition("/")[2]
        if reference and reference not in seen:
            seen.add(reference)
            yield from reachable(SCHEMAS[reference], seen)
        for inner in part.values():
            yield from reachable(inner, seen)
    elif isinstance(part, list):
        for inner in part:
            yield from reachable(inner, seen)


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS.keys())
class TestAnOperation:
    def test_is_described(self, operation: Json) -> None:
        assert operation["summary"]
        assert not operation["summary"].endswith(".")
        assert len(operation["description"]) > 20
        assert operation["tags"]

    def test_has_examples_beside_those_of_errors(self, operation: Json) -> None:
        good = {status: response for status, response in operation["responses"].items() if status < "400"}
        parts = [*operation.get("parameters", []), operation.get("requestBody", {}), good]
        empty = parts == [{}, {"204": {"description": "Successful Response"}}]
        assert empty or any(isinstance(part, dict) and "examples" in part for part in reachable(parts, set()))

    def test_has_its_problems(self, operation: Json) -> None:
        responses = operation["responses"]
        assert {"422", "500", "503"} <= set(responses)
        for status, response in responses.items():
            assert response["description"]
            if status >= "400":
                assert response["content"] == PROBLEM
            elif status != "204":
                assert set(response["content"]) == {"application/json"}

    def test_describes_its_parameters(self, operation: Json) -> None:
        for parameter in operation.get("parameters", []):
            assert parameter.get("description") or parameter["schema"].get("description"), parameter["name"]
            assert parameter["schema"], parameter["name"]


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS.keys())
def test_every_schema_and_field_is_described(schema: Json) -> None:
    assert schema["description"]
    for name, field in schema.get("properties", {}).items():
        assert field.get("description"), name


def test_what_takes_a_body_says_413() -> None:
    for name, operation in OPERATIONS.items():
        if "requestBody" in operation:
            assert "413" in operation["responses"], name


def test_what_names_something_says_404() -> None:
    without = {"GET /users/{user_id}/ratings", "DELETE /users/{user_id}"}  # of nobody there is nothing, which is fine
    for name in OPERATIONS:
        if "{" in name:
            assert ("404" in OPERATIONS[name]["responses"]) == (name not in without), name


ADMIN, EDITOR, USER = ("apiKey", "header", "X-Admin-Key"), ("apiKey", "header", "X-Edit-Token"), ("http", "bearer")
SERVER = ("apiKey", "header", "X-API-Key")
SIGN_OUT = "DELETE /session"
"""It ends the session of a token, which is all that it takes."""
GUARDED = {
    "GET /recommend": USER,
    "POST /rate": USER,
    "POST /rate/batch": USER,
    "DELETE /rate": USER,
    "POST /events": USER,
    "GET /users/{user_id}": USER,
    "GET /users/{user_id}/ratings": USER,
    "GET /users/{user_id}/export": USER,
    "DELETE /users/{user_id}": USER,
    "DELETE /session": USER,
    "POST /lists": USER,
    "GET /lists/{slug}": USER,
    "PATCH /lists/{slug}": USER,
    "DELETE /lists/{slug}": USER,
    "POST /models/rollback": ADMIN,
    "POST /models/{version}/promote": ADMIN,
    "POST /models/{version}/challenge": ADMIN,
    "GET /analytics": ADMIN,
}


def test_access_is_documented() -> None:
    schemes = {
        name: tuple(scheme[field] for field in ("type", "in", "name", "scheme") if field in scheme)
        for name, scheme in DOCUMENT["components"]["securitySchemes"].items()
    }
    assert sorted(schemes.values()) == sorted([ADMIN, EDITOR, USER, SERVER])
    found = {
        name: [schemes[scheme] for needed in operation["security"] for scheme in needed]
        for name, operation in OPERATIONS.items()
        if "security" in operation
    }
    assert {name: set(ways) - {SERVER, EDITOR} for name, ways in found.items()} == {
        name: {way} for name, way in GUARDED.items()
    }
    assert {name for name, ways in found.items() if SERVER not in ways} == {SIGN_OUT}
    edited = {"PATCH /lists/{slug}", "DELETE /lists/{slug}"}
    assert {name for name, ways in found.items() if EDITOR in ways} == edited
    optional = {name for name, operation in OPERATIONS.items() if {} in operation.get("security", [])}
    assert optional == {name for name, way in GUARDED.items() if way == USER} - {SIGN_OUT}
    assert all(scheme["description"] for scheme in DOCUMENT["components"]["securitySchemes"].values())
    for name in GUARDED:
        assert "401" in OPERATIONS[name]["responses"], name


def test_bounds_are_documented() -> None:
    parameters = {one["name"]: one["schema"] for one in OPERATIONS["GET /recommend"]["parameters"]}
    assert (parameters["k"]["minimum"], parameters["k"]["maximum"], parameters["k"]["default"]) == (1, 100, 10)
    assert (parameters["offset"]["minimum"], parameters["offset"]["maximum"]) == (0, 1000)
    assert SCHEMAS["Era"]["enum"] == ["old", "new", "newest", "any"]
    assert SCHEMAS["Strategy"]["enum"] == ["auto", "hybrid", "collaborative", "content", "popular"]


@pytest.mark.parametrize(
    ("path", "schema"), [("/rate", "RateBody"), ("/recommend", "RecommendBody")], ids=["rate", "recommend"]
)
def test_the_examples_of_bodies_work(client: TestClient, path: str, schema: str) -> None:
    for example in SCHEMAS[schema]["examples"]:
        assert client.post(path, json=example).status_code in (200, 201)


def test_the_examples_of_parameters_work(reading: TestClient) -> None:
    checked = 0
    for name, operation in OPERATIONS.items():
        method, _, path = name.partition(" ")
        if method != "GET":
            continue
        query: Json = {}
        for parameter in operation.get("parameters", []):
            examples = parameter["schema"].get("examples", [])
            if parameter["in"] == "path":
                path = path.replace(f"{{{parameter['name']}}}", str(examples[0]))
            elif examples:
                query[parameter["name"]] = examples[0]
                checked += 1
        response = reading.get(path, params=query)
        nothing_there = path in {"/users/ada", "/users/ada/export"} or path.startswith("/lists/")
        expected = 404 if nothing_there else 403 if path == "/analytics" else 200
        assert response.status_code == expected, (path, query, response.text)
    assert checked > 5


def test_answers_have_the_documented_fields(reading: TestClient) -> None:
    listed = recommended(reading, "sample:7")
    assert set(listed) == set(SCHEMAS["Recommendations"]["properties"])
    assert set(listed["items"][0]) == set(SCHEMAS["RecommendedItem"]["properties"])
    export = answer(reading.get("/users/sample:7/export"))
    assert set(export) == set(SCHEMAS["UserExport"]["properties"])
    assert set(export["feedback"][0]) == set(SCHEMAS["ExportedFeedback"]["properties"])
    assert set(answer(reading.get("/movies/1"))) == set(SCHEMAS["MovieDetail"]["properties"])
    assert set(reading.get("/recommend?k=0").json()) == set(SCHEMAS["Problem"]["properties"])
