from __future__ import annotations

import numpy as np
import pytest

from recsvc.errors import DataError
from recsvc.models.collaborative import CollaborativeConfig
from recsvc.models.hybrid import HybridConfig
from recsvc.tuning import search
from recsvc.tuning.search import FIGURES, tune
from recsvc.types import Movie
from tests.contracts.worlds import world_of
from tests.requirements import need_extra
from tests.versions import part_of_sample

need_extra("tune", "optuna")


def test_the_defaults_are_tried_first_and_the_number_of_jobs_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(search, "INNER_SEEDS", search.INNER_SEEDS[:1])
    calls: list[tuple[str, int]] = []
    dataset = part_of_sample(range(1, 201), range(300), name="part")
    one, two = (
        tune(dataset, trials=2, seed=1, jobs=jobs, progress=lambda *step: calls.append(step)) for jobs in (1, 2)
    )
    assert one == two
    assert calls == [("trials", 2)] * 4
    assert one.trials[0] == one.defaults
    assert one.best in one.trials
    assert one.defaults["ease.l2"] == CollaborativeConfig().ease.l2
    assert one.defaults["popularity_prior"] == HybridConfig().popularity_prior
    assert one.defaults["spectral.sharpness"] == CollaborativeConfig().spectral.sharpness
    assert all(0 < trial[name] < 1 for trial in one.trials for name in FIGURES)
    gains = [sum(trial[name] / one.defaults[name] for name in FIGURES) for trial in one.trials]
    assert one.trials.index(one.best) == int(np.argmax(gains))


def test_data_that_is_too_small_is_an_error_of_its_own() -> None:
    movies = [Movie(number, "x") for number in range(1, 13)]
    tiny = world_of(movies, {str(user): {user % 12 + 1: 4.0} for user in range(12)}).dataset
    with pytest.raises(DataError, match="too small to tune on"):
        tune(tiny, trials=2, seed=1, jobs=1, progress=lambda *_: None)
