"""The report of an evaluation as one self-contained HTML page: light and dark, readable on a phone."""

from __future__ import annotations

from recsvc.evaluation.report.bar_chart import bar_chart_of
from recsvc.evaluation.results import Json, facts_of, table_of
from recsvc.templating import render


def evaluation_page(report: Json, *, notice: str = "") -> str:
    """Return the page: what was measured, the table, and bars with their intervals."""
    title, *facts = facts_of(report)
    headings, rows = table_of(report)
    return render(
        "evaluation.html",
        title=title,
        facts=facts,
        headings=headings,
        rows=rows,
        chart=bar_chart_of(report),
        notice=notice,
    )
