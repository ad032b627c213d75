from __future__ import annotations

import numpy as np
import pytest

from recsvc.features.interactions import Interactions
from recsvc.features.text import EMBEDDING
from recsvc.models.cold_start import ColdStartNeighbours
from recsvc.models.content import Content, ContentConfig
from recsvc.models.hybrid import Hybrid, HybridConfig
from recsvc.types import EMPTY_TASTE, Movie
from tests.contracts.worlds import taste_of, world_of

GENRES = (("A", "B"), ("A",), ("B",), ("A", "B"), (), ("C",))
MOVIES = [Movie(number, "x", genres=genres) for number, genres in enumerate(GENRES, 1)]


def content() -> Content:
    held = world_of(MOVIES, {"a": {1: 4.0}})
    config = ContentConfig("counts", min_movies=1, weights={"genres": 1.0})
    return Content(config).fit(held.interactions, MOVIES, rng=np.random.default_rng(1))


def test_the_nearest_by_hand() -> None:
    rows, cosines = content().nearest(np.array([3, 4], np.int32), np.array([0, 1, 2, 5], np.int32), k=3)
    assert rows.tolist() == [[0, 1, 2], [0, 1, 2]]
    assert cosines.tolist() == [pytest.approx([1, 0.5**0.5, 0.5**0.5]), [0, 0, 0]]
    rows, _ = content().nearest(np.array([3], np.int32), np.array([5], np.int32), k=3)
    assert rows.tolist() == [[5]]


def test_cold_start_neighbours_by_hand() -> None:
    """Movie 3 is new and like movie 0, and half as like 1 and 2: to the fourth power of the cosine, a quarter."""
    unrated = np.array([False, False, False, True, True, True])
    neighbours = ColdStartNeighbours.find(content(), unrated, ~unrated)
    assert neighbours.rows.tolist() == [3]  # of 4 nothing is known, and 5 is like none
    assert neighbours.neighbours.tolist() == [[0, 1, 2]]
    assert neighbours.weights.tolist() == [pytest.approx([4 / 6, 1 / 6, 1 / 6])]
    values = np.array([[1, 0, 0, 9, 9, 9], [6, 12, 0, 9, 9, 9]], np.float32)
    assert neighbours.mean(values).tolist() == [pytest.approx([4 / 6]), pytest.approx([6.0])]
    assert neighbours.mean(values[1]).tolist() == pytest.approx([6.0])


def test_the_opposite_of_a_movie_is_no_neighbour() -> None:
    vectors = {1: (1.0, 0.0), 2: (0.1, 1.0), 3: (-1.0, 0.1)}
    movies = [Movie(number, "x", embedding=np.array(vector, "<f4").tobytes()) for number, vector in vectors.items()]
    interactions = world_of(movies, {"1": {2: 5.0, 3: 5.0}}).interactions
    content = Content(ContentConfig(weights={EMBEDDING: 1.0})).fit(interactions, movies, rng=np.random.default_rng(1))
    found = ColdStartNeighbours.find(content, np.array([True, False, False]), np.array([False, True, True]))
    assert found.neighbours.tolist() == [[1, 2]]
    assert found.weights.tolist() == [[1, 0]]


def test_the_slope_is_what_is_expected_of_a_movie_by_its_neighbours() -> None:
    """Of the movies 0-3, 0 and 3 are alike, and half as like 1 and 2; nobody rated them here."""
    trained = np.array([True, True, True, True, False, False])
    sample = np.array([0, 3], np.int32)
    held = ColdStartNeighbours.among_trained(content(), sample, trained)
    assert held.rows.tolist() == [0, 3]
    assert held.mean(np.array([[6, 0, 0, 12, 0, 0]], np.float32))[0].tolist() == pytest.approx([8, 4])
    nobody = Interactions(6, np.zeros(3, np.int64), EMPTY_TASTE.rows, EMPTY_TASTE.stars)
    scores = np.array([[6, 0, 0, 12, 0, 0], [0, 6, 0, 0, 0, 0]], np.float32)
    # expected are 8 and 4 where the scores are 6 and 12, then 1 and 1 where they are 0
    slope = (8 * 6 + 4 * 12) / (8**2 + 4**2 + 1 + 1)
    assert held.slope(scores, nobody) == pytest.approx(min(slope, 1))
    assert held.slope(scores / np.array([4, 1, 1, 4, 1, 1]), nobody) < held.slope(scores, nobody)
    # a movie that the user rated does not count: its score is not what is expected of it
    rated = Interactions(6, np.array([0, 1, 1]), np.array([3], np.int32), np.array([4], np.float32))
    assert held.slope(scores, rated) == pytest.approx(8 * 6 / (8**2 + 1 + 1))
    # what says nothing is shrunk to nothing, and nothing at all stays as it is
    assert held.slope(-scores, nobody) == pytest.approx(min(slope, 1))
    assert ColdStartNeighbours.among_trained(content(), sample[:0], trained).slope(scores, nobody) == 1
    half = held.shrunk(0.5)
    np.testing.assert_allclose(half.mean(scores), held.mean(scores) / 2)


