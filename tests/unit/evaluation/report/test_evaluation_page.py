from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

from recsvc.evaluation.protocols.ranking_protocols import PROTOCOLS
from recsvc.evaluation.report.bar_chart import LEFT, LENGTH, bar_chart_of
from recsvc.evaluation.report.evaluation_page import evaluation_page
from recsvc.evaluation.results import table_of
from recsvc.evaluation.runs import Plan, measure
from recsvc.models.content import Content
from recsvc.models.hybrid import Hybrid
from recsvc.models.popularity import Popularity
from recsvc.models.svd import Svd
from tests.contracts.worlds import world


class Reader(HTMLParser):
    """The cells of the tables, the number of whiskers, and what the page would fetch or run."""

    def __init__(self) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.fetched: list[str] = []
        self.tags: list[str] = []
        self.whiskers = 0
        self.scopes: list[str | None] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._inside = tag in {"td", "th"}
        self.whiskers += tag == "path"
        self.fetched += [str(value) for name, value in attrs if name in {"src", "srcset", "href"}]
        if tag == "th":
            self.scopes.append(dict(attrs).get("scope"))

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.cells.append(data)


def measured(protocol: str) -> dict[str, Any]:
    models = (Popularity(), Svd()) if protocol == "folds" else (Content(), Hybrid())
    plan = Plan(protocol, seeds=(1, 2))
    return measure(world().dataset, {model.kind: model for model in models}, plan, skipped={})


@pytest.mark.parametrize("protocol", [*PROTOCOLS, "folds"])
def test_the_page_has_the_table_and_bars_and_needs_nothing_else(protocol: str) -> None:
    report = measured(protocol)
    headings, rows = table_of(report)
    page = evaluation_page(report, notice="simulated")
    reader = Reader()
    reader.feed(page)
    assert reader.cells == [*headings, *(cell for row in rows for cell in row)]
    assert reader.scopes == ["col"] * len(headings) + ["row"] * len(rows)
    assert reader.fetched == []
    assert "script" not in reader.tags
    assert reader.whiskers == 4  # two models, any rating and liked
    assert '<p class="notice">simulated</p>' in page
    assert page.startswith("<!doctype html>")
    assert "prefers-color-scheme: dark" in page
    assert "width=device-width" in page
    assert 'tabindex="0" role="region" aria-label="Figures"' in page
    assert 'role="img" aria-label=' in page


def test_names_and_notices_are_escaped() -> None:
    report = measured("temporal")
    report["dataset"] = "<b>data</b>"
    report["results"][0]["model"] = "<i>&model"
    report["skipped"] = [{"model": "x", "why": "it is <b>bold</b>"}]
    page = evaluation_page(report, notice="<b>ratings</b> & movies")
    assert "<b>" not in page
    assert "<i>" not in page
    assert "<title>temporal on &lt;b&gt;data&lt;/b&gt;</title>" in page
    assert "<h1>temporal on &lt;b&gt;data&lt;/b&gt;</h1>" in page
    assert "x is left out: it is &lt;b&gt;bold&lt;/b&gt;" in page
    assert "&lt;b&gt;ratings&lt;/b&gt; &amp; movies" in page
    assert page.count("&lt;i&gt;&amp;model") == 2  # in the table and beside the bars


def test_without_a_notice_there_is_no_box_for_it() -> None:
    assert 'class="notice"' not in evaluation_page(measured("temporal"))


def entry(model: str, auc: float | None, interval: list[float | None]) -> dict[str, Any]:
    return {"model": model, "auc": auc, "intervals": {"auc": interval}}


def test_bars_by_hand() -> None:
    results = [entry("a", 0.5, [0.25, 0.75]), entry("b", 0.75, [None, None]), entry("c", None, [None, None])]
    chart = bar_chart_of({"protocol": "similarity", "results": results})
    assert [series.name for series in chart.legend] == ["judged pairs"]
    assert [model.name for model in chart.models] == ["a", "b", "c"]
    (a,), (b,), nothing = (model.bars for model in chart.models)
    assert nothing == []
    # the longest bar or whisker is 0.75
    assert a.length == pytest.approx(LENGTH * 2 / 3)
    assert a.whisker == pytest.approx((LEFT + LENGTH / 3, LEFT + LENGTH))
    assert a.end == pytest.approx(LEFT + LENGTH)
    assert (b.length, b.end) == pytest.approx((LENGTH, LEFT + LENGTH))
    assert b.whisker is None
    assert a.y < b.y < chart.height


def test_a_chart_without_a_figure_is_empty() -> None:
    chart = bar_chart_of({"protocol": "similarity", "results": [entry("a", None, [None, None])]})
    assert [model.bars for model in chart.models] == [[]]
