from __future__ import annotations

import pytest

from recsvc.models.hybrid import HybridConfig
from recsvc.tuning.spaces import defaults, suggest

optuna = pytest.importorskip("optuna")


def test_the_defaults_are_the_served_config_and_lie_in_the_space() -> None:
    study = optuna.create_study()
    study.enqueue_trial(defaults())
    trial = study.ask()
    assert suggest(trial) == HybridConfig()
    assert trial.params == defaults()
