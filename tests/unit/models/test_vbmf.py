from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray
from scipy import sparse

from recsvc.features.interactions import Interactions
from recsvc.models.vbmf import BEFORE_PRIORS, BLOCK, START_DEVIATION, START_LEVEL, Vbmf, VbmfConfig, _Ridge
from recsvc.types import EMPTY_TASTE, Array, Movie, State, Taste
from tests.contracts.worlds import movies, taste_of, tastes, world, world_of

N, D = 9, 4
Doubles = NDArray[np.float64]


def arrays() -> dict[str, Array]:
    """Baselines (N,), the last of a movie that nobody rated, and factors, variances and implicit factors (N, D)."""
    rng = np.random.default_rng(5)
    baseline = rng.uniform(2, 4, N).astype(np.float32)
    baseline[-1] = np.nan
    parts = {name: rng.normal(0, 1, (N, D)).astype(np.float32) for name in ("factors", "variances", "implicit_factors")}
    parts["variances"] **= 2
    for part in parts.values():
        part[-1] = 0
    return {"baseline": baseline, **parts}


def made_of(arrays: dict[str, Array]) -> Vbmf:
    return Vbmf.from_state(State(asdict(VbmfConfig(factors=D - 1)), arrays))


def user(taste: Taste) -> Doubles:
    """The mean of the posterior of z, term by term."""
    baseline, q, variances, implicit_factors = (array.astype(np.float64) for array in arrays().values())
    A, right, known = np.eye(D), np.zeros(D), [row for row in taste.rows.tolist() if row != N - 1]
    for row, stars in zip(taste.rows.tolist(), taste.stars.tolist(), strict=True):
        if row != N - 1:
            A += np.outer(q[row], q[row]) + np.diag(variances[row])
            right += q[row] * (stars - baseline[row]) + implicit_factors[row] / np.sqrt(len(known))
    z: Doubles = np.linalg.solve(A, right).astype(np.float64)
    return z


@given(taste=tastes(N, most=N))
@settings(deadline=None, max_examples=100)
def test_folding_in_is_the_mean_of_the_posterior(taste: Taste) -> None:
    model, held = made_of(arrays()), arrays()
    expected = held["baseline"] + held["factors"].astype(np.float64) @ user(taste)
    np.testing.assert_allclose(model.score(taste), expected, atol=1e-4)


@given(taste=tastes(N - 1, least=1, most=N - 1))
@settings(deadline=None, max_examples=50)
def test_a_contribution_is_linear_in_its_rating(taste: Taste) -> None:
    model = made_of(arrays())
    rows = np.arange(N - 1, dtype=np.int32)
    baseline, contributions = model.explain(taste, rows)
    np.testing.assert_array_equal(baseline, arrays()["baseline"][:-1])
    higher = Taste(taste.rows, np.array([taste.stars[0] + 1, *taste.stars[1:]], np.float32))
    more = model.explain(higher, rows).contributions
    np.testing.assert_allclose(more[:, 1:], contributions[:, 1:], atol=1e-5)
    np.testing.assert_allclose(
        model.score(higher)[rows] - model.score(taste)[rows], more[:, 0] - contributions[:, 0], atol=1e-4
    )


def test_one_and_two_ratings_by_hand() -> None:
    # one dimension: q = 1 and variance 1/2 for both movies, so that each rated movie adds 3/2 to a precision of 1
    model = made_of(
        {
            "baseline": np.array([3, 2.5], np.float32),
            "factors": np.ones((2, 1), np.float32),
            "variances": np.full((2, 1), 0.5, np.float32),
            "implicit_factors": np.array([[0.5], [0]], np.float32),
        }
    )
    assert model.score(EMPTY_TASTE).tolist() == [3, 2.5]
    # the residual and the implicit factor make 2, over a precision of 5/2
    assert model.score(taste_of({0: 4.5})).tolist() == pytest.approx([3.8, 3.3])
    # residuals of 1.5 and -0.5, over a precision of 4
    z = (1 + 0.5 / np.sqrt(2)) / 4
    taste = taste_of({0: 4.5, 1: 2.0})
    assert model.score(taste).tolist() == pytest.approx([3 + z, 2.5 + z])
    contributions = model.explain(taste, np.array([0], np.int32)).contributions
    assert contributions[0].tolist() == pytest.approx([(1.5 + 0.5 / np.sqrt(2)) / 4, -0.5 / 4])


