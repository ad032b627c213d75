"""Which plots are on the page, in which section, and what is said of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from recsvc.datasets.tables import Dataset
from recsvc.evaluation.report import plots
from recsvc.evaluation.report.curves import DRAWS, FOLDED_IN, LIKED, Curve
from recsvc.evaluation.report.error_curves import AXES, REGULARISATION, SIZE, TRAINING
from recsvc.evaluation.report.plots import SIZE as PICTURE
from recsvc.evaluation.report.plots import Draw, Results

BAR = 0.36
"""How high a model's bars are, in inches."""


class Chart(NamedTuple):
    """A plot with its title, what is written below it, and its size in inches."""

    title: str
    draw: Draw
    caption: str
    size: tuple[float, float] = PICTURE


@dataclass(frozen=True, slots=True)
class Measured:
    """All that is drawn: the results of the models, the curves by their names, and the map's places and genres."""

    dataset: Dataset
    results: Results
    curves: Mapping[str, Curve]
    star_model: str
    places: np.ndarray[Any, Any]
    genres: list[str]


def charts(held: Measured) -> dict[str, list[Chart]]:
    """The charts of each section by its heading."""
    return {
        "The models in bars": [_models(held.results)],
        "The data": _data(held.dataset),
        "The lists": [*_learning(held.curves["learning"]), *_trades(held.curves)],
        f"Predicted stars: {held.star_model}": _errors(held.curves, held.star_model),
        "A map of movies": [
            Chart(
                "The most rated movies",
                plots.movie_map(held.places, held.genres),
                "t-SNE of how alike the collaborative model finds them, by first genre; only who is near whom counts.",
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
        (PICTURE[0], BAR * len(results) + 0.8),
    )


def _learning(learning: Curve) -> list[Chart]:
    any_rating = {name: name for name in learning.series if not name.startswith(LIKED)}
    liked = {name: name.removeprefix(LIKED) for name in learning.series if name.startswith(LIKED)}
    return [
        Chart(
            "What each rating adds: any rating",
            plots.curve(learning, names=any_rating, x="ratings folded in", y="nDCG@10"),
            f"Users whom training never saw, {DRAWS} draws each of which {FOLDED_IN[-1]} ratings may be folded in. At "
            "every point the same movies are candidates and the same are to be found. Dashed: one list for everyone.",
        ),
        Chart(
            "What each rating adds: liked movies",
            plots.curve(learning, names=liked, x="ratings folded in", y="nDCG@10"),
            "The same, but only ratings of 4 stars or more are to be found, by those who have any left.",
        ),
    ]


def _trades(curves: Mapping[str, Curve]) -> list[Chart]:
    return [
        Chart(
            "Relevance and variety",
            plots.trade(curves["diversity"], "variety", "ndcg@10", x="variety", y="nDCG@10"),
            "The points are values of the parameter diversity, of which 0 is the default. Variety is 1 minus the mean "
            "cosine of the genres of two movies of a list; lists are made varied by the likeness of content.",
        ),
        Chart(
            "Relevance and fame",
            plots.trade(curves["popularity"], "popularity_lift", "ndcg@10", x="popularity lift", y="nDCG@10"),
            "The points are values of popularity in the configuration. The lift is how many ratings the movies of a "
            "list have for each one that the movies someone rated have.",
        ),
    ]


def _errors(curves: Mapping[str, Curve], kind: str) -> list[Chart]:
    axes = AXES[kind]
    titles = {
        TRAINING: (
            "Errors as it learns",
            f"{kind} predicts the stars that are served. Training: what it learned from; validation: the last quarter.",
        ),
        REGULARISATION: (
            "Errors by regularisation",
            "Where the two lines part, it learns by heart; where both are high, it is held back too much.",
        ),
        SIZE: ("Errors by the number of factors", "More factors only help as long as validation falls."),
    }
    return [
        Chart(
            title,
            plots.curve(curves[name], x=axes[name].label, y="RMSE in stars", logarithmic=True),
            f"{caption} {axes[name].note}".strip(),
        )
        for name, (title, caption) in titles.items()
    ]
