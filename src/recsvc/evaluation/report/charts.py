"""The plots of the model report by section, with their titles and captions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from recsvc.datasets.dataset import Dataset
from recsvc.evaluation.report import plots
from recsvc.evaluation.report.curves import DRAWS, FOLDED_IN, LIKED, Curve
from recsvc.evaluation.report.error_curves import AXES, REGULARISATION, SIZE, TRAINING
from recsvc.evaluation.report.plots import SIZE as PICTURE_SIZE
from recsvc.evaluation.report.plots import Draw, Picture, Results, picture

BAR_HEIGHT = 0.36
"""The height of the bars of a model, in inches."""


@dataclass(frozen=True, slots=True)
class Measurements:
    """What is drawn: the results of the models, the curves by their names, and the places and genres of the map."""

    dataset: Dataset
    results: Results
    curves: Mapping[str, Curve]
    star_model: str
    places: np.ndarray[Any, Any]
    genres: list[str]


class Chart(NamedTuple):
    """A plot with its title, its caption, and its size in inches."""

    title: str
    draw: Draw
    caption: str
    size: tuple[float, float] = PICTURE_SIZE


class DrawnChart(NamedTuple):
    """A drawn chart."""

    title: str
    picture: Picture
    caption: str


class Section(NamedTuple):
    """Figures under a heading."""

    heading: str
    figures: list[DrawnChart]


def sections_of(measurements: Measurements) -> list[Section]:
    """Draw all charts.

    Raises:
        ConfigurationError: The extra `report` is not installed.
    """
    return [
        Section(
            heading,
            [DrawnChart(chart.title, picture(chart.draw, size=chart.size), chart.caption) for chart in of_section],
        )
        for heading, of_section in charts(measurements).items()
    ]


def charts(measurements: Measurements) -> dict[str, list[Chart]]:
    """Return the charts of each section by its heading."""
    curves, star_model = measurements.curves, measurements.star_model
    return {
        "The models in bars": [_models(measurements.results)],
        "The data": _data(measurements.dataset),
        "The lists": [*_learning(curves["learning"]), *_trade_offs(curves)],
        f"Predicted stars: {star_model}": _errors(curves, star_model),
        "A map of movies": [
            Chart(
                "The most rated movies",
                plots.movie_map(measurements.places, measurements.genres),
                "t-SNE of the similarities of the collaborative model, coloured by first genre. Only which movies are "
                "near each other has a meaning.",
                (4.8, 4.4),
            )
        ],
    }


def _data(dataset: Dataset) -> list[Chart]:
    return [
        Chart("Ratings by stars", plots.distribution(dataset), "How users use the scale."),
        Chart("The long tail", plots.long_tail(dataset), "A few movies have most of the ratings."),
        Chart(
            "Who rated what",
            plots.sparsity(dataset),
            "The 300 most active users and the 600 most rated movies; a dot is a rating.",
        ),
        Chart("Ratings over time", plots.over_time(dataset), "By month."),
    ]


def _models(results: Results) -> Chart:
    return Chart(
        "All models",
        plots.bars(results, "ndcg@10", x="nDCG@10"),
        "The figures of the table above with their 95 % intervals.",
        (PICTURE_SIZE[0], BAR_HEIGHT * len(results) + 0.8),
    )


def _learning(learning: Curve) -> list[Chart]:
    any_rating = {name: name for name in learning.series if not name.startswith(LIKED)}
    liked = {name: name.removeprefix(LIKED) for name in learning.series if name.startswith(LIKED)}
    return [
        Chart(
            "What each rating adds: any rating",
            plots.curve(learning, names=any_rating, x="ratings folded in", y="nDCG@10"),
            f"Users who were not in training, {DRAWS} draws each of the {FOLDED_IN[-1]} ratings that are folded in. "
            "The candidates and the relevant movies are the same at every point. Dashed: one list for all users.",
        ),
        Chart(
            "What each rating adds: liked movies",
            plots.curve(learning, names=liked, x="ratings folded in", y="nDCG@10"),
            "The same, but only ratings of 4 stars or more are held out, for the users who have any.",
        ),
    ]


def _trade_offs(curves: Mapping[str, Curve]) -> list[Chart]:
    return [
        Chart(
            "Relevance and variety",
            plots.trade_off(curves["diversity"], "variety", "ndcg@10", x="variety", y="nDCG@10"),
            "The points are values of the parameter diversity, of which 0 is the default. Variety is 1 minus the mean "
            "cosine of the genres of two movies of a list; lists are diversified by the content of the movies.",
        ),
        Chart(
            "Relevance and popularity",
            plots.trade_off(curves["popularity"], "popularity_lift", "ndcg@10", x="popularity lift", y="nDCG@10"),
            "The points are values of popularity in the configuration. The lift is the mean number of ratings of the "
            "movies of a list, divided by that of the movies that the user rated.",
        ),
    ]


def _errors(curves: Mapping[str, Curve], kind: str) -> list[Chart]:
    axes = AXES[kind]
    titles = {
        TRAINING: (
            "Errors as it learns",
            (
                f"{kind} predicts the stars that are served. Training: the ratings it was trained on; validation: the "
                "held-out quarter."
            ),
        ),
        REGULARISATION: (
            "Errors by regularisation",
            "Where the two lines diverge, the model overfits; where both are high, it underfits.",
        ),
        SIZE: ("Errors by the number of factors", "More factors help only while the validation error falls."),
    }
    return [
        Chart(
            title,
            plots.curve(curves[name], x=axes[name].label, y="RMSE in stars", logarithmic=True),
            f"{caption} {axes[name].note}".strip(),
        )
        for name, (title, caption) in titles.items()
    ]
