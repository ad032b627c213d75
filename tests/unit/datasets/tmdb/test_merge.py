from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from recsvc.datasets.load import read_dataset
from recsvc.datasets.tmdb.merge import EnrichResult, enrich, read_tmdb
from recsvc.errors import BadRowError, DataError
from recsvc.features.title_index import TitleIndex
from recsvc.types import Movie
from tests.unit.datasets.folders import name_list, tmdb, tmdb_row

CAST = json.dumps([{"name": f"Actor {n}", "order": n} for n in (2, 0, 1, 6, 5, 4, 3)])
CREW = json.dumps(
    [
        {"name": "Writer", "job": "Screenplay"},
        {"name": "First", "job": "Director"},
        {"name": "Second", "job": "Director"},
        {"name": "First", "job": "Director"},
    ]
)


def enriched(folder: Path, tmdb_movies: list[dict[str, object]], *movies: Movie) -> EnrichResult:
    return enrich(movies, read_tmdb(tmdb(folder, tmdb_movies)))


def test_complete_short_and_empty_credits(tmp_path: Path) -> None:
    short_cast, short_crew = '[{"name": "B"}, {"name": "A"}]', '[{"name": "D", "job": "Director"}]'
    folder = tmdb(
        tmp_path,
        [tmdb_row(1, "Whole"), tmdb_row(2, "Short"), tmdb_row(3, "Empty"), tmdb_row(4, "None")],
        [
            (1, "Whole", CAST, CREW),
            (2, "Short", short_cast, short_crew),
            (3, "Empty", "[]", "[]"),
            (9, "?", "[]", "[]"),
        ],
    )
    movies = read_tmdb(folder).movies
    assert list(movies) == [1, 2, 3, 4]
    assert movies[1].cast == ("Actor 0", "Actor 1", "Actor 2", "Actor 3", "Actor 4")
    assert movies[1].directors == ("First", "Second")
    assert (movies[2].cast, movies[2].directors) == (("B", "A"), ("D",))
    for tmdb_id in (3, 4):
        assert (movies[tmdb_id].cast, movies[tmdb_id].directors) == ((), ())


def test_the_id_column_of_the_credits_may_be_called_id(tmp_path: Path) -> None:
    folder = tmdb(tmp_path, [tmdb_row(1, "A")], [("[]", CREW, 1)], credit_header=("cast", "crew", "id"))
    assert read_tmdb(folder).movies[1].directors == ("First", "Second")


def test_empty_fields_are_filled_and_others_not_overwritten(tmp_path: Path) -> None:
    movie = tmdb_row(
        862,
        "Toy Story",
        original_title="Historia de juguetes",
        overview=" Toys live. ",
        genres=name_list("Animation", "Family", "Science Fiction", "Music", "History", "TV Movie", "Foreign"),
        keywords=name_list("toy", "boy"),
        production_countries=name_list("United States of America"),
        production_companies=name_list("Pixar", "B", "C", "D"),
        runtime="81.0",
        original_language="en",
        budget=30_000_000,
        revenue=373_554_033,
    )
    folder = tmdb(tmp_path, [movie], [(862, "Toy Story", CAST, CREW)])
    complete = Movie(
        1,
        "Toy Story",
        1996,
        ("Comedy",),
        ("Historia de juguetes",),
        overview="Mine.",
        keywords=("k",),
        directors=("d",),
        cast=("c",),
        countries=("l",),
        companies=("p",),
        tags=("t",),
        imdb_id="tt1",
        tmdb_id=862,
        vote_average=1.0,
        vote_count=0,
        runtime=80,
        original_language="fr",
        release_date="1996-01-01",
        backdrop_path="/b.jpg",
        budget=1,
        revenue=2,
        collection="Mine Collection",
    )
    full, kept = enrich((Movie(2, "Other", tmdb_id=862), complete), read_tmdb(folder)).movies
    assert kept == complete
    assert full == Movie(
        2,
        "Other",
        1995,
        ("Animation", "Children", "Sci-Fi", "Musical"),
        ("Historia de juguetes",),
        overview="Toys live.",
        keywords=("toy", "boy"),
        directors=("First", "Second"),
        cast=("Actor 0", "Actor 1", "Actor 2", "Actor 3", "Actor 4"),
        countries=("United States of America",),
        companies=("Pixar", "B", "C"),
        tmdb_id=862,
        vote_average=7.5,
        vote_count=10,
        runtime=81,
        original_language="en",
        release_date="1995-05-01",
        budget=30_000_000,
        revenue=373_554_033,
    )


