from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recsvc.evaluation.metrics.accuracy import RANKING
from recsvc.evaluation.protocols.ranked_lists import RankedLists, liked, make_lists
from recsvc.evaluation.protocols.ranking_protocols import ms_recommenders
from recsvc.features.interactions import interactions_of
from recsvc.models.content import Content, ContentConfig
from recsvc.models.contract import Model
from recsvc.models.ease import Ease, EaseConfig
from recsvc.models.kinds import MODELS
from recsvc.models.popularity import Popularity, PopularityConfig
from recsvc.types import Movie
from tests.contracts.worlds import movies, ratings_from, world, world_of

MOVIES = [Movie(10, "x", genres=("A",)), Movie(20, "x", genres=("A",)), Movie(30, "x", genres=("B",)), Movie(40, "x")]
TABLE = {"ann": {10: 5.0}, "bob": {30: 4.0, 10: 3.0}, "cat": {40: 5.0}, "dan": {20: 4.5}}
HELD_OUT = {"ann": {20: 4.0, 30: 2.0}, "bob": {20: 1.0, 40: 3.5}, "cat": {10: 5.0}}


def lists_of(k: int, model: Model) -> tuple[RankedLists, dict[str, list[int]]]:
    """Lists of a model, with the popular movies for users without any score; also by name and movie id."""
    held, rng = world_of(MOVIES, TABLE), np.random.default_rng(1)
    model.fit(held.interactions, MOVIES, rng=rng)
    popular = Popularity(PopularityConfig(0, 4.3)).fit(held.interactions, MOVIES, rng=rng)
    held_out = interactions_of(ratings_from(HELD_OUT), held.vocabulary)
    lists = make_lists(model, held.interactions, held_out, k=k, fallback=popular)
    labels, ids = list(TABLE), held.vocabulary.ids
    return lists, {
        labels[user]: ids[ranked.rows].tolist() for user, ranked in zip(lists.users, lists.ranked, strict=True)
    }


def by_content() -> Content:
    return Content(ContentConfig(min_movies=1))


def test_lists_leave_out_what_is_folded_in() -> None:
    lists, by_name = lists_of(4, by_content())
    assert lists.users.tolist() == [0, 1, 2]
    # ann has rated 10, to which 20 is similar and 30 is not; 40 has no tags
    # bob has rated 10 and 30; cat has rated 40 only, to which nothing is similar
    assert by_name == {"ann": [20, 30], "bob": [20], "cat": [10, 20, 30]}


def test_only_candidates_are_ranked() -> None:
    held, rng = world_of(MOVIES, TABLE), np.random.default_rng(1)
    model = by_content().fit(held.interactions, MOVIES, rng=rng)
    held_out = interactions_of(ratings_from(HELD_OUT), held.vocabulary)
    candidates = np.array([False, False, True, True])
    lists = make_lists(model, held.interactions, held_out, k=4, candidates=candidates)
    # bob has rated 30, and 40, the other candidate, has no tags
    assert [ranked.rows.tolist() for ranked in lists.ranked] == [[2], [], [2]]
    assert candidates.tolist() == [False, False, True, True]


def test_users_without_any_score_get_the_popular_movies() -> None:
    # only movie 10 has two ratings, and cat has not rated it
    _, by_name = lists_of(4, Ease(EaseConfig(min_ratings=2)))
    # C = 4.3 and m = 1, so that 20 has (4.5 + 4.3) / 2, 30 has (4 + 4.3) / 2 and 10 has (8 + 4.3) / 3
    assert by_name == {"ann": [], "bob": [], "cat": [20, 30, 10]}


def test_hits_are_place_by_place_and_of_users_with_held_out_ratings() -> None:
    lists, _ = lists_of(3, by_content())
    held = world_of(MOVIES, TABLE)
    held_out = interactions_of(ratings_from(HELD_OUT), held.vocabulary)
    hits, counts = lists.hits(held_out)
    assert hits.tolist() == [[True, True, False], [True, False, False], [True, False, False]]
    assert counts.tolist() == [2, 2, 1]
    hits, counts = lists.hits(liked(held_out))
    assert hits.tolist() == [[True, False, False], [True, False, False]]  # ann and cat
    assert counts.tolist() == [1, 1]


def test_liked_are_four_stars_and_more_and_users_keep_their_numbers() -> None:
    held = world_of(movies(3), {"a": {1: 3.5, 2: 4.0}, "b": {1: 1.0}, "c": {3: 5.0, 1: 4.5, 2: 0.5}})
    kept = liked(held.interactions)
    assert [kept.taste(user).rows.tolist() for user in range(3)] == [[1], [], [0, 2]]
    assert [kept.taste(user).stars.tolist() for user in range(3)] == [[4.0], [], [4.5, 5.0]]
    assert (kept.n_movies, kept.n_users) == (3, 3)


def test_the_csv_has_the_ids_of_the_dataset(tmp_path: Path) -> None:
    lists, _ = lists_of(2, by_content())
    lists.write(tmp_path / "lists.csv", tuple(TABLE), world_of(MOVIES, TABLE).vocabulary)
    lines = (tmp_path / "lists.csv").read_text().splitlines()
    assert lines[0] == "user,rank,movie_id,score"
    assert [line.rpartition(",")[0] for line in lines[1:]] == [
        "ann,1,20",
        "ann,2,30",
        "bob,1,20",
        "cat,1,10",
        "cat,2,20",
    ]
    score = float(lines[1].rpartition(",")[2])
    assert score == pytest.approx(float(lists.ranked[0].scores[0]))


def test_every_kind_of_model_can_be_measured() -> None:
    held = world()
    results = ms_recommenders(held.dataset, held.vocabulary, {kind: model() for kind, model in MODELS.items()})
    assert [result.model for result in results] == list(MODELS)
    for result in results:
        assert result.metrics.keys() == {f"{name}@10" for name in RANKING}
        assert all(0 <= value <= 1 for value in (*result.metrics.values(), *result.metrics_liked.values()))
        assert result.users == len(result.lists.users)
        assert 0 < result.users <= held.interactions.n_users
    ndcg = {result.model: result.metrics_liked["ndcg@10"] for result in results}
    assert ndcg["hybrid"] > 1.2 * ndcg["popularity"]
