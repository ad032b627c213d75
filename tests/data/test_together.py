"""Lists for two users of ml-100k, one of whom rated three movies and the other one all of theirs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from recsvc.engine.engine import Engine
from recsvc.engine.ranking import top
from recsvc.engine.together import Scale, Together, combined
from recsvc.registry.store import Registry
from recsvc.types import FloatMovies, Taste

PAIRS = 100


@pytest.fixture(scope="module")
def engine(ml_100k_artifacts: Path) -> Engine:
    registry = Registry(ml_100k_artifacts)
    return Engine(registry.open(registry.production()))


def own_of_ten(engine: Engine, scaled: Callable[[FloatMovies], FloatMovies], together: Together) -> tuple[float, float]:
    """How many of each one's own first ten movies are among the first ten for both, on average over the pairs."""
    rng = np.random.default_rng(0)
    shares = []
    for user in range(1, PAIRS + 1):
        newcomer, regular = engine.history.taste(str(user)), engine.history.taste(str(user + PAIRS))
        three = rng.choice(len(newcomer), 3, replace=False)
        tastes = (Taste(newcomer.rows[three], newcomer.stars[three]), regular)
        each = np.stack([scaled(engine.hybrid.score(taste)) for taste in tastes])
        allowed = np.ones(each.shape[1], np.bool_)
        allowed[np.concatenate([taste.rows for taste in tastes])] = False

        for_both, *own = [{*top(scores, allowed, k=10).rows.tolist()} for scores in (combined(each, together), *each)]
        shares.append([len(for_both & ten) for ten in own])
    newcomers, regulars = np.mean(shares, axis=0).tolist()
    return newcomers, regulars


def test_standardised_scores_give_both_their_part_of_the_list(engine: Engine) -> None:
    for together, least in ((Together.MEAN, 5.0), (Together.LEAST_MISERY, 3.0)):
        assert min(own_of_ten(engine, lambda scores: Scale.of(scores).scores(scores), together)) > least


def test_scores_as_they_are_give_one_of_them_nearly_all_of_it(engine: Engine) -> None:
    newcomer, regular = own_of_ten(engine, lambda scores: scores, Together.MEAN)
    assert newcomer < 3
    assert regular > 8
    newcomer, regular = own_of_ten(engine, lambda scores: scores, Together.LEAST_MISERY)
    assert newcomer > 8
    assert regular < 2.5
