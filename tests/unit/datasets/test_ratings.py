from __future__ import annotations

import numpy as np
import pytest

from recsvc.datasets.dataset import Ratings
from recsvc.datasets.ratings import USER_LABEL, ratings_table


def table(rows: list[tuple[str, int, float, int]]) -> Ratings:
    labels = list(dict.fromkeys(row[0] for row in rows))
    return ratings_table(
        labels,
        np.array([labels.index(row[0]) for row in rows], np.int32),
        np.array([row[1] for row in rows], np.int64),
        np.array([row[2] for row in rows], np.float64),
        np.array([row[3] for row in rows], np.int64),
    )


def test_the_newest_rating_of_a_user_and_movie_stays_at_its_place() -> None:
    result = table([("a", 1, 1.0, 50), ("b", 1, 2.0, 10), ("a", 1, 3.0, 40), ("a", 2, 4.0, 1)])
    assert result.stars.tolist() == [1.0, 2.0, 4.0]
    result = table([("a", 1, 1.0, 40), ("b", 1, 2.0, 10), ("a", 1, 3.0, 50)])
    assert result.stars.tolist() == [2.0, 3.0]


def test_of_equally_new_ratings_the_last_in_the_file_stays() -> None:
    result = table([("a", 1, 1.0, 40), ("a", 1, 2.0, 40), ("a", 1, 3.0, 39)])
    assert result.stars.tolist() == [2.0]


def test_large_ids_do_not_collide() -> None:
    big = 2**53 - 1
    result = table([("a", big, 1.0, 1), ("a", big - 1, 2.0, 1), ("b", big, 3.0, 1)])
    assert result.movie_ids.tolist() == [big, big - 1, big]


def test_labels_are_in_order_and_only_those_of_users_with_ratings() -> None:
    result = ratings_table(
        ["x", "10", "9", "unrated", "1"],
        np.array([0, 1, 2, 4], np.int64),
        np.array([1, 1, 1, 1], np.int64),
        np.array([1, 2, 3, 4], np.float64),
        np.array([1, 1, 1, 1], np.int64),
    )
    assert result.user_labels == ("1", "9", "10", "x")
    assert result.users.tolist() == [3, 2, 1, 0]


def test_no_rows_make_an_empty_table() -> None:
    empty = table([])
    assert (len(empty), empty.user_labels) == (0, ())


@pytest.mark.parametrize(("label", "good"), [("A-z_0.9", True), ("x" * 80, True), ("x" * 81, False), ("", False)])
def test_user_labels(label: str, good: bool) -> None:
    assert bool(USER_LABEL.fullmatch(label)) is good
