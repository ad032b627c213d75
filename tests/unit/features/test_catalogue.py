from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from recsvc.features.catalogue import Catalogue
from recsvc.features.history import History
from recsvc.features.metadata import side_information
from recsvc.types import Movie, State
from tests.contracts.worlds import stored, world, world_of

FULL = Movie(
    7,
    "L'Avventura 🎬",
    1960,
    ("Drama", "Mystery"),
    ("The Adventure",),
    'A "search"\nthat is given up.',
    ("island", "disappearance"),
    ("Michelangelo Antonioni",),
    ("Monica Vitti",),
    ("Italy", "France"),
    ("Cino del Duca",),
    ("slow",),
    "tt0053619",
    5165,
    "/a.jpg",
    7.6,
    0,
    "https://www.youtube.com/watch?v=zvE0jZgSrJU",
)
MOVIES = (Movie(3, "", None), FULL, Movie(9, "Solaris", 1972, ("Sci-Fi", "Drama"), vote_average=0.0))
WORLD = world_of(MOVIES, {"1": {3: 2.0, 9: 5.0}, "2": {9: 4.5}})


def test_a_catalogue_is_restored_unchanged(tmp_path: Path) -> None:
    catalogue = Catalogue.of(MOVIES, WORLD.interactions)
    again = Catalogue.from_state(stored(catalogue.state(), tmp_path))
    for either in (catalogue, again):
        assert len(either) == 3
        assert tuple(either.movie(row) for row in range(3)) == MOVIES
        assert either.vocabulary.ids.tolist() == [3, 7, 9]
        assert either.years.tolist() == [0, 1960, 1972]
        assert either.genres == ("Drama", "Mystery", "Sci-Fi")
        assert either.genre_flags.tolist() == [[False, True, True], [False, True, False], [False, False, True]]
        assert either.rating_counts.tolist() == [1, 0, 2]
        np.testing.assert_array_equal(either.mean_stars, np.array([2, np.nan, 4.75], np.float32))
        assert either.with_genres(["Mystery", "Sci-Fi"]).tolist() == [False, True, True]
        assert either.directors.movies("michelangelo antonioni").tolist() == [1]
        assert either.actors.movies("Monica Vitti").tolist() == [1]


def test_a_catalogue_of_an_older_version_has_the_credits_too(tmp_path: Path) -> None:
    config, arrays = Catalogue.of(MOVIES, WORLD.interactions).state()
    older = {name: array for name, array in arrays.items() if not name.startswith(("directors", "actors"))}
    again = Catalogue.from_state(stored(State(config, older), tmp_path))
    assert again.directors.movies("Michelangelo Antonioni").tolist() == [1]
    assert again.actors.movies("Monica Vitti").tolist() == [1]


def test_every_movie_of_the_world_is_restored(tmp_path: Path) -> None:
    small = world()
    state = Catalogue.of(small.dataset.movies, small.interactions).state()
    again = Catalogue.from_state(stored(state, tmp_path))
    assert tuple(again.movie(row) for row in range(len(again))) == small.dataset.movies


def test_empty_fields_are_not_stored() -> None:
    arrays = Catalogue.of((Movie(3, "x"),), world_of([Movie(3, "x")], {"1": {3: 2.0}}).interactions).state().arrays
    assert json.loads(arrays["records_content"].tobytes()) == {"movie_id": 3, "title": "x"}


@pytest.mark.parametrize(
    ("years", "median"),
    [
        ([1990], 1990),
        ([1980, 1990, 2000], 1990),
        ([1980, None, 2000, None, 2010], 2000),
        ([None], None),
        ([1980, 1983], 1981),
    ],
)
def test_the_median_year_is_that_of_the_known_years(years: list[int | None], median: int | None) -> None:
    movies = [Movie(number, "x", year) for number, year in enumerate(years, 1)]
    found = Catalogue.of(movies, world_of(movies, {"1": {1: 3.0}}).interactions).median_year
    assert found == median
    assert found is None or type(found) is int


def test_side_information_by_hand() -> None:
    movies = (*MOVIES, Movie(11, "x", 1972))
    found = side_information(movies, genre_weight=3.0, year_weight=2.0)
    assert found.toarray().tolist() == [
        [0, 3, 3, 0],  # Drama
        [0, 3, 0, 0],  # Mystery
        [0, 0, 3, 0],  # Sci-Fi
        [0, 2, 0, 0],  # 1960
        [0, 0, 2, 2],  # 1972
    ]


@pytest.fixture(params=["new", "stored"])
def history(request: pytest.FixtureRequest, tmp_path: Path) -> History:
    world = world_of(MOVIES, {"10": {3: 1.0}, "1": {9: 5.0, 7: 0.5}, "é-2": {7: 4.0}, "100": {7: 3.0}})
    history = History.of(world.dataset.ratings, world.interactions)
    return history if request.param == "new" else History.from_state(stored(history.state(), tmp_path))


def test_a_user_is_found_by_the_whole_label(history: History) -> None:
    assert len(history) == 4
    found = {label: history.taste(label) for label in ("1", "10", "100", "é-2")}
    assert {label: taste.rows.tolist() for label, taste in found.items()} == {
        "1": [1, 2],
        "10": [0],
        "100": [1],
        "é-2": [1],
    }
    assert found["1"].stars.tolist() == [0.5, 5.0]
    assert found["é-2"].stars.tolist() == [4.0]
    assert all(history.has(label) for label in found)


@pytest.mark.parametrize("label", ["", "0", "2", "1000", "01", "1 ", "é", "e-2", "zz", "1\0"])
def test_an_unknown_label_has_no_ratings(history: History, label: str) -> None:
    assert not history.has(label)
    assert len(history.taste(label)) == 0


def test_the_most_rated_of_equal_movies_represents_them_in_lists() -> None:
    movies = [
        Movie(1, "The Ice Storm", 1997),
        Movie(2, "Ice Storm", 1997),
        Movie(3, "The Ice Storm", 1998),
        Movie(4, "Unknown"),
        Movie(5, "Unknown"),
        Movie(6, "Twice", 1990),
        Movie(7, "twice!", 1990),
    ]
    ratings = {"a": {1: 3.0, 2: 3.0}, "b": {2: 4.0}, "c": {3: 4.0}}
    catalogue = Catalogue.of(movies, world_of(movies, ratings).interactions)
    assert catalogue.canonical.tolist() == [1, 1, 2, 3, 4, 5, 5]
    assert catalogue.is_canonical.tolist() == [False, True, True, True, True, True, False]
