from __future__ import annotations

import sys
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray
from scipy import sparse

from recsvc.errors import ModelError
from recsvc.models.als import Als, AlsConfig
from recsvc.models.rating_weights import signed_weights, training_weights
from recsvc.types import EMPTY_TASTE, Array, State, Taste
from tests.contracts.worlds import taste_of, tastes, world

N = 9
CONFIG = AlsConfig(factors=3, alpha=4.0, l2=2.0)


def factors() -> NDArray[np.float32]:
    """Factors (N, 3), the last of a movie that nobody rated."""
    drawn = np.random.default_rng(5).normal(0, 1, (N, 3)).astype(np.float32)
    drawn[-1] = np.nan
    return drawn


def by_hand() -> Als:
    arrays: dict[str, Array] = {"factors": factors()}
    return Als.from_state(State(asdict(CONFIG), arrays))


@given(taste=tastes(N - 1, least=1, most=N - 1))
@settings(deadline=None, max_examples=100)
def test_folding_in_is_the_least_squares_of_the_paper(taste: Taste) -> None:
    # all movies that were trained are in it: those without a rating with confidence 1 and preference 0
    Y = factors()[:-1].astype(np.float64)
    confidence, preference = np.ones(N - 1), np.zeros(N - 1)
    for row, weight in zip(taste.rows.tolist(), signed_weights(taste.stars).tolist(), strict=True):
        confidence[row] += 4 * abs(weight)
        preference[row] = weight > 0
    root = np.sqrt(confidence)
    rows = np.vstack([Y * root[:, None], np.sqrt(2) * np.eye(3)])
    user = np.linalg.lstsq(rows, np.concatenate([root * preference, np.zeros(3)]), rcond=None)[0]
    scores = by_hand().score(taste)
    np.testing.assert_allclose(scores[:-1], Y @ user, atol=1e-4)
    assert np.isnan(scores[-1])


def test_ratings_by_hand() -> None:
    # one factor, 1 and 1/2: Y'Y + l2 is 1 + 1/4 + 3/4; a like of weight 1 with alpha 2 has the confidence 3
    arrays: dict[str, Array] = {"factors": np.array([[1], [0.5]], np.float32)}
    model = Als.from_state(State(asdict(AlsConfig(factors=1, alpha=2.0, l2=0.75)), arrays))
    assert model.score(taste_of({0: 3.0})).tolist() == pytest.approx([3 / 4, 3 / 8])
    # a dislike of weight -1/4 adds 2/4 times 1/4 to the same system, and asks for nothing
    assert model.score(taste_of({0: 3.0, 1: 1.0})).tolist() == pytest.approx([3 / 4.125, 1.5 / 4.125])
    assert model.score(taste_of({1: 1.0})).tolist() == [0, 0]
    assert np.isnan(model.score(EMPTY_TASTE)).all()
    contributions = model.explain(taste_of({0: 3.0, 1: 1.0}), np.array([1], np.int32)).contributions
    assert contributions[0].tolist() == pytest.approx([1.5 / 4.125, 0])


def test_similar_is_the_cosine() -> None:
    Y = factors()[:-1].astype(np.float64)
    cosines = [Y[2] @ y / np.linalg.norm(Y[2]) / np.linalg.norm(y) for y in Y]
    assert by_hand().similar(2).tolist() == pytest.approx([*cosines, np.nan], nan_ok=True, abs=1e-6)


def test_known_users_get_the_factors_that_implicit_gives_them() -> None:
    from implicit.cpu.als import AlternatingLeastSquares
    from threadpoolctl import threadpool_limits

    held, config = world(), AlsConfig(factors=6)
    mine = Als(config).fit(held.interactions, held.dataset.movies, rng=np.random.default_rng(1))
    confidence = held.interactions.matrix(1 + 8 * training_weights(held.interactions.stars, config.slope))[:, :40]
    with threadpool_limits(1, "blas"):
        seed = int(np.random.default_rng(1).integers(2**31))
        theirs = AlternatingLeastSquares(factors=6, regularization=50.0, iterations=15, random_state=seed)
        theirs.fit(sparse.csr_matrix(confidence), show_progress=False)
        np.testing.assert_allclose(mine.state().arrays["factors"][:40], theirs.item_factors, atol=1e-6)
        for user in range(0, held.interactions.n_users, 7):
            taste = held.interactions.taste(user)
            weights = signed_weights(taste.stars)
            row = np.zeros(40, np.float32)  # implicit takes a negative confidence for a dislike
            row[taste.rows] = np.sign(weights) * (1 + 8 * np.abs(weights))
            factors = theirs.recalculate_user(0, sparse.csr_matrix(row[None, :]))
            np.testing.assert_allclose(mine.score(taste)[:40], theirs.item_factors @ factors, atol=1e-4)


def test_a_dislike_lowers_what_is_like_it() -> None:
    held = world()
    model = Als().fit(held.interactions, held.dataset.movies, rng=np.random.default_rng(1))
    liked, also = model.score(taste_of({0: 5.0, 1: 5.0})), model.score(taste_of({0: 5.0, 1: 0.5}))
    odd = np.arange(3, 40, 2)
    assert (also[odd] < liked[odd]).all()
    alone = model.score(taste_of({0: 5.0}))
    assert also[odd].mean() < alone[odd].mean()


def test_without_the_library_training_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "implicit.als", None)
    held = world()
    with pytest.raises(ModelError, match=r"recsvc\[zoo\]"):
        Als().fit(held.interactions, held.dataset.movies, rng=np.random.default_rng(1))
