from __future__ import annotations

import json
from typing import Any

import pytest

from recsvc.datasets.tmdb.responses import Details, parse

ANSWER: dict[str, Any] = {
    "adult": False,
    "id": 194,
    "title": "Amélie",
    "original_title": "Le Fabuleux Destin d'Amélie Poulain",
    "original_language": "fr",
    "release_date": "2001-04-25",
    "overview": " At a tiny Parisian café... ",
    "genres": [{"id": 35, "name": "Comedy"}, {"id": 10751, "name": "Family"}, {"id": 36, "name": "History"}],
    "production_countries": [{"iso_3166_1": "FR", "name": "France"}, {"iso_3166_1": "DE", "name": "Germany"}],
    "production_companies": [{"id": n, "name": f"Company {n}", "logo_path": None} for n in range(5)],
    "vote_average": 7.9,
    "vote_count": 11000,
    "imdb_id": "tt0211915",
    "poster_path": "/nSxDa3M9aMvGVLoItzWTepQ5h5d.jpg",
    "backdrop_path": "/qvdsmbbtWsnWePILuGaEe5PRPgY.jpg",
    "runtime": 122,
    "budget": 10_000_000,
    "revenue": 173_921_954,
    "belongs_to_collection": {"id": 9, "name": " Amélie Collection ", "poster_path": None, "backdrop_path": None},
    "credits": {
        "cast": [{"name": f"Actor {order}", "order": order} for order in (3, 0, 1, 2, 5, 4)],
        "crew": [
            {"name": "Writer", "job": "Screenplay"},
            {"name": "Jean-Pierre Jeunet", "job": "Director"},
            {"name": "Jean-Pierre Jeunet", "job": "Director"},
        ],
    },
    "keywords": {"keywords": [{"id": 1, "name": "paris, france"}, {"id": 2, "name": "garden gnome"}]},
    "videos": {
        "results": [
            {"site": "YouTube", "key": "clip0000000", "type": "Clip", "official": True, "iso_639_1": "fr"},
            {"site": "YouTube", "key": "HUECWi5pX7o", "type": "Trailer", "official": True, "iso_639_1": "fr"},
        ]
    },
}


def read(**changes: Any) -> Details:
    return parse(Details, json.dumps(ANSWER | changes).encode())


def test_all_used_fields_are_converted() -> None:
    movie = read().movie()
    assert (movie.tmdb_id, movie.title, movie.year, movie.imdb_id) == (194, "Amélie", 2001, "tt0211915")
    assert movie.original_title == "Le Fabuleux Destin d'Amélie Poulain"
    assert movie.overview == "At a tiny Parisian café..."
    assert movie.genres == ("Comedy", "Children")
    assert movie.countries == ("France", "Germany")
    assert movie.companies == ("Company 0", "Company 1", "Company 2")
    assert (movie.vote_average, movie.vote_count) == (7.9, 11000)
    assert movie.cast == ("Actor 0", "Actor 1", "Actor 2", "Actor 3", "Actor 4")
    assert movie.directors == ("Jean-Pierre Jeunet",)
    assert movie.keywords == ("paris, france", "garden gnome")
    assert movie.poster_path == "/nSxDa3M9aMvGVLoItzWTepQ5h5d.jpg"
    assert movie.trailer_url == "https://www.youtube.com/watch?v=HUECWi5pX7o"
    assert (movie.runtime, movie.original_language, movie.release_date) == (122, "fr", "2001-04-25")
    assert (movie.budget, movie.revenue) == (10_000_000, 173_921_954)
    assert movie.backdrop_path == "/qvdsmbbtWsnWePILuGaEe5PRPgY.jpg"
    assert movie.collection == "Amélie Collection"


def test_what_tmdb_does_not_know_is_none() -> None:
    numbers, texts = {"runtime": 0, "budget": 0, "revenue": 0}, {"release_date": "", "original_language": ""}
    movie = read(**numbers, **texts, backdrop_path=None).movie()
    assert {getattr(movie, name) for name in (*numbers, *texts, "backdrop_path")} == {None}
    assert {read(belongs_to_collection=part).movie().collection for part in (None, {"id": 9, "name": " "})} == {None}
    assert read(runtime=None, original_language="xxx", backdrop_path="//x").movie().runtime is None


def test_cutting_keeps_all_used_fields() -> None:
    whole = read()
    cut = whole.cut()
    assert cut.movie() == whole.movie()
    assert len(cut.model_dump_json()) < len(whole.model_dump_json())
    assert parse(Details, cut.model_dump_json().encode()) == cut


def test_almost_all_fields_may_be_missing() -> None:
    empty = dict.fromkeys(("overview", "imdb_id", "poster_path", "release_date", "original_language"))
    movie = parse(Details, json.dumps({"id": 5, "title": "X", **empty}).encode()).movie()
    assert (movie.year, movie.overview, movie.imdb_id, movie.poster_path, movie.trailer_url) == (
        None,
        "",
        None,
        None,
        None,
    )
    assert (movie.vote_average, movie.vote_count, movie.cast, movie.keywords) == (None, 0, (), ())


@pytest.mark.parametrize("path", ["no-slash.jpg", "/../x.jpg?y=1", "//host/x.jpg", "/a b.jpg", ""])
def test_a_poster_path_with_another_form_is_dropped(path: str) -> None:
    assert read(poster_path=path).movie().poster_path is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<html>", "is not JSON"),
        (b'{"id": 1, "title": "X"', "is not JSON"),
        (b"", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[]", r"not in TMDB's form \(the whole\)"),
        (b'{"id": 1}', r"not in TMDB's form \(title\)"),
        (b'{"title": "X"}', r"\(id\)"),
        (b'{"id": 1, "title": "X", "vote_average": 11}', r"\(vote_average\)"),
        (b'{"id": 1, "title": "X", "credits": {"cast": [{"order": 0}]}}', r"\(credits\.cast\.0\.name\)"),
    ],
)
def test_an_invalid_answer_is_rejected(content: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse(Details, content)