def step_by_step(  # noqa: C901 - as plain as it can be
    held: Interactions, movies: tuple[Movie, ...], config: VbmfConfig, rng: np.random.Generator
) -> dict[str, Doubles]:
    """The same model with a loop over users, movies and ratings, everything in the units of stars."""
    rated = [row for row in range(held.n_movies) if row in set(held.rows.tolist())]
    own = [
        {rated.index(row): float(stars) for row, stars in zip(taste.rows.tolist(), taste.stars.tolist(), strict=True)}
        for taste in map(held.taste, range(held.n_users))
    ]
    given_to = [{user: stars[row] for user, stars in enumerate(own) if row in stars} for row in range(len(rated))]
    mean, noise, d = float(held.stars.mean()), config.noise * float(held.stars.var()), config.factors + 1
    genres = sorted({genre for movie in movies for genre in movie.genres})
    decades = sorted({movie.year // 10 for movie in movies if movie.year})
    x, y = np.zeros((len(own), len(rated))), np.zeros((len(rated), len(own) + len(genres) + len(decades)))
    for user, stars in enumerate(own):
        for row in stars:
            x[user, row] = len(stars) ** -0.5
            y[row, user] = len(given_to[row]) ** -0.5
    for row, row in enumerate(rated):
        for genre in movies[row].genres:
            y[row, len(own) + genres.index(genre)] = config.traits
        if year := movies[row].year:
            y[row, len(own) + len(genres) + decades.index(year // 10)] = config.traits

    w = rng.normal(0, START_DEVIATION, (len(rated), d + 1))
    for row, stars in enumerate(given_to):
        w[row, 0] = sum(value - mean for value in stars.values()) / (len(stars) + noise * config.bias_precision)
        w[row, 1] = START_LEVEL
    precision = np.diag([config.bias_precision, config.level_precision] + [config.factor_precision] * config.factors)
    variance, z, V = np.zeros((len(rated), d)), np.zeros((len(own), d)), np.zeros((len(own), d, d))
    expected_z, expected_w = np.zeros((len(own), d)), np.zeros((len(rated), d + 1))
    B: Doubles = np.zeros((len(rated), d))
    for iteration in range(config.iterations):
        for user, stars in enumerate(own):
            A, right = np.eye(d), expected_z[user].copy()
            for row, value in stars.items():
                A += (np.outer(w[row, 1:], w[row, 1:]) + np.diag(variance[row])) / noise
                right += w[row, 1:] * (value - mean - w[row, 0]) / noise
            V[user] = np.linalg.inv(A)
            z[user] = V[user] @ right
        for row, stars in enumerate(given_to):
            A, right = precision.copy(), precision @ expected_w[row]
            for user, value in stars.items():
                told = np.array([1, *z[user]])
                A += np.outer(told, told) / noise
                A[1:, 1:] += V[user] / noise
                right += told * (value - mean) / noise
            w[row] = np.linalg.solve(A, right)
            variance[row] = np.diag(np.linalg.inv(A))[1:]
        level = np.zeros_like(w)
        level[:, 1] = w[:, 1].mean()
        expected_w = level
        if iteration >= BEFORE_PRIORS:
            B = np.linalg.solve(x.T @ x + config.users_l2 * np.eye(len(rated)), x.T @ z).astype(np.float64)
            C = np.linalg.solve(y.T @ y + config.movies_l2 * np.eye(y.shape[1]), y.T @ (w - level))
            expected_z, expected_w = x @ B, level + y @ C
    unit = np.sqrt(noise)
    return {
        "baseline": mean + w[:, 0],
        "factors": w[:, 1:] / unit,
        "variances": variance / noise,
        "implicit_factors": B * unit,
    }


def test_training_is_what_its_description_says() -> None:
    held, config = world(), VbmfConfig(factors=3, iterations=9, movies_l2=0.5)
    model = Vbmf(config).fit(held.interactions, held.dataset.movies, rng=np.random.default_rng(2))
    by_hand = step_by_step(held.interactions, held.dataset.movies, config, np.random.default_rng(2))
    for name, array in model.state().arrays.items():
        np.testing.assert_allclose(array[:40], by_hand[name], atol=2e-4, err_msg=name)
        assert not np.nan_to_num(array[40:]).any()


def test_the_models_of_several_numbers_of_iterations_are_those_that_are_fitted_alone() -> None:
    held, config = world(), VbmfConfig(factors=3)
    together = Vbmf(config).fit_after_each([2, 7, 9], held.interactions, held.dataset.movies, np.random.default_rng(2))
    assert [model.config.iterations for model in together] == [2, 7, 9]
    for model in together:
        alone = Vbmf(model.config).fit(held.interactions, held.dataset.movies, rng=np.random.default_rng(2))
        for name, array in alone.state().arrays.items():
            np.testing.assert_array_equal(model.state().arrays[name], array)


def test_more_movies_than_are_solved_for_at_once_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    held = world()

    def fit() -> Vbmf:
        return Vbmf().fit(held.interactions, held.dataset.movies, rng=np.random.default_rng(2))

    assert held.interactions.n_users < BLOCK
    whole = fit()
    monkeypatch.setattr("recsvc.models.vbmf.BLOCK", 7)
    for name, array in fit().state().arrays.items():
        np.testing.assert_allclose(array, whole.state().arrays[name], atol=1e-4)


def test_genres_and_decades_say_what_to_expect_of_a_movie_that_few_rated() -> None:
    # the horror movies of the eighties are bad and all others good; the last two have one middling rating each
    spooky = [Movie(at, "x", year=1984, genres=("Horror",)) for at in range(1, 10)]
    lovely = [Movie(at, "x", year=2004, genres=("Romance",)) for at in range(10, 19)]
    movies = [*spooky, *lovely]
    table = {
        str(user): {movie: 1.5 if movie < 10 else 4.5 for movie in range(1, 19) if movie % 9} for user in range(30)
    }
    table["30"] = {9: 3.0}
    table["31"] = {18: 3.0}
    held = world_of(movies, table)

    def gap(traits: float) -> float:
        config = VbmfConfig(factors=2, traits=traits)
        model = Vbmf(config).fit(held.interactions, movies, rng=np.random.default_rng(2))
        scores = model.score(EMPTY_TASTE)
        return float(scores[17] - scores[8])

    assert abs(gap(0)) < 0.1
    assert gap(VbmfConfig().traits) > 0.5


@pytest.mark.parametrize("shape", [(12, 5), (5, 12)])
def test_ridge_regression_is_the_same_in_either_dimension(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(3)
    dense = rng.normal(0, 1, shape) * (rng.random(shape) < 0.6)
    targets = rng.normal(0, 1, (shape[0], 2))
    weights, fitted = _Ridge(sparse.csr_array(dense), 2.0, most=20).fit(targets)
    expected = np.linalg.solve(dense.T @ dense + 2 * np.eye(shape[1]), dense.T @ targets)
    np.testing.assert_allclose(weights, expected, atol=1e-12)
    np.testing.assert_allclose(fitted, dense @ expected, atol=1e-12)


def test_of_too_many_features_those_with_the_most_entries_are_used() -> None:
    dense = np.triu(np.ones((6, 6)))
    targets = np.random.default_rng(3).normal(0, 1, (6, 2))
    weights, fitted = _Ridge(sparse.csr_array(dense), 2.0, most=4).fit(targets)
    used = dense[:, 2:]
    expected = np.linalg.solve(used.T @ used + 2 * np.eye(4), used.T @ targets)
    np.testing.assert_allclose(weights, np.vstack([np.zeros((2, 2)), expected]), atol=1e-12)
    np.testing.assert_allclose(fitted, used @ expected, atol=1e-12)


def test_everyone_of_one_mind_is_believed() -> None:
    same = world_of(movies(3), {str(user): {1: 4.0, 2: 4.0} for user in range(5)})
    model = Vbmf().fit(same.interactions, movies(3), rng=np.random.default_rng(2))
    assert model.score(taste_of({0: 4.0})).tolist() == pytest.approx([4, 4, np.nan], nan_ok=True)
