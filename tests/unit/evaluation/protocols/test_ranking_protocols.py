"""Users with a history and unknown users are told apart where there are both."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recsvc.datasets.dataset import Dataset
from recsvc.evaluation.protocols.ranking_protocols import PROTOCOLS, RankingResult, evaluate
from recsvc.evaluation.results import facts_of, ranking_results, table_of
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.popularity import MostRated
from tests.contracts.worlds import movies, world_of


def result_of(dataset: Dataset) -> RankingResult:
    vocabulary = Vocabulary.of(movie.movie_id for movie in dataset.movies)
    return evaluate("most-rated", MostRated(), PROTOCOLS["temporal"].task(dataset, vocabulary, 1))


def dataset_of(times: dict[str, int]) -> Dataset:
    """Three users who rated movies 1 to 4 and begin at their times; the newest fifth of the ratings is held out."""
    held = world_of(movies(5), {user: dict.fromkeys(range(1, 5), 4.0) for user in times}).dataset
    ratings = held.ratings
    starts = np.array([times[label] for label in ratings.user_labels], np.int64)
    return replace(held, ratings=replace(ratings, timestamps=starts[ratings.users] + ratings.movie_ids))


def test_the_metrics_of_each_group_are_those_of_its_users() -> None:
    # of 4 ratings each, c's are the newest; ann rates movie 4 when c has begun
    result = result_of(dataset_of({"ann": 0, "bob": 1, "c": 100}))
    assert result.by_history == {}  # the newest two are c's, who has a history
    many = {f"u{number}": number for number in range(4)}
    result = result_of(dataset_of({**many, "new": 1000}))
    with_history, without = (result.by_history.get(name) for name in ("with_history", "without_history"))
    assert with_history is None
    assert without is None  # all that is held out is of one unknown user


@pytest.mark.parametrize("held_out_of_known", [1, 2])
def test_both_groups(held_out_of_known: int) -> None:
    users = {f"u{number}": number for number in range(5)}
    held = dataset_of({**users, "new": 1000})
    times = held.ratings.timestamps.copy()
    late = np.flatnonzero(held.ratings.users == 0)[:held_out_of_known]
    times[late] = 2000
    result = result_of(replace(held, ratings=replace(held.ratings, timestamps=times)))
    with_history, without = (result.by_history[name] for name in ("with_history", "without_history"))
    assert (with_history.users, without.users) == (1, 1)
    assert result.users == 2
    for name, value in result.metrics.items():
        assert value == pytest.approx((with_history.metrics[name] + without.metrics[name]) / 2)
    report = {
        "protocol": "temporal",
        "dataset": "small",
        "simulated": False,
        "seeds": [1],
        "skipped": [],
        "results": ranking_results({"most-rated": [result]}),
    }
    headings, [row] = table_of(report)
    assert row[headings.index("nDCG@10 with history")] == f"{with_history.metrics['ndcg@10']:.4f}"
    assert "1 users have a history, 1 are unknown and get the popular movies" in facts_of(report)
