from __future__ import annotations

from copy import copy
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray

from recsvc.features.interactions import Interactions
from recsvc.models import hybrid as hybrid_module
from recsvc.models.als import AlsConfig
from recsvc.models.blend import blend
from recsvc.models.collaborative import CollaborativeConfig
from recsvc.models.content import ContentConfig
from recsvc.models.contract import Model
from recsvc.models.ease import EaseConfig
from recsvc.models.hybrid import Hybrid, HybridConfig, PartValues
from recsvc.models.popularity import PopularityConfig
from recsvc.types import EMPTY_TASTE, Array, Movie, State, Taste
from tests.contracts.worlds import UNRATED, movies, stored, taste_of, tastes, world, world_of

# Four movies. Item-item weights are known for 0 and 1, tags of 0 and 2, popularity of 0, 1 and 2; of 3 nothing is.
B = np.array([[0, 0.5], [0.25, 0]], np.float32)
COSINE = 0.6
POPULARITY = [3.0, 4.0, 2.0, np.nan]
WEIGHTS = {"collaborative": 0.5, "content": 0.3}
SCALES = {"collaborative": 0.5, "content": 2.0}
CENTRE, FACTOR = 3.0, 0.125


def by_hand() -> Hybrid:
    config: dict[str, Any] = {
        "weights": WEIGHTS,
        "similar_weights": {"collaborative": 0.25, "content": 0.75},
        "scales": SCALES,
        "similar_centres": {"collaborative": 0.25, "content": 0.1},
        "popularity_prior": {"ratings": 8.0, "centre": CENTRE, "factor": FACTOR},
        "parts": {
            "collaborative": {**asdict(CollaborativeConfig()), "n_movies": 4},
            "content": {**asdict(ContentConfig()), "n_tags": 2},
            "popularity": asdict(PopularityConfig()),
        },
    }
    arrays: dict[str, Array] = {
        "collaborative/rows": np.array([0, 1], np.int32),
        "collaborative/weights": B,
        "collaborative/vectors": np.empty((2, 0), np.float32),
        "content/data": np.array([1.0, COSINE, 0.8], np.float32),
        "content/indices": np.array([0, 0, 1], np.int32),
        "content/starts": np.array([0, 1, 1, 3, 3], np.int64),
        "popularity/scores": np.array(POPULARITY, np.float32),
        "cold_start/rows": np.empty(0, np.int32),
        "cold_start/neighbours": np.empty((0, 0), np.int32),
        "cold_start/weights": np.empty((0, 0), np.float32),
    }
    return Hybrid.from_state(State(config, arrays))


def scaled(part: str, score: float) -> float:
    return WEIGHTS[part] * score / SCALES[part]


def prior(movie: int) -> float:
    return FACTOR * (POPULARITY[movie] - CENTRE)


def test_the_blend_by_hand() -> None:
    # movie 0 at 5 stars weighs 1.5: it adds 0.75 to movie 1 and 0.9 to movie 2
    expected = [
        (scaled("collaborative", 0) + scaled("content", 1.5)) / 0.8 + prior(0),
        scaled("collaborative", 0.75) / 0.5 + prior(1),  # it has no tags
        scaled("content", 0.9) / 0.3 + prior(2),  # it was not in training
        np.nan,
    ]
    assert expected[:3] == pytest.approx([0.28125, 1.625, 0.325])
    taste = taste_of({0: 5.0})
    model = by_hand()
    assert model.score(taste).tolist() == pytest.approx(expected, nan_ok=True)
    baseline, contributions = model.explain(taste, np.array([0, 1, 2], np.int32))
    assert contributions[:, 0].tolist() == pytest.approx([0.28125, 1.5, 0.45])
    assert baseline.tolist() == pytest.approx([0.0, 0.125, -0.125])


def with_als(factors: list[float]) -> Hybrid:
    """The same with ALS of one factor a movie, for which a ridge of 1 - sum of squares makes Y'Y + l2 one."""
    state = by_hand().state()
    squares = sum(factor**2 for factor in factors if np.isfinite(factor))
    als = asdict(AlsConfig(factors=1, alpha=2.0, l2=1 - squares))
    config = {
        **state.config,
        "weights": {**WEIGHTS, "als": 0.2},
        "scales": {**SCALES, "als": 0.25},
        "parts": {**state.config["parts"], "als": als},
    }
    arrays = {**state.arrays, "als/factors": np.array(factors, np.float32)[:, None]}
    return Hybrid.from_state(State(config, arrays))


