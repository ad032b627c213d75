from __future__ import annotations

import numpy as np
import pytest

from recsvc.models.rating_weights import TasteWeights, training_weights
from recsvc.types import EMPTY_TASTE
from tests.contracts.worlds import HALVES, taste_of, world


def weights(*stars: float, usual: float = 3.5) -> list[float]:
    """Return the weights of the ratings of one user, of movies 0, 1, ..."""
    held = TasteWeights(usual).taste(taste_of(dict(enumerate(stars))))
    assert held.dtype == np.float32
    return [*map(float, held)]


def test_among_many_likes_only_a_clear_dislike_is_negative() -> None:
    many = weights(*HALVES, *[5.0] * 2000)[:10]
    assert many == pytest.approx([-0.3, -0.25, -0.1, 0.5, 0.75, 1, 1.125, 1.25, 1.375, 1.5], abs=2e-3)
    # the first alone is 3.5 * 20 / 21 + 5 / 21 = 75 / 21: 5 stars are beyond what is usual, and count in full
    assert weights(5.0) == [1.5]


def test_a_low_rating_alone_speaks_against_what_is_like_it() -> None:
    # 1 star: usual are (3.5 * 20 + 1) / 21, and 1 + 1 - 3.38 is below the lowest
    assert weights(1.0) == pytest.approx([-0.6])
    assert weights(2.0) == pytest.approx([1 + 2 - 72 / 21])
    # seven at 2: usual are 84 / 27, so that each is 1 + 2 - 3.11
    assert weights(*[2.0] * 7) == pytest.approx([1 + 2 - 84 / 27] * 7)
    assert max(weights(*[2.0] * 7)) < 0 < min(weights(*[3.0] * 7))
    # with one like beside it, half of the weight is what it is among likes
    low, like = weights(2.0, 5.0)
    assert (low, like) == pytest.approx((0.5 * 0.5 + 0.5 * (1 + 2 - 77 / 22), 1.5))


def test_what_is_low_for_most_is_praise_by_a_mild_user() -> None:
    mild = weights(*[3.0] * 5, *[1.5] * 40)
    assert mild[0] == pytest.approx(1.0)
    assert all(one < -0.05 for one in mild[5:])
    # the same 3 stars are no praise by someone who gives 4.5 to everything else
    assert weights(3.0, *[4.5] * 40)[0] < 1
    assert weights(2.5, usual=2.5) == pytest.approx([0.75])
    assert weights(2.5, usual=4.5)[0] < 0


def test_more_stars_never_weigh_less() -> None:
    for others in ([], [5.0], [2.0] * 6, [1.0, 3.0, 4.5] * 5):
        own = [weights(stars, *others)[0] for stars in HALVES]
        assert own == sorted(own)


def test_users_are_weighed_each_by_their_own() -> None:
    held = world()
    held_weights = TasteWeights.of(held.interactions)
    assert held_weights.usual_stars == pytest.approx(float(held.interactions.stars.mean()))
    together = held_weights.all(held.interactions)
    for user in range(held.interactions.n_users):
        span = slice(held.interactions.starts[user], held.interactions.starts[user + 1])
        np.testing.assert_array_equal(together[span], held_weights.taste(held.interactions.taste(user)))
    assert len(TasteWeights().taste(EMPTY_TASTE)) == 0


def test_weights_are_never_negative() -> None:
    stars = np.array([0.5, 1, 3, 5], np.float32)
    assert training_weights(stars, 0.25, 3.0).tolist() == [0.375, 0.5, 1, 1.5]
    assert training_weights(stars, 0.0, 3.0).tolist() == [1, 1, 1, 1]
    assert training_weights(stars, 1.0, 3.0).tolist() == [0, 0, 1, 3]
    centres = np.array([0.5, 2, 2, 4], np.float32)
    assert training_weights(stars, 0.5, centres).tolist() == [1, 0.5, 1.5, 1.5]
