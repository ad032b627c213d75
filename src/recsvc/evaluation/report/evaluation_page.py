"""A report as one HTML page that needs nothing else: light and dark, readable on a phone."""

from __future__ import annotations

from html import escape

from recsvc.evaluation.results import Json, facts_of, figure_at, interval_at, table_of

_STYLE = """
:root { color-scheme: light dark; --ground: #fff; --ink: #1c1e21; --quiet: #5b6068; --line: #dcdfe4;
  --one: #2f6fbd; --two: #d9822b; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #16181c; --ink: #e8eaed; --quiet: #a3a9b3; --line: #363b44; --one: #6ea8ee; --two: #f0a85c; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem 1rem 3rem; background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.4rem; margin: 0 0 .5rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
ul { color: var(--quiet); margin: 0 0 1rem; padding-left: 1.2rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; white-space: nowrap; font-size: .9rem; }
th, td { padding: .35rem .7rem; text-align: right; border-bottom: 1px solid var(--line); }
thead th { color: var(--quiet); font-weight: 600; vertical-align: bottom; white-space: normal; }
tr > :first-child { text-align: left; position: sticky; left: 0; background: var(--ground); }
svg { width: 100%; height: auto; max-width: 36rem; display: block; }
svg text { fill: var(--ink); font: 13px system-ui, sans-serif; } svg .quiet { fill: var(--quiet); }
.one { fill: var(--one); } .two { fill: var(--two); } .whisker { stroke: var(--ink); stroke-width: 1.5; fill: none; }
.grid { stroke: var(--line); }
footer { color: var(--quiet); font-size: .85rem; margin-top: 2rem; }
"""

_CHARTS = {
    "folds": ("RMSE in stars; shorter is better", (("all ratings", ("rmse",)), ("liked", ("liked", "rmse")))),
    "similarity": ("Area under the ROC curve", (("judged pairs", ("auc",)),)),
}
_RANKING_CHART = ("nDCG@10", (("any rating", ("ndcg@10",)), ("liked", ("liked", "ndcg@10"))))
_LEFT, _WIDTH, _RIGHT, _BAR, _GAP = 104, 246, 60, 14, 9


def page(report: Json, *, notice: str = "") -> str:
    """The whole page: what was measured, the table, and bars with their intervals."""
    title, *facts = facts_of(report)
    headings, rows = table_of(report)
    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in headings)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in row[1:])}</tr>'
        for row in rows
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{escape(title)}</h1>
<ul>{"".join(f"<li>{escape(fact)}</li>" for fact in facts)}</ul>
<div class="wide" tabindex="0" role="region" aria-label="Figures"><table><thead><tr>{head}</tr></thead>
<tbody>{body}</tbody></table></div>
{_chart(report)}
<footer>{escape(notice)}</footer>
</body>
</html>
"""


def _chart(report: Json) -> str:
    """Horizontal bars from 0, one a model and kind of figure, with whiskers for the intervals."""
    caption, kinds = _CHARTS.get(report["protocol"], _RANKING_CHART)
    results = report["results"]
    ends = [
        figure
        for result in results
        for _, path in kinds
        for figure in (figure_at(result, path), (interval_at(result, path) or (0.0, 0.0))[1])
        if figure is not None
    ]
    most = max([*ends, 1e-9])
    group = len(kinds) * (_BAR + 2) + _GAP
    drawn = [_legend([name for name, _ in kinds])]
    for number, result in enumerate(results):
        top = 30 + number * group
        middle = top + (group - _GAP) / 2 + 4
        drawn.append(f'<text x="{_LEFT - 10}" y="{middle:.1f}" text-anchor="end">{escape(result["model"])}</text>')
        for kind, (_, path) in enumerate(kinds):
            drawn.append(_bar(result, path, top + kind * (_BAR + 2), ("one", "two")[kind], most))
    height = 30 + len(results) * group
    return (
        f"<h2>{escape(caption)}</h2>\n"
        f'<svg viewBox="0 0 {_LEFT + _WIDTH + _RIGHT} {height}" role="img" aria-label="{escape(caption)} by model">\n'
        f'<line class="grid" x1="{_LEFT}" x2="{_LEFT}" y1="26" y2="{height - _GAP}"/>\n' + "\n".join(drawn) + "\n</svg>"
    )


def _bar(result: Json, path: tuple[str, ...], y: int, css: str, most: float) -> str:
    value = figure_at(result, path)
    if value is None:
        return ""
    scale = _WIDTH / most
    drawn = f'<rect class="{css}" x="{_LEFT}" y="{y}" width="{max(value, 0) * scale:.1f}" height="{_BAR}"/>'
    end = value
    interval = interval_at(result, path)
    if interval is not None:
        low, high = (_LEFT + bound * scale for bound in interval)
        middle, end = y + _BAR / 2, max(value, interval[1])
        drawn += (
            f'<path class="whisker" d="M{low:.1f} {middle} H{high:.1f} '
            f'M{low:.1f} {middle - 4} v8 M{high:.1f} {middle - 4} v8"/>'
        )
    return drawn + f'<text class="quiet" x="{_LEFT + end * scale + 6:.1f}" y="{y + _BAR - 3}">{value:.4f}</text>'


def _legend(names: list[str]) -> str:
    return "".join(
        f'<rect class="{("one", "two")[at]}" x="{_LEFT + at * 130}" y="6" width="12" height="12"/>'
        f'<text x="{_LEFT + 18 + at * 130}" y="17">{escape(name)}</text>'
        for at, name in enumerate(names)
    )
