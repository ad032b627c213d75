"""The figures of an evaluation as JSON, and that JSON as a table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from recsvc.evaluation.metrics.bootstrap import Interval
from recsvc.evaluation.protocols.folds import StarsResult
from recsvc.evaluation.protocols.ranking_protocols import RankingResult
from recsvc.evaluation.protocols.similarity import SimilarityResult

Json: TypeAlias = dict[str, Any]
Numbers: TypeAlias = Mapping[str, float]


def ranking_results(results: Mapping[str, Sequence[RankingResult]]) -> list[Json]:
    """Return one entry for each model: the figures of the first seed, their intervals, and the mean of all seeds."""
    return [
        {
            "model": name,
            "users": of_seeds[0].users,
            "fit_seconds": round(of_seeds[0].fit_seconds, 3),
            **_plain(of_seeds[0].metrics),
            "liked": _plain(of_seeds[0].metrics_liked),
            "intervals": {**_ends(of_seeds[0].intervals), "liked": _ends(of_seeds[0].intervals_liked)},
            "beyond_accuracy": _plain(of_seeds[0].beyond),
            **{
                name: {"users": group.users, **_plain(group.metrics), "liked": _plain(group.metrics_liked)}
                for name, group in of_seeds[0].by_history.items()
            },
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
    """Return the same for predicted stars; `not_predicted` counts the ratings for which the model had no score."""
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
    """Return one entry for each model, with its differences to all others in `against`, and the mean of all seeds."""
    return [
        {
            "model": result.model,
            "pairs": len(result.pairs),
            "pairs_ok": int(result.pairs.ok.sum()),
            "pairs_judged": result.pairs.n_judged,
            "not_predicted": result.not_predicted,
            "fit_seconds": round(result.fit_seconds, 3),
            "auc": result.auc,
            "intervals": _ends({"auc": result.interval}),
            "against": {
                other: {"difference": difference.value, "interval": [difference.interval.low, difference.interval.high]}
                for other, difference in result.against.items()
            },
            "mean_of_seeds": {"seeds": list(seeds), **_mean([{"auc": area} for area in result.aucs])},
        }
        for result in results
    ]


class Column(NamedTuple):
    """A column of the table: its heading, the path of its number in an entry, and its number of decimal places.

    `interval` adds the confidence interval. Columns that are not `brief` are in the full table only.
    """

    heading: str
    path: tuple[str, ...]
    digits: int = 4
    interval: bool = False
    brief: bool = True


_RANKING_COLUMNS = (
    Column("nDCG@10", ("ndcg@10",), interval=True),
    Column("P@10", ("precision@10",)),
    Column("R@10", ("recall@10",)),
    Column("MAP@10", ("map@10",)),
    Column("MRR@10", ("mrr@10",), brief=False),
    Column("hits@10", ("hit_rate@10",)),
    Column("liked nDCG@10", ("liked", "ndcg@10"), interval=True),
    Column("liked P@10", ("liked", "precision@10"), brief=False),
    Column("liked R@10", ("liked", "recall@10"), brief=False),
    Column("liked MAP@10", ("liked", "map@10"), brief=False),
    Column("liked MRR@10", ("liked", "mrr@10"), brief=False),
    Column("liked hits@10", ("liked", "hit_rate@10"), brief=False),
    Column("cover", ("beyond_accuracy", "coverage@10"), 3),
    Column("novel", ("beyond_accuracy", "novelty"), 2),
    Column("divers", ("beyond_accuracy", "diversity"), 3),
    Column("lift", ("beyond_accuracy", "popularity_lift"), 2),
    Column("tail", ("beyond_accuracy", "long_tail"), 4),
    Column("fit (s)", ("fit_seconds",), 2),
)
_HISTORY_COLUMNS = (
    Column("nDCG@10 with history", ("with_history", "ndcg@10")),
    Column("liked nDCG@10 with history", ("with_history", "liked", "ndcg@10"), brief=False),
    Column("nDCG@10 without", ("without_history", "ndcg@10"), brief=False),
)
"""Of users with ratings to fold in and of unknown users, where there are both."""
_RANKING_SEEDS = (
    Column("seeds nDCG@10", ("mean_of_seeds", "ndcg@10")),
    Column("seeds liked nDCG@10", ("mean_of_seeds", "liked", "ndcg@10")),
)
_FOLDS_COLUMNS = (
    Column("RMSE", ("rmse",), interval=True),
    Column("MAE", ("mae",), interval=True),
    Column("liked RMSE", ("liked", "rmse"), interval=True),
    Column("liked MAE", ("liked", "mae")),
    Column("not predicted", ("not_predicted",), 0),
    Column("fit (s)", ("fit_seconds",), 2),
)
_FOLDS_SEEDS = (
    Column("seeds RMSE", ("mean_of_seeds", "rmse")),
    Column("seeds MAE", ("mean_of_seeds", "mae")),
)
_SIMILARITY_SEEDS = (Column("seeds AUC", ("mean_of_seeds", "auc")),)


def _similarity_columns(references: Sequence[str]) -> tuple[Column, ...]:
    return (
        Column("AUC", ("auc",), interval=True),
        *(Column(f"against {name}", ("against", name, "difference"), interval=True) for name in references),
        Column("not predicted", ("not_predicted",), 0),
        Column("fit (s)", ("fit_seconds",), 2),
    )


def _columns(report: Json) -> tuple[tuple[Column, ...], tuple[Column, ...]]:
    """Return the columns for a report, and those that are added when it has several seeds."""
    match report["protocol"]:
        case "folds":
            return _FOLDS_COLUMNS, _FOLDS_SEEDS
        case "similarity":
            return _similarity_columns(report["references"]), _SIMILARITY_SEEDS
        case _:
            has_both = any("with_history" in result for result in report["results"])
            return _RANKING_COLUMNS + (_HISTORY_COLUMNS if has_both else ()), _RANKING_SEEDS


def table_of(report: Json, *, brief: bool = False) -> tuple[list[str], list[list[str]]]:
    """Return the headings and the rows of a report, the model's name first; `brief` is for a terminal."""
    columns, of_seeds = _columns(report)
    if len(report["seeds"]) > 1:
        columns += of_seeds
    shown = [column for column in columns if column.brief or not brief]
    rows = [[result["model"], *(_cell(result, column) for column in shown)] for result in report["results"]]
    return ["model", *(column.heading for column in shown)], rows


