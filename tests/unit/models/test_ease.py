from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from recsvc.engine.ranking import top
from recsvc.errors import ModelError
from recsvc.features.interactions import Centring
from recsvc.models.ease import Ease, EaseConfig
from recsvc.types import Movie, Taste
from tests.contracts.worlds import HALVES, World, movies, taste_of, world_of

PLAIN = EaseConfig(l2=1.0, slope=0.0, item_power=0.0, output_power=0.0, genre_weight=0.0, year_weight=0.0)

# Ann rated the movies 1 and 2, Bob all three, Cat movie 2, so that X'X + I is 3 2 1 / 2 4 1 / 1 1 2. Column j of B is
# the ridge regression of movie j on the two others; for movie 1: (4 1 / 1 2) b = (2, 1), so that b = (3/7, 2/7).
THREE = {"ann": {1: 4.0, 2: 3.0}, "bob": {1: 5.0, 2: 1.0, 3: 2.0}, "cat": {2: 0.5}}
B = [
    [Fraction(0), Fraction(3, 5), Fraction(1, 4)],
    [Fraction(3, 7), Fraction(0), Fraction(1, 8)],
    [Fraction(2, 7), Fraction(1, 5), Fraction(0)],
]


def fit(world: World, config: EaseConfig) -> Ease:
    return Ease(config).fit(world.interactions, world.dataset.movies, rng=np.random.default_rng(1))


def weights_of(model: Ease) -> NDArray[np.float64]:
    return np.array(model.state().arrays["weights"], np.float64)


def test_three_movies_by_hand() -> None:
    model = fit(world_of(movies(3), THREE), PLAIN)
    np.testing.assert_allclose(weights_of(model), np.array(B, np.float64), atol=1e-7)
    # 5 stars weigh 1.5, and 1 star beside it (-0.25 - 0.6) / 2
    scores = [Fraction(3, 2) * B[0][movie] - Fraction(17, 40) * B[2][movie] for movie in range(3)]
    assert scores == [Fraction(-17, 140), Fraction(163, 200), Fraction(3, 8)]
    taste = taste_of({0: 5.0, 2: 1.0})
    assert model.score(taste).tolist() == pytest.approx([float(score) for score in scores])
    baseline, contributions = model.explain(taste, np.array([1], np.int32))
    assert baseline.tolist() == [0]
    assert contributions[0].tolist() == pytest.approx([0.9, -0.085])
    assert model.similar(1).tolist() == pytest.approx([3 / 7, 0, 1 / 8])


tables = st.dictionaries(
    st.sampled_from("abcdef"),
    st.dictionaries(st.integers(1, 5), st.sampled_from(HALVES), min_size=1),
    min_size=1,
)


@given(
    table=tables,
    l2=st.sampled_from([0.5, 3.0, 40.0]),
    slope=st.sampled_from([0.0, 0.25, 0.5]),
    sides=st.sampled_from([(0.0, 0.0), (3.0, 0.0), (0.0, 2.0), (1.5, 0.5)]),
    powers=st.sampled_from([(0.0, 0.0, 0.0), (0.5, 0.0, 0.0), (0.0, 0.5, 0.25), (0.25, 0.25, 0.5)]),
    dropout=st.sampled_from([0.0, 0.3]),
)
@settings(deadline=None, max_examples=60)
def test_each_column_is_a_ridge_regression_on_the_other_movies(
    table: dict[str, dict[int, float]],
    l2: float,
    slope: float,
    sides: tuple[float, float],
    powers: tuple[float, float, float],
    dropout: float,
) -> None:
    genre_weight, year_weight = sides
    user_power, item_power, output_power = powers
    movies = [
        Movie(movie_id, "x", (None, 1990, 1990, 2000, 2000)[movie_id - 1], ("A", "B")[movie_id % 2 : movie_id % 3])
        for movie_id in range(1, 6)
    ]
    lines = [
        [max(1 + slope * (rated[row] - 3), 0) if row in rated else 0 for row in range(1, 6)] for rated in table.values()
    ]
    plain = np.array(lines, np.float64)
    users, sums = (np.where(plain.sum(axis=axis) > 0, plain.sum(axis=axis), 1) for axis in (1, 0))
    scaled = plain / users[:, None] ** user_power / sums**item_power
    if scaled.any():
        scaled *= np.sqrt((plain**2).sum() / (scaled**2).sum())
    lines = scaled.tolist()
    lines += [[genre_weight * (genre in movie.genres) for movie in movies] for genre in "AB"]
    lines += [[year_weight * (movie.year == year) for movie in movies] for year in (1990, 2000)]
    X = np.array(lines, np.float64)
    trained = [row for row in range(5) if any(row + 1 in rated for rated in table.values())]
    expected = np.zeros((len(trained), len(trained)))
    for at, row in enumerate(trained):
        others = [other for other in trained if other != row]
        gram = X[:, others].T @ X[:, others]
        gram += np.diag(l2 + dropout / (1 - dropout) * np.diag(gram))
        expected[[place for place in range(len(trained)) if place != at], at] = np.linalg.solve(
            gram, X[:, others].T @ X[:, row]
        )
    expected *= sums[trained, None] ** -item_power * sums[trained] ** output_power
    config = EaseConfig(
        l2=l2,
        dropout=dropout,
        slope=slope,
        user_power=user_power,
        item_power=item_power,
        output_power=output_power,
        genre_weight=genre_weight,
        year_weight=year_weight,
    )
    model = fit(world_of(movies, table), config)
    assert model.state().arrays["rows"].tolist() == trained
    np.testing.assert_allclose(weights_of(model), expected, atol=1e-6)


