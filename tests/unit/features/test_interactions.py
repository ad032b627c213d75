from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsvc.features.interactions import Centring, Fill, Interactions, interactions_of
from recsvc.features.vocabulary import Vocabulary
from tests.contracts.worlds import HALVES, films, ratings_from, world_of

N_FILMS = 5
CENTRINGS: tuple[Centring, ...] = get_args(Centring)
FILLS: tuple[Fill, ...] = get_args(Fill)

People = list[dict[int, float]]
"""What each person gave which row."""

people = st.lists(st.dictionaries(st.integers(0, N_FILMS - 1), st.sampled_from(HALVES)), min_size=1, max_size=6)


def held(people: People) -> Interactions:
    starts = np.cumsum([0, *(len(person) for person in people)])
    flat = [pair for person in people for pair in sorted(person.items())]
    return Interactions(
        N_FILMS,
        starts.astype(np.int64),
        np.array([row for row, _ in flat], np.int32),
        np.array([stars for _, stars in flat], np.float32),
    )


def mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


class Means:
    """All means one by one; who or what has no rating has that of everything."""

    def __init__(self, people: People) -> None:
        self.overall = mean([stars for person in people for stars in person.values()], 0.0)
        self.people = [mean(list(person.values()), self.overall) for person in people]
        self.films = [mean([person[row] for person in people if row in person], self.overall) for row in range(N_FILMS)]

    def of(self, fill: Fill, person: int, row: int) -> float:
        cells = {"global_mean": self.overall, "user_mean": self.people[person], "item_mean": self.films[row]}
        return cells.get(fill, 0.0)


@pytest.mark.parametrize("fill", FILLS)
@given(people=people)
@settings(deadline=None, max_examples=20)
def test_dense_is_cell_by_cell_what_it_says(fill: Fill, people: People) -> None:
    means = Means(people)
    matrix = held(people).dense(fill=fill)
    assert (matrix.shape, matrix.dtype) == ((len(people), N_FILMS), np.dtype(np.float32))
    for person, given_stars in enumerate(people):
        for row in range(N_FILMS):
            expected = given_stars.get(row, means.of(fill, person, row))
            assert matrix[person, row] == pytest.approx(expected, abs=1e-5)


@given(people=people)
@settings(deadline=None)
def test_means_fall_back_on_the_global_one(people: People) -> None:
    means = Means(people)
    for centring in CENTRINGS:
        overall, of_people, of_films = held(people).means(centring)
        assert overall == pytest.approx(0.0 if centring == "none" else means.overall)
        on = overall if centring != "none" else 0.0
        assert of_people.tolist() == pytest.approx(means.people if centring == "user" else [on] * len(people))
        assert of_films.tolist() == pytest.approx(means.films if centring == "item" else [on] * N_FILMS)


def test_means_by_hand() -> None:
    held_by_hand = held([{0: 5.0, 1: 3.0}, {0: 4.0}, {}])
    assert held_by_hand.means("global")[0] == 4
    assert held_by_hand.means("user")[1].tolist() == [4, 4, 4]
    assert held_by_hand.means("item")[2].tolist() == [4.5, 3, 4, 4, 4]


@given(people=people)
@settings(deadline=None)
def test_people_counts_and_the_sparse_matrix(people: People) -> None:
    interactions = held(people)
    assert interactions.n_users == len(people)
    assert interactions.users.tolist() == [at for at, person in enumerate(people) for _ in person]
    assert interactions.counts().tolist() == [sum(row in person for person in people) for row in range(N_FILMS)]
    for at, person in enumerate(people):
        taste = interactions.taste(at)
        assert dict(zip(taste.rows.tolist(), taste.stars.tolist(), strict=True)) == person
        assert taste.rows.tolist() == sorted(person)
    doubled = interactions.matrix(interactions.stars * 2).toarray()
    assert doubled.tolist() == [[2 * person.get(row, 0) for row in range(N_FILMS)] for person in people]


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
    for person, label in enumerate(ratings.user_labels):
        taste = interactions.taste(person)
        assert taste.rows.tolist() == sorted(taste.rows.tolist())
        by_id = {(3, 7, 20, 21)[row]: stars for row, stars in zip(taste.rows, taste.stars.tolist(), strict=True)}
        assert by_id == table[label]


def test_a_rated_film_that_is_not_in_the_vocabulary_is_named() -> None:
    world = world_of(films(3), {"1": {1: 3.0}})
    with pytest.raises(KeyError, match="9"):
        interactions_of(ratings_from({"1": {1: 3.0, 9: 4.0}}), world.vocabulary)