def test_als_joins_the_blend_and_is_explained_to_the_rating() -> None:
    model = with_als([0.5, 0.25, np.nan, np.nan])
    # 5 stars have the confidence 1 + 2 * 1.5, and 4 stars 1 + 2 * 1.25
    taste = taste_of({0: 5.0, 1: 4.0})
    user = (4 * 0.5 + 3.5 * 0.25) / (1 + 3 * 0.25 + 2.5 * 0.0625)
    linear = 0.5 * (1.5 * 0.5) / 0.5  # what movie 0 adds to movie 1
    expected = (linear + 0.2 * 0.25 * user / 0.25) / 0.7 + prior(1)
    for scores in (model.score(taste), blend(model._parts, taste).scores + model._prior):
        assert scores[1] == pytest.approx(expected)
    users = Interactions(4, np.array([0, 2]), taste.rows, taste.stars)
    assert model.score_all(users)[0, 1] == pytest.approx(expected)
    baseline, contributions = model.explain(taste, np.array([1], np.int32))
    by_als = [0.2 * 0.25 * part / (1 + 0.75 + 2.5 * 0.0625) / 0.25 for part in (4 * 0.5, 3.5 * 0.25)]
    assert contributions[0].tolist() == pytest.approx([(linear + by_als[0]) / 0.7, by_als[1] / 0.7])
    assert float(baseline[0] + contributions[0].sum()) == pytest.approx(expected)
    # a movie without a rating has what its neighbours have, also of ALS
    state = model.state()
    arrays = {
        **state.arrays,
        "cold_start/rows": np.array([3], np.int32),
        "cold_start/neighbours": np.array([[1]], np.int32),
        "cold_start/weights": np.array([[1.0]], np.float32),
    }
    cold = Hybrid.from_state(State(state.config, arrays))
    assert cold.score(taste)[3] == pytest.approx(expected)
    assert blend(cold._parts, taste).scores[3] + cold._prior[3] == pytest.approx(expected)


