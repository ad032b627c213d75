from __future__ import annotations

import numpy as np
import pytest

from recsvc.datasets.dataset import Dataset, Ratings
from recsvc.errors import ConfigurationError
from recsvc.evaluation.protocols import tasks
from recsvc.evaluation.protocols.tasks import Task
from recsvc.features.interactions import Interactions
from recsvc.features.vocabulary import Vocabulary
from tests.contracts.worlds import Table, World, movies, world, world_of


def rows_of(interactions: Interactions) -> list[list[int]]:
    """The movie rows of each user."""
    return [interactions.taste(user).rows.tolist() for user in range(interactions.n_users)]


def stars_of(interactions: Interactions, user: int) -> dict[int, float]:
    taste = interactions.taste(user)
    return dict(zip(taste.rows.tolist(), taste.stars.tolist(), strict=True))


def at_times(table: Table, times: list[int], n_movies: int) -> Dataset:
    held = world_of(movies(n_movies), table).dataset.ratings
    ratings = Ratings(held.user_labels, held.users, held.movie_ids, held.stars, np.array(times, np.int64))
    return Dataset("timed", ratings, tuple(movies(n_movies)))


def vocabulary_of(dataset: Dataset) -> Vocabulary:
    return Vocabulary.of(movie.movie_id for movie in dataset.movies)


def test_temporal_by_hand() -> None:
    # ten ratings, of which the newest two (times 9 and 10) are held out: ann's of movie 3 and cat's of movie 1
    table = {"ann": {1: 5.0, 2: 4.0, 3: 3.0}, "bob": {1: 1.0, 2: 2.0, 3: 3.0, 4: 4.0, 5: 5.0}, "cat": {1: 4.5}}
    table["bob"][6] = 0.5
    dataset = at_times(table, [1, 2, 10, 3, 4, 5, 6, 7, 8, 9], 6)
    task = tasks.temporal(dataset, vocabulary_of(dataset), 42)
    assert rows_of(task.train) == [[0, 1], [0, 1, 2, 3, 4, 5], []]
    assert task.fold_in is task.train
    assert rows_of(task.held_out) == [[2], [], [0]]
    assert stars_of(task.held_out, 2) == {0: 4.5}
    assert task.users.tolist() == [0, 2]  # bob has nothing newer; cat is an unknown user
    assert task.candidates is None
    assert task.n_candidates == 6


def test_temporal_draws_nothing() -> None:
    held = world()
    one, other = (tasks.temporal(held.dataset, held.vocabulary, seed) for seed in (1, 2))
    assert rows_of(one.held_out) == rows_of(other.held_out)
    assert (one.seed, other.seed) == (1, 2)
    assert one.rng().random() != other.rng().random()


def test_ms_recommenders_holds_a_quarter_of_each_movie_out() -> None:
    # 4, 8 and 2 ratings: 1, 2 and (half to even: round(1.5) = 2 are in training) none are held out
    table: Table = {
        str(user): {movie: 4.0 for movie, raters in ((1, 4), (2, 8), (3, 2)) if user <= raters} for user in range(1, 9)
    }
    held = world_of(movies(4), table)
    task = tasks.ms_recommenders(held.dataset, held.vocabulary, 42)
    assert task.train.counts().tolist() == [3, 6, 2, 0]
    assert task.held_out.counts().tolist() == [1, 2, 0, 0]
    assert task.fold_in is task.train


def test_new_users_folds_four_fifths_in() -> None:
    table: Table = {str(user): dict.fromkeys(range(1, 11), 4.0) for user in range(10)}
    held = world_of(movies(10), table)
    task = tasks.new_users(held.dataset, held.vocabulary, 42)
    sizes = [[len(rows) for rows in rows_of(part)] for part in (task.train, task.fold_in, task.held_out)]
    new = task.users.tolist()
    assert len(new) == 2
    assert sizes == [
        [0 if user in new else 10 for user in range(10)],
        [8 if user in new else 0 for user in range(10)],
        [2 if user in new else 0 for user in range(10)],
    ]
    first, second = (task.held_out.taste(user).rows.tolist() for user in new)
    assert first != second  # each user has an order of their own


@pytest.mark.parametrize(("count", "held_out"), [(1, 0), (2, 0), (3, 1), (5, 1), (8, 2)])
def test_new_users_by_number_of_ratings(count: int, held_out: int) -> None:
    table: Table = {str(user): dict.fromkeys(range(1, count + 1), 4.0) for user in range(5)}
    held = world_of(movies(8), table)
    task = tasks.new_users(held.dataset, held.vocabulary, 7)
    assert len(task.held_out.stars) == held_out
    assert len(task.users) == (1 if held_out else 0)


def test_new_users_takes_two_users() -> None:
    held = world_of(movies(3), {"ann": {1: 5.0, 2: 4.0, 3: 3.0}})
    with pytest.raises(ConfigurationError, match="two"):
        tasks.new_users(held.dataset, held.vocabulary, 42)


def test_new_movies_ranks_the_held_out_movies_only() -> None:
    table: Table = {"ann": dict.fromkeys(range(1, 11), 4.0), "bob": {1: 5.0, 2: 1.0}}
    held = world_of(movies(12), table)  # movies 11 and 12 have no rating and are none of the ten
    task = tasks.new_movies(held.dataset, held.vocabulary, 42)
    assert task.candidates is not None
    new = np.flatnonzero(task.candidates).tolist()
    assert len(new) == task.n_candidates == 2
    assert set(new) <= set(range(10))
    assert stars_of(task.held_out, 0) == dict.fromkeys(new, 4.0)
    assert rows_of(task.train) == [[row for row in rows if row not in new] for rows in (range(10), range(2))]


def test_new_movies_holds_at_least_one_out() -> None:
    held = world_of(movies(2), {"ann": {1: 4.0, 2: 3.0}})
    task = tasks.new_movies(held.dataset, held.vocabulary, 1)
    assert task.n_candidates == 1
    assert len(task.train.stars) == len(task.held_out.stars) == 1


@pytest.mark.parametrize("make", [tasks.ms_recommenders, tasks.new_users, tasks.new_movies])
def test_seeds_draw_differently_and_again_the_same(make: tasks.TaskMaker) -> None:
    held: World = world()

    def held_out(seed: int) -> list[list[int]]:
        task: Task = make(held.dataset, held.vocabulary, seed)
        return rows_of(task.held_out)

    assert held_out(42) == held_out(42) != held_out(43)