def facts_of(report: Json) -> list[str]:
    """Return what a reader of the table needs to know, line by line; the first line is its title."""
    results = report["results"]
    first: Json = results[0] if results else {}
    facts = [f"{report['protocol']} on {report['dataset']}" + (" (simulated ratings)" if report["simulated"] else "")]
    if report["protocol"] == "similarity":
        if first:
            found, judged, ok = (first[name] for name in ("pairs", "pairs_judged", "pairs_ok"))
            facts.append(f"the catalogue contains {found} of {judged} judged pairs, {ok} are OK")
    elif first:
        facts.append(f"{first['users']:,} users; liked: only ratings of 4 stars or more count")
        if "with_history" in first:
            with_history, without = (first[f"{name}_history"]["users"] for name in ("with", "without"))
            facts.append(f"{with_history:,} users have a history, {without:,} are unknown and get the popular movies")
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
    """Return the number at a path of an entry; None where there is none."""
    at: Any = result
    for key in path:
        at = at.get(key) if isinstance(at, dict) else None
    return at if isinstance(at, int | float) else None


def interval_at(result: Json, path: Sequence[str]) -> tuple[float, float] | None:
    """Return the interval of the number at a path of an entry; None where there is none."""
    if path[0] == "against":
        at: Any = result["against"].get(path[1], {}).get("interval")
    else:
        at = result["intervals"]
        for key in path:
            at = at.get(key) if isinstance(at, dict) else None
    return None if at is None or None in at else (float(at[0]), float(at[1]))


def _cell(result: Json, column: Column) -> str:
    value = figure_at(result, column.path)
    if value is None:
        return "–"
    text = f"{value:.{column.digits}f}"
    interval = interval_at(result, column.path) if column.interval else None
    return text if interval is None else f"{text} [{interval[0]:.3f}, {interval[1]:.3f}]"


def _plain(figures: Numbers) -> dict[str, float | None]:
    """Return figures for JSON, in which NaN is null."""
    return {name: None if math.isnan(value) else float(value) for name, value in figures.items()}


def _mean(figures: Sequence[Numbers]) -> dict[str, float | None]:
    return _plain({name: sum(of_seed[name] for of_seed in figures) / len(figures) for name in figures[0]})


def _ends(intervals: Mapping[str, Interval]) -> dict[str, list[float | None]]:
    return {name: [None if math.isnan(end) else float(end) for end in interval] for name, interval in intervals.items()}