def test_where_titles_say_nothing_movies_without_ratings_come_after_those_that_all_rate() -> None:
    """All movies share one word, and the first of them are those that everybody rates."""
    movies = [Movie(number, f"Part {number}") for number in range(1, 41)]
    rng = np.random.default_rng(3)
    table = {
        str(user): {int(number): 4.0 for number in {*range(1, 11), *rng.choice(np.arange(11, 31), 4)}}
        for user in range(60)
    }
    held = world_of(movies, table)
    model = Hybrid().fit(held.interactions, movies, rng=np.random.default_rng(1))
    scores = model.score(taste_of({0: 5.0, 1: 5.0, 2: 5.0}))
    assert scores[30:].max() < scores[3:10].min() / 2


def test_there_are_no_neighbours_where_all_are_rated_or_nothing_is_known() -> None:
    rated = np.ones(6, np.bool_)
    for unrated, known in ((~rated, rated), (rated, ~rated)):
        neighbours = ColdStartNeighbours.find(content(), unrated, known)
        assert (len(neighbours.rows), len(neighbours.neighbours), len(neighbours.weights)) == (0, 0, 0)
        assert neighbours.mean(np.ones(6, np.float32)).shape == (0,)


def test_a_fan_of_a_movie_finds_what_is_most_like_it_and_one_who_hates_it_does_not() -> None:
    """Twenty movies of two kinds, of which each user rated one kind; number 21 is new and like number 1."""
    movies = [Movie(number, "x", genres=("A" if number % 2 else "B", f"own {number}")) for number in range(1, 21)]
    movies.append(Movie(21, "x", genres=("A", "own 1")))
    table = {
        str(user): {number: 4.0 for number in range(1, 21) if number % 2 == user % 2 and number % 5 != user % 5}
        for user in range(40)
    }
    held = world_of(movies, table)
    model = Hybrid(HybridConfig(popularity_prior=0.0)).fit(held.interactions, movies, rng=np.random.default_rng(1))

    def place(stars: float) -> int:
        scores = model.score(taste_of({0: stars}))
        return int((scores[1:20] > scores[20]).sum())

    assert place(5.0) == 0
    assert place(0.5) > 10


def test_a_movie_that_was_trained_or_rated_has_no_neighbours() -> None:
    """A trained movie has scores of its own, and one with few ratings has shown what it is."""
    trained, unrated = np.zeros(6, np.bool_), np.zeros(6, np.bool_)
    trained[[0, 1, 2]] = True
    unrated[3] = True
    assert ColdStartNeighbours.find(content(), unrated, trained).rows.tolist() == [3]
    assert ColdStartNeighbours.find(content(), ~unrated, trained).rows.tolist() == []  # 3 was rated, and not trained
    trained[3] = True
    assert ColdStartNeighbours.find(content(), unrated, trained).rows.tolist() == []  # nobody rated it, yet it is known


@pytest.mark.parametrize(("n_trained", "n_neighbours"), [(3, 3), (10, 10), (11, 10), (40, 10)])
def test_there_are_at_most_ten_neighbours(n_trained: int, n_neighbours: int) -> None:
    movies = [Movie(number, "x", genres=("A",)) for number in range(1, n_trained + 2)]
    held = world_of(movies, {"a": {1: 4.0}})
    model = Content(ContentConfig("counts", min_movies=1, weights={"genres": 1.0}))
    model.fit(held.interactions, movies, rng=np.random.default_rng(1))
    trained = np.arange(n_trained + 1) < n_trained
    neighbours = ColdStartNeighbours.find(model, ~trained, trained)
    assert neighbours.neighbours.tolist() == [list(range(n_neighbours))]
    assert neighbours.weights.tolist() == [pytest.approx([1 / n_neighbours] * n_neighbours)]
