"""What was measured as JSON, and the same as one table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from recsvc.evaluation.metrics.bootstrap import Interval
from recsvc.evaluation.protocols.folds import StarsResult
from recsvc.evaluation.protocols.protocol import Result
from recsvc.evaluation.protocols.similarity import SimilarityResult

Json: TypeAlias = dict[str, Any]
Numbers: TypeAlias = Mapping[str, float]


def ranking_results(results: Mapping[str, Sequence[Result]]) -> list[Json]:
    """One entry a model: the figures of the first seed, their intervals, and the mean of all seeds."""
    return [
        {
            "model": name,
            "users": of_seeds[0].users,
            "fit_seconds": round(of_seeds[0].fit_seconds, 3),
            **_plain(of_seeds[0].metrics),
            "liked": _plain(of_seeds[0].metrics_liked),
            "intervals": {**_ends(of_seeds[0].intervals), "liked": _ends(of_seeds[0].intervals_liked)},
            "beyond_accuracy": _plain(of_seeds[0].beyond),
            "mean_of_seeds": {
                "seeds": [result.seed for result in of_seeds],
                **_mean([result.metrics for result in of_seeds]),
                "liked": _mean([result.metrics_liked for result in of_seeds]),
                "beyond_accuracy": _mean([result.beyond for result in of_seeds]),
            },
        }
        for name, of_seeds in results.items()
    ]


def stars_results(results: Mapping[str, Sequence[StarsResult]]) -> list[Json]:
    """The same for predicted stars; `not_predicted` counts the predictions that were not the model's own."""
    return [
        {
            "model": name,
            "users": of_seeds[0].users,
            "ratings": of_seeds[0].ratings,
            "not_predicted": of_seeds[0].not_predicted,
            "fit_seconds": round(of_seeds[0].fit_seconds, 3),
            **_plain(of_seeds[0].metrics),
            "liked": _plain(of_seeds[0].metrics_liked),
            "intervals": {**_ends(of_seeds[0].intervals), "liked": _ends(of_seeds[0].intervals_liked)},
            "folds": [_plain(fold) for fold in of_seeds[0].per_fold],
            "mean_of_seeds": {
                "seeds": [result.seed for result in of_seeds],
                **_mean([result.metrics for result in of_seeds]),
                "liked": _mean([result.metrics_liked for result in of_seeds]),
            },
        }
        for name, of_seeds in results.items()
    ]


def similarity_results(results: Sequence[SimilarityResult], seeds: Sequence[int]) -> list[Json]:
    """One entry a model, with its difference to every other in `against`, and the mean of all seeds."""
    return [
        {
            "model": result.model,
            "pairs": len(result.pairs),
            "pairs_ok": int(result.pairs.fit.sum()),
            "pairs_asked": result.pairs.asked,
            "not_predicted": result.not_predicted,
            "fit_seconds": round(result.fit_seconds, 3),
            "auc": result.auc,
            "intervals": _ends({"auc": result.interval}),
            "against": {
                other: {"difference": one.value, "interval": [one.interval.low, one.interval.high]}
                for other, one in result.against.items()
            },
            "mean_of_seeds": {"seeds": list(seeds), **_mean([{"auc": area} for area in result.aucs])},
        }
        for result in results
    ]


class Figure(NamedTuple):
    """A column of the table: its heading, where the number stands in an entry, and how it is written.

    Those that are not `brief` stand in the full table only.
    """

    heading: str
    path: tuple[str, ...]
    digits: int = 4
    interval: bool = False
    brief: bool = True


_RANKING = (
    Figure("nDCG@10", ("ndcg@10",), interval=True),
    Figure("P@10", ("precision@10",)),
    Figure("R@10", ("recall@10",)),
    Figure("MAP@10", ("map@10",)),
    Figure("MRR@10", ("mrr@10",), brief=False),
    Figure("hits@10", ("hit_rate@10",)),
    Figure("liked nDCG@10", ("liked", "ndcg@10"), interval=True),
    Figure("liked P@10", ("liked", "precision@10"), brief=False),
    Figure("liked R@10", ("liked", "recall@10"), brief=False),
    Figure("liked MAP@10", ("liked", "map@10"), brief=False),
    Figure("liked MRR@10", ("liked", "mrr@10"), brief=False),
    Figure("liked hits@10", ("liked", "hit_rate@10"), brief=False),
    Figure("cover", ("beyond_accuracy", "coverage@10"), 3),
    Figure("novel", ("beyond_accuracy", "novelty"), 2),
    Figure("divers", ("beyond_accuracy", "diversity"), 3),
    Figure("lift", ("beyond_accuracy", "popularity_lift"), 2),
    Figure("tail", ("beyond_accuracy", "long_tail"), 4),
    Figure("fit (s)", ("fit_seconds",), 2),
)
_SEEDS = (
    Figure("seeds nDCG@10", ("mean_of_seeds", "ndcg@10")),
    Figure("seeds liked nDCG@10", ("mean_of_seeds", "liked", "ndcg@10")),
)
_FOLDS = (
    Figure("RMSE", ("rmse",), interval=True),
    Figure("MAE", ("mae",), interval=True),
    Figure("liked RMSE", ("liked", "rmse"), interval=True),
    Figure("liked MAE", ("liked", "mae")),
    Figure("not the model's own", ("not_predicted",), 0),
    Figure("fit (s)", ("fit_seconds",), 2),
)
_FOLDS_SEEDS = (
    Figure("seeds RMSE", ("mean_of_seeds", "rmse")),
    Figure("seeds MAE", ("mean_of_seeds", "mae")),
)
_SIMILARITY = (
    Figure("AUC", ("auc",), interval=True),
    Figure("against plain-sum", ("against", "plain-sum", "difference"), interval=True),
    Figure("nothing said", ("not_predicted",), 0),
    Figure("fit (s)", ("fit_seconds",), 2),
)
_SIMILARITY_SEEDS = (Figure("seeds AUC", ("mean_of_seeds", "auc")),)


