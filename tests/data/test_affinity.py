"""Fans of a country, a studio and a director, on ml-latest-small with the data of TMDB."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recsvc.datasets.dataset import Dataset
from recsvc.datasets.load import with_tmdb
from recsvc.datasets.movielens import read_movielens
from recsvc.engine.ranking import calibrated, top
from recsvc.features.interactions import Interactions, interactions_of
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.hybrid import Hybrid, HybridConfig
from recsvc.types import Movie, Rows, Taste
from tests.contracts.worlds import taste_of
from tests.requirements import need


@pytest.fixture(scope="module")
def dataset(data_dir: Path) -> Dataset:
    folders = [data_dir / name for name in ("ml-latest-small", "tmdb-5000")]
    need("datasets", all(folder.is_dir() for folder in folders), "there are no texts in RECSVC_DATA_DIR")
    return with_tmdb(read_movielens(folders[0]), folders[1])


@pytest.fixture(scope="module")
def ratings(dataset: Dataset) -> Interactions:
    return interactions_of(dataset.ratings, Vocabulary.of(movie.movie_id for movie in dataset.movies))


@pytest.fixture(scope="module")
def hybrid(dataset: Dataset, ratings: Interactions) -> Hybrid:
    config = HybridConfig()
    quicker = replace(config, weights=replace(config.weights, als=0.0))
    return Hybrid(quicker).fit(ratings, dataset.movies, rng=np.random.default_rng(0))


def lists(hybrid: Hybrid, taste: Taste) -> tuple[Rows, Rows]:
    """The calibrated list, and the one by scores alone."""
    scores, allowed = hybrid.score(taste), np.ones(hybrid.kinds.starts.shape[0] - 1, np.bool_)
    allowed[taste.rows] = False
    return calibrated(scores, allowed, hybrid.targets(taste), k=10)[0].rows, top(scores, allowed, k=10).rows


FRENCH = [
    "Amelie",
    "The Triplets of Belleville",
    "The Chorus",
    "Persepolis",
    "Joyeux Noël",
    "The Spanish Apartment",
    "A Very Long Engagement",
]
PIXAR = ["Toy Story", "Finding Nemo", "Monsters, Inc.", "Ratatouille"]
GHIBLI = ["Spirited Away", "Princess Mononoke", "My Neighbor Totoro"]
OF_GHIBLI = {
    "Howl's Moving Castle",
    "Ponyo",
    "Nausicaä of the Valley of the Wind",
    "Laputa: Castle in the Sky",
    "Kiki's Delivery Service",
    "Porco Rosso",
    "Grave of the Fireflies",
    "Whisper of the Heart",
    "The Cat Returns",
}
"""TMDB's tables have few of them, and say of no other that it is of the studio."""


@pytest.mark.parametrize(
    ("titles", "belongs"),
    [
        (FRENCH, lambda movie: movie.original_language == "fr"),
        (PIXAR, lambda movie: "Pixar Animation Studios" in movie.companies),
        (GHIBLI, lambda movie: movie.title in OF_GHIBLI),
    ],
    ids=["French", "Pixar", "Ghibli"],
)
def test_fans_get_at_least_three_of_what_they_like(
    hybrid: Hybrid, dataset: Dataset, titles: list[str], belongs: Callable[[Movie], bool]
) -> None:
    found = {movie.title: row for row, movie in enumerate(dataset.movies)}
    best, _ = lists(hybrid, taste_of(dict.fromkeys(sorted(found[title] for title in titles), 5.0)))
    assert sum(belongs(dataset.movies[row]) for row in best.tolist()) >= 3


def similar_to(hybrid: Hybrid, dataset: Dataset, title: str, k: int = 10) -> list[str]:
    row = next(row for row, movie in enumerate(dataset.movies) if movie.title == title)
    similarities = hybrid.similar(row)
    similarities[row] = np.nan
    return [dataset.movies[other].title for other in top(similarities, None, k=k).rows.tolist()]


def test_a_word_of_a_title_makes_nothing_similar(hybrid: Hybrid, dataset: Dataset) -> None:
    assert "Body Heat" not in similar_to(hybrid, dataset, "Heat", 20)
    assert not any("dream" in title.lower() for title in similar_to(hybrid, dataset, "Hoop Dreams"))
    assert "Latter Days" not in similar_to(hybrid, dataset, "Groundhog Day", 20)
    assert "Alien from L.A." not in similar_to(hybrid, dataset, "Alien", 20)
    spirited = similar_to(hybrid, dataset, "Spirited Away", 20)
    assert not {"Flushed Away", "Cast Away"} & {*spirited}
    assert len({*OF_GHIBLI, "Princess Mononoke", "My Neighbor Totoro"} & {*spirited[:6]}) >= 5


def test_the_parts_of_a_series_are_similar_and_a_director_alone_is_not_enough(hybrid: Hybrid, dataset: Dataset) -> None:
    assert {*similar_to(hybrid, dataset, "The Matrix", 2)} == {"The Matrix Reloaded", "The Matrix Revolutions"}
    assert "Bound" not in similar_to(hybrid, dataset, "The Matrix", 5)
    assert {*similar_to(hybrid, dataset, "Alien", 3)} == {"Aliens", "Alien³", "Alien: Resurrection"}
    assert {*similar_to(hybrid, dataset, "Toy Story", 2)} == {"Toy Story 2", "Toy Story 3"}
    assert {*similar_to(hybrid, dataset, "The Godfather", 2)} == {"The Godfather: Part II", "The Godfather: Part III"}


def test_a_movie_without_a_text_is_not_like_whatever_else_has_none(hybrid: Hybrid, dataset: Dataset) -> None:
    overviews = {movie.title: movie.overview for movie in dataset.movies}
    for title in ("Heat", "Dog Day Afternoon"):
        assert overviews[title] == ""
        assert sum(bool(overviews[other]) for other in similar_to(hybrid, dataset, title)) >= 6
    assert "Serpico" in similar_to(hybrid, dataset, "Dog Day Afternoon")
    assert "It Follows" in similar_to(hybrid, dataset, "Get Out")


def test_a_broad_taste_is_left_alone(hybrid: Hybrid, ratings: Interactions) -> None:
    users = np.flatnonzero(np.diff(ratings.starts) >= 200)[:60].tolist()
    same = [len(np.intersect1d(*lists(hybrid, ratings.taste(user)))) for user in users]
    assert np.mean(same) > 9
