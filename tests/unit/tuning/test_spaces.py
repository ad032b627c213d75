from __future__ import annotations

from recsvc.models.hybrid import HybridConfig
from recsvc.tuning.spaces import defaults, suggest
from tests.requirements import need_extra

need_extra("tune", "optuna")

import optuna  # noqa: E402 - it may not be there


def test_the_defaults_are_the_served_config_and_lie_in_the_space() -> None:
    study = optuna.create_study()
    study.enqueue_trial(defaults())
    trial = study.ask()
    assert suggest(trial) == HybridConfig()
    assert trial.params == defaults()
