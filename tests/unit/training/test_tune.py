from __future__ import annotations

import numpy as np
import pytest

from recsvc.datasets.sample import read_sample
from recsvc.datasets.split import by_user, stratified_by_movie
from recsvc.features.interactions import Interactions, interactions_of
from recsvc.features.vocabulary import Vocabulary
from recsvc.models.collaborative import CollaborativeConfig
from recsvc.training.tune import FIGURES, TEST_SEED, _inner_tasks, tune

pytest.importorskip("optuna")


def test_the_defaults_are_tried_first_and_the_number_of_jobs_changes_nothing() -> None:
    sample, told = read_sample(), list[tuple[str, int]]()
    one, two = (tune(sample, trials=2, seed=1, jobs=jobs, progress=lambda *step: told.append(step)) for jobs in (1, 2))
    assert one == two
    assert told == [("trials", 2)] * 4
    assert one.trials[0] == one.defaults
    assert one.best in one.trials
    assert one.defaults["ease.l2"] == CollaborativeConfig().ease.l2
    assert one.defaults["spectral.sharpness"] == CollaborativeConfig().spectral.sharpness
    assert all(0 < trial[name] < 1 for trial in one.trials for name in FIGURES)
    gains = [sum(trial[name] / one.defaults[name] for name in FIGURES) for trial in one.trials]
    assert one.trials.index(one.best) == int(np.argmax(gains))


def cells(interactions: Interactions) -> set[tuple[int, int]]:
    return set(zip(interactions.users.tolist(), interactions.rows.tolist(), strict=True))


def test_nothing_of_a_test_part_is_looked_at() -> None:
    sample = read_sample()
    vocabulary = Vocabulary.of(movie.movie_id for movie in sample.movies)
    _, test = stratified_by_movie(sample.ratings, test_share=0.25, seed=TEST_SEED)
    held = cells(interactions_of(test, vocabulary))
    _, strangers = by_user(sample.ratings, test_share=0.2, seed=TEST_SEED)
    known, new = _inner_tasks(sample, vocabulary, 1)
    for part in (known.learned, known.sought):
        assert not held & cells(part)
    for part in (new.learned, new.seen, new.sought):
        assert not set(part.users.tolist()) & set(strangers.users.tolist())
    assert not set(new.learned.users.tolist()) & set(new.people.tolist())