def checkerboard(size: int) -> World:
    """User p rated the movies of p's own parity, but for movie p: it is the one to be found."""
    return world_of(
        movies(size),
        {
            str(user + 1): {movie + 1: 5.0 for movie in range(size) if movie % 2 == user % 2 and movie != user}
            for user in range(size)
        },
    )


@pytest.mark.parametrize("config", [PLAIN, EaseConfig()])
def test_on_a_checkerboard_the_missing_square_is_found(config: EaseConfig) -> None:
    size = 12
    world = checkerboard(size)
    model = fit(world, config)
    weights = weights_of(model)
    same = np.add.outer(np.arange(size), np.arange(size)) % 2 == 0
    np.fill_diagonal(same, val=False)
    np.testing.assert_allclose(weights[~same], 0, atol=1e-9)  # nobody rated two movies of different parity
    assert (weights[same] > 0).all()
    for user in range(size):
        taste = world.interactions.taste(user)
        unseen = np.ones(size, np.bool_)
        unseen[taste.rows] = False
        assert top(model.score(taste), unseen, k=1).rows.tolist() == [user]
        hated = Taste(taste.rows, np.full(len(taste), 0.5, np.float32))
        ranked = top(model.score(hated), unseen, k=size)
        assert ranked.rows.tolist()[-1] == user
        assert ranked.scores[-1] < 0


CENTRES: dict[Centring, list[list[float]]] = {
    "none": [[3, 3], [3, 3]],
    "global": [[3.625, 3.625], [3.625, 3.625]],
    "user": [[4.5, 4.5], [2.75, 2.75]],
    "item": [[3.5, 3.75], [3.5, 3.75]],
}


@pytest.mark.parametrize("centring", CENTRES)
def test_centring_is_on_the_mean_that_is_named(centring: Centring) -> None:
    world = world_of(movies(2), {"a": {1: 5.0, 2: 4.0}, "b": {1: 2.0, 2: 3.5}})
    # of a pair of movies, B_12 = x1'x2 / (x1'x1 + l2), with x = 1 + 0.5 (stars - mean)
    X = np.maximum(1 + 0.5 * (np.array([[5.0, 4.0], [2.0, 3.5]]) - np.array(CENTRES[centring])), 0)
    config = replace(PLAIN, slope=0.5, centring=centring)
    found = weights_of(fit(world, config))
    assert found[0, 1] == pytest.approx(X[:, 0] @ X[:, 1] / (X[:, 0] @ X[:, 0] + 1))
    assert found[1, 0] == pytest.approx(X[:, 0] @ X[:, 1] / (X[:, 1] @ X[:, 1] + 1))


def test_only_movies_with_enough_ratings_are_trained_on() -> None:
    table = {"a": {1: 5.0, 2: 5.0, 3: 5.0}, "b": {2: 5.0, 3: 5.0}, "c": {3: 5.0, 4: 5.0}}
    world = world_of(movies(5), table)
    fewer = fit(world, EaseConfig(min_ratings=2))
    assert np.isfinite(fewer.score(taste_of({1: 5.0}))).tolist() == [False, True, True, False, False]
    assert np.isnan(fewer.score(taste_of({0: 5.0, 4: 4.0}))).all()
    assert np.isnan(fewer.similar(0)).all()
    # the most rated: movie 3, movie 2, and of 1 and 4 with one rating each the lower id
    most = fit(world, EaseConfig(max_movies=3))
    assert most.state().arrays["rows"].tolist() == [0, 1, 2]
    with pytest.raises(ModelError, match=re.escape("no movie has the 9 ratings")):
        fit(world, EaseConfig(min_ratings=9))


def test_a_singular_matrix_without_a_ridge_is_reported() -> None:
    twins = world_of(movies(2), {"a": {1: 5.0, 2: 5.0}})
    with pytest.raises(ModelError, match="l2 must be larger"):
        fit(twins, EaseConfig(l2=0.0, slope=0.0, genre_weight=0, year_weight=0))
