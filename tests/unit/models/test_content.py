from __future__ import annotations

from dataclasses import replace
from math import sqrt
from pathlib import Path

import numpy as np
import pytest

from recsvc.features.text import EMBEDDING, FIELDS, Vectoriser
from recsvc.models.content import Content, ContentConfig
from recsvc.types import Movie, State
from tests.contracts.worlds import stored, taste_of, world_of

MOVIES = [
    Movie(1, "x", genres=("A", "B")),
    Movie(2, "x", genres=("A",)),
    Movie(3, "x", genres=("B",)),
    Movie(4, "x", genres=("C",)),
    Movie(5, "x"),
]
HALF = 1 / sqrt(2)


def fitted(vectoriser: Vectoriser) -> Content:
    interactions = world_of(MOVIES, {"1": {1: 5.0}}).interactions
    return Content(ContentConfig(vectoriser, min_movies=1, weights={"genres": 1.0})).fit(
        interactions, MOVIES, rng=np.random.default_rng(1)
    )


@pytest.mark.parametrize("vectoriser", ["tfidf", "counts", "hashing"])
def test_cosines_by_hand(vectoriser: Vectoriser) -> None:
    # A and B are in two movies each, so that TF-IDF weighs them the same
    model = fitted(vectoriser)
    assert model.similar(0).tolist() == pytest.approx([1, HALF, HALF, 0, np.nan], nan_ok=True, abs=1e-6)
    assert model.cosines_among(np.array([0, 2, 4, 1], np.int32))(3).tolist() == pytest.approx([HALF, 0, 0, 1], abs=1e-6)
    assert np.isnan(model.similar(4)).all()

    # 5 stars weigh 1.5; with two likes beside it, 1 star weighs -0.25 by two thirds and -0.6 by one
    taste = taste_of({0: 5.0, 2: 1.0, 4: 5.0})
    low = -0.25 * 2 / 3 - 0.6 / 3
    expected = [1.5 + low * HALF, 1.5 * HALF, 1.5 * HALF + low, 0, np.nan]
    assert model.score(taste).tolist() == pytest.approx(expected, nan_ok=True, abs=1e-6)
    baseline, contributions = model.explain(taste, np.array([1, 2, 3, 0], np.int32))
    assert baseline.tolist() == [0] * 4
    by_movie = np.array([[1.5 * HALF, 0, 0], [1.5 * HALF, low, 0], [0, 0, 0], [1.5, low * HALF, 0]])
    np.testing.assert_allclose(contributions, by_movie, atol=1e-6)


def test_every_field_has_a_weight_and_they_add_up_to_one() -> None:
    config = ContentConfig()
    assert sum(config.weights[field] for field in FIELDS) == pytest.approx(1)
    assert set(config.weights) == {*FIELDS, EMBEDDING}


def test_embeddings_add_their_cosine_to_those_of_the_tags() -> None:
    vectors = ((3, 4), (0, 2), (-4, 3))
    movies = [
        Movie(number, "x", genres=("A",) if number < 3 else (), embedding=np.array(vector, "<f4").tobytes())
        for number, vector in enumerate(vectors, start=1)
    ]
    interactions = world_of(movies, {"1": {1: 5.0}}).interactions
    config = ContentConfig("counts", min_movies=1, weights={"genres": 0.7, EMBEDDING: 0.2})
    content = Content(config).fit(interactions, movies, rng=np.random.default_rng(1))
    np.testing.assert_allclose(content.similar(0), [0.9, 0.7 + 0.2 * 0.8, 0], atol=1e-6)
    np.testing.assert_allclose(content.similar(2), [0, 0.2 * 0.6, 0.2], atol=1e-6)
    without = [replace(movie, embedding=b"") for movie in movies]
    bare = Content(config).fit(interactions, without, rng=np.random.default_rng(1))
    np.testing.assert_allclose(bare.similar(0), [0.7, 0.7, np.nan], atol=1e-6)


