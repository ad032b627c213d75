from __future__ import annotations

import numpy as np
import pytest

from recsvc.features.movie_kinds import MovieKinds
from recsvc.models.calibration import targets, wilson_lower_bound
from recsvc.types import Movie

GHIBLI, ENGLISH = 30, 70


@pytest.fixture
def kinds() -> MovieKinds:
    return MovieKinds.of(
        [Movie(1 + at, "x", original_language="ja" if at < GHIBLI else "en") for at in range(GHIBLI + ENGLISH)]
    )


def test_the_lower_bound_by_hand() -> None:
    # all of n: n / (n + z^2); none: 0; half of 10: Wilson's interval of 0.5 is symmetric about it
    np.testing.assert_allclose(wilson_lower_bound(np.array([5]), 5), 5 / (5 + 1.645**2))
    np.testing.assert_allclose(wilson_lower_bound(np.array([0]), 5), 0, atol=1e-12)
    half = 0.5 - 1.645 * np.sqrt(0.25 / 10 + 1.645**2 / 400) / (1 + 1.645**2 / 10)
    np.testing.assert_allclose(wilson_lower_bound(np.array([5]), 10), half)


def test_what_is_liked_often_is_evident_and_what_is_liked_once_is_not(kinds: MovieKinds) -> None:
    [one] = targets(kinds, np.arange(5, dtype=np.int32), 0.8)
    assert (one.liked, one.of) == (5, 5)
    assert one.share == pytest.approx(0.8 * 5 / (5 + 1.645**2))
    assert one.members.tolist() == list(range(GHIBLI))
    mixed = targets(kinds, np.array([0, 40, 41, 42], np.int32), 0.8)
    assert [(target.liked, target.of) for target in mixed] == [(3, 4)]
    assert targets(kinds, np.zeros(1, np.int32), 0.8) == ()


def test_the_more_is_liked_of_other_kinds_the_less_is_evident(kinds: MovieKinds) -> None:
    shares = []
    for others in (0, 3, 10, 60):
        liked = np.concatenate([np.arange(3), GHIBLI + np.arange(others)]).astype(np.int32)
        of_kind = {target.kind: target.share for target in targets(kinds, liked, 0.8)}
        shares.append(of_kind.get(kinds.of_row(0)[0], 0.0))
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] < 0.03


def test_without_strength_or_kinds_nothing_is(kinds: MovieKinds) -> None:
    assert targets(kinds, np.arange(5, dtype=np.int32), 0.0) == ()
    assert targets(MovieKinds.of([Movie(1, "x")] * 5), np.arange(5, dtype=np.int32), 0.8) == ()
