"""The model report: plots, tables and lists of one version as self-contained HTML, light and dark, for phones too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from recsvc.datasets.dataset import Dataset
from recsvc.datasets.describe import describe
from recsvc.engine.engine import EVERYTHING, Engine
from recsvc.evaluation.parallel import Job, no_progress, run_all
from recsvc.evaluation.report.baselines import baseline_models
from recsvc.evaluation.report.charts import Measurements, sections_of
from recsvc.evaluation.report.curves import Curve, diversity_curve, learning_curve, popularity_curve
from recsvc.evaluation.report.error_curves import error_curves, served_stars
from recsvc.evaluation.report.example_lists import example_users, neighbourhoods
from recsvc.evaluation.results import Json, facts_of, table_of
from recsvc.evaluation.runs import Plan, measure
from recsvc.models.hybrid import Hybrid, HybridConfig
from recsvc.templating import render

STEPS = 6
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
    progress: Callable[[str], None],
    processes: int | None = None,
) -> ModelReport:
    """Measure, draw and put together the page; `progress` is called with the name of each of the `STEPS` as it begins.

    Independent measurements run in `processes` processes, by default one for each core.
    """
    from joblib import cpu_count

    n_processes: int = processes or cpu_count()
    vocabulary, stars = engine.catalogue.vocabulary, served_stars(engine.manifest.components["stars"])
    progress("comparing models")
    baselines = baseline_models(dataset, config, stars)
    plan = Plan("ms-recommenders", (seed,), processes=n_processes)
    comparison = measure(dataset, baselines.models, plan, skipped=baselines.skipped)
    progress("measuring what ratings and variety do to lists")
    jobs = [
        Job("learning", partial(learning_curve, dataset, vocabulary, config, seed=seed)),
        Job("diversity", partial(diversity_curve, dataset, vocabulary, config, seed=seed)),
    ]
    learning, diversity = run_all(jobs, processes=n_processes, progress=no_progress)
    progress("measuring what bounding popularity costs")
    popularity = popularity_curve(dataset, vocabulary, config, seed=seed, processes=n_processes)
    progress("measuring training and validation errors")
    errors = error_curves(dataset, vocabulary, stars, seed=seed, processes=n_processes)
    progress("mapping movies")
    places, genres = _movie_map(engine, seed)
    progress("drawing")
    curves = {"learning": learning, "diversity": diversity, "popularity": popularity, **errors}
    measurements = Measurements(dataset, comparison["results"], curves, stars.kind, places, genres)
    page = render(
        TEMPLATE,
        **_version(engine, dataset),
        **_comparison(comparison, stars.kind),
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
        "numbers": _numbers(dataset, manifest.metrics),
    }


def _numbers(dataset: Dataset, metrics: Mapping[str, Any]) -> Named:
    """Return the size of the dataset, and what each model reached on the hold-out in training."""
    description = describe(dataset)
    numbers = [
        ("users, movies, ratings", f"{description.users:,}, {description.movies:,}, {description.ratings:,}"),
        ("sparsity", f"{description.sparsity:.2%} of the cells are empty"),
        ("mean rating", f"{description.mean_rating:.2f} stars"),
    ]
    for model, figures in metrics.items():
        if isinstance(figures, dict):
            values = ", ".join(f"{METRIC_NAMES.get(name, name)} {value:.4f}" for name, value in figures.items())
            numbers.append((f"{model} on the hold-out", values))
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


def _movie_map(engine: Engine, seed: int) -> tuple[NDArray[np.float64], list[str]]:
    """Place the most rated movies by t-SNE of their collaborative similarity; return the places (n, 2) and genres."""
    from sklearn.manifold import TSNE

    rows = engine.most_rated(EVERYTHING)[:MAPPED_MOVIES]
    similarity = np.stack([engine.collaborative_similarity(int(row))[rows] for row in rows])
    distances = np.maximum(1 - np.nan_to_num((similarity + similarity.T) / 2), 0)
    np.fill_diagonal(distances, 0)
    perplexity = min(30.0, (len(rows) - 1) / 3)
    model = TSNE(metric="precomputed", init="random", perplexity=perplexity, random_state=seed)
    return model.fit_transform(distances), [(movie.genres or ("other",))[0] for movie in engine.movies(rows)]
