from __future__ import annotations

import numpy as np
import pytest

from recsvc.models.rating_weights import signed_weights, training_weights
from tests.contracts.worlds import HALVES


def test_a_rating_carries_its_sign() -> None:
    stars = np.array(HALVES, np.float32)
    weights = signed_weights(stars)
    assert weights.dtype == np.float32
    assert weights.tolist() == pytest.approx([-0.3, -0.25, -0.1, 0.5, 0.75, 1, 1.125, 1.25, 1.375, 1.5])
    assert (np.diff(weights) > 0).all()
    assert ((weights < 0) == (stars < 2)).all()


def test_weights_are_never_negative() -> None:
    stars = np.array([0.5, 1, 3, 5], np.float32)
    assert training_weights(stars, 0.25, 3.0).tolist() == [0.375, 0.5, 1, 1.5]
    assert training_weights(stars, 0.0, 3.0).tolist() == [1, 1, 1, 1]
    assert training_weights(stars, 1.0, 3.0).tolist() == [0, 0, 1, 3]
    centres = np.array([0.5, 2, 2, 4], np.float32)
    assert training_weights(stars, 0.5, centres).tolist() == [1, 0.5, 1.5, 1.5]
