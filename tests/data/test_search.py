"""Search among the titles of ml-latest-small: what was meant comes first, with an error in a word and without."""

from __future__ import annotations

import random
import string
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from recsvc.datasets.load import read_dataset
from recsvc.features.title_index import TitleIndex
from recsvc.types import Movie
from tests.requirements import need

MOST_RATED = 1_000


class Titles:
    """The titles of a dataset, how often each movie was rated, and their index."""

    def __init__(self, movies: list[Movie], ratings: NDArray[np.int64]) -> None:
        self.movies = movies
        self.ratings = ratings
        self.index = TitleIndex.of(movies)

    @property
    def most_rated(self) -> list[int]:
        """The rows of the most rated movies."""
        return [int(row) for row in np.argsort(-self.ratings, kind="stable")[:MOST_RATED]]

    def found(self, query: str) -> list[str]:
        """Search; returns titles."""
        return [self.movies[row].title for row in self.index.search(query, self.ratings).tolist()]


@pytest.fixture(scope="module")
def titles(data_dir: Path) -> Titles:
    need("datasets", (data_dir / "ml-latest-small").is_dir(), "there is no ml-latest-small in RECSVC_DATA_DIR")
    dataset = read_dataset("ml-latest-small", data_dir)
    movies = list(dataset.movies)
    counts = Counter(dataset.ratings.movie_ids.tolist())
    return Titles(movies, np.array([counts[movie.movie_id] for movie in movies], np.int64))


def with_an_error(title: str, draw: random.Random) -> str | None:
    """Return the title with one edit in a word of five letters or more; None if it has no such word."""
    words = title.split()
    long = [at for at, word in enumerate(words) if len(word) >= 5 and word.isalpha()]
    if not long:
        return None
    at = draw.choice(long)
    word, letter = words[at], draw.choice(string.ascii_lowercase)
    place = draw.randrange(len(word))
    if (edit := draw.randrange(4)) == 0:
        word = word[:place] + word[place + 1 :]
    elif edit == 1:
        word = word[:place] + letter + word[place:]
    elif edit == 2:
        word = word[:place] + letter + word[place + 1 :]
    else:
        place = min(place, len(word) - 2)
        word = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    return " ".join([*words[:at], word, *words[at + 1 :]])


@pytest.mark.parametrize("seed", [42, pytest.param(7, marks=pytest.mark.full)])
def test_the_meant_title_comes_first_in_spite_of_an_error(titles: Titles, seed: int) -> None:
    draw = random.Random(seed)
    queries = [(row, with_an_error(titles.movies[row].title, draw)) for row in titles.most_rated]
    first = [
        titles.index.search(query, titles.ratings)[:1].tolist() == [row] for row, query in queries if query is not None
    ]
    assert len(first) > 800
    assert np.mean(first) >= 0.95


def test_a_title_without_an_error_comes_first(titles: Titles) -> None:
    first = [
        titles.index.search(titles.movies[row].title, titles.ratings)[:1].tolist() == [row] for row in titles.most_rated
    ]
    assert np.mean(first) >= 0.99


def test_what_stands_as_it_was_typed_comes_before_what_is_only_similar(titles: Titles) -> None:
    matrix = titles.found("matrix")
    assert matrix[0] == "The Matrix"
    assert "The Animatrix" in matrix
    assert all("matrix" in title.lower() for title in matrix)
    amelie = titles.found("amelie")
    assert amelie[0] == "Amelie"
    assert "Alien" not in amelie
    assert titles.found("toy stroy")[:3] == ["Toy Story", "Toy Story 2", "Toy Story 3"]
