"""/lists: shared by a link that cannot be guessed, changed by who holds the edit token."""

from __future__ import annotations

import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from recsvc.registry.store import Registry
from tests.api.asking import Json, answer, assert_problem, ids, serving
from tests.api.looking import contents, sql

KEY = {"X-Admin-Key": "open sesame, open sesame"}
GOOD: Json = {"title": "Movies for a rainy Sunday", "movie_ids": [3, 1, 2]}
NONE = "/lists/s7Y0mGq8Qn6cGv4V2kq1xA"


def share(client: TestClient, **changed: Any) -> Json:
    return answer(client.post("/lists", json={**GOOD, **changed}), 201)


def token(made: Json) -> dict[str, str]:
    return {"X-Edit-Token": made["edit_token"]}


def read(client: TestClient, made: Json) -> Json:
    return answer(client.get(f"/lists/{made['slug']}"))


def test_the_life_of_a_list(client: TestClient, database_url: str) -> None:
    response = client.post("/lists", json=GOOD)
    made = answer(response, 201)
    assert response.headers["location"] == f"/lists/{made['slug']}"
    assert response.headers["cache-control"] == "no-store"
    assert set(made) == {"slug", "edit_token", "title", "kind", "items", "created_at", "updated_at"}
    assert made["kind"] == "shared"
    assert made["created_at"] == made["updated_at"]
    assert datetime.fromisoformat(made["created_at"]).utcoffset() == timedelta(0)

    found = read(client, made)
    assert found == {name: value for name, value in made.items() if name != "edit_token"}
    assert [item["movie_id"] for item in found["items"]] == [3, 1, 2]
    for item in found["items"]:
        movie = answer(client.get(f"/movies/{item['movie_id']}"))
        assert (item["title"], item["year"]) == (movie["title"], movie["year"])
        assert item["movie"] == {name: movie[name] for name in item["movie"]}

    path = f"/lists/{made['slug']}"
    changed = answer(client.patch(path, json={"title": "Another", "movie_ids": [5, 3]}, headers=token(made)))
    assert changed == read(client, made)
    assert (changed["title"], ids({"items": [item["movie"] for item in changed["items"]]})) == ("Another", [5, 3])
    assert changed["created_at"] == made["created_at"]
    assert datetime.fromisoformat(changed["updated_at"]) >= datetime.fromisoformat(made["updated_at"])

    assert client.delete(path, headers=token(made)).status_code == 204
    for response in (
        client.get(path),
        client.patch(path, json={}, headers=token(made)),
        client.delete(path, headers=token(made)),
    ):
        assert made["slug"] in assert_problem(response, 404)["detail"]
    held = contents(database_url)
    assert (held["lists"], held["list_items"]) == ([], [])


def test_what_is_left_out_of_a_change_stays(client: TestClient) -> None:
    made = share(client)
    path = f"/lists/{made['slug']}"
    kept = {"title": made["title"], "movie_ids": [3, 1, 2]}
    for change in ({"title": "Another"}, {"movie_ids": [9]}, {}, {"title": None, "movie_ids": None}):
        kept |= {name: value for name, value in change.items() if value is not None}
        changed = answer(client.patch(path, json=change, headers=token(made)))
        assert {"title": changed["title"], "movie_ids": [item["movie_id"] for item in changed["items"]]} == kept


def test_links_cannot_be_guessed_and_the_token_is_kept_as_a_hash(client: TestClient, database_url: str) -> None:
    made = [share(client) for _ in range(50)]
    slugs, tokens = {one["slug"] for one in made}, {one["edit_token"] for one in made}
    assert len(slugs) == len(tokens) == 50
    for one in made:
        assert re.fullmatch("[A-Za-z0-9_-]{22}", one["slug"])  # 128 random bits
        assert re.fullmatch("[A-Za-z0-9_-]{43}", one["edit_token"])  # 256
    for texts in (slugs, tokens):
        for at in range(min(map(len, texts)) - 1):
            assert len({text[at] for text in texts}) > 8  # nowhere a counter, a time or a constant
    stored = dict(sql(database_url, "SELECT slug, edit_token_hash FROM lists"))
    assert stored == {one["slug"]: sha256(one["edit_token"].encode()).digest() for one in made}
    everything = repr(contents(database_url))
    assert not any(one["edit_token"] in everything for one in made)