def test_a_working_title_gives_way_and_is_still_found(tmp_path: Path) -> None:
    reboot = Movie(1, "Untitled Spider-Man Reboot", 2017, tmdb_id=315635)
    named = Movie(2, "Untitled: Another Movie's Own Title", 2017)
    found = enriched(tmp_path, [tmdb_row(315635, "Spider-Man: Homecoming")], reboot, named).movies
    assert (found[0].title, found[0].other_titles) == ("Spider-Man: Homecoming", ("Untitled Spider-Man Reboot",))
    assert found[1].title == named.title  # TMDB does not know it
    index = TitleIndex.of(found)
    for query in ("homecoming", "untitled spider-man reboot"):
        assert index.search(query, np.ones(2, np.int64))[0] == 0
    again = enriched(tmp_path / "again", [tmdb_row(315635, "Untitled Spider-Man Reboot")], reboot).movies
    assert (again[0].title, again[0].other_titles) == (reboot.title, ())


def test_an_average_without_votes_is_none(tmp_path: Path) -> None:
    movie = read_tmdb(tmdb(tmp_path, [tmdb_row(1, "A", vote_average=0.0, vote_count=0)])).movies[1]
    assert (movie.vote_average, movie.vote_count) == (None, 0)


def test_a_link_takes_precedence_over_the_title(tmp_path: Path) -> None:
    tmdb_movies = [tmdb_row(1, "Right"), tmdb_row(2, "Wrong")]
    movies = (Movie(1, "Wrong", 1995, tmdb_id=1), Movie(2, "Right", 1995, tmdb_id=99))
    result = enriched(tmp_path, tmdb_movies, *movies)
    assert (result.matched_by_link, result.matched_by_title) == (1, 0)
    assert result.movies[0].vote_count == 10
    assert result.movies[1] is movies[1]


@pytest.mark.parametrize(
    ("movie", "tmdb_id"),
    [
        (Movie(1, "The Lion & the King", 1995), 1),
        (Movie(1, "lion and the king", 1995), 1),
        (Movie(1, "Something", 1995, other_titles=("El León",)), 1),
        (Movie(1, "Lion and the King", 1994), 1),
        (Movie(1, "Lion and the King", 1996), 1),
        (Movie(1, "Lion and the King", 1997), None),
        (Movie(1, "Lion and the King", None), None),
        (Movie(1, "Twin", 1990), None),
        (Movie(1, "Twin", 1991), None),
        (Movie(1, "Between", 1981), None),
        (Movie(1, "Between", 1980), 4),
        (Movie(1, "Between", 1983), 5),
        (Movie(1, "Lion and the King", 1995, other_titles=("Lone",)), None),
        (Movie(1, "$", 1995), None),
    ],
)
def test_a_movie_is_matched_if_exactly_one_has_its_title_and_year(
    tmp_path: Path, movie: Movie, tmdb_id: int | None
) -> None:
    movies = [
        tmdb_row(1, "The Lion and the King", original_title="El leon"),
        tmdb_row(2, "Twin", "1990-01-01"),
        tmdb_row(3, "Twin", "1990-12-01"),
        tmdb_row(4, "Between", "1980-01-01"),
        tmdb_row(5, "Between", "1982-01-01"),
        tmdb_row(6, "Lone", "1995-02-02"),
        tmdb_row(7, "!!!", "1995-02-02"),
        tmdb_row(8, "Undated", ""),
    ]
    result = enriched(tmp_path, movies, movie)
    assert result.movies[0].tmdb_id == tmdb_id
    assert (result.matched_by_link, result.matched_by_title) == (0, int(tmdb_id is not None))


