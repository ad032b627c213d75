"""The plots of the model report, each drawn once for light and once for dark."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from recsvc.datasets.dataset import Dataset
from recsvc.errors import ConfigurationError
from recsvc.evaluation.report.curves import Curve
from recsvc.evaluation.results import Json, figure_at, interval_at

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Draw = Callable[["Axes"], None]
Results = Sequence[Json]


class Theme(NamedTuple):
    """The colours of the text, of the grid and of the series, with enough contrast to the card they are drawn on."""

    ink: str
    grid: str
    colours: tuple[str, ...]


LIGHT = Theme("#1b1f24", "#d0d7de", ("#0969da", "#cf222e", "#1a7f37", "#9a6700", "#8250df", "#1b7c83"))
DARK = Theme("#e6edf3", "#3d444d", ("#2f81f7", "#f0766f", "#3fb950", "#d29922", "#a371f7", "#39c5cf"))
NEUTRAL = "#7d8590"
MARKERS = ("o", "s", "^", "D", "v", "P")
SIZE = (4.8, 3.2)
"""In inches. On a phone a picture is three inches wide, and its text must still be readable."""
DPI = 160
NAN = float("nan")
NEAR = 0.06
"""A point nearer to the last labelled one than this share of both axes gets no label."""


class Picture(NamedTuple):
    """A plot for each colour scheme as a `data:` URI of a PNG, and its size in pixels."""

    light: str
    dark: str
    width: int
    height: int


def picture(draw: Draw, *, size: tuple[float, float] = SIZE) -> Picture:
    """Draw a plot for both colour schemes; `size` is in inches.

    Raises:
        ConfigurationError: The extra `report` is not installed.
    """
    width, height = (round(length * DPI) for length in size)
    light, dark = (
        "data:image/png;base64," + base64.b64encode(rendered([[draw]], size=size, theme=theme, kind="png")).decode()
        for theme in (LIGHT, DARK)
    )
    return Picture(light, dark, width, height)


def rendered(
    rows: Sequence[Sequence[Draw]], *, size: tuple[float, float], theme: Theme, kind: Literal["png", "svg"]
) -> bytes:
    """Draw rows of equally many plots as one image, the same each time; `size` is that of all, in inches.

    All plots share their x-axis, and those of a row their y-axis.

    Raises:
        ConfigurationError: The extra `report` is not installed.
    """
    try:
        import seaborn as sns
        from cycler import cycler
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ImportError:
        raise ConfigurationError("the report needs its extra: .venv/bin/pip install -e '.[report]'") from None
    style: Any = {
        **sns.axes_style("whitegrid"),
        **dict.fromkeys(("text.color", "axes.labelcolor", "xtick.color", "ytick.color", "axes.titlecolor"), theme.ink),
        **dict.fromkeys(("axes.edgecolor", "grid.color"), theme.grid),
        **dict.fromkeys(("axes.facecolor", "figure.facecolor", "legend.facecolor"), "none"),
        "axes.prop_cycle": cycler(color=theme.colours),
        "legend.framealpha": 0.0,
        "font.size": 10,
        "patch.linewidth": 0,
        "svg.hashsalt": "",
    }
    with rc_context(style):
        figure = Figure(figsize=size, layout="constrained")
        shape = len(rows), len(rows[0])
        for draws, of_row in zip(rows, figure.subplots(*shape, squeeze=False, sharex=True, sharey="row"), strict=True):
            for draw, axes in zip(draws, of_row, strict=True):
                draw(axes)
        out = io.BytesIO()
        figure.savefig(out, format=kind, dpi=DPI, transparent=True, metadata={"Date": None} if kind == "svg" else None)
    return out.getvalue()


def distribution(dataset: Dataset) -> Draw:
    """Plot the number of ratings of each number of stars."""
    stars, counts = np.unique(dataset.ratings.stars, return_counts=True)

    def draw(axes: Axes) -> None:
        axes.bar([f"{value:g}" for value in stars], counts)
        axes.set(xlabel="stars", ylabel="ratings")

    return draw


def long_tail(dataset: Dataset) -> Draw:
    """Plot the number of ratings of the movies, the most rated first."""
    counts = np.sort(np.unique(dataset.ratings.movie_ids, return_counts=True)[1])[::-1]

    def draw(axes: Axes) -> None:
        axes.plot(np.arange(1, len(counts) + 1), counts)
        axes.fill_between(np.arange(1, len(counts) + 1), counts, alpha=0.25)
        axes.set(xlabel="movie, the most rated first", ylabel="ratings", xlim=(1, len(counts)), ylim=(0, None))

    return draw


def over_time(dataset: Dataset) -> Draw:
    """Plot the number of ratings of each month."""
    months, counts = np.unique(
        dataset.ratings.timestamps.astype("datetime64[s]").astype("datetime64[M]"), return_counts=True
    )

    def draw(axes: Axes) -> None:
        axes.plot(months.astype("datetime64[D]"), counts)
        axes.set(ylabel="ratings a month", ylim=(0, None))
        axes.tick_params(axis="x", rotation=30)

    return draw


def sparsity(dataset: Dataset) -> Draw:
    """Plot which of the most active users rated which of the most rated movies."""
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
    measured: Curve,
    *,
    x: str,
    y: str,
    names: Mapping[str, str] | None = None,
    logarithmic: bool = False,
    ticks: bool = True,
) -> Draw:
    """Plot the series of `names`, which has their labels, or all series. A constant series is dashed."""
    shown = names or {name: name for name in measured.series}

    def draw(axes: Axes) -> None:
        for marker, (name, label) in zip(MARKERS, shown.items(), strict=False):
            values = measured.series[name]
            constant = len(set(values)) == 1
            style: Any = {"linestyle": "--"} if constant else {"marker": marker}
            axes.plot(measured.x, values, label=label, **style)
        if measured.served is not None:
            axes.axvline(measured.served, color=NEUTRAL, linestyle=":", label=f"served: {measured.served:g}")
        axes.set(xlabel=x, ylabel=y)
        if logarithmic:
            axes.set_xscale("log")
        if ticks:
            axes.set_xticks(measured.x, [f"{value:g}" for value in measured.x])
            axes.minorticks_off()
        if shown:
            axes.legend(fontsize=9)

    return draw


def trade_off(measured: Curve, first: str, second: str, *, x: str, y: str) -> Draw:
    """Plot one series against another, the points labelled with their x; a ring marks the served one."""

    def draw(axes: Axes) -> None:
        across, up = np.array(measured.series[first]), np.array(measured.series[second])
        axes.plot(across, up, marker="o")
        if measured.served is not None:
            at = measured.x.index(measured.served)
            axes.plot(
                across[at],
                up[at],
                "o",
                markersize=13,
                fillstyle="none",
                color=NEUTRAL,
                label=f"served: {measured.served:g}",
            )
            axes.legend(fontsize=9)
        spans = np.ptp(across) or 1.0, np.ptp(up) or 1.0
        offset = (2, 6) if up[-1] < up[0] else (5, -15)  # away from the line
        last: tuple[float, float] | None = None
        for value, at_x, at_y in zip(measured.x, across.tolist(), up.tolist(), strict=True):
            if last and max(abs(at_x - last[0]) / spans[0], abs(at_y - last[1]) / spans[1]) < NEAR:
                continue
            last = at_x, at_y
            axes.annotate(f"{value:g}", last, textcoords="offset points", xytext=offset, fontsize=9)
        axes.margins(0.12)
        axes.locator_params(axis="x", nbins=6)
        axes.set(xlabel=x, ylabel=y)

    return draw


def bars(results: Results, metric: str, *, x: str) -> Draw:
    """Plot a metric of each model as bars with intervals, one with any rating relevant and one with liked ones."""
    names = [result["model"] for result in results]
    places = np.arange(len(names))

    def draw(axes: Axes) -> None:
        for shift, label, path in ((-0.2, "any rating", (metric,)), (0.2, "liked", ("liked", metric))):
            values = np.array([figure_at(result, path) for result in results], np.float64)
            low, high = np.array([interval_at(result, path) or (NAN, NAN) for result in results]).T
            axes.barh(places + shift, values, height=0.38, label=label)
            distances = np.maximum([values - low, high - values], 0)
            axes.errorbar(values, places + shift, xerr=distances, fmt="none", ecolor=NEUTRAL, capsize=2, linewidth=1)
        axes.set_yticks(places, names)
        axes.invert_yaxis()
        axes.set(xlabel=x)
        axes.grid(visible=False, axis="y")
        axes.legend(fontsize=9)

    return draw


def movie_map(places: np.ndarray[Any, Any], genres: list[str]) -> Draw:
    """Plot movies at their places (n, 2), coloured by genre; the less common genres share a colour."""
    names, counts = np.unique(genres, return_counts=True)
    common = names[np.argsort(-counts)][: len(MARKERS)].tolist()

    def draw(axes: Axes) -> None:
        for marker, name in zip([*MARKERS, "."], [*common, "other"], strict=False):
            of_genre = np.array([(genre if genre in common else "other") == name for genre in genres])
            colour = NEUTRAL if name == "other" else None
            x, y = places[of_genre].T
            axes.scatter(x, y, s=10, marker=marker, alpha=0.8, linewidths=0, label=name, color=colour)
        axes.set(xticks=[], yticks=[])
        axes.legend(markerscale=2, fontsize=9, loc="upper center", bbox_to_anchor=(0.5, 0), ncols=4, columnspacing=1)

    return draw
