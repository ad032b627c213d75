"""The plot of a simulation: what each policy reached by day, and when it trained again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from recsvc.evaluation.report.plots import NEUTRAL, Draw, Theme, rendered
from recsvc.evaluation.results import Json
from recsvc.tuning.objective import MOST_LIFT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (9.6, 8.8)
SMOOTHED_DAYS = 7
METRICS = {"ndcg@10": "nDCG@10 by true stars", "coverage@10": "coverage", "popularity_lift": "popularity lift"}
COLUMNS: Mapping[str, Mapping[str, str]] = {
    "lists and free choice": {
        "folding in alone": "C2-",
        "weekly retraining": "C0--",
        "weekly, without the gate": "C1-",
        "neither": "C3-",
        "popular list": "C4-",
    },
    "feedback loops": {
        "own lists only: folding in alone": "C2--",
        "own lists only: weekly, without the gate": "C1--",
        "free choice only: folding in alone": "C2-",
        "free choice only: weekly retraining": "C0-",
    },
}
"""The policies of each column, and their colours and lines: a colour is what is done, whoever chooses."""


def simulation_svg(report: Json, theme: Theme) -> bytes:
    """Return the plot of what `simulation.simulate` returned.

    A row is a metric, each point the mean of the last `SMOOTHED_DAYS` days. A dot is a retraining, filled if the
    version serves from then on. With the popularity lift, a cross is what the gate measured, the dash above its bound,
    and the dotted line the bound of the search of settings.

    Raises:
        ConfigurationError: The extra `report` is not installed.
    """
    rows = [[_panel(report, metric, column) for column in COLUMNS] for metric in METRICS]
    return rendered(rows, size=SIZE, theme=theme, kind="svg")


def smoothed(values: Sequence[float]) -> list[float]:
    """Return the mean of each value (n,) and the ones before it, `SMOOTHED_DAYS` of them or as many as there are."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    last = np.arange(1, len(values) + 1)
    first = np.maximum(last - SMOOTHED_DAYS, 0)
    means: list[float] = ((sums[last] - sums[first]) / (last - first)).tolist()
    return means


def _panel(report: Json, metric: str, column: str) -> Draw:
    policies = {policy["name"]: policy for policy in report["policies"]}

    def draw(axes: Axes) -> None:
        for name, style in COLUMNS[column].items():
            values = smoothed(policies[name][metric])
            [line] = axes.plot(range(1, len(values) + 1), values, style, label=name)
            for one in policies[name]["retrainings"]:
                look: Any = {"color": line.get_color(), "fillstyle": "full" if one["serves"] else "none"}
                axes.plot(one["day"], values[one["day"] - 1], "o", **look)
                if metric == "popularity_lift" and "most_lift" in one:
                    axes.plot(one["day"], one["popularity_lift"], "x", **look)
                    axes.plot(one["day"], one["most_lift"], "_", markersize=12, **look)
        if column == next(iter(COLUMNS)):
            axes.set(ylabel=METRICS[metric])
        if metric == next(iter(METRICS)):
            title = f"{report['users']:,} simulated users: {column}"
            axes.legend(fontsize=8, title=title, title_fontsize=9, loc="lower center", bbox_to_anchor=(0.5, 1))
        if metric == "popularity_lift":
            axes.axhline(MOST_LIFT, color=NEUTRAL, linestyle=":")
            axes.set(xlabel="day")

    return draw
