from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray

from recsvc.models.svd import Svd, SvdConfig
from recsvc.types import EMPTY_TASTE, Array, State, Taste
from tests.contracts.worlds import taste_of, tastes, world

N = 9
CONFIG = SvdConfig(factors=3, fold_in_l2=2.0, fold_in_bias_l2=5.0)


def sides() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Baselines (N,), the last of a movie that nobody rated, and factors (N, 3)."""
    rng = np.random.default_rng(5)
    baseline = rng.uniform(2, 4, N).astype(np.float32)
    baseline[-1] = np.nan
    factors = rng.normal(0, 1, (N, 3)).astype(np.float32)
    factors[-1] = 0
    return baseline, factors


def by_hand() -> Svd:
    baseline, factors = sides()
    state = {field: getattr(CONFIG, field) for field in SvdConfig.__dataclass_fields__}
    arrays: dict[str, Array] = {"baseline": baseline, "factors": factors}
    return Svd.from_state(State(state, arrays))


def ridge(taste: Taste) -> NDArray[np.float64]:
    """The minimum of `sum (r - base - b - q.p)^2 + 5 b^2 + 2 |p|^2`, as least squares with the penalties as rows."""
    baseline, factors = (side.astype(np.float64) for side in sides())
    known = [at for at, row in enumerate(taste.rows.tolist()) if row != N - 1]
    rows = taste.rows[known]
    A = np.hstack([np.ones((len(rows), 1)), factors[rows]])
    penalties = np.diag(np.sqrt([5.0, 2.0, 2.0, 2.0]))
    right = np.concatenate([taste.stars[known] - baseline[rows], np.zeros(4)])
    user = np.linalg.lstsq(np.vstack([A, penalties]), right, rcond=None)[0]
    normal = np.linalg.solve(A.T @ A + penalties**2, A.T @ right[: len(rows)])
    np.testing.assert_allclose(user, normal, atol=1e-9)
    stars: NDArray[np.float64] = baseline + user[0] + factors @ user[1:]
    return stars


@given(taste=tastes(N, most=N))
@settings(deadline=None, max_examples=100)
def test_folding_in_is_ridge_regression(taste: Taste) -> None:
    # with up to 9 ratings of 4 unknowns, both systems are solved
    model = by_hand()
    np.testing.assert_allclose(model.score(taste), ridge(taste), atol=1e-4)
    baseline, contributions = model.explain(taste, np.arange(N, dtype=np.int32))
    np.testing.assert_array_equal(baseline, sides()[0])
    for at, (row, stars) in enumerate(zip(taste.rows.tolist(), taste.stars.tolist(), strict=True)):
        # what is left of a prediction when all other ratings are as expected
        expected = dict(zip(taste.rows.tolist(), sides()[0][taste.rows].tolist(), strict=True))
        alone = Taste(taste.rows, np.array([*{**expected, row: stars}.values()], np.float32))
        if row == N - 1:
            assert not contributions[: N - 1, at].any()
        elif N - 1 not in expected:
            np.testing.assert_allclose(contributions[: N - 1, at], (ridge(alone) - sides()[0])[: N - 1], atol=1e-4)


def test_one_rating_by_hand() -> None:
    # one factor q = 1 for both movies, both ridges 1: b = p = r / 3, so that a residual of 1.5 adds 1 everywhere
    config = {**{field: getattr(CONFIG, field) for field in SvdConfig.__dataclass_fields__}}
    config |= {"factors": 1, "fold_in_l2": 1.0, "fold_in_bias_l2": 1.0}
    arrays: dict[str, Array] = {
        "baseline": np.array([3, 2.5], np.float32),
        "factors": np.array([[1], [1]], np.float32),
    }
    model = Svd.from_state(State(config, arrays))
    assert model.score(taste_of({0: 4.5})).tolist() == pytest.approx([4, 3.5])
    assert model.score(EMPTY_TASTE).tolist() == [3, 2.5]
    # twice the same residual: (2 + 1) b + 2 p = 3, so that b = p = 3 / 5
    assert model.score(taste_of({0: 4.5, 1: 4.0})).tolist() == pytest.approx([4.2, 3.7])


def test_training_finds_the_means_and_the_seed_decides_the_rest() -> None:
    held = world()

    def fit(seed: int) -> Svd:
        return Svd().fit(held.interactions, held.dataset.movies, rng=np.random.default_rng(seed))

    one, other = fit(1), fit(2)
    assert not np.array_equal(one.state().arrays["factors"], other.state().arrays["factors"])
    baseline = one.score(EMPTY_TASTE)
    _, _, means = held.interactions.means("item")
    assert np.corrcoef(baseline[:40], means[:40])[0, 1] > 0.8
    assert np.abs(baseline[:40] - means[:40]).mean() < 0.25
    assert np.isnan(baseline[40:]).all()


def test_the_scale_of_stars_is_that_of_movielens() -> None:
    defaults = SvdConfig()
    assert (defaults.factors, defaults.epochs, defaults.fold_in_l2, defaults.fold_in_bias_l2) == (50, 50, 12, 3)
