"""The datasets as GroupLens and TMDB publish them. The counts are theirs, or were measured and checked."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recsvc.datasets.dataset import Dataset
from recsvc.datasets.describe import describe
from recsvc.datasets.movielens import read_movielens
from recsvc.datasets.preprocess import fingerprint, limit
from recsvc.datasets.split import official_folds, stratified_by_movie
from recsvc.datasets.titles import parse_title
from recsvc.datasets.tmdb.merge import enrich, read_tmdb
from recsvc.datasets.tmdb.movie import TmdbMovies
from recsvc.types import Movie
from tests.requirements import need


def folder_of(data_dir: Path, name: str) -> Path:
    need("datasets", (data_dir / name).is_dir(), f"there is no {name} in RECSVC_DATA_DIR")
    return data_dir / name


@pytest.fixture(scope="module")
def ml_100k(data_dir: Path) -> Dataset:
    return read_movielens(folder_of(data_dir, "ml-100k"))


@pytest.fixture(scope="module")
def latest_small(data_dir: Path) -> Dataset:
    return read_movielens(folder_of(data_dir, "ml-latest-small"))


@pytest.fixture(scope="module")
def tmdb(data_dir: Path) -> TmdbMovies:
    return read_tmdb(folder_of(data_dir, "tmdb-5000"))


def movie(dataset: Dataset, movie_id: int) -> Movie:
    return next(movie for movie in dataset.movies if movie.movie_id == movie_id)


def test_ml_100k_has_the_published_counts(ml_100k: Dataset) -> None:
    ratings = ml_100k.ratings
    assert (len(ratings), len(ratings.user_labels), len(ml_100k.movies)) == (100_000, 943, 1_682)
    assert ratings.user_labels == tuple(str(n) for n in range(1, 944))
    assert [movie.movie_id for movie in ml_100k.movies] == list(range(1, 1_683))
    # the first lines of u.data
    users = [ratings.user_labels[code] for code in ratings.users[:3].tolist()]
    assert users == ["196", "186", "22"]
    assert ratings.movie_ids[:3].tolist() == [242, 302, 377]
    assert ratings.stars[:3].tolist() == [3, 3, 1]
    assert ratings.timestamps[:3].tolist() == [881250949, 891717742, 878887116]


def test_latest_small_has_the_published_counts(latest_small: Dataset) -> None:
    ratings = latest_small.ratings
    assert (len(ratings), len(ratings.user_labels), len(latest_small.movies)) == (100_836, 610, 9_742)
    assert Counter(ratings.stars.tolist())[0.5] == 1_370
    assert sum(movie.tmdb_id is None for movie in latest_small.movies) == 8
    assert sum(bool(movie.tags) for movie in latest_small.movies) == 1_572
    toy_story = movie(latest_small, 1)
    assert (toy_story.imdb_id, toy_story.tmdb_id) == ("tt0114709", 862)
    assert toy_story.tags == ("pixar", "fun")
    assert movie(latest_small, 1221).tags[:2] == ("mafia", "al pacino")


def test_both_datasets_use_the_same_genres(ml_100k: Dataset, latest_small: Dataset) -> None:
    small = {genre for movie in ml_100k.movies for genre in movie.genres}
    large = {genre for movie in latest_small.movies for genre in movie.genres}
    assert len(small) == 18
    assert large - small == {"IMAX"}
    assert sum(not movie.genres for movie in ml_100k.movies) == 2
    assert sum(not movie.genres for movie in latest_small.movies) == 34


def test_titles_are_in_natural_order(ml_100k: Dataset, latest_small: Dataset) -> None:
    assert movie(latest_small, 318).title == "The Shawshank Redemption"
    assert (movie(latest_small, 47).title, movie(latest_small, 47).other_titles) == ("Seven", ("Se7en",))
    assert movie(ml_100k, 267).title == "unknown"
    titles = [movie.title for dataset in (ml_100k, latest_small) for movie in dataset.movies]
    assert [title for title in titles if title.endswith((", The", ", A", ", An", ", La", ", Le", ", L'"))] == []
    assert [title for title in titles if title != " ".join(title.split())] == []
    # The remaining brackets are parts of the titles.
    assert sorted({title for title in titles if "(" in title}) == [
        "(500) Days of Summer",
        "Birdman: Or (The Unexpected Virtue of Ignorance)",
        "Evangelion: 1.0 You Are (Not) Alone",
        "Evangelion: 2.0 You Can (Not) Advance",
        "Evangelion: 3.0 You Can (Not) Redo",
        "Frontière(s)",
        "Hotel Chevalier (Part 1 of 'The Darjeeling Limited')",
        "Jim Jefferies: Fully Functional (EPIX)",
        "The Human Centipede (First Sequence)",
    ]
    assert [m.title for m in ml_100k.movies if m.year is None] == ["unknown"]
    assert sum(movie.year is None for movie in latest_small.movies) == 12


def test_parsing_a_parsed_title_changes_nothing(ml_100k: Dataset, latest_small: Dataset) -> None:
    for movie in (*ml_100k.movies, *latest_small.movies):
        assert parse_title(f"{movie.title} ({movie.year or 1999})").title == movie.title


def test_the_official_folds_are_a_partition(data_dir: Path, ml_100k: Dataset) -> None:
    whole = ml_100k.ratings
    movies = np.int64(10_000)
    tested = []
    for train, test in official_folds(folder_of(data_dir, "ml-100k")):
        assert (len(train), len(test)) == (80_000, 20_000)
        assert train.user_labels == test.user_labels == whole.user_labels
        tested.append(test.users * movies + test.movie_ids)
        assert not np.isin(tested[-1], train.users * movies + train.movie_ids).any()
    assert np.array_equal(np.sort(np.concatenate(tested)), np.sort(whole.users * movies + whole.movie_ids))


def test_the_stratified_split(ml_100k: Dataset, latest_small: Dataset) -> None:
    sizes = [[len(part) for part in stratified_by_movie(dataset.ratings)] for dataset in (ml_100k, latest_small)]
    assert sizes == [[75_066, 24_934], [76_882, 23_954]]


def test_the_classic_limits(ml_100k: Dataset) -> None:
    # counted by a script over u.data
    limited = limit(ml_100k.ratings, min_ratings_per_user=50, min_ratings_per_movie=100)
    assert (len(limited), len(np.unique(limited.users)), len(np.unique(limited.movie_ids))) == (56_193, 568, 338)


def test_the_description(ml_100k: Dataset, latest_small: Dataset) -> None:
    description = describe(ml_100k)
    assert description.rating_counts == {
        **{f"{halves / 2}": 0 for halves in range(1, 11)},
        "1.0": 6_110,
        "2.0": 11_370,
        "3.0": 27_145,
        "4.0": 34_174,
        "5.0": 21_201,
    }
    assert description.mean_rating == pytest.approx(3.52986)
    assert description.sparsity == pytest.approx(0.93695, abs=1e-5)
    assert (description.first_date, description.last_date) == ("1997-09-20", "1998-04-22")
    description = describe(latest_small)
    assert (description.movies, description.rated_movies) == (9_742, 9_724)
    assert (description.first_date, description.last_date) == ("1996-03-29", "2018-09-24")


def test_different_datasets_have_different_fingerprints(ml_100k: Dataset, latest_small: Dataset) -> None:
    assert fingerprint(ml_100k) != fingerprint(latest_small)


def test_the_tmdb_tables(tmdb: TmdbMovies) -> None:
    movies = tmdb.movies.values()
    assert len(movies) == 4_803
    assert sum(bool(movie.directors) for movie in movies) == 4_629
    assert sum(bool(movie.cast) for movie in movies) == 4_633
    avatar = tmdb.movies[19995]
    assert avatar.directors == ("James Cameron",)
    assert avatar.cast[:2] == ("Sam Worthington", "Zoe Saldana")
    assert avatar.genres == ("Action", "Adventure", "Fantasy", "Sci-Fi")


def test_movies_with_links_are_matched_by_them(latest_small: Dataset, tmdb: TmdbMovies) -> None:
    result = enrich(latest_small.movies, tmdb)
    assert (result.matched_by_link, result.matched_by_title) == (3_538, 0)
    assert result.movies[0].directors == ("John Lasseter",)
    assert result.movies[0].genres == latest_small.movies[0].genres


def test_movies_without_links_are_matched_by_title_and_year(ml_100k: Dataset, tmdb: TmdbMovies) -> None:
    result = enrich(ml_100k.movies, tmdb)
    assert result.matched_by_link == 0
    assert 480 <= result.matched_by_title <= 500
    assert movie(replace(ml_100k, movies=result.movies), 11).tmdb_id == 807  # Seven, which TMDB calls Se7en


def test_matches_by_title_agree_with_the_links(latest_small: Dataset, tmdb: TmdbMovies) -> None:
    link = {movie.movie_id: movie.tmdb_id for movie in latest_small.movies}
    unlinked = tuple(replace(movie, tmdb_id=None) for movie in latest_small.movies)
    matched = [movie for movie in enrich(unlinked, tmdb).movies if movie.tmdb_id is not None]
    correct = sum(movie.tmdb_id == link[movie.movie_id] for movie in matched)
    assert correct / len(matched) > 0.995
    assert correct / sum(tmdb_id in tmdb.movies for tmdb_id in link.values()) > 0.98