def test_a_wrong_or_missing_token(client: TestClient, database_url: str) -> None:
    made, other = share(client), share(client)
    before = contents(database_url)
    path = f"/lists/{made['slug']}"
    wrong: list[bytes] = [text.encode() for text in ("x", made["slug"], made["edit_token"][:-1], other["edit_token"])]
    wrong += [sha256(made["edit_token"].encode()).hexdigest().encode(), b"\xe9", made["edit_token"].lower().encode()]
    for method, body in (("PATCH", {"title": "Mine now"}), ("DELETE", None)):
        response = client.request(method, path, json=body)
        assert "X-Edit-Token is missing" in assert_problem(response, 401)["detail"]
        assert response.headers["www-authenticate"] == "ApiKey"
        for given in wrong:
            response = client.request(method, path, json=body, headers={b"x-edit-token": given})
            problem = assert_problem(response, 403)
            assert made["edit_token"] not in repr(problem)
        assert_problem(client.request(method, NONE, json=body, headers=token(made)), 404)
    assert contents(database_url) == before


def test_access_is_checked_before_the_body(client: TestClient) -> None:
    assert_problem(client.patch(f"/lists/{share(client)['slug']}", json={"title": ""}), 401)


@pytest.mark.parametrize(
    "slug", ["x", "x" * 21, "x" * 23, "x" * 22 + "%0A", "x" * 21 + "%20", "%00" * 22, "x" * 21 + "."]
)
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_what_is_no_slug(reading: TestClient, method: str, slug: str) -> None:
    body: Json | None = {} if method == "PATCH" else None
    response = reading.request(method, f"/lists/{slug}", headers={"X-Edit-Token": "x"}, json=body)
    assert_problem(response, 422, "path.slug")


def test_there_is_no_list_of_all_lists(reading: TestClient) -> None:
    assert_problem(reading.get("/lists"), 405)


BAD_BODIES: list[tuple[Json, str]] = [
    *(
        ({"title": title}, "title")
        for title in ("", " ", "\t\n ", "\u2003\u00a0", "x" * 121, "💩" * 121, 5, None, ["x"])
    ),
    *(({"title": title}, "title") for title in ("a\0b", "\0")),
    *(
        ({"title": f"a{unseen}b"}, "title")
        for unseen in "\u200b\u200d\u200e\u202e\u2028\u2066\u2060\u3164\ufeff\xad\U000e0041"
    ),
    *(
        ({"title": title}, "title")
        for title in ("a\ufe0f", "\u200d", "👩\u200d", "👩\u200d\u200db", "❤\ufe0f\ufe0f", "\ue000")
    ),
    *(({"movie_ids": movies}, "movie_ids") for movies in ([], list(range(1, 202)), None, "1", {"0": 1})),
    ({"movie_ids": [1, 0]}, "movie_ids.1"),
    ({"movie_ids": ["1"]}, "movie_ids.0"),
    ({"movie_ids": [1, 2, 2**53]}, "movie_ids.2"),
    ({"movie_ids": [1, True]}, "movie_ids.1"),
    ({"movie_ids": [1, 501, 999]}, "movie_ids.1"),
    ({"movie_ids": [1, 2, 3, 2]}, "movie_ids.3"),
    ({"more": 1}, "more"),
    ({"slug": "s7Y0mGq8Qn6cGv4V2kq1xA"}, "slug"),
]


def test_a_bad_list(client: TestClient, database_url: str) -> None:
    made = share(client)
    before = contents(database_url)
    for change, field in BAD_BODIES:
        assert_problem(client.post("/lists", json={**GOOD, **change}), 422, f"body.{field}")
        if None not in change.values():  # which leaves it as it was
            response = client.patch(f"/lists/{made['slug']}", json=change, headers=token(made))
            assert_problem(response, 422, f"body.{field}")
    assert contents(database_url) == before