def table_of(report: Json, *, brief: bool = False) -> tuple[list[str], list[list[str]]]:
    """The headings and the rows of a report, the model's name first; `brief` is what fits into a terminal."""
    columns, of_seeds = {"folds": (_FOLDS, _FOLDS_SEEDS), "similarity": (_SIMILARITY, _SIMILARITY_SEEDS)}.get(
        report["protocol"], (_RANKING, _SEEDS)
    )
    asked = (*columns, *of_seeds) if len(report["seeds"]) > 1 else columns
    chosen = [figure for figure in asked if figure.brief or not brief]
    rows = [[result["model"], *(_written(result, figure) for figure in chosen)] for result in report["results"]]
    return ["model", *(figure.heading for figure in chosen)], rows


def facts_of(report: Json) -> list[str]:
    """What a reader of the table has to know, line by line."""
    results = report["results"]
    first: Json = results[0] if results else {}
    facts = [f"{report['protocol']} on {report['dataset']}" + (" (simulated ratings)" if report["simulated"] else "")]
    if report["protocol"] == "similarity":
        if first:
            held, asked, fit = (first[name] for name in ("pairs", "pairs_asked", "pairs_ok"))
            facts.append(f"the catalogue holds {held} of {asked} judged pairs, {fit} are OK")
    elif first:
        facts.append(f"{first['users']:,} users; liked: only ratings of 4 stars or more count")
    if report["protocol"] == "folds":
        facts.append("the official folds u1 to u5" if report["official_folds"] else "five folds drawn from the seed")
    seeds = report["seeds"]
    facts.append(
        f"seed {seeds[0]}" + (f"; means over seeds {', '.join(str(seed) for seed in seeds)}" if len(seeds) > 1 else "")
    )
    facts.append("in brackets 95 % bootstrap intervals")
    if report["protocol"] not in {"folds", "similarity"}:
        facts.append(
            "cover: share of the movies that are in any list; novel: mean -log2 of the share of raters; "
            "divers: 1 - mean genre cosine within a list; lift: ratings of what is recommended over those of what was "
            "rated; tail: share of places for the least-rated half of liked movies"
        )
    facts.extend(f"{skipped['model']} is left out: {skipped['why']}" for skipped in report["skipped"])
    return facts


def figure_at(result: Json, path: Sequence[str]) -> float | None:
    """The number at a path of an entry, None where there is none."""
    at: Any = result
    for key in path:
        at = at.get(key) if isinstance(at, dict) else None
    return at if isinstance(at, int | float) else None


def interval_at(result: Json, path: Sequence[str]) -> tuple[float, float] | None:
    """The interval of the number at a path, None where there is none."""
    if path[0] == "against":
        at: Any = result["against"].get(path[1], {}).get("interval")
    else:
        at = result["intervals"]
        for key in path:
            at = at.get(key) if isinstance(at, dict) else None
    return None if at is None or None in at else (float(at[0]), float(at[1]))


def _written(result: Json, figure: Figure) -> str:
    value = figure_at(result, figure.path)
    if value is None:
        return "–"
    text = f"{value:.{figure.digits}f}"
    ends = interval_at(result, figure.path) if figure.interval else None
    return text if ends is None else f"{text} [{ends[0]:.3f}, {ends[1]:.3f}]"


def _plain(figures: Numbers) -> dict[str, float | None]:
    """NaN is null in JSON."""
    return {name: None if math.isnan(value) else float(value) for name, value in figures.items()}


def _mean(figures: Sequence[Numbers]) -> dict[str, float | None]:
    return _plain({name: sum(one[name] for one in figures) / len(figures) for name in figures[0]})


def _ends(intervals: Mapping[str, Interval]) -> dict[str, list[float | None]]:
    return {name: [None if math.isnan(end) else float(end) for end in interval] for name, interval in intervals.items()}
