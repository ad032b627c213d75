"""The page: plots, tables and lists of one version as self-contained HTML, light and dark, readable on a phone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from html import escape
from typing import NamedTuple

import numpy as np

from recsvc.datasets.describe import describe
from recsvc.datasets.tables import Dataset
from recsvc.engine.answer import User
from recsvc.engine.engine import EVERYTHING, NO_ROWS, Engine
from recsvc.engine.query import Query
from recsvc.evaluation.parallel import Job, run_all, silent
from recsvc.evaluation.report.baselines import rivals
from recsvc.evaluation.report.charts import Chart, Measured, charts
from recsvc.evaluation.report.curves import Curve, diversity_curve, learning_curve, popularity_curve
from recsvc.evaluation.report.error_curves import StarModel, error_curves, served_stars
from recsvc.evaluation.report.plots import picture
from recsvc.evaluation.results import Json, facts_of, table_of
from recsvc.evaluation.runs import Plan, measure
from recsvc.features.interactions import interactions_of
from recsvc.models.hybrid import Hybrid, HybridConfig
from recsvc.types import Movie

STEPS = 6
USERS = 5
MOVIES = 10
SHOWN = 8
MAPPED = 800
CHOSEN = " class='served'"
NAMES = {"ndcg@10": "nDCG@10", "map@10": "MAP@10", "mrr@10": "MRR@10", "hit_rate@10": "hits@10"}
STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #59636e; --paper: #fff; --line: #d0d7de; --card: #f6f8fa; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --soft: #9198a1; --paper: #0d1117; --line: #3d444d; --card: #151b23; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 1.5rem 1rem 4rem; font: 1rem/1.5 system-ui, sans-serif;
  color: var(--ink); background: var(--paper); overflow-wrap: break-word; }
h1 { font-size: 1.6rem; margin: 0 0 .2rem; } h2 { font-size: 1.2rem; margin: 2.5rem 0 .6rem; }
h3 { font-size: 1rem; margin: 0 0 .4rem; } p { margin: .3rem 0; color: var(--soft); }
.notice { border-left: 4px solid #d29922; padding: .4rem .8rem; background: var(--card); color: var(--ink); }
.grid { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); }
.pairs { grid-template-columns: repeat(auto-fit, minmax(min(30rem, 100%), 1fr)); }
figure, .card { margin: 0; padding: .9rem; border: 1px solid var(--line); border-radius: .6rem;
  background: var(--card); min-width: 0; }
figcaption { font-size: .9rem; color: var(--soft); margin-top: .4rem; }
img { width: 100%; max-width: 34rem; height: auto; display: block; margin: 0 auto; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .3rem .45rem; border-bottom: 1px solid var(--line); font-size: .88rem;
  white-space: nowrap; }
thead th { color: var(--soft); font-weight: 600; }
tr > :first-child { text-align: left; position: sticky; left: 0; background: var(--paper); padding-left: 0; }
tbody th { font-weight: 400; } .served > * { font-weight: 700; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: 0; }
dt { font-weight: 600; } dd { margin: 0; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .5rem; } }
ul { color: var(--soft); padding-left: 1.2rem; font-size: .9rem; }
ol { margin: 0; padding-left: 1.6rem; } li { font-size: .92rem; } small { color: var(--soft); }
.two { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(12rem, 100%), 1fr)); }
"""


class Portrait(NamedTuple):
    """The page as HTML, and the curves that are drawn on it by their names."""

    page: str
    curves: Mapping[str, Curve]


def render(
    engine: Engine,
    dataset: Dataset,
    config: HybridConfig,
    *,
    seed: int,
    progress: Callable[[str], None],
    processes: int | None = None,
) -> Portrait:
    """Measure, draw and put together the page; `progress` is told the name of each of the `STEPS` as it begins.

    What can be is measured in `processes` at once, by default one for each core.
    """
    from joblib import cpu_count

    at_once: int = processes or cpu_count()
    vocabulary, stars = engine.catalogue.vocabulary, served_stars(engine.manifest.components["stars"])
    progress("comparing models")
    compared_models = rivals(dataset, config, stars)
    plan = Plan("ms-recommenders", (seed,), processes=at_once)
    compared = measure(dataset, compared_models.models, plan, skipped=compared_models.skipped)
    progress("measuring what ratings and variety do to lists")
    jobs = [
        Job("learning", partial(learning_curve, dataset, vocabulary, config, seed=seed)),
        Job("diversity", partial(diversity_curve, dataset, vocabulary, config, seed=seed)),
    ]
    learning, variety = run_all(jobs, processes=at_once, progress=silent)
    progress("measuring what bounding popularity costs")
    bounded = popularity_curve(dataset, vocabulary, config, seed=seed, processes=at_once)
    progress("measuring training and validation errors")
    errors = error_curves(dataset, vocabulary, stars, seed=seed, processes=at_once)
    progress("mapping movies")
    places, genres = _map(engine, seed)
    progress("drawing")
    curves = {"learning": learning, "diversity": variety, "popularity": bounded, **errors}
    sections = charts(Measured(dataset, compared["results"], curves, stars.kind, places, genres))
    return Portrait(_page(engine, dataset, compared, sections, stars, seed), curves)


