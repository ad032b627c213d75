from __future__ import annotations

import numpy as np
import pytest

from recsvc.datasets.sample import read_sample
from recsvc.errors import DataError
from recsvc.evaluation.protocols.protocol import PROTOCOLS
from recsvc.features.interactions import Interactions, interactions_of
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.collaborative import CollaborativeConfig
from recsvc.models.hybrid import HybridConfig
from recsvc.tuning.search import FIGURES, TEST_SEED, inner_tasks, tune, untested
from recsvc.types import Movie
from tests.contracts.worlds import world_of

pytest.importorskip("optuna")


def test_the_defaults_are_tried_first_and_the_number_of_jobs_changes_nothing() -> None:
    sample, told = read_sample(), list[tuple[str, int]]()
    one, two = (tune(sample, trials=2, seed=1, jobs=jobs, progress=lambda *step: told.append(step)) for jobs in (1, 2))
    assert one == two
    assert told == [("trials", 2)] * 4
    assert one.trials[0] == one.defaults
    assert one.best in one.trials
    assert one.defaults["ease.l2"] == CollaborativeConfig().ease.l2
    assert one.defaults["head_start"] == HybridConfig().head_start
    assert one.defaults["spectral.sharpness"] == CollaborativeConfig().spectral.sharpness
    assert all(0 < trial[name] < 1 for trial in one.trials for name in FIGURES)
    gains = [sum(trial[name] / one.defaults[name] for name in FIGURES) for trial in one.trials]
    assert one.trials.index(one.best) == int(np.argmax(gains))


def test_data_that_is_too_small_is_an_error_of_its_own() -> None:
    movies = [Movie(number, "x") for number in range(1, 13)]
    tiny = world_of(movies, {str(user): {user % 12 + 1: 4.0} for user in range(12)}).dataset
    with pytest.raises(DataError, match="too small to tune on"):
        tune(tiny, trials=2, seed=1, jobs=1, progress=lambda *_: None)


def cells(interactions: Interactions) -> set[tuple[int, int]]:
    return set(zip(interactions.users.tolist(), interactions.rows.tolist(), strict=True))


def test_nothing_that_a_protocol_tests_is_looked_at() -> None:
    sample = read_sample()
    vocabulary = Vocabulary.of(movie.movie_id for movie in sample.movies)
    block = untested(sample, vocabulary)
    looked_at = cells(interactions_of(block.ratings, vocabulary))
    tested = {
        cell
        for name in ("ms-recommenders", "new-users", "temporal")
        for cell in cells(PROTOCOLS[name].task(sample, vocabulary, TEST_SEED).sought)
    }
    everything = cells(interactions_of(sample.ratings, vocabulary))
    assert looked_at == everything - tested

    known, new, few = inner_tasks(block, vocabulary, 1)
    assert cells(known.learned) | cells(known.sought) == looked_at
    assert not cells(known.learned) & cells(known.sought)
    assert cells(new.learned) | cells(new.seen) | cells(new.sought) == looked_at
    assert not set(new.learned.users.tolist()) & set(new.users.tolist())
    assert cells(few.seen) < cells(new.seen)
    for user in new.users.tolist():
        assert len(few.seen.taste(user)) == min(5, len(new.seen.taste(user)))
    assert few.sought is new.sought