@pytest.mark.parametrize("missing", ["title", "movie_ids"])
def test_a_missing_field(reading: TestClient, missing: str) -> None:
    body = {name: value for name, value in GOOD.items() if name != missing}
    assert_problem(reading.post("/lists", json=body), 422, f"body.{missing}")


TITLES = [
    "x",
    "x" * 120,
    "💩" * 120,
    "Noël à Montréal",
    "映画 🎬 رومانسية",
    "e\u0301",
    "👩‍👩‍👧 1/2 %_'\";--",
    "❤️‍🔥 1️⃣ ‼️",
    "می‌خواهم",
    "क्‍ष",
    "null",
]


def test_titles_come_back_as_they_were_sent(client: TestClient) -> None:
    for title in TITLES:
        made = share(client, title=title)
        assert made["title"] == read(client, made)["title"] == title


def test_white_space_around_a_title_does_not_count(client: TestClient) -> None:
    made = share(client, title=f" \t{'x' * 120}\n\u2003")
    assert read(client, made)["title"] == "x" * 120


def test_html_in_a_title_is_text(client: TestClient) -> None:
    title = "<script>alert(1)</script><img src=x onerror=alert(1)>&amp;\"'"
    made = share(client, title=title)
    response = client.get(f"/lists/{made['slug']}", headers={"Accept": "text/html"})
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert answer(response)["title"] == title


def test_two_hundred_movies(client: TestClient) -> None:
    movies = list(range(200, 0, -1))
    made = share(client, movie_ids=movies)
    assert [item["movie_id"] for item in read(client, made)["items"]] == movies


def test_an_answer_is_asked_for_again_by_its_etag(client: TestClient) -> None:
    made = share(client)
    path = f"/lists/{made['slug']}"
    first = client.get(path)
    assert first.headers["cache-control"] == "no-cache"
    known = {"If-None-Match": first.headers["etag"]}
    again = client.get(path, headers=known)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    answer(client.patch(path, json={"title": "Another"}, headers=token(made)))
    changed = client.get(path, headers=known)
    assert answer(changed)["title"] == "Another"
    assert changed.headers["etag"] != first.headers["etag"]
    assert client.get(path, headers={"If-None-Match": changed.headers["etag"]}).status_code == 304
    assert client.delete(path, headers=token(made)).status_code == 204
    assert_problem(client.get(path, headers=known), 404)


OLD = '"00000000000000000000000000000000"'


def test_two_tabs_do_not_overwrite_each_other(client: TestClient, database_url: str) -> None:
    response = client.post("/lists", json=GOOD)
    made = answer(response, 201)
    path = f"/lists/{made['slug']}"
    read_by_both = client.get(path).headers["etag"]
    assert response.headers["etag"] == read_by_both
    first = client.patch(path, json={"title": "First"}, headers={**token(made), "If-Match": read_by_both})
    assert answer(first)["title"] == "First"
    before = contents(database_url)
    for method, body in (("PATCH", {"movie_ids": [9]}), ("DELETE", None)):
        refused = client.request(method, path, json=body, headers={**token(made), "If-Match": read_by_both})
        assert "read it again" in assert_problem(refused, 412)["detail"]
    assert contents(database_url) == before
    assert first.headers["etag"] == client.get(path).headers["etag"]  # so that one may go on without reading again
    second = client.patch(path, json={"title": "2"}, headers={**token(made), "If-Match": first.headers["etag"]})
    assert answer(second)["title"] == "2"
    given = {**token(made), "If-Match": second.headers["etag"]}
    assert client.delete(path, headers=given).status_code == 204
    assert_problem(client.delete(path, headers=given), 404)


