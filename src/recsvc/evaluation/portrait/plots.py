"""The plots of the page, each drawn once for light and once for dark."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from recsvc.datasets.tables import Dataset
from recsvc.errors import ConfigurationError
from recsvc.evaluation.portrait.curves import Curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Draw = Callable[["Axes"], None]
THEMES = {"light": ("#1b1f24", "#d0d7de"), "dark": ("#e6edf3", "#3d444d")}
COLOURS = ("#2f81f7", "#e5534b", "#3fb950", "#d29922", "#a371f7", "#39c5cf")


def picture(draw: Draw, *, alt: str, size: tuple[float, float] = (6.4, 3.4)) -> str:
    """Draw twice and return a `<picture>` that follows the reader's colour scheme, images and all within it.

    Raises:
        ConfigurationError: the extra `report` is not installed.
    """
    light, dark = (_image(draw, size, *THEMES[theme]) for theme in ("light", "dark"))
    return (
        f'<picture><source media="(prefers-color-scheme: dark)" srcset="{dark}">'
        f'<img src="{light}" alt="{alt}" loading="lazy"></picture>'
    )


def _image(draw: Draw, size: tuple[float, float], ink: str, grid: str) -> str:
    try:
        import seaborn as sns
        from cycler import cycler
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ImportError:
        raise ConfigurationError("the report needs its extra: pip install 'recsvc[report]'") from None
    style: Any = {
        **sns.axes_style("whitegrid"),
        **dict.fromkeys(("text.color", "axes.labelcolor", "xtick.color", "ytick.color", "axes.titlecolor"), ink),
        **dict.fromkeys(("axes.edgecolor", "grid.color"), grid),
        **dict.fromkeys(("axes.facecolor", "figure.facecolor", "legend.facecolor"), "none"),
        "axes.prop_cycle": cycler(color=COLOURS),
        "legend.framealpha": 0.0,
        "font.size": 10,
    }
    with rc_context(style):
        figure = Figure(figsize=size, layout="constrained")
        draw(figure.add_subplot())
        out = io.BytesIO()
        figure.savefig(out, format="png", dpi=144, transparent=True)
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


def distribution(dataset: Dataset) -> Draw:
    """How many ratings there are of each number of stars."""
    stars, counts = np.unique(dataset.ratings.stars, return_counts=True)

    def draw(axes: Axes) -> None:
        axes.bar([f"{value:g}" for value in stars], counts)
        axes.set(xlabel="stars", ylabel="ratings")

    return draw


def long_tail(dataset: Dataset) -> Draw:
    """How many ratings films have, the most rated first."""
    counts = np.sort(np.unique(dataset.ratings.movie_ids, return_counts=True)[1])[::-1]

    def draw(axes: Axes) -> None:
        axes.plot(np.arange(1, len(counts) + 1), counts)
        axes.fill_between(np.arange(1, len(counts) + 1), counts, alpha=0.25)
        axes.set(xlabel="film, the most rated first", ylabel="ratings", xlim=(1, len(counts)), ylim=(0, None))

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
    """Which of the most active people rated which of the most rated films."""
    ratings = dataset.ratings
    films, film_of = np.unique(ratings.movie_ids, return_inverse=True)
    people = np.argsort(-np.bincount(ratings.users, minlength=len(ratings.user_labels)), kind="stable")[:300]
    most = np.argsort(-np.bincount(film_of, minlength=len(films)), kind="stable")[:600]
    cells = np.zeros((len(ratings.user_labels), len(films)), np.bool_)
    cells[ratings.users, film_of] = True

    def draw(axes: Axes) -> None:
        y, x = np.nonzero(cells[np.ix_(people, most)])
        axes.scatter(x, y, s=0.4, linewidths=0)
        axes.set(xlabel="film, the most rated first", ylabel="person, the most active first")
        axes.invert_yaxis()

    return draw


def curve(held: Curve, *, x: str, y: str, logarithmic: bool = False) -> Draw:
    """One line a series."""

    def draw(axes: Axes) -> None:
        for name, values in held.series.items():
            axes.plot(held.x, values, marker="o", label=name)
        axes.set(xlabel=x, ylabel=y)
        if logarithmic:
            axes.set_xscale("log")
            axes.set_xticks(held.x, [f"{value:g}" for value in held.x])
            axes.minorticks_off()
        axes.legend()

    return draw


def trade(held: Curve, first: str, second: str) -> Draw:
    """One series against another, the points marked with x."""

    def draw(axes: Axes) -> None:
        across, up = held.series[first], held.series[second]
        axes.plot(across, up, marker="o")
        for value, at_x, at_y in zip(held.x, across, up, strict=True):
            axes.annotate(f"{value:g}", (at_x, at_y), textcoords="offset points", xytext=(5, 5), fontsize=8)
        axes.set(xlabel=first.replace("_", " "), ylabel=second)

    return draw


def film_map(places: np.ndarray[Any, Any], genres: list[str]) -> Draw:
    """Films at their places (n, 2), coloured by genre; the rarer genres together."""
    names, counts = np.unique(genres, return_counts=True)
    common = names[np.argsort(-counts)][: len(COLOURS)].tolist()

    def draw(axes: Axes) -> None:
        for name in [*common, "other"]:
            here = np.array([(genre if genre in common else "other") == name for genre in genres])
            colour = "#8b949e" if name == "other" else None
            axes.scatter(places[here, 0], places[here, 1], s=9, alpha=0.75, linewidths=0, label=name, color=colour)
        axes.set(xticks=[], yticks=[])
        axes.legend(markerscale=2, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))

    return draw