def _page(
    engine: Engine,
    dataset: Dataset,
    compared: Json,
    sections: Mapping[str, Sequence[Chart]],
    stars: StarModel,
    seed: int,
) -> str:
    held = engine.manifest
    name = escape(held.dataset.name)
    notice = f'<p class="notice">{escape(held.dataset.notice)}</p>' if held.dataset.notice else ""
    figures = "".join(
        f"<h2>{heading}</h2><div class='grid{'' if len(of_section) % 3 == 0 else ' pairs'}'>"
        f"{''.join(_figure(chart) for chart in of_section)}</div>"
        for heading, of_section in sections.items()
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Report on {name}, {held.version}</title><style>{STYLE}</style></head><body>"
        f"<h1>Report on {name}</h1>"
        f"<p>Version {held.version}, trained on {held.created_at:%d %B %Y, %H:%M} UTC</p>{notice}"
        f"<h2>In numbers</h2>{_numbers(engine, dataset)}"
        f"<h2>The models</h2>{_compared(compared, stars.kind)}{figures}"
        f"<h2>Five users: what they rated, what they get</h2><div class='grid'>{_users(engine, dataset, seed)}</div>"
        f"<h2>Ten movies and their neighbours</h2><div class='grid'>{_neighbours(engine)}</div></body></html>\n"
    )


def _figure(chart: Chart) -> str:
    return (
        f"<figure><h3>{chart.title}</h3>{picture(chart.draw, alt=chart.title, size=chart.size)}"
        f"<figcaption>{chart.caption}</figcaption></figure>"
    )


def _numbers(engine: Engine, dataset: Dataset) -> str:
    held = describe(dataset)
    rows = [
        ("users, movies, ratings", f"{held.users:,}, {held.movies:,}, {held.ratings:,}"),
        ("sparsity", f"{held.sparsity:.2%} of the cells are empty"),
        ("mean rating", f"{held.mean_rating:.2f} stars"),
    ]
    for model, reached in engine.manifest.metrics.items():
        if isinstance(reached, dict):
            figures = ", ".join(f"{NAMES.get(name, name)} {value:.4f}" for name, value in reached.items())
            rows.append((f"{model} on the hold-out", figures))
    return f"<dl>{''.join(f'<dt>{escape(name)}</dt><dd>{escape(value)}</dd>' for name, value in rows)}</dl>"


def _compared(report: Json, star_model: str) -> str:
    """The table of models with their intervals; the one that makes the lists stands out."""
    headings, rows = table_of(report, brief=True)
    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in headings)
    body = "".join(
        f"<tr{CHOSEN if kind == Hybrid.kind else ''}><th scope='row'>{escape(kind)}</th>"
        f"{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
        for kind, *cells in rows
    )
    facts = [
        f"{Hybrid.kind} makes the lists that are served, {star_model} predicts the stars that stand beside them",
        "learned from: three quarters of each movie's ratings; to be found: the others",
        *facts_of(report),
    ]
    return (
        "<div class='wide' tabindex='0' role='region' aria-label='The models'>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        f"<ul>{''.join(f'<li>{escape(fact)}</li>' for fact in facts)}</ul>"
    )


def _map(engine: Engine, seed: int) -> tuple[np.ndarray[tuple[int, int], np.dtype[np.float64]], list[str]]:
    """Places (n, 2) of the most rated movies, by t-SNE of how alike the collaborative model finds them; genres."""
    from sklearn.manifold import TSNE

    rows = engine.most_rated(EVERYTHING)[:MAPPED]
    alike = np.stack([engine.alike(int(row))[rows] for row in rows])
    distances = np.maximum(1 - np.nan_to_num((alike + alike.T) / 2), 0)
    np.fill_diagonal(distances, 0)
    perplexity = min(30.0, (len(rows) - 1) / 3)
    model = TSNE(metric="precomputed", init="random", perplexity=perplexity, random_state=seed)
    return model.fit_transform(distances), [(movie.genres or ("other",))[0] for movie in engine.movies(rows)]


def _movies(movies: Sequence[tuple[Movie, str]]) -> str:
    return (
        "<ol>" + "".join(f"<li>{_title(movie)} <small>{escape(note)}</small></li>" for movie, note in movies) + "</ol>"
    )


def _title(movie: Movie) -> str:
    return escape(movie.title) + (f" <small>({movie.year})</small>" if movie.year else "")


def _users(engine: Engine, dataset: Dataset, seed: int) -> str:
    interactions = interactions_of(dataset.ratings, engine.catalogue.vocabulary)
    active = np.flatnonzero(np.diff(interactions.starts) >= SHOWN)
    chosen = np.random.default_rng(seed).choice(active, min(USERS, len(active)), replace=False)
    cards = []
    for user in chosen.tolist():
        taste = interactions.taste(user)
        best = np.argsort(-taste.stars, kind="stable")[:SHOWN]
        rated = [
            (movie, f"{stars:g} stars")
            for movie, stars in zip(engine.movies(taste.rows[best]), taste.stars[best].tolist(), strict=True)
        ]
        answer = engine.recommend(User(taste, NO_ROWS), Query(k=SHOWN))
        given = [
            (item.movie, _reasons([reason.movie.title for reason in item.why.because[:2]]))
            for item in answer.items
            if item.why
        ]
        cards.append(
            f"<div class='card'><h3>User {escape(dataset.ratings.user_labels[user])}</h3><div class='two'>"
            f"<div><p>rated {len(taste)} movies, the best:</p>{_movies(rated)}</div>"
            f"<div><p>gets:</p>{_movies(given)}</div></div></div>"
        )
    return "".join(cards)


def _reasons(titles: Sequence[str]) -> str:
    return f"because of {', '.join(titles)}" if titles else "because many like it"


def _neighbours(engine: Engine) -> str:
    rows = engine.most_rated(EVERYTHING)[:MOVIES].tolist()
    return "".join(
        f"<div class='card'><h3>{_title(engine.catalogue.movie(row))}</h3>"
        + _movies([(one.movie, "") for one in engine.similar(row, k=SHOWN)])
        + "</div>"
        for row in rows
    )
