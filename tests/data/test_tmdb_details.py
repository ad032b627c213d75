"""Enrich MovieLens with real answers of TMDB, from a server with all kinds of failures."""

from __future__ import annotations

import csv
import gzip
import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from recsvc.datasets.dataset import Dataset
from recsvc.datasets.load import read_dataset, read_without_tmdb
from recsvc.datasets.movielens import read_movielens
from recsvc.datasets.titles import normalise
from recsvc.datasets.tmdb.cache import TmdbCache
from recsvc.datasets.tmdb.fetch import fetch
from recsvc.datasets.tmdb.merge import enrich, read_tmdb
from recsvc.datasets.tmdb.movie import TMDB_NOTICE
from recsvc.errors import ConfigurationError, DownloadError
from recsvc.registry.store import Registry
from recsvc.training.config import TrainingConfig
from recsvc.training.pipeline import publish_trained
from recsvc.types import Movie
from recsvc.usecases import models
from tests.api.asking import serving
from tests.data.test_real_datasets import folder_of
from tests.unit.datasets.folders import write_csv
from tests.unit.datasets.tmdb.tmdb_site import KEY, TmdbSite, Trouble, api, refusal, tmdb_site

ANSWERED, REMOVED, USERS = 270, 30, 200
TROUBLE = (
    Trouble(429),
    Trouble(429, headers={"Retry-After": "11"}),
    Trouble(500),
    Trouble(503, b"<html>busy</html>", {"Retry-After": "2"}),
    Trouble(reset=True),
    Trouble(cut=True, body=b'{"adult": false, "backd'),
    Trouble(body=b'{"adult": false, "backd'),
    Trouble(body=b"<html>Welcome</html>"),
)


@pytest.fixture(scope="module")
def details(data_dir: Path) -> dict[int, dict[str, Any]]:
    """TMDB's answers by id, with the appended parts."""
    file = folder_of(data_dir, "tmdb-details") / "details.jsonl.gz"
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        movies = [json.loads(line) for line in lines]
    return {movie["id"]: movie | appended(movie) for movie in movies}


def appended(movie: dict[str, Any]) -> dict[str, Any]:
    """Return invented appended parts in TMDB's form, since the file has none."""
    official = {"site": "YouTube", "type": "Trailer", "iso_639_1": "en", "official": True}
    videos = [official | {"key": f"{movie['id']:011}"}, official | {"key": "featurette_", "type": "Featurette"}]
    credit_names = {
        "cast": [{"name": f"Star of {movie['id']}", "order": 0}],
        "crew": [{"name": "D", "job": "Director"}],
    }
    return {"videos": {"results": videos}, "credits": credit_names, "keywords": {"keywords": [{"id": 1, "name": "k"}]}}


def rows_of(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines))


def cut_down(source: Path, target: Path, known: set[int]) -> set[int]:
    """Copy the most rated movies of a dataset, some of which TMDB does not have; return their TMDB ids."""
    movies, ratings, links = (rows_of(source / f"{name}.csv") for name in ("movies", "ratings", "links"))
    tmdb_id = {row[0]: int(row[2]) for row in links[1:] if row[2]}
    counts = Counter(row[1] for row in ratings[1:])
    ranked = [movie for movie, _ in counts.most_common() if movie in tmdb_id]
    present = [movie for movie in ranked if tmdb_id[movie] in known][:ANSWERED]
    removed = [movie for movie in ranked if tmdb_id[movie] not in known][:REMOVED]
    kept = {*present, *removed}
    ratings = [ratings[0], *(row for row in ratings[1:] if int(row[0]) <= USERS)]
    target.mkdir(parents=True)
    for name, (header, *rows), column in (("movies", movies, 0), ("ratings", ratings, 1), ("links", links, 0)):
        write_csv(target / f"{name}.csv", [header, *(row for row in rows if row[column] in kept)])
    return {tmdb_id[movie] for movie in kept}


