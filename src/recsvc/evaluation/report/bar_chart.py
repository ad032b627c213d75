"""The bar chart of an evaluation: one bar for each model and figure, with a whisker for its interval.

All lengths are in the units of the picture, which is drawn by the template `bar_chart.html`.
"""

from __future__ import annotations

from typing import NamedTuple

from recsvc.evaluation.results import Json, figure_at, interval_at

LEFT, LENGTH, RIGHT = 102, 190, 60
"""The widths of the names, of the longest bar, and of the values beside it."""
TOP, THICKNESS, BAR_GAP, MODEL_GAP, LEGEND_STEP = 30, 14, 2, 9, 130


class Series(NamedTuple):
    """A figure that is drawn for each model: its name, its path in an entry of the report, and its colour."""

    name: str
    path: tuple[str, ...]
    colour: str = "first"


class LegendEntry(NamedTuple):
    """The name of a series, its colour, and the position of its mark."""

    name: str
    colour: str
    x: int


class Bar(NamedTuple):
    """A bar: its value, its upper edge, its length, the ends of its whisker, and where bar and whisker end."""

    colour: str
    value: float
    y: int
    length: float
    whisker: tuple[float, float] | None
    end: float


class ModelBars(NamedTuple):
    """The bars of a model, and the base line of its name."""

    name: str
    y: float
    bars: list[Bar]


class BarChart(NamedTuple):
    """A chart with its size, the position of the axis, and the thickness of all bars."""

    caption: str
    legend: list[LegendEntry]
    models: list[ModelBars]
    height: int
    width: int = LEFT + LENGTH + RIGHT
    left: int = LEFT
    thickness: int = THICKNESS


_CHARTS = {
    "folds": (
        "RMSE in stars; shorter is better",
        (Series("all ratings", ("rmse",)), Series("liked", ("liked", "rmse"), "second")),
    ),
    "similarity": ("Area under the ROC curve", (Series("judged pairs", ("auc",)),)),
}
_RANKING_CHART = (
    "nDCG@10",
    (Series("any rating", ("ndcg@10",)), Series("liked", ("liked", "ndcg@10"), "second")),
)


def bar_chart_of(report: Json) -> BarChart:
    """Return the chart of a report. The longest bar or whisker has the length `LENGTH`."""
    caption, kinds = _CHARTS.get(report["protocol"], _RANKING_CHART)
    results = report["results"]
    ends = [
        value
        for result in results
        for series in kinds
        for value in (figure_at(result, series.path), (interval_at(result, series.path) or (0.0, 0.0))[1])
        if value is not None
    ]
    scale = LENGTH / max([*ends, 1e-9])
    bars_height = len(kinds) * (THICKNESS + BAR_GAP)
    step = bars_height + MODEL_GAP
    models = []
    for number, result in enumerate(results):
        top = TOP + number * step
        bars = [_bar(result, series, top + place * (THICKNESS + BAR_GAP), scale) for place, series in enumerate(kinds)]
        models.append(ModelBars(result["model"], top + bars_height / 2 + 4, [bar for bar in bars if bar is not None]))
    legend = [LegendEntry(series.name, series.colour, LEFT + place * LEGEND_STEP) for place, series in enumerate(kinds)]
    return BarChart(caption, legend, models, TOP + len(results) * step)


def _bar(result: Json, series: Series, y: int, scale: float) -> Bar | None:
    value = figure_at(result, series.path)
    if value is None:
        return None
    interval = interval_at(result, series.path)
    whisker = None if interval is None else (LEFT + interval[0] * scale, LEFT + interval[1] * scale)
    end = value if interval is None else max(value, interval[1])
    return Bar(series.colour, value, y, max(value, 0) * scale, whisker, LEFT + end * scale)
