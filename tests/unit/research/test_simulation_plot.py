from __future__ import annotations

import pytest

from recsvc.evaluation.report.plots import DARK, LIGHT
from recsvc.evaluation.results import Json
from recsvc.research.simulation import POLICIES
from recsvc.research.simulation_plot import COLUMNS, METRICS, simulation_svg, smoothed
from tests.requirements import need_extra


def test_each_day_is_the_mean_of_the_week_up_to_it() -> None:
    assert smoothed([1.0, 3.0, 2.0, 2.0, 2.0, 2.0, 2.0, 8.0]) == pytest.approx([1, 2, 2, 2, 2, 2, 2, 3])


def test_the_plot_has_every_policy_and_is_the_same_each_time() -> None:
    need_extra("report", "matplotlib", "seaborn")
    retraining = {"day": 7, "serves": True, "popularity_lift": 1.1, "most_lift": 1.3}
    policies: list[Json] = [
        {"name": policy.name, **{metric: [0.5] * 14 for metric in METRICS}, "retrainings": [retraining]}
        for policy in POLICIES
    ]
    report: Json = {"users": 1234, "policies": policies}
    assert {name for column in COLUMNS.values() for name in column} == {policy.name for policy in POLICIES}
    light, dark = (simulation_svg(report, theme) for theme in (LIGHT, DARK))
    assert light != dark
    assert light == simulation_svg(report, LIGHT)
    text = light.decode()
    assert all(name in text for name in (*METRICS.values(), *(policy.name for policy in POLICIES)))
    assert "1,234 simulated users" in text