def test_a_movie_of_the_same_year_takes_precedence_over_an_adjacent_year(tmp_path: Path) -> None:
    movies = [tmdb_row(1, "The Hunt", "2012-05-01"), tmdb_row(2, "Linked", "2000-01-01")]
    own, near = Movie(1, "Hunt, the", 2012, other_titles=("The Hunt",)), Movie(2, "The Hunt", 2011)
    linked, near_linked = Movie(3, "X", tmdb_id=2), Movie(4, "Linked", 2001)
    result = enriched(tmp_path, movies, near, own, near_linked, linked)
    assert [movie.tmdb_id for movie in result.movies] == [None, 1, None, 2]
    assert (result.matched_by_link, result.matched_by_title) == (1, 1)


def test_missing_tables_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"tmdb_5000_movies\.csv and tmdb_5000_credits\.csv"):
        read_tmdb(tmp_path)
    with pytest.raises(DataError, match="no movies"):
        read_tmdb(tmdb(tmp_path, []))


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("genres", '[{"id": 1, "name": "Dra', "genres is not JSON"),
        ("keywords", "{}", "keywords is not a list"),
        ("keywords", '["x"]', "keywords is not a list"),
        ("genres", '[{"id": 1}]', "genres is not a list"),
        ("id", "x", "id 'x'"),
        ("id", "1", "second time"),
        ("vote_average", "nan", "vote_average"),
        ("vote_average", "11", "vote_average"),
        ("vote_count", "1.5", "vote_count"),
        ("release_date", "1/2/1999", "release_date"),
        ("runtime", "1.5", "runtime '1.5' is not a whole number"),
        ("budget", "-1", "budget"),
        ("revenue", "1" * 16, "revenue"),
    ],
)
def test_a_broken_movie_is_reported_with_its_correct_line(tmp_path: Path, column: str, value: str, reason: str) -> None:
    optional = {"runtime": "", "budget": "0", "revenue": "0"}
    movies = [tmdb_row(1, "A", overview="two\nlines", **optional), tmdb_row(2, "B", **(optional | {column: value}))]
    folder = tmdb(tmp_path, movies)
    with pytest.raises(BadRowError) as raised:
        read_tmdb(folder)
    assert (raised.value.file, raised.value.line) == (folder / "tmdb_5000_movies.csv", 4)
    assert reason in raised.value.reason


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ((2, "B", "[", "[]"), "cast is not JSON"),
        ((2, "B", "[]", "[" * 100_000), "crew is not JSON"),
        ((1, "B", "[]", "[]"), "second time"),
        (("", "B", "[]", "[]"), "movie_id ''"),
        ((2, "B", "[]"), "3 fields"),
    ],
)
def test_broken_credits_are_reported_with_their_line(tmp_path: Path, row: tuple[object, ...], reason: str) -> None:
    folder = tmdb(tmp_path, [tmdb_row(1, "A")], [(1, "A", "[]", "[]"), row])
    with pytest.raises(BadRowError) as raised:
        read_tmdb(folder)
    assert (raised.value.file, raised.value.line) == (folder / "tmdb_5000_credits.csv", 3)
    assert reason in raised.value.reason


def test_what_tmdb_does_not_know_is_none(tmp_path: Path) -> None:
    known = {"runtime": "0.0", "original_language": " ", "budget": "0", "revenue": ""}
    movie = read_tmdb(tmdb(tmp_path, [tmdb_row(1, "A", "1995-99-99", **known)])).movies[1]
    told = (movie.runtime, movie.original_language, movie.release_date, movie.budget, movie.revenue)
    assert told == (None,) * 5
    assert movie.year == 1995


def test_tables_alone_that_lack_the_credits_are_named(tmp_path: Path) -> None:
    folder = tmdb(tmp_path / "mine", [tmdb_row(1, "Whole")])
    (folder / "tmdb_5000_credits.csv").unlink()
    with pytest.raises(DataError, match=r"has tmdb_5000_movies\.csv and lacks tmdb_5000_credits\.csv"):
        read_dataset("mine", tmp_path)
