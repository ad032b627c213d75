"""Shares and their intervals: against known values, the equation they solve, and sums over users one by one."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsvc.usecases.intervals import Shown, difference, wilson

Z = 1.959963984540054

users = st.lists(
    st.integers(1, 60).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))), min_size=2, max_size=40
)


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        (10, 100, 0.0552, 0.1744),
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (2, 5, 0.1176, 0.7693),
        (1, 1, 0.2065, 1.0),
        (81, 263, 0.2553, 0.3662),  # Newcombe 1998, table I
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilsons_interval_against_known_values(hits: int, n: int, low: float, high: float) -> None:
    rate = wilson(hits, n)
    assert rate is not None
    assert rate.value == hits / n
    assert (rate.low, rate.high) == pytest.approx((low, high), abs=6e-5)


def test_of_nothing_there_is_no_share() -> None:
    assert wilson(0, 0) is None


@given(n=st.integers(1, 10**7), part=st.floats(0, 1))
@settings(deadline=None, max_examples=300)
def test_the_ends_are_the_shares_that_are_just_not_refused(n: int, part: float) -> None:
    """Wilson's interval holds every share w for which |value - w| is at most z standard errors of w itself."""
    hits = round(part * n)
    rate = wilson(hits, n)
    assert rate is not None
    assert 0 <= rate.low <= rate.value <= rate.high <= 1
    for end in (rate.low, rate.high):
        error = Z * math.sqrt(end * (1 - end) / n)
        assert abs(rate.value - end) == pytest.approx(error, rel=1e-4, abs=1e-7)


def shown(side: Sequence[tuple[int, int]]) -> list[Shown]:
    return [Shown(*user) for user in side]


def share_and_variance(side: Sequence[tuple[int, int]]) -> tuple[float, float]:
    """A ratio of sums over users and its linearised variance, from every user's own deviation."""
    movies = sum(n for n, _ in side)
    share = sum(x for _, x in side) / movies
    deviations = [(x - share * n) ** 2 for n, x in side]
    return share, len(side) / (len(side) - 1) * math.fsum(deviations) / movies**2


@given(before=users, after=users)
@settings(deadline=None, max_examples=100)
def test_the_difference_is_that_of_users_one_by_one(
    before: list[tuple[int, int]], after: list[tuple[int, int]]
) -> None:
    found = difference(shown(before), shown(after))
    assert found is not None
    (old, old_variance), (new, new_variance) = share_and_variance(before), share_and_variance(after)
    half = Z * math.sqrt(old_variance + new_variance)
    assert found.value == pytest.approx(new - old, abs=1e-12)
    assert (found.low, found.high) == pytest.approx((new - old - half, new - old + half), abs=1e-6)
    turned = difference(shown(after), shown(before))
    assert turned is not None
    assert (turned.value, turned.low, turned.high) == pytest.approx((-found.value, -found.high, -found.low))


@given(others=st.lists(st.integers(0, 1), max_size=38))
@settings(deadline=None)
def test_who_is_shown_one_movie_each_is_a_plain_share(others: list[int]) -> None:
    """Then it is the variance of a mean, which textbooks have as s^2 / p."""
    hits = [0, 1, *others]
    mean, count = sum(hits) / len(hits), len(hits)
    variance = sum((hit - mean) ** 2 for hit in hits) / (count - 1) / count
    nothing = [(1, 0)] * 2
    found = difference(shown(nothing), shown([(1, hit) for hit in hits]))
    assert found is not None
    assert found.high - found.value == pytest.approx(Z * math.sqrt(variance), abs=1e-9)


def test_one_who_was_shown_much_makes_it_wider() -> None:
    even, uneven = [(10, x) for x in (2, 4, 6, 8)], [(10, 2), (10, 4), (10, 6), (1000, 800)]
    one, other = (difference(shown(even), shown(side)) for side in (even, uneven))
    assert one is not None
    assert other is not None
    assert one.low < 0 == one.value < one.high


@pytest.mark.parametrize("side", [[], shown([(5, 2)])])
def test_a_side_of_fewer_than_two_users_says_nothing(side: list[Shown]) -> None:
    enough = shown([(5, 2), (4, 1)])
    assert difference(side, enough) is None
    assert difference(enough, side) is None
    assert difference(enough, enough) is not None