@pytest.fixture(scope="module")
def sets(data_dir: Path, tmp_path_factory: pytest.TempPathFactory, details: dict[int, dict[str, Any]]) -> Path:
    """A folder with `ml-small`, a part of ml-latest-small, which is enriched despite all failures."""
    folder = tmp_path_factory.mktemp("sets")
    tmdb_ids = cut_down(folder_of(data_dir, "ml-latest-small"), folder / "ml-small", set(details))
    dataset, cache = read_without_tmdb("ml-small", folder), TmdbCache(folder / "ml-small" / "tmdb")
    dice = random.Random(1)
    with tmdb_site() as site:
        site.movies = details
        for tmdb_id in sorted(tmdb_ids):
            site.trouble[f"/movie/{tmdb_id}"] = dice.choices(TROUBLE, k=dice.choice((0, 0, 0, 1, 2)))
        slow, unanswered, *_ = sorted(tmdb_ids & set(details))
        site.trouble[f"/movie/{slow}"] = [Trouble(silent=True)]

        with pytest.raises(ConfigurationError, match="does not accept the key"):
            fetch(dataset, cache, api(site, "f" * 32), limit=1)
        assert site.requested_movies()
        site.always["*"] = Trouble(429)
        with pytest.raises(DownloadError, match="asked too often"):
            fetch(dataset, cache, api(site, attempts=3))
        site.always = {f"/movie/{unanswered}": Trouble(body=b'{"id": ')}
        with pytest.raises(DownloadError, match=f"{ANSWERED - 1} of {ANSWERED + REMOVED} movies are kept"):
            fetch(dataset, cache, api(site, timeout=2.0))
        assert sum(map(len, site.trouble.values())) == 0

        site.always.clear()
        site.requests.clear()
        report = fetch(dataset, cache, api(site))
        assert (report.kept, report.removed, report.left) == (ANSWERED, REMOVED, 0)
        assert site.requested_movies() == [unanswered]
        site.always["*"] = Trouble(401, refusal(7))
        assert fetch(dataset, cache, api(site)) == replace(report, asked=0)
    return folder


def test_every_movie_has_the_details_that_tmdb_sent(sets: Path, details: dict[int, dict[str, Any]]) -> None:
    plain, dataset = read_without_tmdb("ml-small", sets), read_dataset("ml-small", sets)
    assert dataset.notice.endswith(TMDB_NOTICE)
    enriched = 0
    for before, movie in zip(plain.movies, dataset.movies, strict=True):
        answer = details.get(movie.tmdb_id or 0)
        if answer is None:
            assert movie == before
            continue
        enriched += 1
        assert movie.poster_path == answer["poster_path"]
        assert movie.overview == answer["overview"].strip()
        assert movie.trailer_url == f"https://www.youtube.com/watch?v={movie.tmdb_id:011}"
        assert movie.cast == (f"Star of {movie.tmdb_id}",)
        assert movie.vote_count == answer["vote_count"]
        assert movie.genres == before.genres
        assert abs((movie.year or 0) - int(answer["release_date"][:4])) <= 2
    assert enriched == ANSWERED


def test_the_folder_can_be_read_alone_and_merged_with_the_tables(sets: Path, data_dir: Path) -> None:
    plain, dataset = read_without_tmdb("ml-small", sets), read_dataset("ml-small", sets)
    assert enrich(plain.movies, read_tmdb(sets / "ml-small" / "tmdb")).movies == dataset.movies
    both = enrich(dataset.movies, read_tmdb(folder_of(data_dir, "tmdb-5000"))).movies
    for movie, also in zip(dataset.movies, both, strict=True):
        assert (also.poster_path, also.overview or "") == (movie.poster_path, movie.overview or also.overview)
    assert sum(bool(movie.overview) for movie in both) > sum(bool(movie.overview) for movie in dataset.movies)


