"""The model report: plots, tables and lists of one version as self-contained HTML, light and dark, for phones too."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from recsvc.datasets.dataset import Dataset
from recsvc.datasets.describe import describe
from recsvc.engine.engine import EVERYTHING, Engine
from recsvc.evaluation.parallel import Measurement, Progress, measure_all
from recsvc.evaluation.report.baselines import baseline_models
from recsvc.evaluation.report.charts import Measurements, sections_of
from recsvc.evaluation.report.curves import Curve, diversity_curve, learning_curve, popularity_curve
from recsvc.evaluation.report.error_curves import error_curves, served_stars
from recsvc.evaluation.report.example_lists import example_users, neighbourhoods
from recsvc.evaluation.results import Json, facts_of, table_of
from recsvc.evaluation.runs import Plan, comparison
from recsvc.models.hybrid import Hybrid, HybridConfig
from recsvc.registry.manifest import Manifest
from recsvc.templating import render
from recsvc.types import Rows

MAPPED_MOVIES = 800
METRIC_NAMES = {"ndcg@10": "nDCG@10", "map@10": "MAP@10", "mrr@10": "MRR@10", "hit_rate@10": "hits@10"}
TEMPLATE = "model_report.html"

Named: TypeAlias = list[tuple[str, str]]
"""Values with their names."""


class ModelReport(NamedTuple):
    """The page as HTML, and the curves that are drawn on it by their names."""

    page: str
    curves: Mapping[str, Curve]


def make_report(
    engine: Engine,
    dataset: Dataset,
    config: HybridConfig,
    *,
    seed: int,
    progress: Progress,
    processes: int | None = None,
) -> ModelReport:
    """Measure, draw and put together the page; `progress` is called after each measurement.

    Independent measurements run in `processes` processes, by default one for each core.
    """
    from joblib import cpu_count

    vocabulary, stars = engine.catalogue.vocabulary, served_stars(engine.manifest.components["stars"])
    mapped = engine.most_rated(EVERYTHING)[:MAPPED_MOVIES]
    baselines = baseline_models(dataset, config, stars)
    plan = Plan("ms-recommenders", (seed,))
    measured = measure_all(
        {
            "comparison": comparison(dataset, baselines.models, plan, skipped=baselines.skipped),
            "errors": error_curves(dataset, vocabulary, stars, seed=seed),
            "learning": Measurement.of("learning", partial(learning_curve, dataset, vocabulary, config, seed=seed)),
            "diversity": Measurement.of("diversity", partial(diversity_curve, dataset, vocabulary, config, seed=seed)),
            "map": Measurement.of("map", partial(_places, _distances(engine, mapped), seed)),
            "popularity": popularity_curve(dataset, vocabulary, config, seed=seed),
        },
        processes=processes or cpu_count(),
        progress=progress,
    )
    curves = {name: measured[name] for name in ("learning", "diversity", "popularity")} | measured["errors"]
    genres = [(movie.genres or ("other",))[0] for movie in engine.movies(mapped)]
    compared = measured["comparison"]
    measurements = Measurements(dataset, compared["results"], curves, stars.kind, measured["map"], genres)
    page = render(
        TEMPLATE,
        **_version(engine, dataset),
        **_comparison(compared, stars.kind),
        sections=sections_of(measurements),
        users=example_users(engine, dataset, seed=seed),
        neighbourhoods=neighbourhoods(engine),
    )
    return ModelReport(page, curves)


def _version(engine: Engine, dataset: Dataset) -> dict[str, Any]:
    manifest = engine.manifest
    return {
        "dataset": manifest.dataset.name,
        "version": manifest.version,
        "trained": f"{manifest.created_at:%d %B %Y, %H:%M} UTC",
        "notice": manifest.dataset.notice,
        "numbers": _numbers(dataset, manifest),
    }


def _numbers(dataset: Dataset, manifest: Manifest) -> Named:
    """Return the size of the dataset, what each model reached on the hold-out in training, and what was searched."""
    description = describe(dataset)
    numbers = [
        ("users, movies, ratings", f"{description.users:,}, {description.movies:,}, {description.ratings:,}"),
        ("sparsity", f"{description.sparsity:.2%} of the cells are empty"),
        ("mean rating", f"{description.mean_rating:.2f} stars"),
    ]
    for model, figures in manifest.metrics.items():
        if isinstance(figures, dict):
            values = ", ".join(f"{METRIC_NAMES.get(name, name)} {value:.4f}" for name, value in figures.items())
            numbers.append((f"{model} on the hold-out", values))
    if manifest.search is not None:
        trials, chosen = manifest.search["trials"], manifest.search["chosen"]
        numbers.append(("search of settings", f"{trials} trials; the best reach {chosen['value']:.1%} of the defaults"))
        defaults = manifest.search["defaults"]["settings"]
        changed = {name: new for name, new in chosen["settings"].items() if new != defaults[name]}
        if changed:
            values = ", ".join(f"{name} {new:.3g} ({defaults[name]:.3g})" for name, new in changed.items())
            numbers.append(("settings found (defaults)", values))
    return numbers


def _comparison(report: Json, star_model: str) -> dict[str, Any]:
    """Return the table of all models, and the kind of the one that makes the served lists."""
    headings, rows = table_of(report, brief=True)
    facts = [
        f"{Hybrid.kind} makes the lists that are served, {star_model} predicts the stars that are shown with them",
        "three quarters of each movie's ratings are trained on, the others are held out",
        *facts_of(report),
    ]
    return {"headings": headings, "rows": rows, "served": Hybrid.kind, "facts": facts}


def _distances(engine: Engine, rows: Rows) -> NDArray[np.float32]:
    """Return the distances (n, n) of movies by their collaborative similarity."""
    similarity = np.stack([engine.collaborative_similarity(int(row))[rows] for row in rows])
    distances = np.maximum(1 - np.nan_to_num((similarity + similarity.T) / 2), 0)
    np.fill_diagonal(distances, 0)
    return distances


def _places(distances: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
    """Return places (n, 2) in the plane by t-SNE."""
    from sklearn.manifold import TSNE

    perplexity = min(30.0, (len(distances) - 1) / 3)
    model = TSNE(metric="precomputed", init="random", perplexity=perplexity, random_state=seed)
    places: NDArray[np.float32] = model.fit_transform(distances)
    return places
