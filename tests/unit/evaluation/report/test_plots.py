from __future__ import annotations

from typing import Any

import pytest

from recsvc.evaluation.report.curves import Curve
from recsvc.evaluation.report.plots import bars, curve, picture, trade_off
from tests.requirements import need_extra

need_extra("report", "matplotlib", "seaborn")

from matplotlib.axes import Axes  # noqa: E402 - it may not be there
from matplotlib.figure import Figure  # noqa: E402 - it may not be there
from matplotlib.patches import Rectangle  # noqa: E402 - it may not be there


def drawn(draw: Any) -> Axes:
    axes = Figure().add_subplot()
    draw(axes)
    return axes


def test_a_picture_is_drawn_for_light_and_for_dark_and_has_its_size() -> None:
    light, dark, *size = picture(curve(Curve((1.0, 2.0), {"a": [1.0, 2.0]}), x="x", y="y"), size=(2, 1))
    assert light != dark
    assert all(image.startswith("data:image/png;base64,") for image in (light, dark))
    assert size == [320, 160]


def test_a_constant_series_is_dashed_and_the_served_value_is_marked() -> None:
    held = Curve((0.0, 1.0), {"rises": [0.1, 0.2], "stays": [0.1, 0.1], "hidden": [0.3, 0.4]}, served=1.0)
    axes = drawn(curve(held, names={"rises": "it rises", "stays": "it stays"}, x="x", y="y"))
    styles = {str(line.get_label()): line.get_linestyle() for line in axes.get_lines()}
    assert styles == {"it rises": "-", "it stays": "--", "served: 1": ":"}


def test_a_curve_without_series_is_an_empty_plot() -> None:
    assert drawn(curve(Curve((0.0, 1.0), {}), x="x", y="y")).get_legend() is None


def test_points_that_are_too_near_get_no_label() -> None:
    held = Curve((0.0, 0.1, 0.5, 1.0), {"a": [0.0, 0.01, 0.5, 1.0], "b": [1.0, 0.99, 0.5, 0.0]}, served=0.5)
    axes = drawn(trade_off(held, "a", "b", x="x", y="y"))
    assert [text.get_text() for text in axes.texts] == ["0", "0.5", "1"]
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["served: 0.5"]


def test_bars_have_their_intervals_and_a_model_without_one_is_drawn_too() -> None:
    sure = {"model": "sure", "ndcg@10": 0.4, "liked": {"ndcg@10": 0.3}}
    sure["intervals"] = {"ndcg@10": [0.35, 0.45], "liked": {"ndcg@10": [0.25, 0.35]}}
    unsure = {"model": "unsure", "ndcg@10": 0.1, "liked": {"ndcg@10": None}}
    unsure["intervals"] = {"ndcg@10": [None, None], "liked": {"ndcg@10": [None, None]}}
    axes = drawn(bars([sure, unsure], "ndcg@10", x="nDCG@10"))
    assert [label.get_text() for label in axes.get_yticklabels()] == ["sure", "unsure"]
    lengths = [bar.get_width() for bar in axes.patches if isinstance(bar, Rectangle)]
    assert lengths[:3] == pytest.approx([0.4, 0.1, 0.3])
