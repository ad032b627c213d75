from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray

from recsvc.errors import ModelError
from recsvc.features.interactions import Interactions
from recsvc.models import als
from recsvc.models.als import Als, AlsConfig
from recsvc.models.rating_weights import TasteWeights, training_weights
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
    for row, weight in zip(taste.rows.tolist(), TasteWeights().taste(taste).tolist(), strict=True):
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
    model = Als.from_state(State({**asdict(AlsConfig(factors=1, alpha=2.0, l2=0.75)), "usual_stars": 3.0}, arrays))
    assert model.score(taste_of({0: 3.0})).tolist() == pytest.approx([3 / 4, 3 / 8])
    # beside it, a dislike weighs (-0.25 - 0.6) / 2: it adds 0.85 times 1/4 to the same system, and asks for nothing
    assert model.score(taste_of({0: 3.0, 1: 1.0})).tolist() == pytest.approx([3 / 4.2125, 1.5 / 4.2125])
    assert model.score(taste_of({1: 1.0})).tolist() == [0, 0]
    assert np.isnan(model.score(EMPTY_TASTE)).all()
    contributions = model.explain(taste_of({0: 3.0, 1: 1.0}), np.array([1], np.int32)).contributions
    assert contributions[0].tolist() == pytest.approx([1.5 / 4.2125, 0])


def test_similar_is_the_cosine() -> None:
    Y = factors()[:-1].astype(np.float64)
    cosines = [Y[2] @ y / np.linalg.norm(Y[2]) / np.linalg.norm(y) for y in Y]
    assert by_hand().similar(2).tolist() == pytest.approx([*cosines, np.nan], nan_ok=True, abs=1e-6)


def loss(model: Als, interactions: Interactions, user_factors: NDArray[np.float64]) -> float:
    """What the paper minimises: the weighted squares over all users and movies, and the ridges."""
    Y = model.state().arrays["factors"].astype(np.float64)
    rated = np.isfinite(Y[:, 0])
    confidence, preference = np.ones((2, interactions.n_users, interactions.n_movies))
    preference[:] = 0
    weights = training_weights(interactions.stars, model.config.slope)
    confidence[interactions.users, interactions.rows] += model.config.alpha * weights
    preference[interactions.users, interactions.rows] = 1
    errors = (preference[:, rated] - user_factors @ Y[rated].T) ** 2
    ridges = (user_factors**2).sum() + (Y[rated] ** 2).sum()
    return float((confidence[:, rated] * errors).sum() + model.config.l2 * ridges)


def best_users(model: Als, interactions: Interactions) -> NDArray[np.float64]:
    Y = model.state().arrays["factors"].astype(np.float64)
    Y = np.where(np.isfinite(Y), Y, 0)
    solved = []
    for user in range(interactions.n_users):
        taste = interactions.taste(user)
        more = model.config.alpha * training_weights(taste.stars, model.config.slope).astype(np.float64)
        rated = Y[taste.rows]
        gram = Y.T @ Y + (rated.T * more) @ rated + model.config.l2 * np.eye(Y.shape[1])
        solved.append(np.linalg.solve(gram, (1 + more) @ rated))
    return np.array(solved)


def test_training_lowers_what_the_paper_minimises_to_its_minimum() -> None:
    held = world()
    losses = []
    for iterations in (1, 2, 5, 15, 60, 400):
        model = Als(AlsConfig(factors=6, l2=2.0, iterations=iterations))
        model.fit(held.interactions, held.dataset.movies, rng=np.random.default_rng(1))
        losses.append(loss(model, held.interactions, best_users(model, held.interactions)))
    assert losses == sorted(losses, reverse=True)
    # no small step of the factors of the movies leads lower
    users, Y = best_users(model, held.interactions), model.state().arrays["factors"]
    for step in np.random.default_rng(2).normal(0, 0.05, (20, *Y.shape)):
        moved = Als.from_state(State(asdict(model.config), {"factors": (Y + step).astype(np.float32)}))
        assert loss(moved, held.interactions, users) > losses[-1]


def test_without_a_rating_nothing_can_be_trained() -> None:
    held = world()
    nothing = Interactions(40, np.zeros(2, np.int64), EMPTY_TASTE.rows, EMPTY_TASTE.stars)
    with pytest.raises(ModelError, match="without ratings"):
        Als().fit(nothing, held.dataset.movies, rng=np.random.default_rng(1))
    model = Als.untrained(AlsConfig(), 3)
    assert np.isnan(model.score(taste_of({0: 5.0}))).all()
    assert not model.informative().any()


@pytest.mark.parametrize("at_once", [1, 60, als.CELLS_AT_ONCE])
def test_many_users_at_once_have_the_scores_of_each(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    held = world()
    model = Als().fit(held.interactions, held.dataset.movies, rng=np.random.default_rng(1))
    monkeypatch.setattr(als, "CELLS_AT_ONCE", at_once)
    np.testing.assert_allclose(
        Als().fit(held.interactions, held.dataset.movies, rng=np.random.default_rng(1)).state().arrays["factors"],
        model.state().arrays["factors"],
        rtol=1e-4,
        atol=1e-5,
    )
    scores = model.score_all(held.interactions)
    for user in range(held.interactions.n_users):
        np.testing.assert_allclose(scores[user], model.score(held.interactions.taste(user)), rtol=1e-5, atol=1e-6)


def test_a_dislike_lowers_what_is_like_it() -> None:
    held = world()
    model = Als().fit(held.interactions, held.dataset.movies, rng=np.random.default_rng(1))
    liked, also = model.score(taste_of({0: 5.0, 1: 5.0})), model.score(taste_of({0: 5.0, 1: 0.5}))
    odd = np.arange(3, 40, 2)
    assert (also[odd] < liked[odd]).all()
    alone = model.score(taste_of({0: 5.0}))
    assert also[odd].mean() < alone[odd].mean()
