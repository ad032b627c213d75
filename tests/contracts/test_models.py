"""What every model keeps, one suite for all kinds of the catalogue: a new model joins by being there."""

from __future__ import annotations

import dataclasses
import inspect
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from recsvc.errors import ModelError
from recsvc.features.interactions import Interactions
from recsvc.models.content import Content
from recsvc.models.contract import ItemItemModel, Model
from recsvc.models.kinds import MODELS, model_class
from recsvc.models.popularity import NonPersonalisedModel
from recsvc.registry.components import KINDS
from recsvc.types import EMPTY_TASTE, State, Taste
from tests.contracts.worlds import TAGLESS, UNRATED, stored, taste_of, tastes, world

N = len(world().vocabulary)
NEVER_RATED = world().vocabulary.rows(np.array([UNRATED, TAGLESS], np.int64))
ALL = np.arange(N, dtype=np.int32)
SPACE_FAN = taste_of({0: 5.0, 4: 4.5, 10: 4.0, 1: 1.0})
HEART_FAN = taste_of({1: 5.0, 5: 4.5, 11: 4.0, 0: 1.0})
UNKNOWN_ONLY = taste_of({int(row): 5.0 for row in NEVER_RATED})

kinds = pytest.mark.parametrize("kind", sorted(MODELS))
any_taste = tastes(N)


def fit(kind: str, seed: int = 3) -> Model:
    return model_class(kind)().fit(world().interactions, world().dataset.movies, rng=np.random.default_rng(seed))


@cache
def fitted(kind: str) -> Model:
    return fit(kind)


def assert_same_state(one: State, other: State) -> None:
    assert json.dumps(one.config) == json.dumps(other.config)
    assert one.arrays.keys() == other.arrays.keys()
    for name, array in one.arrays.items():
        assert array.dtype == other.arrays[name].dtype
        assert array.tobytes() == other.arrays[name].tobytes(), name


def test_the_catalogue_names_each_model_by_its_kind() -> None:
    assert {kind: model.kind for kind, model in MODELS.items()} == {kind: kind for kind in MODELS}
    assert MODELS.items() <= KINDS.items()
    with pytest.raises(ModelError, match=r"'tarot'.*hybrid"):
        model_class("tarot")


@kinds
def test_a_model_that_is_made_has_only_stored_its_config(kind: str) -> None:
    make: Any = model_class(kind)
    assert list(inspect.signature(make).parameters) == ["config"]
    config = make().config
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(config, dataclasses.fields(config)[0].name, None)
    assert make(config).config is config
    assert not any(value.size for value in vars(make(config)).values() if isinstance(value, np.ndarray))


@kinds
def test_fit_returns_the_model_itself(kind: str) -> None:
    model = model_class(kind)()
    assert model.fit(world().interactions, world().dataset.movies, rng=np.random.default_rng(3)) is model


@kinds
def test_the_same_randomness_makes_the_same_model_bit_by_bit(kind: str) -> None:
    state = fitted(kind).state()
    again = fit(kind)
    assert_same_state(again.state(), state)
    again.fit(world().interactions, world().dataset.movies, rng=np.random.default_rng(3))
    assert_same_state(again.state(), state)


@kinds
@given(taste=any_taste)
@example(taste=EMPTY_TASTE)
@example(taste=UNKNOWN_ONLY)
@settings(max_examples=25, deadline=None)
def test_every_movie_gets_a_number_or_nan(kind: str, taste: Taste) -> None:
    model = fitted(kind)
    scores = model.score(taste)
    assert (scores.shape, scores.dtype) == ((N,), np.dtype(np.float32))
    assert not np.isinf(scores).any()
    if not model.capabilities.new_movies:
        assert np.isnan(scores[NEVER_RATED]).all()


@kinds
def test_a_movie_that_training_never_saw_is_scored_as_declared(kind: str) -> None:
    model = fitted(kind)
    scores = model.score(SPACE_FAN)
    unrated, tagless = NEVER_RATED
    assert np.isfinite(scores[unrated]) == model.capabilities.new_movies
    assert np.isnan(scores[tagless])  # there is nothing to go by, so that 0 would be a claim
    assert np.isfinite(np.delete(scores, NEVER_RATED)).all()


@kinds
def test_a_new_user_is_scored_like_a_known_one(kind: str) -> None:
    model = fitted(kind)
    assert model.capabilities.new_users
    known = world().interactions.taste(0)
    brought_along = taste_of(dict(zip(known.rows.tolist(), known.stars.tolist(), strict=True)))
    np.testing.assert_array_equal(model.score(known), model.score(brought_along))
    one_movie = model.score(taste_of({0: 5.0}))
    assert np.isfinite(np.delete(one_movie, NEVER_RATED)).all()


