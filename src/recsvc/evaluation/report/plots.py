"""The plots of the page, each drawn once for light and once for dark."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from recsvc.datasets.tables import Dataset
from recsvc.errors import ConfigurationError
from recsvc.evaluation.report.curves import Curve
from recsvc.evaluation.results import Json, figure_at, interval_at

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Draw = Callable[["Axes"], None]
Results = Sequence[Json]


class Theme(NamedTuple):
    """What is written, the lines behind it, and the series, each apart enough from the card on which they are drawn."""

    ink: str
    grid: str
    colours: tuple[str, ...]


LIGHT = Theme("#1b1f24", "#d0d7de", ("#0969da", "#cf222e", "#1a7f37", "#9a6700", "#8250df", "#1b7c83"))
DARK = Theme("#e6edf3", "#3d444d", ("#2f81f7", "#f0766f", "#3fb950", "#d29922", "#a371f7", "#39c5cf"))
NEUTRAL = "#7d8590"
MARKERS = ("o", "s", "^", "D", "v", "P")
SIZE = (4.8, 3.2)
"""In inches: on a phone a picture is three inches wide, and what is written on it must still be read."""
DPI = 160
NAN = float("nan")
NEAR = 0.06
"""Points nearer to the last one named than this share of both axes go without a name."""


def picture(draw: Draw, *, alt: str, size: tuple[float, float] = SIZE) -> str:
    """Draw twice and return a `<picture>` that follows the reader's colour scheme, images and all within it.

    Raises:
        ConfigurationError: the extra `report` is not installed.
    """
    light, dark = (_image(draw, size, theme) for theme in (LIGHT, DARK))
    width, height = (round(length * DPI) for length in size)
    return (
        f'<picture><source media="(prefers-color-scheme: dark)" srcset="{dark}">'
        f'<img src="{light}" alt="{escape(alt)}" width="{width}" height="{height}" loading="lazy"></picture>'
    )


def _image(draw: Draw, size: tuple[float, float], theme: Theme) -> str:
    try:
        import seaborn as sns
        from cycler import cycler
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ImportError:
        raise ConfigurationError("the report needs its extra: pip install 'recsvc[report]'") from None
    style: Any = {
        **sns.axes_style("whitegrid"),
        **dict.fromkeys(("text.color", "axes.labelcolor", "xtick.color", "ytick.color", "axes.titlecolor"), theme.ink),
        **dict.fromkeys(("axes.edgecolor", "grid.color"), theme.grid),
        **dict.fromkeys(("axes.facecolor", "figure.facecolor", "legend.facecolor"), "none"),
        "axes.prop_cycle": cycler(color=theme.colours),
        "legend.framealpha": 0.0,
        "font.size": 10,
        "patch.linewidth": 0,
    }
    with rc_context(style):
        figure = Figure(figsize=size, layout="constrained")
        draw(figure.add_subplot())
        out = io.BytesIO()
        figure.savefig(out, format="png", dpi=DPI, transparent=True)
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


def distribution(dataset: Dataset) -> Draw:
    """How many ratings there are of each number of stars."""
    stars, counts = np.unique(dataset.ratings.stars, return_counts=True)

    def draw(axes: Axes) -> None:
        axes.bar([f"{value:g}" for value in stars], counts)
        axes.set(xlabel="stars", ylabel="ratings")

    return draw


def long_tail(dataset: Dataset) -> Draw:
    """How many ratings movies have, the most rated first."""
    counts = np.sort(np.unique(dataset.ratings.movie_ids, return_counts=True)[1])[::-1]

    def draw(axes: Axes) -> None:
        axes.plot(np.arange(1, len(counts) + 1), counts)
        axes.fill_between(np.arange(1, len(counts) + 1), counts, alpha=0.25)
        axes.set(xlabel="movie, the most rated first", ylabel="ratings", xlim=(1, len(counts)), ylim=(0, None))

    return draw


def over_time(dataset: Dataset) -> Draw:
    """How many ratings were given in each month."""
    months, counts = np.unique(
        dataset.ratings.timestamps.astype("datetime64[s]").astype("datetime64[M]"), return_counts=True
    )

    def draw(axes: Axes) -> None:
        axes.plot(months.astype("datetime64[D]"), counts)
        axes.set(ylabel="ratings a month", ylim=(0, None))
        axes.tick_params(axis="x", rotation=30)

    return draw


def sparsity(dataset: Dataset) -> Draw:
    """Which of the most active users rated which of the most rated movies."""
    ratings = dataset.ratings
    movies, movie_of = np.unique(ratings.movie_ids, return_inverse=True)
    users = np.argsort(-np.bincount(ratings.users, minlength=len(ratings.user_labels)), kind="stable")[:300]
    most = np.argsort(-np.bincount(movie_of, minlength=len(movies)), kind="stable")[:600]
    cells = np.zeros((len(ratings.user_labels), len(movies)), np.bool_)
    cells[ratings.users, movie_of] = True

    def draw(axes: Axes) -> None:
        y, x = np.nonzero(cells[np.ix_(users, most)])
        axes.scatter(x, y, s=0.4, linewidths=0)
        axes.set(xlabel="movie, the most rated first", ylabel="user, the most active first")
        axes.invert_yaxis()

    return draw


def curve(
    held: Curve,
    *,
    x: str,
    y: str,
    names: Mapping[str, str] | None = None,
    logarithmic: bool = False,
    ticks: bool = True,
) -> Draw:
    """One line a series, all or those of `names` by what they are called there; one that never changes is dashed."""
    shown = names or {name: name for name in held.series}

    def draw(axes: Axes) -> None:
        for marker, (name, label) in zip(MARKERS, shown.items(), strict=False):
            values = held.series[name]
            flat = len(set(values)) == 1
            style: Any = {"linestyle": "--"} if flat else {"marker": marker}
            axes.plot(held.x, values, label=label, **style)
        if held.served is not None:
            axes.axvline(held.served, color=NEUTRAL, linestyle=":", label=f"served: {held.served:g}")
        axes.set(xlabel=x, ylabel=y)
        if logarithmic:
            axes.set_xscale("log")
        if ticks:
            axes.set_xticks(held.x, [f"{value:g}" for value in held.x])
            axes.minorticks_off()
        if shown:
            axes.legend(fontsize=9)

    return draw


def trade(held: Curve, first: str, second: str, *, x: str, y: str) -> Draw:
    """One series against another, the points named by what they are points of; a ring around the served one."""

    def draw(axes: Axes) -> None:
        across, up = np.array(held.series[first]), np.array(held.series[second])
        axes.plot(across, up, marker="o")
        if held.served is not None:
            at = held.x.index(held.served)
            axes.plot(
                across[at],
                up[at],
                "o",
                markersize=13,
                fillstyle="none",
                color=NEUTRAL,
                label=f"served: {held.served:g}",
            )
            axes.legend(fontsize=9)
        spans = np.ptp(across) or 1.0, np.ptp(up) or 1.0
        aside = (2, 6) if up[-1] < up[0] else (5, -15)  # away from the line
        last: tuple[float, float] | None = None
        for value, at_x, at_y in zip(held.x, across.tolist(), up.tolist(), strict=True):
            if last and max(abs(at_x - last[0]) / spans[0], abs(at_y - last[1]) / spans[1]) < NEAR:
                continue
            last = at_x, at_y
            axes.annotate(f"{value:g}", last, textcoords="offset points", xytext=aside, fontsize=9)
        axes.margins(0.12)
        axes.locator_params(axis="x", nbins=6)
        axes.set(xlabel=x, ylabel=y)

    return draw


def bars(results: Results, metric: str, *, x: str) -> Draw:
    """A metric of each model as a bar with its interval, with any rating relevant and with liked ones."""
    names = [result["model"] for result in results]
    places = np.arange(len(names))

    def draw(axes: Axes) -> None:
        for shift, label, path in ((-0.2, "any rating", (metric,)), (0.2, "liked", ("liked", metric))):
            values = np.array([figure_at(result, path) for result in results], np.float64)
            low, high = np.array([interval_at(result, path) or (NAN, NAN) for result in results]).T
            axes.barh(places + shift, values, height=0.38, label=label)
            apart = np.maximum([values - low, high - values], 0)
            axes.errorbar(values, places + shift, xerr=apart, fmt="none", ecolor=NEUTRAL, capsize=2, linewidth=1)
        axes.set_yticks(places, names)
        axes.invert_yaxis()
        axes.set(xlabel=x)
        axes.grid(visible=False, axis="y")
        axes.legend(fontsize=9)

    return draw


def movie_map(places: np.ndarray[Any, Any], genres: list[str]) -> Draw:
    """Movies at their places (n, 2), coloured by genre; the rarer genres together."""
    names, counts = np.unique(genres, return_counts=True)
    common = names[np.argsort(-counts)][: len(MARKERS)].tolist()

    def draw(axes: Axes) -> None:
        for marker, name in zip([*MARKERS, "."], [*common, "other"], strict=False):
            here = np.array([(genre if genre in common else "other") == name for genre in genres])
            colour = NEUTRAL if name == "other" else None
            axes.scatter(
                places[here, 0], places[here, 1], s=10, marker=marker, alpha=0.8, linewidths=0, label=name, color=colour
            )
        axes.set(xticks=[], yticks=[])
        axes.legend(markerscale=2, fontsize=9, loc="upper center", bbox_to_anchor=(0.5, 0), ncols=4, columnspacing=1)

    return draw
