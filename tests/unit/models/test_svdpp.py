from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray

from recsvc.models.surprise_data import trainset_of
from recsvc.models.svd import Svdpp, SvdppConfig
from recsvc.types import EMPTY_TASTE, Array, State, Taste
from tests.contracts.worlds import taste_of, tastes, world

N = 9
CONFIG = SvdppConfig(factors=3, fold_in_l2=2.0, fold_in_bias_l2=5.0)


def sides() -> dict[str, Array]:
    """Baselines (N,), the last of a movie that nobody rated, factors and implicit factors (N, 3)."""
    rng = np.random.default_rng(5)
    baseline = rng.uniform(2, 4, N).astype(np.float32)
    factors, implicit = rng.normal(0, 1, (2, N, 3)).astype(np.float32)
    baseline[-1] = np.nan
    factors[-1] = implicit[-1] = 0
    return {"baseline": baseline, "factors": factors, "implicit_factors": implicit}


def ridge(taste: Taste) -> NDArray[np.float64]:
    """The minimum of `sum (r - base - b - q (p + y))^2 + 5 b^2 + 2 |p|^2`, y being what is implicit, and its stars."""
    baseline, factors, implicit = (array.astype(np.float64) for array in sides().values())
    known = taste.rows != N - 1
    rows = taste.rows[known]
    y = implicit[rows].sum(axis=0) / np.sqrt(max(len(rows), 1))
    A = np.hstack([np.ones((len(rows), 1)), factors[rows]])
    left = taste.stars[known] - baseline[rows] - factors[rows] @ y
    user = np.linalg.solve(A.T @ A + np.diag([5.0, 2, 2, 2]), A.T @ left)
    stars: NDArray[np.float64] = baseline + user[0] + factors @ (user[1:] + y)
    return stars


@given(taste=tastes(N, most=N))
@settings(deadline=None, max_examples=100)
def test_folding_in_is_ridge_regression_of_what_is_not_implicit(taste: Taste) -> None:
    model = Svdpp.from_state(State(asdict(CONFIG), sides()))
    np.testing.assert_allclose(model.score(taste), ridge(taste), atol=2e-4)


def test_one_rating_by_hand() -> None:
    # q = 1 for both movies, both ridges 1, and having rated the first says 0.3: of a residual of 1.5 that leaves 1.2 to
    # explain, b = p = 0.4, so that all movies get 0.4 + 0.4 + 0.3 more
    config = asdict(SvdppConfig(factors=1, fold_in_l2=1.0, fold_in_bias_l2=1.0))
    arrays: dict[str, Array] = {
        "baseline": np.array([3, 2.5], np.float32),
        "factors": np.ones((2, 1), np.float32),
        "implicit_factors": np.array([[0.3], [0]], np.float32),
    }
    model = Svdpp.from_state(State(config, arrays))
    assert model.score(taste_of({0: 4.5})).tolist() == pytest.approx([4.1, 3.6])
    assert model.score(EMPTY_TASTE).tolist() == [3, 2.5]
    assert model.explain(taste_of({0: 4.5}), np.array([1], np.int32)).contributions[0].tolist() == pytest.approx([1.1])


def test_what_is_kept_is_the_side_of_the_movies_that_surprise_trained() -> None:
    import surprise

    held, rng = world(), np.random.default_rng(4)
    mine = Svdpp().fit(held.interactions, held.dataset.movies, rng=rng).state().arrays
    trainset = trainset_of(held.interactions, np.arange(40, dtype=np.int32))
    theirs = surprise.SVDpp(
        n_factors=20,
        n_epochs=30,
        lr_all=0.01,
        reg_all=0.1,
        random_state=int(np.random.default_rng(4).integers(2**31)),
    ).fit(trainset)
    for code in range(0, held.interactions.n_users, 7):
        taste, user = held.interactions.taste(code), trainset.to_inner_uid(code)
        z = theirs.pu[user] + mine["implicit_factors"][taste.rows].sum(axis=0) / np.sqrt(len(taste))
        for row in range(40):
            stars = mine["baseline"][row] + theirs.bu[user] + mine["factors"][row] @ z
            assert stars == pytest.approx(theirs.estimate(user, trainset.to_inner_iid(row)), abs=1e-4)
