from __future__ import annotations

import numpy as np

from recsvc.datasets.sample import read_sample


def test_the_sample_is_complete_and_marked_as_simulated() -> None:
    sample = read_sample()
    assert (sample.name, sample.simulated, sample.skipped) == ("sample", True, 0)
    assert "simulated" in sample.notice


def test_the_movies_of_the_sample_have_all_details() -> None:
    movies = read_sample().movies
    ids = [movie.movie_id for movie in movies]
    assert ids == sorted(set(ids))
    assert min(ids) >= 1
    for movie in movies:
        assert movie.title == movie.title.strip() != ""
        assert movie.year is not None
        assert movie.genres
        assert movie.overview
        for texts in (movie.genres, movie.directors, movie.cast, movie.keywords, movie.countries):
            assert type(texts) is tuple
            assert all(text.strip() for text in texts)


def test_the_ratings_of_the_sample_are_valid() -> None:
    sample = read_sample()
    ratings = sample.ratings
    assert len(ratings) > 1000
    assert len(ratings.user_labels) > 50
    assert set(ratings.movie_ids.tolist()) <= {movie.movie_id for movie in sample.movies}
    assert set((ratings.stars * 2).tolist()) <= set(range(1, 11))
    assert len(np.unique(ratings.users * np.int64(2**32) + ratings.movie_ids)) == len(ratings)
    assert ratings.timestamps.min() > 0