def test_what_matches(client: TestClient) -> None:
    made = share(client)
    path = f"/lists/{made['slug']}"
    for given in ("{}", "W/{}", f"{OLD}, {{}}", f"W/{OLD} ,{{}},", "*"):
        tag = client.get(path).headers["etag"]
        headers = {**token(made), "If-Match": given.replace("{}", tag)}
        answer(client.patch(path, json={"title": given}, headers=headers))
    for given in (OLD, f"W/{OLD}", f"{OLD}, {OLD}", "x", "", ",", '"*"', tag.strip('"')):
        headers = {**token(made), "If-Match": given}
        assert_problem(client.patch(path, json={"title": "x"}, headers=headers), 412)
    assert_problem(client.patch(path, json={}, headers={**token(made), "If-Match": "x" * 1001}), 422, "header.if-match")
    assert_problem(client.patch(path, json={}, headers={"X-Edit-Token": "x", "If-Match": OLD}), 403)


def test_of_changes_at_once_that_read_the_same_one_is_kept(client: TestClient) -> None:
    for _ in range(4):
        made = share(client)
        path = f"/lists/{made['slug']}"
        headers = {**token(made), "If-Match": client.get(path).headers["etag"]}

        def change(number: int, path: str = path, headers: dict[str, str] = headers) -> int:
            return client.patch(path, json={"title": f"Title {number}"}, headers=headers).status_code

        with ThreadPoolExecutor(6) as pool:
            statuses = list(pool.map(change, range(6)))
        assert sorted(statuses) == [200, *[412] * 5]
        assert read(client, made)["title"] == f"Title {statuses.index(200)}"


def test_a_list_outlives_a_catalogue(shrinking_artifacts: tuple[Path, str], database_url: str, tmp_path: Path) -> None:
    folder, smaller = shrinking_artifacts
    artifacts = Path(shutil.copytree(folder, tmp_path / "artifacts"))
    with serving(artifacts, database_url, admin_key="open sesame, open sesame") as client:
        made = share(client, movie_ids=[400, 1, 300, 2])
        path = f"/lists/{made['slug']}"
        before = read(client, made)
        answer(client.post(f"/models/{smaller}/promote", headers=KEY))

        now = read(client, made)
        told = [(item["movie_id"], item["title"], item["year"]) for item in now["items"]]
        assert told == [(item["movie_id"], item["title"], item["year"]) for item in before["items"]]
        assert [item["movie"] is None for item in now["items"]] == [True, False, True, False]
        assert now["updated_at"] == before["updated_at"]

        answer(client.patch(path, json={"title": "Still here"}, headers=token(made)))
        changed = answer(client.patch(path, json={"movie_ids": [3, 300, 400]}, headers=token(made)))
        assert [item["movie_id"] for item in changed["items"]] == [3, 300, 400]
        titles = {item["movie_id"]: item["title"] for item in before["items"]}
        assert [item["title"] for item in changed["items"]][1:] == [titles[300], titles[400]]
        refused = client.patch(path, json={"movie_ids": [3, 301]}, headers=token(made))
        assert_problem(refused, 422, "body.movie_ids.1")
        assert_problem(client.post("/lists", json={**GOOD, "movie_ids": [300]}), 422, "body.movie_ids.0")
        answer(client.patch(path, json={"movie_ids": [3, 300]}, headers=token(made)))
        gone = client.patch(path, json={"movie_ids": [400]}, headers=token(made))
        assert_problem(gone, 422, "body.movie_ids.0")

        answer(client.post("/models/rollback", headers=KEY))
        again = read(client, made)
        assert [item["movie_id"] for item in again["items"]] == [3, 300]
        assert all(item["movie"] for item in again["items"])
    assert Registry(artifacts).production() != smaller


def test_changing_a_list_while_it_is_removed_answers_gone(client: TestClient) -> None:
    for _ in range(8):
        made = share(client)
        path = f"/lists/{made['slug']}"

        def change(number: int, path: str = path, made: Json = made) -> int:
            if number == 3:
                return client.delete(path, headers=token(made)).status_code
            movies = [number + 1, number + 2, 40 - number]
            return client.patch(path, json={"movie_ids": movies}, headers=token(made)).status_code

        with ThreadPoolExecutor(6) as pool:
            statuses = list(pool.map(change, range(6)))
        assert statuses[3] == 204
        assert set(statuses) <= {200, 204, 404}
        assert_problem(client.get(path), 404)