@kinds
def test_scores_depend_on_the_taste_unless_the_model_is_non_personalised(kind: str) -> None:
    model = fitted(kind)
    one, other = (np.delete(model.score(taste), NEVER_RATED) for taste in (SPACE_FAN, HEART_FAN))
    if isinstance(model, NonPersonalisedModel):
        np.testing.assert_array_equal(one, other)
        return
    even = np.arange(len(one)) % 2 == 0
    unrated = ~np.isin(np.arange(len(one)), [0, 1, 4, 5, 10, 11])
    assert one[even & unrated].mean() > one[~even & unrated].mean()
    assert other[even & unrated].mean() < other[~even & unrated].mean()


@kinds
@given(tastes=st.lists(any_taste, min_size=1, max_size=4))
@example(tastes=[EMPTY_TASTE, SPACE_FAN, UNKNOWN_ONLY])
@settings(max_examples=15, deadline=None)
def test_scoring_many_users_is_scoring_each(kind: str, tastes: list[Taste]) -> None:
    model = fitted(kind)
    starts = np.cumsum([0, *(len(taste) for taste in tastes)]).astype(np.int64)
    rows, stars = (np.concatenate([getattr(taste, name) for taste in tastes]) for name in ("rows", "stars"))
    scores = model.score_all(Interactions(N, starts, rows, stars))
    assert (scores.shape, scores.dtype) == ((len(tastes), N), np.dtype(np.float32))
    for of_user, taste in zip(scores, tastes, strict=True):
        np.testing.assert_allclose(of_user, model.score(taste), atol=1e-4)


@kinds
@given(taste=any_taste, rows=st.lists(st.integers(0, N - 1), max_size=8))
@example(taste=EMPTY_TASTE, rows=[0, 1])
@example(taste=UNKNOWN_ONLY, rows=[0, 1])
@settings(max_examples=25, deadline=None)
def test_scoring_some_movies_is_scoring_all_and_taking_those(kind: str, taste: Taste, rows: list[int]) -> None:
    model = fitted(kind)
    some = np.array(rows, np.int32)
    scores = model.score_rows(taste, some)
    assert (scores.shape, scores.dtype) == ((len(rows),), np.dtype(np.float32))
    np.testing.assert_allclose(scores, model.score(taste)[some], rtol=1e-5, atol=1e-5)


@kinds
@given(taste=any_taste)
@example(taste=EMPTY_TASTE)
@example(taste=UNKNOWN_ONLY)
@settings(max_examples=50, deadline=None)
def test_an_explanation_adds_up_to_the_score(kind: str, taste: Taste) -> None:
    model = fitted(kind)
    if not model.capabilities.explains:
        with pytest.raises(ModelError, match=kind):
            model.explain(taste, ALL)
        return
    scores = model.score(taste)
    baseline, contributions = model.explain(taste, ALL)
    assert (baseline.shape, contributions.shape) == ((N,), (N, len(taste)))
    np.testing.assert_array_equal(np.isnan(baseline), np.isnan(scores))
    spoken = np.isfinite(scores)
    total = baseline[spoken] + contributions[spoken].sum(axis=1)
    np.testing.assert_allclose(total, scores[spoken], rtol=0, atol=1e-4)
    some = np.flatnonzero(spoken)[::7].astype(np.int32)
    np.testing.assert_allclose(model.explain(taste, some).contributions, contributions[some], atol=1e-5)


@kinds
@given(taste=tastes(N, least=2), data=st.data())
@settings(max_examples=25, deadline=None)
def test_each_contribution_is_that_of_its_own_movie(kind: str, taste: Taste, data: st.DataObject) -> None:
    model = fitted(kind)
    if not model.capabilities.explains:
        pytest.skip("it explains nothing")
    order = np.array(data.draw(st.permutations(range(len(taste)))))
    rows = np.flatnonzero(np.isfinite(model.score(taste))).astype(np.int32)
    baseline, contributions = model.explain(taste, rows)
    again = model.explain(Taste(taste.rows[order], taste.stars[order]), rows)
    np.testing.assert_allclose(again.baseline, baseline, atol=1e-4)
    np.testing.assert_allclose(again.contributions, contributions[:, order], atol=1e-4)


@kinds
@given(taste=any_taste)
@settings(max_examples=25, deadline=None)
def test_scores_come_with_their_explanations(kind: str, taste: Taste) -> None:
    model = fitted(kind)
    scores, explain = model.scored(taste)
    assert scores.dtype == np.dtype(np.float32)
    np.testing.assert_allclose(scores, model.score(taste), rtol=1e-4, atol=1e-5)
    if model.capabilities.explains:
        rows = np.array([3, 0, int(NEVER_RATED[0])], np.int32)
        expected = model.explain(taste, rows)
        explanation = explain(rows)
        np.testing.assert_allclose(explanation.baseline, expected.baseline, atol=1e-5)
        np.testing.assert_allclose(explanation.contributions, expected.contributions, atol=1e-5)


@kinds
def test_a_movie_that_training_never_saw_adds_nothing_unless_declared(kind: str) -> None:
    model = fitted(kind)
    if not model.capabilities.explains or model.capabilities.new_movies:
        pytest.skip("it explains nothing, or says something about movies that nobody rated")
    taste = taste_of({0: 5.0, int(NEVER_RATED[0]): 5.0})
    _, contributions = model.explain(taste, np.array([2, 3, 4], np.int32))
    assert np.abs(contributions[:, 1]).max() == 0
    np.testing.assert_allclose(model.score(taste), model.score(taste_of({0: 5.0})), rtol=1e-6)


