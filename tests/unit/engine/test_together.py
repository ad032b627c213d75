"""One list for several members: the combination by hand, and the engine over the small world."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsvc.engine.answer import RecommendationTogether, ScoreReasons, UserProfile
from recsvc.engine.engine import NO_ROWS, UNKNOWN_USER, Engine
from recsvc.engine.query import Query
from recsvc.engine.ranking import places
from recsvc.engine.strategies import Strategy
from recsvc.engine.together import Scale, Together, combined
from recsvc.models.contract import Explanation
from recsvc.types import FloatMatrix
from tests.contracts.worlds import UNRATED, taste_of, tastes, world

N = len(world().vocabulary)
SPACE_FAN = UserProfile(taste_of({0: 5.0, 4: 4.5, 10: 4.0}), NO_ROWS)
OTHER_FAN = UserProfile(taste_of({1: 5.0, 5: 4.5}), NO_ROWS)

groups = st.lists(st.builds(UserProfile, tastes(N, most=6), st.just(NO_ROWS)), min_size=2, max_size=4)


def floats(*rows: list[float]) -> FloatMatrix:
    return np.array(rows, np.float32)


def test_the_example_of_masthoff() -> None:
    """Three members and ten items, in "Group Recommender Systems: Combining Individual Models"."""
    each = floats([10, 4, 3, 6, 10, 9, 6, 8, 10, 8], [1, 9, 8, 9, 7, 9, 6, 9, 3, 8], [10, 5, 2, 7, 9, 8, 5, 6, 7, 6])
    means = [7, 6, 4.3, 7.3, 8.7, 8.7, 5.7, 7.7, 6.7, 7.3]
    assert combined(each, Together.MEAN).tolist() == pytest.approx(means, abs=0.05)
    assert combined(each, Together.LEAST_MISERY).tolist() == [1, 4, 2, 6, 7, 8, 5, 6, 3, 6]


@pytest.mark.parametrize("together", Together)
def test_what_a_member_has_no_score_for_has_none(together: Together) -> None:
    scores = combined(floats([1, np.nan, 3], [3, 2, np.nan]), together)
    assert scores[0] == (2 if together is Together.MEAN else 1)
    assert np.isnan(scores[1:]).all()
    assert scores.dtype == np.float32


def test_a_scale_by_hand() -> None:
    scores = np.array([1, 5, np.nan, 1, 5], np.float32)  # mean 3, deviation 2
    scale = Scale.of(scores)
    assert scale == (3, 2)
    np.testing.assert_array_equal(scale.scores(scores), np.array([-1, 1, np.nan, -1, 1], np.float32))
    # 5 is 4 + 1.5 - 0.5; standardised, 1 is 0.5 + 0.75 - 0.25
    baseline, contributions = scale.explanation(Explanation(np.array([4], np.float32), floats([1.5, -0.5])))
    assert (baseline.tolist(), contributions.tolist()) == ([0.5], [[0.75, -0.25]])


def test_equal_scores_are_all_at_the_mean() -> None:
    scores = np.full(4, 2.5, np.float32)
    assert Scale.of(scores).scores(scores).tolist() == [0, 0, 0, 0]


def test_places_are_counted_among_what_is_allowed_and_ties_go_by_movie_id() -> None:
    scores = np.array([1, 3, 2, 3, np.nan, 9], np.float32)
    allowed = np.array([True, True, True, True, True, False])
    assert places(scores, allowed, np.array([3, 0, 1], np.int32)) == [2, 4, 1]


def of_member(item: RecommendationTogether, member: int) -> tuple[int, float]:
    return item.for_members[member].rank, item.for_members[member].score


@given(profiles=groups, together=st.sampled_from(Together), diversity=st.sampled_from([0.0, 0.4]))
@settings(deadline=None, max_examples=40)
def test_any_members(world_engine: Engine, profiles: list[UserProfile], together: Together, diversity: float) -> None:
    answer = world_engine.recommend_together(profiles, together, Query(k=100, diversity=diversity))
    found = world().vocabulary.rows(np.array([item.movie.movie_id for item in answer.items], np.int64))
    rated = np.concatenate([profile.taste.rows for profile in profiles])
    assert len(set(found.tolist())) == len(found)
    assert not np.isin(found, rated).any()
    alone = [world_engine.recommend(profile, Query(k=100, calibrated=False)) for profile in profiles]
    assert answer.strategy is max((one.strategy for one in alone), key=lambda strategy: strategy is Strategy.HYBRID)
    for item in answer.items:
        scores = [one.score for one in item.for_members]
        expected = np.mean(scores) if together is Together.MEAN else min(scores)
        assert item.score == pytest.approx(expected, abs=1e-5)
        for member, one in enumerate(item.for_members):
            own = next(mine for mine in alone[member].items if mine.movie is item.movie)
            assert (one.strategy, one.rank) == (alone[member].strategy, own.rank)
            assert one.predicted_rating == pytest.approx(own.predicted_rating)
            assert isinstance(one.reasons, ScoreReasons)
            assert isinstance(own.reasons, ScoreReasons)
            assert [reason.movie for reason in one.reasons.because] == [reason.movie for reason in own.reasons.because]
            told = one.reasons.baseline + sum(reason.contribution for reason in one.reasons.because) + one.reasons.other
            assert told == pytest.approx(one.score, abs=1e-4)
    if not diversity:
        assert [-item.score for item in answer.items] == sorted(-item.score for item in answer.items)


@pytest.mark.parametrize("together", Together)
def test_members_of_one_taste_have_the_list_of_that_taste(world_engine: Engine, together: Together) -> None:
    query = Query(k=20, calibrated=False)
    alone = world_engine.recommend(SPACE_FAN, query)
    both = world_engine.recommend_together([SPACE_FAN, SPACE_FAN], together, query)
    assert [item.movie for item in both.items] == [item.movie for item in alone.items]
    assert [of_member(item, 1) for item in both.items] == [(item.rank, item.score) for item in both.items]


def test_least_misery_spares_the_member_whom_the_first_movies_please_least(world_engine: Engine) -> None:
    worst = {
        together: min(one.score for item in answer.items for one in item.for_members)
        for together in Together
        for answer in [world_engine.recommend_together([SPACE_FAN, OTHER_FAN], together, Query(k=5))]
    }
    assert worst[Together.LEAST_MISERY] > worst[Together.MEAN]


def test_what_a_member_has_hidden_is_left_out(world_engine: Engine) -> None:
    for hidden in (NO_ROWS, np.array([7], np.int32)):
        profiles = [SPACE_FAN, replace(OTHER_FAN, hidden=hidden)]
        answer = world_engine.recommend_together(profiles, Together.MEAN, Query(k=100))
        found = world().vocabulary.rows(np.array([item.movie.movie_id for item in answer.items], np.int64))
        assert (7 in found) == (not len(hidden))


def test_how_much_a_member_has_rated_gives_them_no_more_weight(world_engine: Engine) -> None:
    """Standardised, the scores of each member deviate by 1, whether they rated one movie or twelve."""
    one = UserProfile(taste_of({0: 5.0}), NO_ROWS)
    many = UserProfile(taste_of({row: 5.0 if row % 2 else 0.5 for row in range(1, 13)}), NO_ROWS)
    for profile in (one, many, UNKNOWN_USER):
        scores = world_engine._scored(profile.taste, Strategy.AUTO).scores
        standardised = Scale.of(scores).scores(scores)
        assert np.nanmean(standardised) == pytest.approx(0, abs=1e-5)
        assert np.nanstd(standardised) == pytest.approx(1, abs=1e-5)


def test_a_member_without_ratings_counts_by_the_popular_list(world_engine: Engine) -> None:
    popular = {item.movie: item.rank for item in world_engine.recommend(UNKNOWN_USER, Query(k=100)).items}
    answer = world_engine.recommend_together([SPACE_FAN, UNKNOWN_USER], Together.MEAN, Query(k=100))
    assert answer.strategy is Strategy.HYBRID
    for item in answer.items:
        space_fan, unknown = item.for_members
        assert (space_fan.strategy, unknown.strategy) == (Strategy.HYBRID, Strategy.POPULAR)
        assert unknown.rank == popular[item.movie]
    nobody = world_engine.recommend_together([UNKNOWN_USER, UNKNOWN_USER], Together.MEAN, Query(k=100))
    assert nobody.strategy is Strategy.POPULAR
    assert [item.movie for item in nobody.items] == list(popular)


def test_a_movie_without_a_score_for_a_member_is_left_out(world_engine: Engine) -> None:
    """A movie that nobody rated is in a personal list, by its content, and not in the popular one."""
    for profiles, there in (([SPACE_FAN, OTHER_FAN], True), ([SPACE_FAN, UNKNOWN_USER], False)):
        answer = world_engine.recommend_together(profiles, Together.MEAN, Query(k=100))
        assert (UNRATED in {item.movie.movie_id for item in answer.items}) == there


@pytest.mark.parametrize("together", Together)
@pytest.mark.parametrize("diversity", [0.0, 0.5])
def test_pages_put_together_are_the_long_list(world_engine: Engine, together: Together, diversity: float) -> None:
    query = Query(k=100, diversity=diversity)
    profiles = [SPACE_FAN, OTHER_FAN, UNKNOWN_USER]
    whole = world_engine.recommend_together(profiles, together, query)
    items: list[RecommendationTogether] = []
    offset: int | None = 0
    while offset is not None:
        page = world_engine.recommend_together(profiles, together, replace(query, k=7, offset=offset))
        items += page.items
        offset = page.next_offset
    assert [(item.rank, item.movie, item.score) for item in items] == [
        (item.rank, item.movie, item.score) for item in whole.items
    ]
    beyond = world_engine.recommend_together(profiles, together, replace(query, offset=100))
    assert (beyond.items, beyond.next_offset) == ((), None)