def test_an_enriched_dataset_is_trained_and_served(sets: Path, tmp_path: Path) -> None:
    dataset = read_dataset("ml-small", sets)
    publish_trained(
        dataset, TrainingConfig(), Registry(tmp_path / "artifacts"), promote=True, who="tests", progress=lambda _: None
    )
    registry = Registry(tmp_path / "artifacts")
    if not registry.aliases.current():
        models.promote(registry, registry.names()[-1], who="tests", why="the gate is not what is tested")
    with_data = next(movie for movie in dataset.movies if movie.poster_path)
    without = next(movie for movie in dataset.movies if movie.poster_path is None)
    with serving(tmp_path / "artifacts", f"sqlite:///{tmp_path}/recsvc.db") as client:
        with_details = client.get(f"/movies/{with_data.movie_id}").json()
        without_details = client.get(f"/movies/{without.movie_id}").json()
    assert with_details["poster_url"] == f"https://image.tmdb.org/t/p/w342{with_data.poster_path}"
    assert with_details["trailer_url"] == with_data.trailer_url
    assert with_details["overview"] == with_data.overview
    assert with_details["attribution"] == TMDB_NOTICE
    assert (without_details["poster_url"], without_details["trailer_url"], without_details["attribution"]) == (
        None,
        None,
        None,
    )


def test_no_file_contains_the_key(sets: Path) -> None:
    files = [file for file in sets.rglob("*") if file.is_file()]
    assert len(files) > ANSWERED + REMOVED
    assert all(KEY.encode() not in file.read_bytes() for file in files)


def links_by_title(dataset: Dataset) -> dict[tuple[str, int | None], set[int | None]]:
    links: dict[tuple[str, int | None], set[int | None]] = {}
    for movie in dataset.movies:
        for key in keys(movie):
            links.setdefault(key, set()).add(movie.tmdb_id)
    return links


def keys(movie: Movie) -> set[tuple[str, int | None]]:
    return {(normalise(title), movie.year) for title in (movie.title, *movie.other_titles)}


@pytest.fixture
def titles(data_dir: Path, details: dict[int, dict[str, Any]]) -> Iterator[TmdbSite]:
    """A server that searches among all movies whose titles at TMDB are in the data."""
    file = folder_of(data_dir, "tmdb-5000") / "tmdb_5000_movies.csv"
    with tmdb_site() as site, file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            site.movie(
                int(row["id"]),
                row["title"],
                row["release_date"],
                original_title=row["original_title"],
                vote_count=int(row["vote_count"]),
            )
        site.movies |= details
        yield site


def test_ml_100k_is_matched_by_title_and_year(data_dir: Path, titles: TmdbSite, tmp_path: Path) -> None:
    """The correct ids are the links of the same movies in ml-latest-small."""
    links = links_by_title(read_movielens(folder_of(data_dir, "ml-latest-small")))
    whole = read_movielens(folder_of(data_dir, "ml-100k"))
    linked = {movie.movie_id: set().union(*(links.get(key, set()) for key in keys(movie))) for movie in whole.movies}
    known = {movie_id: ids for movie_id, ids in linked.items() if len(ids) == 1}
    reachable = {movie_id for movie_id, ids in known.items() if ids <= set(titles.movies)}
    assert (len(known), len(reachable)) == (1_297, 472)
    # All movies that can be found, and some that cannot and must not be matched to others.
    chosen = [movie for movie in whole.movies if movie.movie_id in reachable or movie.movie_id % 8 == 0]
    cache = TmdbCache(tmp_path / "tmdb")
    report = fetch(replace(whole, movies=tuple(chosen)), cache, api(titles))

    found = {movie_id: tmdb_id for (movie_id, _, _), tmdb_id in cache.read().matched.items()}
    wrong = {movie_id for movie_id in found if movie_id in known and {found[movie_id]} != known[movie_id]}
    assert wrong == set()
    assert len(reachable & set(found)) == 467  # 98.9 %; "Alien 3" and the like need TMDB's alternative titles
    assert report.unmatched == len(chosen) - len(found) == report.movies - report.kept
    assert len(cache.missing_file.read_text(encoding="utf-8").splitlines()) == 1 + report.unmatched
    movies = {movie.movie_id: movie for movie in enrich(whole.movies, cache.read()).movies}
    assert movies[11].tmdb_id == 807  # "Seven (Se7en)"
    assert (movies[168].title, movies[168].year) == ("Monty Python and the Holy Grail", 1974)
    assert movies[168].tmdb_id == 762  # of 1975
