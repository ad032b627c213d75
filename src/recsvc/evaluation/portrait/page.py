"""The page: plots, tables and lists of one version as self-contained HTML, light and dark, readable on a phone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import NamedTuple

import numpy as np

from recsvc.datasets.describe import describe
from recsvc.datasets.tables import Dataset
from recsvc.engine.answer import Person
from recsvc.engine.engine import EVERYTHING, NO_ROWS, Engine
from recsvc.engine.query import Query
from recsvc.evaluation.portrait import plots
from recsvc.evaluation.portrait.curves import Curve, diversity_curve, error_curves, learning_curve, popularity_curve
from recsvc.evaluation.report import Json, facts_of, table_of
from recsvc.evaluation.runs import Plan, measure
from recsvc.features.interactions import interactions_of
from recsvc.models.catalogue import model_class
from recsvc.models.hybrid import Hybrid, HybridConfig
from recsvc.types import Movie

STEPS = 7
COMPARED = ("popularity", "content", "ease", "spectral", "collaborative", "hybrid")
PEOPLE = 5
FILMS = 10
SHOWN = 8
MAPPED = 800
STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #59636e; --paper: #fff; --line: #d0d7de; --card: #f6f8fa; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --soft: #9198a1; --paper: #0d1117; --line: #3d444d; --card: #151b23; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem 1rem 4rem; font: 1rem/1.5 system-ui, sans-serif;
  color: var(--ink); background: var(--paper); }
h1 { font-size: 1.6rem; margin: 0 0 .2rem; } h2 { font-size: 1.2rem; margin: 2.5rem 0 .6rem; }
h3 { font-size: 1rem; margin: 0 0 .4rem; } p { margin: .3rem 0; color: var(--soft); }
.notice { border-left: 4px solid #d29922; padding: .4rem .8rem; background: var(--card); color: var(--ink); }
.grid { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); }
figure, .card { margin: 0; padding: .9rem; border: 1px solid var(--line); border-radius: .6rem;
  background: var(--card); }
figcaption { font-size: .9rem; color: var(--soft); margin-top: .4rem; }
img { width: 100%; height: auto; display: block; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .3rem .7rem .3rem 0; border-bottom: 1px solid var(--line); font-size: .92rem; }
ol { margin: 0; padding-left: 1.4rem; } li { font-size: .92rem; } small { color: var(--soft); }
.two { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(12rem, 100%), 1fr)); }
"""


class Portrait(NamedTuple):
    """The page as HTML, and the curves that are drawn on it by their names."""

    page: str
    curves: Mapping[str, Curve]


def render(
    engine: Engine, dataset: Dataset, config: HybridConfig, *, seed: int, progress: Callable[[str], None]
) -> Portrait:
    """Measure, draw and put together the page; `progress` is told the name of each of the `STEPS` as it begins."""
    vocabulary = engine.catalogue.vocabulary
    progress("comparing models")
    chosen = {kind: Hybrid(config) if kind == Hybrid.kind else model_class(kind)() for kind in COMPARED}
    compared = measure(dataset, chosen, Plan("ms-recommenders", (seed,)), skipped={})
    progress("measuring how lists get better with ratings")
    learning = learning_curve(dataset, vocabulary, config, seed=seed)
    progress("measuring variety")
    variety = diversity_curve(dataset, vocabulary, config, seed=seed)
    progress("measuring what bounding popularity costs")
    bounded = popularity_curve(dataset, vocabulary, config, seed=seed)
    progress("measuring training and validation errors")
    by_epoch, by_l2 = error_curves(dataset, vocabulary, seed=seed)
    progress("mapping films")
    places, genres = _map(engine, seed)
    progress("drawing")
    charts = [
        ("Ratings by stars", plots.distribution(dataset), "How people use the scale."),
        ("The long tail", plots.long_tail(dataset), "A few films have most of the ratings."),
        (
            "Who rated what",
            plots.sparsity(dataset),
            "The 300 most active people and the 600 most rated films; white is unknown.",
        ),
        ("Ratings over time", plots.over_time(dataset), "By month."),
        (
            "Lists get better with every rating",
            plots.curve(learning, x="ratings folded in", y="nDCG@10"),
            "People whom training never saw; what is to be found is the same at every point.",
        ),
        (
            "Relevance and variety",
            plots.trade(variety, "variety", "ndcg@10"),
            "The points are values of diversity; variety is 1 minus the mean likeness of two films of a list.",
        ),
        (
            "Relevance and fame",
            plots.trade(bounded, "popularity_lift", "ndcg@10"),
            (
                "The points are values of popularity in the configuration, of which "
                f"{config.collaborative.popularity:g} is served; the lift is how many ratings the films of a list have "
                "for each one that the films someone rated have."
            ),
        ),
        (
            "Errors by epoch",
            plots.curve(by_epoch, x="epochs", y="RMSE in stars", logarithmic=True),
            "Matrix factorisation (SVD).",
        ),
        (
            "Errors by regularisation",
            plots.curve(by_l2, x="regularisation", y="RMSE in stars", logarithmic=True),
            "Where the two lines part, it learns by heart.",
        ),
        (
            "A map of films",
            plots.film_map(places, genres),
            "t-SNE of what ratings say of the most rated films, by first genre.",
        ),
    ]
    figures = "".join(
        f"<figure><h3>{title}</h3>{plots.picture(draw, alt=title)}<figcaption>{caption}</figcaption></figure>"
        for title, draw, caption in charts
    )
    held = engine.manifest
    notice = f'<p class="notice">{escape(held.dataset.notice)}</p>' if held.dataset.notice else ""
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{held.version}</title><style>{STYLE}</style></head><body>"
        f"<h1>{held.version}</h1>"
        f"<p>trained on {escape(held.dataset.name)}, {held.created_at:%d %B %Y, %H:%M} UTC</p>{notice}"
        f"<h2>In numbers</h2>{_numbers(engine, dataset)}<h2>The models</h2>{_compared(compared)}"
        f"<h2>Data and models</h2><div class='grid'>{figures}</div>"
        f"<h2>Five people: what they rated, what they get</h2><div class='grid'>{_people(engine, dataset, seed)}</div>"
        f"<h2>Ten films and their neighbours</h2><div class='grid'>{_neighbours(engine)}</div></body></html>\n"
    )
    return Portrait(
        page,
        {
            "learning": learning,
            "diversity": variety,
            "popularity": bounded,
            "errors by epoch": by_epoch,
            "errors by regularisation": by_l2,
        },
    )


