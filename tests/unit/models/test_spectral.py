from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from recsvc.models.collaborative import Collaborative, CollaborativeConfig
from recsvc.models.ease import Ease, EaseConfig
from recsvc.models.rating_weights import TasteWeights
from recsvc.models.spectral import Spectral, SpectralConfig
from tests.contracts.worlds import movies, taste_of, world_of

# Two users rated the movies 1 and 2, one movie 3. X = [[1 1 0] [1 1 0] [0 0 1]]: its first right singular vector is
# (1 1 0) / sqrt 2, so that v v' is 1/2 between 1 and 2; the filter passes a half of it, being at its edge. The second
# is (0 0 1) and says nothing of two movies.
TWO_AND_ONE = {"ann": {1: 3.0, 2: 3.0}, "bob": {1: 3.0, 2: 3.0}, "cat": {3: 3.0}}


def test_the_first_direction_by_hand() -> None:
    world = world_of(movies(3), TWO_AND_ONE)
    config = SpectralConfig(factors=1, slope=0.0, user_power=0.0, item_power=0.0, output_power=0.0)
    model = Spectral(config).fit(world.interactions, world.dataset.movies, rng=np.random.default_rng(0))
    expected = np.array([[0, 0.25, 0], [0.25, 0, 0], [0, 0, 0]])
    np.testing.assert_allclose(model.state().arrays["weights"], expected, atol=1e-6)
    np.testing.assert_allclose(model.score(taste_of({0: 5.0})), [0, 0.375, 0], atol=1e-6)


@given(
    powers=st.sampled_from([(0.0, 0.0, 0.0), (0.25, 0.35, 0.21), (0.5, 0.5, 0.5)]),
    factors=st.integers(1, 6),
    sharpness=st.sampled_from([1.0, 8.0]),
    seed=st.integers(0, 1000),
)
@settings(deadline=None, max_examples=30)
def test_it_is_the_filtered_decomposition_of_the_normalised_matrix(
    powers: tuple[float, float, float], factors: int, sharpness: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    table = {str(user): {int(movie) + 1: 4.0 for movie in rng.choice(33, 9, replace=False)} for user in range(40)}
    world = world_of(movies(33), table)
    X = np.zeros((40, 33))
    for user, rated in table.items():
        X[int(user), [movie - 1 for movie in rated]] = 1.25
    rated_movies = X.sum(axis=0) > 0
    X = X[:, rated_movies]
    sums = X.sum(axis=0)
    user_power, item_power, output_power = powers
    _, values, rows = np.linalg.svd(X / X.sum(axis=1)[:, None] ** user_power / sums**item_power)
    edge = min(factors, min(X.shape) // 8)  # one for every eight users and movies at most
    found = 3 * edge
    V = rows[:found].T
    passed = 1 / (1 + (values[edge - 1] / values[:found]) ** (2 * sharpness))
    assert passed[edge - 1] == 0.5
    expected = (V * passed * sums[:, None] ** -item_power) @ (V * sums[:, None] ** output_power).T
    np.fill_diagonal(expected, 0)
    config = SpectralConfig(factors, sharpness, 0.25, "none", user_power, item_power, output_power)
    model = Spectral(config).fit(world.interactions, world.dataset.movies, rng=rng)
    if values[found - 1] - values[found] > 1e-6:  # of equal directions either may be kept
        np.testing.assert_allclose(model.state().arrays["weights"], expected, atol=1e-6)


def test_beyond_the_rank_of_the_ratings_nothing_passes() -> None:
    """Everyone rated the same half of the movies or the other: two directions, wherever the edge is."""
    table = {str(user): {movie: 4.0 for movie in range(1, 41) if movie % 2 == user % 2} for user in range(40)}
    world = world_of(movies(40), table)
    weights = {
        factors: Spectral(SpectralConfig(factors=factors, item_power=0, user_power=0, output_power=0))
        .fit(world.interactions, world.dataset.movies, rng=np.random.default_rng(1))
        .item_item_weights()
        for factors in (2, 4)
    }
    same_half = np.arange(40)[:, None] % 2 == np.arange(40) % 2
    np.fill_diagonal(same_half, False)
    np.testing.assert_allclose(weights[4], np.where(same_half, 0.5 / 20, 0), atol=1e-6)
    np.testing.assert_allclose(weights[4], weights[2], atol=1e-6)


def test_the_collaborative_part_is_the_sum_of_both_on_one_scale() -> None:
    rng = np.random.default_rng(5)
    table = {str(user): {int(movie) + 1: 4.0 for movie in rng.choice(8, 4, replace=False)} for user in range(30)}
    world = world_of(movies(8), table)
    ease, spectral = EaseConfig(l2=5.0, output_power=0.4), SpectralConfig(factors=2, output_power=0.2)
    config = CollaborativeConfig(ease, spectral, spectral_share=0.3, popularity=0.1)
    both, bounded_ease, bounded_spectral = (
        model.fit(world.interactions, world.dataset.movies, rng=np.random.default_rng(1))
        for model in (
            Collaborative(config),
            Ease(replace(ease, output_power=0.1)),
            Spectral(replace(spectral, output_power=0.1)),
        )
    )
    tastes = world.interactions.matrix(TasteWeights.of(world.interactions).all(world.interactions)).toarray()
    expected = sum(
        share * weights / (tastes @ weights).std()
        for share, weights in ((0.7, bounded_ease.item_item_weights()), (0.3, bounded_spectral.item_item_weights()))
    )
    np.fill_diagonal(expected, expected.max(axis=1))
    np.testing.assert_allclose(both.item_item_weights(), expected, rtol=1e-4, atol=1e-5)


def test_where_all_is_the_same_rounding_is_not_blown_up() -> None:
    """One user, who gave all movies the same: what is said of each is the same but for the last digits."""
    world = world_of(movies(10), {"a": dict.fromkeys(range(1, 11), 4.0)})
    model = Collaborative().fit(world.interactions, world.dataset.movies, rng=np.random.default_rng(1))
    assert np.abs(model.item_item_weights()).max() < 10


def test_the_collaborative_part_learns_what_both_can() -> None:
    config = CollaborativeConfig(EaseConfig(min_ratings=3, max_movies=50), SpectralConfig(min_ratings=2, max_movies=40))
    assert (config.min_ratings, config.max_movies) == (3, 40)
