from __future__ import annotations

import numpy as np
import pytest

from recsvc.models.blend import WeightedScores, weighted_mean


def test_the_weighted_mean_by_hand() -> None:
    one = WeightedScores(np.array([1, 2, np.nan, np.nan], np.float32), weight=3, factor=6)
    other = WeightedScores(np.array([4, np.nan, 5, np.nan], np.float32), weight=1, factor=2)
    # (6 * 1 + 2 * 4) / (3 + 1), and each alone where the other has no value
    assert weighted_mean([one, other]).tolist() == pytest.approx([3.5, 4, 10, np.nan], nan_ok=True)