def _numbers(engine: Engine, dataset: Dataset) -> str:
    held = describe(dataset)
    rows = [
        ("people, films, ratings", f"{held.users:,}, {held.movies:,}, {held.ratings:,}"),
        ("sparsity", f"{held.sparsity:.2%} of the cells are empty"),
        ("mean rating", f"{held.mean_rating:.2f} stars"),
    ]
    for model, reached in engine.manifest.metrics.items():
        if isinstance(reached, dict):
            rows.append((f"{model}, hold-out", ", ".join(f"{name} {value:.4f}" for name, value in reached.items())))
    lines = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows)
    return f"<div class='wide'><table>{lines}</table></div>"


def _compared(report: Json) -> str:
    """The table of models with their intervals."""
    headings, rows = table_of(report, brief=True)
    head = "".join(f"<th>{escape(heading)}</th>" for heading in headings)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    facts = "".join(f"<p>{escape(fact)}</p>" for fact in facts_of(report))
    return f"<div class='wide'><table><tr>{head}</tr>{body}</table></div>{facts}"


def _map(engine: Engine, seed: int) -> tuple[np.ndarray[tuple[int, int], np.dtype[np.float64]], list[str]]:
    """Places (n, 2) of the most rated films, by t-SNE of how alike the collaborative model finds them; genres."""
    from sklearn.manifold import TSNE

    rows = engine.most_rated(EVERYTHING)[:MAPPED]
    alike = np.stack([engine.alike(int(row))[rows] for row in rows])
    distances = np.maximum(1 - np.nan_to_num((alike + alike.T) / 2), 0)
    np.fill_diagonal(distances, 0)
    perplexity = min(30.0, (len(rows) - 1) / 3)
    model = TSNE(metric="precomputed", init="random", perplexity=perplexity, random_state=seed)
    return model.fit_transform(distances), [(movie.genres or ("other",))[0] for movie in engine.movies(rows)]


def _films(movies: Sequence[tuple[Movie, str]]) -> str:
    return (
        "<ol>" + "".join(f"<li>{_title(movie)} <small>{escape(note)}</small></li>" for movie, note in movies) + "</ol>"
    )


def _title(movie: Movie) -> str:
    return escape(movie.title) + (f" <small>({movie.year})</small>" if movie.year else "")


def _people(engine: Engine, dataset: Dataset, seed: int) -> str:
    interactions = interactions_of(dataset.ratings, engine.catalogue.vocabulary)
    active = np.flatnonzero(np.diff(interactions.starts) >= SHOWN)
    chosen = np.random.default_rng(seed).choice(active, min(PEOPLE, len(active)), replace=False)
    cards = []
    for person in chosen.tolist():
        taste = interactions.taste(person)
        best = np.argsort(-taste.stars, kind="stable")[:SHOWN]
        rated = [
            (movie, f"{stars:g}")
            for movie, stars in zip(engine.movies(taste.rows[best]), taste.stars[best].tolist(), strict=True)
        ]
        answer = engine.recommend(Person(taste, NO_ROWS), Query(k=SHOWN))
        given = [
            (item.movie, f"because of {', '.join(reason.movie.title for reason in item.why.because[:2])}")
            for item in answer.items
            if item.why
        ]
        cards.append(
            f"<div class='card'><h3>Person {escape(dataset.ratings.user_labels[person])}</h3><div class='two'>"
            f"<div><p>rated best of {len(taste)}</p>{_films(rated)}</div>"
            f"<div><p>gets</p>{_films(given)}</div></div></div>"
        )
    return "".join(cards)


def _neighbours(engine: Engine) -> str:
    rows = engine.most_rated(EVERYTHING)[:FILMS].tolist()
    return "".join(
        f"<div class='card'><h3>{_title(engine.catalogue.movie(row))}</h3>"
        + _films([(one.movie, "") for one in engine.similar(row, k=SHOWN)])
        + "</div>"
        for row in rows
    )
