from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsvc.features.title_index import TitleIndex
from recsvc.types import Movie
from tests.contracts.worlds import stored

TITLES: tuple[tuple[str, ...], ...] = (
    ("The Shawshank Redemption",),
    ("Amélie", "Le fabuleux destin d'Amélie Poulain"),
    ("Seven Samurai", "Shichinin no samurai"),
    ("Seven", "Se7en"),
    ("Star Wars",),
    ("Star Trek",),
    ("Star Trek: First Contact",),
    ("A Fish Called Wanda",),
    ("Godzilla",),  # 1954
    ("Godzilla",),  # 1998
    ("M",),
    ("$",),
    ("2001: A Space Odyssey",),
    ("七人の侍",),
)
MOVIES = tuple(Movie(number, title, other_titles=tuple(others)) for number, (title, *others) in enumerate(TITLES, 1))
POPULARITY = np.array([90, 50, 60, 80, 99, 70, 40, 30, 10, 20, 5, 5, 60, 1], np.int64)


@pytest.fixture(scope="module", params=["new", "stored"])
def index(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> TitleIndex:
    new = TitleIndex.of(MOVIES)
    return new if request.param == "new" else TitleIndex.from_state(stored(new.state(), tmp_path_factory.mktemp("t")))


def found(index: TitleIndex, query: str) -> list[str]:
    rows = index.search(query, POPULARITY)
    assert rows.dtype == np.int32
    assert len(set(rows.tolist())) == len(rows)
    return [TITLES[row][0] for row in rows.tolist()]


@pytest.mark.parametrize(
    ("query", "title"),
    [
        *((titles[0], titles[0]) for titles in TITLES if titles[0] != "$"),
        ("shawshank redemption", "The Shawshank Redemption"),
        ("Shawshank Redemption, The", "The Shawshank Redemption"),
        ("the shawshenk redemtion", "The Shawshank Redemption"),
        ("shawshnak redemption", "The Shawshank Redemption"),
        ("shawsh", "The Shawshank Redemption"),
        ("redemption shawshank", "The Shawshank Redemption"),
        ("amelie", "Amélie"),
        ("AMÉLIE", "Amélie"),
        ("ameli", "Amélie"),
        ("fabuleux destin", "Amélie"),
        ("shichinin no samurai", "Seven Samurai"),
        ("se7en", "Seven"),
        ("fish called wanda", "A Fish Called Wanda"),
        ("wanda called a fish", "A Fish Called Wanda"),
        ("2001 space odyssey", "2001: A Space Odyssey"),
        ("2001", "2001: A Space Odyssey"),
        ("star trek first", "Star Trek: First Contact"),
        ("first contact", "Star Trek: First Contact"),
        ("starwars", "Star Wars"),
        ("gozilla", "Godzilla"),
    ],
)
def test_the_movie_that_is_meant_comes_first(index: TitleIndex, query: str, title: str) -> None:
    assert found(index, query)[0] == title


def test_the_whole_title_comes_before_a_longer_one(index: TitleIndex) -> None:
    assert found(index, "star trek")[:2] == ["Star Trek", "Star Trek: First Contact"]
    assert found(index, "seven")[:2] == ["Seven", "Seven Samurai"]


def test_of_equally_similar_titles_the_more_popular_comes_first(index: TitleIndex) -> None:
    assert index.search("godzilla", POPULARITY).tolist()[:2] == [9, 8]
    assert index.search("godzilla", np.arange(14, 0, -1)).tolist()[:2] == [8, 9]
    assert found(index, "star")[:2] == ["Star Wars", "Star Trek"]


def test_the_words_in_another_order_are_more_similar_than_a_longer_title(index: TitleIndex) -> None:
    more_popular = POPULARITY.copy()
    more_popular[6] = 1000  # First Contact
    assert [TITLES[row][0] for row in index.search("trek star", more_popular).tolist()][:2] == [
        "Star Trek",
        "Star Trek: First Contact",
    ]


def test_popularity_counts_more_than_the_number_of_common_trigrams() -> None:
    index = TitleIndex.of((Movie(1, "Matrix Tri"), Movie(2, "Matriarchs")))  # both begin like the query
    assert index.search("matri", np.array([1, 100])).tolist() == [1, 0]
    assert index.search("matri", np.array([100, 1])).tolist() == [0, 1]


@pytest.mark.parametrize("query", ["", " ", "$", "?!", "\0", "the", "zzzzqqqq", "xy", "🎬"])
def test_a_query_without_a_similar_title_finds_nothing(index: TitleIndex, query: str) -> None:
    assert found(index, query) == []


def test_one_letter_matches_the_beginning_of_titles(index: TitleIndex) -> None:
    assert found(index, "m")[0] == "M"
    assert set(found(index, "s")) >= {"Star Wars", "Star Trek", "Seven", "The Shawshank Redemption"}
    assert found(index, "s")[0] == "Star Wars"  # the most popular of those
    assert "Godzilla" not in found(index, "s")


@pytest.mark.parametrize("movies", [(), (Movie(1, "$"),), (Movie(1, ""),)])
def test_an_index_without_entries_finds_nothing(movies: tuple[Movie, ...], tmp_path: Path) -> None:
    index = TitleIndex.from_state(stored(TitleIndex.of(movies).state(), tmp_path))
    for query in ("", "a", "star wars"):
        assert index.search(query, np.zeros(len(movies), np.int64)).tolist() == []


@given(query=st.text(max_size=40))
@settings(deadline=None, max_examples=200)
def test_any_text_can_be_searched_for(query: str) -> None:
    rows = INDEX.search(query, POPULARITY)
    assert set(rows.tolist()) <= set(range(len(TITLES)))


INDEX = TitleIndex.of(MOVIES)


WORDS = ("The Matrix", "The Animatrix", "Material Girls", "Maria", "Star Wars", "The Cat", "The Car", "Catch Me")


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("matrix", ["The Matrix", "The Animatrix"]),  # as it stands, then inside of a word, and nothing with an error
        ("matirx", ["The Matrix"]),
        ("animtarix", ["The Animatrix"]),
        ("metarial", ["Material Girls"]),  # two errors in a word of eight letters
        ("mirea", []),  # and in a shorter one
        ("cat", ["The Cat", "Catch Me"]),  # neither The Car
        ("cax", ["The Car", "The Cat"]),
        ("cx", []),
        ("matiral gir", ["Material Girls"]),
        ("materoal girks", ["Material Girls"]),
        ("catc me", ["Catch Me"]),
        ("star wars 1977", ["Star Wars"]),  # half of the words
        ("star fleet of the federation", []),
        ("animatri", ["The Animatrix"]),
        ("animartix the", ["The Animatrix"]),
        ("sta rwars", ["Star Wars"]),
        ("materialgirls", ["Material Girls"]),
        ("ani matrix", ["The Animatrix"]),
        ("animatr", ["The Animatrix"]),
        ("anmiatr", ["The Animatrix"]),  # unfinished and with an error
    ],
)
def test_errors_are_forgiven_only_where_nothing_is_nearer(query: str, titles: list[str]) -> None:
    index = TitleIndex.of([Movie(number, title) for number, title in enumerate(WORDS, 1)])
    popularity = np.arange(len(WORDS))
    assert [WORDS[row] for row in index.search(query, popularity).tolist()] == titles


def test_a_title_that_begins_with_what_was_typed_is_as_near_in_a_word_as_after_it() -> None:
    movies = [
        Movie(1, "The Impossible", other_titles=("Lo imposible",)),
        Movie(2, "The Lord of the Rings"),
        Movie(3, "Hello Lola"),
    ]
    rows = TitleIndex.of(movies).search("the lo", np.array([20, 90, 99], np.int64))
    assert rows.tolist() == [1, 0, 2]