@kinds
@given(taste=any_taste)
@settings(max_examples=25, deadline=None)
def test_an_item_item_model_is_its_weights(kind: str, taste: Taste) -> None:
    model = fitted(kind)
    if not isinstance(model, ItemItemModel):
        pytest.skip("it has no item-item weights")
    weights, informative = model.item_item_weights(), model.informative()
    assert (weights.shape, weights.dtype, informative.shape) == ((N, N), np.dtype(np.float32), (N,))
    assert not np.nan_to_num(weights)[~informative].any()
    scores = model.score(taste)
    if not informative[taste.rows].any():
        assert np.isnan(scores).all()
        return
    np.testing.assert_allclose(model.taste_weights.taste(taste) @ weights[taste.rows], scores, rtol=1e-5, atol=1e-5)


@kinds
def test_similar_is_as_declared(kind: str) -> None:
    model = fitted(kind)
    if not model.capabilities.similar:
        with pytest.raises(ModelError, match=kind):
            model.similar(0)
        return
    for row in range(N):
        alike = model.similar(row)
        assert (alike.shape, alike.dtype) == ((N,), np.dtype(np.float32))
        assert not np.isinf(alike).any()
    unrated, tagless = NEVER_RATED
    assert np.isfinite(model.similar(int(unrated))[:40]).all() == model.capabilities.new_movies
    assert np.isnan(model.similar(int(tagless))).all()
    # movies of even number are of one kind, those of odd number of the other
    others = np.delete(model.similar(6)[:40], 6)
    even = np.delete(np.arange(40), 6) % 2 == 0
    assert others[even].mean() > others[~even].mean()


@kinds
def test_stars_are_stars(kind: str) -> None:
    model = fitted(kind)
    if not model.capabilities.stars:
        pytest.skip("its scores are not stars")
    held = world().interactions
    predicted = np.concatenate(
        [model.score_rows(held.taste(user), held.taste(user).rows) for user in range(held.n_users)]
    )
    mean = held.stars.mean()
    assert np.abs(predicted - held.stars).mean() < np.abs(mean - held.stars).mean()
    assert abs(predicted.mean() - mean) < 0.25
    assert predicted.min() > 0
    assert predicted.max() < 6


@kinds
def test_scoring_changes_nothing(kind: str) -> None:
    model = fit(kind)
    before = State(dict(model.state().config), {name: array.copy() for name, array in model.state().arrays.items()})
    for taste in (SPACE_FAN, HEART_FAN, UNKNOWN_ONLY, EMPTY_TASTE):
        model.score(taste)
        model.score_rows(taste, ALL)
        if model.capabilities.explains:
            model.explain(taste, ALL[:40])
    if model.capabilities.similar:
        model.similar(0)
    assert_same_state(model.state(), before)


@kinds
def test_the_state_is_json_and_plain_arrays(kind: str) -> None:
    config, arrays = fitted(kind).state()
    assert json.loads(json.dumps(config, allow_nan=False)) == config
    assert arrays
    for array in arrays.values():
        assert isinstance(array, np.ndarray)
        assert array.dtype.kind in "biufSU"


@kinds
def test_a_model_comes_back_from_mapped_files_as_it_was(kind: str, tmp_path: Path) -> None:
    model = fitted(kind)
    state = stored(model.state(), tmp_path)
    again = model_class(kind).from_state(state)
    assert_same_state(again.state(), model.state())
    for taste in (SPACE_FAN, HEART_FAN, UNKNOWN_ONLY, EMPTY_TASTE, world().interactions.taste(5)):
        np.testing.assert_array_equal(again.score(taste), model.score(taste))
        np.testing.assert_array_equal(again.score_rows(taste, ALL), model.score_rows(taste, ALL))
        if model.capabilities.explains:
            for mine, theirs in zip(again.explain(taste, ALL), model.explain(taste, ALL), strict=True):
                np.testing.assert_array_equal(mine, theirs)
    if model.capabilities.similar:
        np.testing.assert_array_equal(again.similar(0), model.similar(0))


@kinds
def test_data_that_cannot_be_fitted_is_a_model_error(kind: str) -> None:
    model = model_class(kind)()
    nobody = dataclasses.replace(
        world().interactions,
        starts=np.zeros(3, np.int64),
        rows=np.empty(0, np.int32),
        stars=np.empty(0, np.float32),
    )
    if kind == Content.kind:  # it needs no ratings
        model.fit(nobody, world().dataset.movies, rng=np.random.default_rng(3))
        assert np.isfinite(model.score(SPACE_FAN)[NEVER_RATED[0]])
        return
    with pytest.raises(ModelError):
        model.fit(nobody, world().dataset.movies, rng=np.random.default_rng(3))
