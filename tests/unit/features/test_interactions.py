from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsvc.features.interactions import Centring, Fill, Interactions, interactions_of
from recsvc.features.vocabulary import Vocabulary
from tests.contracts.worlds import HALVES, movies, ratings_from, world_of

N_MOVIES = 5
CENTRINGS: tuple[Centring, ...] = get_args(Centring)
FILLS: tuple[Fill, ...] = get_args(Fill)

Users = list[dict[int, float]]
"""For each user the stars by row."""

users = st.lists(st.dictionaries(st.integers(0, N_MOVIES - 1), st.sampled_from(HALVES)), min_size=1, max_size=6)


def interactions_from(users: Users) -> Interactions:
    starts = np.cumsum([0, *(len(user) for user in users)])
    flat = [pair for user in users for pair in sorted(user.items())]
    return Interactions(
        N_MOVIES,
        starts.astype(np.int64),
        np.array([row for row, _ in flat], np.int32),
        np.array([stars for _, stars in flat], np.float32),
    )


def mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


class Means:
    """All means, computed one by one; a user or movie without a rating has the overall mean."""

    def __init__(self, users: Users) -> None:
        self.overall = mean([stars for user in users for stars in user.values()], 0.0)
        self.users = [mean(list(user.values()), self.overall) for user in users]
        self.movies = [mean([user[row] for user in users if row in user], self.overall) for row in range(N_MOVIES)]

    def of(self, fill: Fill, user: int, row: int) -> float:
        cells = {"global_mean": self.overall, "user_mean": self.users[user], "item_mean": self.movies[row]}
        return cells.get(fill, 0.0)


@pytest.mark.parametrize("fill", FILLS)
@given(users=users)
@settings(deadline=None, max_examples=20)
def test_every_cell_of_a_dense_matrix_is_a_rating_or_the_fill(fill: Fill, users: Users) -> None:
    means = Means(users)
    matrix = interactions_from(users).dense(fill=fill)
    assert (matrix.shape, matrix.dtype) == ((len(users), N_MOVIES), np.dtype(np.float32))
    for user, given_stars in enumerate(users):
        for row in range(N_MOVIES):
            expected = given_stars.get(row, means.of(fill, user, row))
            assert matrix[user, row] == pytest.approx(expected, abs=1e-5)


@given(users=users)
@settings(deadline=None)
def test_means_fall_back_to_the_global_mean(users: Users) -> None:
    means = Means(users)
    for centring in CENTRINGS:
        overall, user_means, movie_means = interactions_from(users).means(centring)
        assert overall == pytest.approx(0.0 if centring == "none" else means.overall)
        default = overall if centring != "none" else 0.0
        assert user_means.tolist() == pytest.approx(means.users if centring == "user" else [default] * len(users))
        assert movie_means.tolist() == pytest.approx(means.movies if centring == "item" else [default] * N_MOVIES)


def test_means_by_hand() -> None:
    interactions = interactions_from([{0: 5.0, 1: 3.0}, {0: 4.0}, {}])
    assert interactions.means("global")[0] == 4
    assert interactions.means("user")[1].tolist() == [4, 4, 4]
    assert interactions.means("item")[2].tolist() == [4.5, 3, 4, 4, 4]


@given(users=users)
@settings(deadline=None)
def test_users_counts_and_the_sparse_matrix(users: Users) -> None:
    interactions = interactions_from(users)
    assert interactions.n_users == len(users)
    assert interactions.users.tolist() == [at for at, user in enumerate(users) for _ in user]
    assert interactions.counts().tolist() == [sum(row in user for user in users) for row in range(N_MOVIES)]
    for at, user in enumerate(users):
        taste = interactions.taste(at)
        assert dict(zip(taste.rows.tolist(), taste.stars.tolist(), strict=True)) == user
        assert taste.rows.tolist() == sorted(user)
    doubled = interactions.matrix(interactions.stars * 2).toarray()
    assert doubled.tolist() == [[2 * user.get(row, 0) for row in range(N_MOVIES)] for user in users]


tables = st.dictionaries(
    st.sampled_from(["1", "2", "10", "bo"]),
    st.dictionaries(st.sampled_from([3, 7, 20, 21]), st.sampled_from(HALVES), min_size=1),
    min_size=1,
)


@given(table=tables)
@settings(deadline=None)
def test_a_table_becomes_interactions(table: Mapping[str, Mapping[int, float]]) -> None:
    ratings = ratings_from(table)
    interactions = interactions_of(ratings, Vocabulary.of([20, 3, 7, 21]))
    for user, label in enumerate(ratings.user_labels):
        taste = interactions.taste(user)
        assert taste.rows.tolist() == sorted(taste.rows.tolist())
        by_id = {(3, 7, 20, 21)[row]: stars for row, stars in zip(taste.rows, taste.stars.tolist(), strict=True)}
        assert by_id == table[label]


def test_a_rated_movie_that_is_not_in_the_vocabulary_is_named() -> None:
    world = world_of(movies(3), {"1": {1: 3.0}})
    with pytest.raises(KeyError, match="9"):
        interactions_of(ratings_from({"1": {1: 3.0, 9: 4.0}}), world.vocabulary)