def of_which_little_is_known() -> Content:
    """Movies 0 and 1 have genres and no text, 2 and 3 genres and a text, and 4 a text and no genres."""
    movies = [
        Movie(1, "x", genres=("A",)),
        Movie(2, "x", genres=("A",)),
        Movie(3, "x", genres=("A",), overview="blue"),
        Movie(4, "x", genres=("A",), overview="red"),
        Movie(5, "x", overview="red"),
    ]
    interactions = world_of(movies, {"1": {1: 5.0}}).interactions
    config = ContentConfig("counts", min_movies=1, weights={"text": 0.6, "genres": 0.2})
    return Content(config).fit(interactions, movies, rng=np.random.default_rng(1))


def test_what_is_said_of_a_movie_makes_it_no_less_similar_to_one_without_a_text() -> None:
    content = of_which_little_is_known()
    # The genres of a movie without a text have the geometric mean of the weights 0.2 and 0.8: 0.4.
    np.testing.assert_allclose(content.similar(0), [0.4, 0.4, 0.4, 0.4, 0], atol=1e-6)
    # Seen from a movie with a text, they make up for a part only: 0.2 * sqrt(0.4 / 0.2).
    half = 0.2 * sqrt(0.4 / 0.2)
    np.testing.assert_allclose(content.similar(2), [half, half, 0.8, 0.2, 0], atol=1e-6)
    text = sqrt(0.6 * 0.8)
    np.testing.assert_allclose(content.similar(4), [0, 0, 0, text, text], atol=1e-6)


@pytest.mark.parametrize("overview", ["", "blue"])
def test_where_all_know_the_same_the_tags_are_kept_once(overview: str) -> None:
    movies = [Movie(number, "x", genres=("A",), overview=overview) for number in (1, 2)]
    interactions = world_of(movies, {"1": {1: 5.0}}).interactions
    content = Content(ContentConfig("counts", min_movies=1)).fit(interactions, movies, rng=np.random.default_rng(1))
    assert len(content._seen.tags) == 1
    assert len(of_which_little_is_known()._seen.tags) == 3


def test_a_stored_model_compares_alike_and_one_of_before_by_its_tags(tmp_path: Path) -> None:
    content = of_which_little_is_known()
    state = content.state()
    again = Content.from_state(stored(state, tmp_path))
    older = Content.from_state(State({k: v for k, v in state.config.items() if k != "columns"}, state.arrays))
    for row in range(5):
        np.testing.assert_array_equal(again.similar(row), content.similar(row))
    np.testing.assert_allclose(older.similar(0), [0.4, 0.4, 0.2 * sqrt(2), 0.2 * sqrt(2), 0], atol=1e-6)


def test_its_config_is_heeded() -> None:
    movies = [Movie(1, "blue", 1980), Movie(2, "red", 1985), Movie(3, "red", 2060)]
    interactions = world_of(movies, {"1": {1: 5.0}}).interactions

    def alike(config: ContentConfig) -> list[float]:
        model = Content(config).fit(interactions, movies, rng=np.random.default_rng(1))
        return [float(value) for value in model.similar(1)]

    both = {"title": 0.5, "years": 0.5}
    # of 13 spans of five years around each, the first two share 12, none with the third
    assert alike(ContentConfig("counts", 1, both)) == pytest.approx([6 / 13, 1, 0.5])
    assert alike(ContentConfig("counts", 2, {"title": 1.0})) == pytest.approx([np.nan, 1, 1], nan_ok=True)
    assert alike(ContentConfig("counts", 1, {"title": 1.0, "years": 0.0})) == pytest.approx([0, 1, 1])


def test_movies_that_have_no_tag_in_common_are_silent() -> None:
    movies = [Movie(1, "blue"), Movie(2, "red")]
    interactions = world_of(movies, {"1": {1: 5.0}}).interactions
    model = Content().fit(interactions, movies, rng=np.random.default_rng(1))
    taste = taste_of({0: 5.0})
    assert np.isnan(model.score(taste)).all()
    assert np.isnan(model.similar(0)).all()
    baseline, contributions = model.explain(taste, np.array([0, 1], np.int32))
    assert np.isnan(baseline).all()
    assert not contributions.any()