def test_the_prior_grows_with_the_ratings_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a power of 0.5, four times as many ratings as few ones double the prior, in every way of scoring."""
    state = by_hand().state()
    config = {**state.config, "popularity_prior": {**state.config["popularity_prior"], "growth": 0.5}}
    growing = Hybrid.from_state(State(config, state.arrays))
    assert growing.config.prior_growth == 0.5
    taste = taste_of({0: 5.0, 1: 4.0, 2: 4.0, 3: 3.0})
    rows = np.array([0, 1, 2], np.int32)
    for few, growth in ((4, 1.0), (8, 1.0), (1, 2.0)):
        monkeypatch.setattr(hybrid_module, "FEW_RATINGS", few)
        more = [(growth - 1) * prior(row) for row in rows.tolist()]
        expected = by_hand().score(taste)[:3] + more
        assert growing.score(taste)[:3].tolist() == pytest.approx(expected.tolist())
        users = Interactions(4, np.array([0, 4]), taste.rows, taste.stars)
        assert growing.score_all(users)[0, :3].tolist() == pytest.approx(expected.tolist())
        plain, explained = by_hand().explain(taste, rows), growing.explain(taste, rows)
        assert explained.contributions.tolist() == plain.contributions.tolist()
        assert explained.baseline.tolist() == pytest.approx((plain.baseline + more).tolist())


def test_als_without_a_weight_is_not_trained() -> None:
    held = world()
    config = HybridConfig(weights=PartValues(collaborative=0.9, content=0.1))
    model = Hybrid(config).fit(held.interactions, held.dataset.movies, rng=np.random.default_rng(1))
    assert not model.als.informative().any()
    assert [part.weight for part in model._parts] == [0.9, 0.1]


def test_parts_without_scores_for_a_user_are_left_out() -> None:
    model = by_hand()
    # movie 2 was not in training, so that only content has scores; 1 star alone weighs -0.6
    taste = taste_of({2: 1.0})
    expected = [
        scaled("content", -0.6 * COSINE) / 0.3 + prior(0),
        np.nan,  # it has no personalised score, and its popularity prior alone would make it the first
        scaled("content", -0.6) / 0.3 + prior(2),
        np.nan,
    ]
    assert model.score(taste).tolist() == pytest.approx(expected, nan_ok=True)
    baseline, contributions = model.explain(taste, np.array([0, 1, 2], np.int32))
    assert (baseline + contributions[:, 0]).tolist() == pytest.approx(expected[:3], nan_ok=True)
    # for an unknown user only popularity has scores
    assert model.score(EMPTY_TASTE).tolist() == pytest.approx(POPULARITY, nan_ok=True)


def test_a_movie_without_ratings_has_the_mean_of_its_neighbours() -> None:
    """Movie 3 has no rating and no tag; its neighbours are movie 0 with a quarter and movie 1 with the rest."""
    model = by_hand()
    state = model.state()
    arrays = {
        **state.arrays,
        "cold_start/rows": np.array([3], np.int32),
        "cold_start/neighbours": np.array([[1, 0]], np.int32),
        "cold_start/weights": np.array([[0.75, 0.25]], np.float32),
    }
    cold = Hybrid.from_state(State(state.config, arrays))
    taste = taste_of({0: 5.0})
    expected = scaled("collaborative", 0.75 * 0.75 + 0.25 * 0) / 0.5 + 0.75 * prior(1) + 0.25 * prior(0)
    assert cold.score(taste)[3] == pytest.approx(expected) == pytest.approx(1.21875)
    np.testing.assert_array_equal(cold.score(taste)[:3], model.score(taste)[:3])
    baseline, contributions = cold.explain(taste, np.array([3, 1], np.int32))
    assert baseline.tolist() == pytest.approx([0.75 * 0.125, 0.125])
    assert (baseline + contributions[:, 0]).tolist() == pytest.approx([expected, model.score(taste)[1]])


def test_similar_by_hand() -> None:
    model = by_hand()
    collaborative = [0 - 0.25, 0.5 - 0.25]
    content = [1 - 0.1, COSINE - 0.1]
    assert model.similar(0).tolist() == pytest.approx(
        [0.25 * collaborative[0] + 0.75 * content[0], 0.25 * collaborative[1], 0.75 * content[1], np.nan], nan_ok=True
    )
    assert np.isnan(model.similar(3)).all()


def test_an_unknown_user_gets_exactly_the_popular_movies() -> None:
    held = world()
    model = Hybrid().fit(held.interactions, held.dataset.movies, rng=np.random.default_rng(1))
    popular = model.popularity
    order = np.argsort(-model.score(EMPTY_TASTE), kind="stable")
    assert order.tolist() == np.argsort(-popular.score(EMPTY_TASTE), kind="stable").tolist()


def mean_and_deviation(samples: list[NDArray[np.float32]]) -> tuple[float, float]:
    values = [float(value) for sample in samples for value in sample if not np.isnan(value)]
    mean = sum(values) / len(values)
    return mean, (sum((value - mean) ** 2 for value in values) / len(values)) ** 0.5


def correlation(part: Model, reference: Model, users: list[Taste]) -> float:
    pairs = [
        (one, other)
        for taste in users
        for one, other in zip(part.score(taste).tolist(), reference.score(taste).tolist(), strict=True)
        if np.isfinite(one) and np.isfinite(other)
    ]
    ones, others = np.array(pairs).T
    return float(((ones - ones.mean()) * (others - others.mean())).mean() / (ones.std() * others.std()))


def test_scales_are_those_of_the_users_and_movies_of_training() -> None:
    held = world()  # it has fewer users and movies than the sample takes, so that all of them count
    model = Hybrid().fit(held.interactions, held.dataset.movies, rng=np.random.default_rng(1))
    config = model.state().config
    users = [held.interactions.taste(user) for user in range(held.interactions.n_users)]
    for part in (model.collaborative, model.content, model.als):
        _, scale = mean_and_deviation([part.score(taste) for taste in users])
        scale /= max(correlation(part, model.collaborative, users), 0.05)
        assert config["scales"][part.kind] == pytest.approx(scale, rel=1e-4)
        if part is model.als:
            continue
        centre, _ = mean_and_deviation([np.delete(part.similar(row), row) for row in range(len(held.vocabulary))])
        assert config["similar_centres"][part.kind] == pytest.approx(centre, rel=1e-4)


def test_a_star_of_popularity_is_worth_so_many_ratings() -> None:
    """All users have rated one movie: its scores have one standard deviation, and popularity is on that scale."""
    movies = [Movie(movie, "x", genres=("A",) if movie < 3 else ("B",)) for movie in range(1, 5)]
    held = world_of(movies, {str(user): {user % 4 + 1: 4.0} for user in range(12)})
    model = Hybrid(HybridConfig(prior_popularity=PopularityConfig(), popularity_prior=3.0)).fit(
        held.interactions, held.dataset.movies, rng=np.random.default_rng(1)
    )
    ones = [blend(model._parts, taste_of({movie: 4.0})).scores for movie in range(4)]
    unit = float(np.mean([one.std() for one in ones]))
    popular = model.prior_popularity.score(EMPTY_TASTE)
    priors = model.score(taste_of({0: 4.0})) - ones[0]
    np.testing.assert_allclose(priors, 3.0 * unit * (popular - popular.mean()), atol=1e-5)


def test_an_unknown_user_and_the_prior_have_a_popularity_each_by_hand() -> None:
    """The first movie has three older ratings and the second two newer ones: without a half-life the first leads."""
    movies = [Movie(movie, f"Movie {movie}", genres=("A",)) for movie in (1, 2)]
    interactions = Interactions(
        2, np.arange(6), np.array([0, 0, 0, 1, 1], np.int32), np.full(5, 4.0, np.float32), np.arange(5, dtype=np.int64)
    )
    config = HybridConfig(popularity=PopularityConfig(half_life=0.2), prior_popularity=PopularityConfig())
    fitted = Hybrid(config).fit(interactions, movies, rng=np.random.default_rng(1))
    for model in (fitted, Hybrid.from_state(fitted.state())):
        assert model.config == config
        first, second = model.score(EMPTY_TASTE).tolist()
        assert first < second
        first, second = model._prior.tolist()
        assert first > second
        np.testing.assert_array_equal(model._prior, fitted._prior)
    state = fitted.state()
    parts = {name: part for name, part in state.config["parts"].items() if name != "prior"}
    older = Hybrid.from_state(State({**state.config, "parts": parts}, state.arrays))  # it was trained with one for both
    assert older.config == replace(config, prior_popularity=config.popularity)
    first, second = older._prior.tolist()
    assert first < second


def test_popularity_decides_for_one_rating_and_hardly_for_many() -> None:
    held = world()
    popular = fitted().popularity.score(EMPTY_TASTE)[:40]

    def agreement_with_popularity(count: int) -> float:
        scores = fitted().score(taste_of(dict.fromkeys(range(0, 2 * count, 2), 5.0)))[:40]
        return float(np.corrcoef(scores, popular)[0, 1])

    assert held.interactions.n_movies > 40
    assert agreement_with_popularity(1) > agreement_with_popularity(5) > agreement_with_popularity(20)


@given(taste=tastes(len(world().vocabulary)))
@settings(deadline=None, max_examples=40)
def test_a_large_catalogue_is_blended_to_the_same(taste: Taste) -> None:
    exact, blended = fitted(), blended_part_by_part()
    np.testing.assert_allclose(blended.score(taste), exact.score(taste), rtol=1e-4, atol=1e-4)
    rows = np.arange(len(world().vocabulary), dtype=np.int32)
    for one, other in zip(blended.explain(taste, rows), exact.explain(taste, rows), strict=True):
        finite = np.isfinite(exact.score(taste))
        np.testing.assert_allclose(one[finite], other[finite], rtol=1e-4, atol=1e-4)


@cache
def fitted() -> Hybrid:
    return Hybrid().fit(world().interactions, world().dataset.movies, rng=np.random.default_rng(1))


@cache
def blended_part_by_part() -> Hybrid:
    model = copy(fitted())
    model._item_weights = None
    return model


def test_with_few_ratings_a_movie_that_nobody_rated_can_be_among_the_best() -> None:
    held = world()
    unrated = held.vocabulary.row(UNRATED)
    assert unrated is not None
    scores = fitted().score(taste_of({0: 5.0, 4: 5.0, 10: 4.0}))
    of_the_other_kind = scores[1:40:2]
    assert scores[unrated] > np.median(scores[:40])
    assert (scores[unrated] > of_the_other_kind).mean() > 0.9


def test_a_part_that_has_nothing_to_go_by_leaves_it_to_the_others() -> None:
    held = world_of(movies(4), {"a": {1: 5.0, 2: 4.0}, "b": {1: 4.0, 2: 5.0, 3: 2.0}})  # no movie has a tag
    model = Hybrid().fit(held.interactions, held.dataset.movies, rng=np.random.default_rng(1))
    scores = model.score(taste_of({0: 5.0}))
    assert np.isfinite(scores).tolist() == [True, True, True, False]
    assert scores[1] > scores[2]


def test_its_parts_keep_their_configs(tmp_path: Path) -> None:
    config = HybridConfig(
        collaborative=CollaborativeConfig(EaseConfig(l2=7.0, max_movies=30)),
        content=ContentConfig("counts", min_movies=3, weights={"title": 1.0}),
        popularity=PopularityConfig(0.5, 2.0),
        weights=PartValues(collaborative=0.5, content=0.5),
        popularity_prior=2.0,
        prior_growth=0.5,
    )
    model = Hybrid(config).fit(world().interactions, world().dataset.movies, rng=np.random.default_rng(1))
    again = Hybrid.from_state(stored(model.state(), tmp_path))
    assert again.config == config
    assert again.state().config == model.state().config
