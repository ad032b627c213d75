"""Writes the figures of README.md and of pages in docs by the commands that are named there.

The JSON of each command is kept in a folder, so that `--reuse` can write the tables again without measuring again.
README.md has timed figures, which need wrk, Chromium and a quiet machine: `--without-bench` leaves that out.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from recsvc.evaluation.report.plots import DARK, LIGHT
from recsvc.models.collaborative import CollaborativeConfig
from recsvc.research.simulation import LAST_DAYS, POLICIES
from recsvc.research.simulation_plot import simulation_svg

ROOT = Path(__file__).parent.parent
EVALUATE = "recsvc evaluate --dataset"
WITH_TEXTS = "ml-latest-small --tmdb $RECSVC_DATA_DIR/tmdb-5000"
DEFAULTS = f"{EVALUATE} ml-100k --tune off"
SMALL = f"{EVALUATE} {WITH_TEXTS} --tune off"
PAIRS = "--pairs $RECSVC_DATA_DIR/more-like-this/pairs.tsv"
RANKERS = "popularity,most-rated,content,ease,spectral,collaborative,als,hybrid"
"""The kinds that are made to rank; those that predict stars are in the table of `temporal`, and in that of `folds`."""
COMMANDS = {
    "ms-recommenders": f"{DEFAULTS} --protocol ms-recommenders --models {RANKERS} --seeds 5 --jobs 2 --json -",
    "temporal": f"{DEFAULTS} --protocol temporal --models all --jobs 2 --json -",
    "new-users": f"{DEFAULTS} --protocol new-users --models {RANKERS} --seeds 5 --jobs 2 --json -",
    "new-movies": f"{SMALL} --protocol new-movies --models all --seeds 5 --jobs 2 --json -",
    "folds": f"{EVALUATE} ml-100k --protocol folds --models all --seeds 5 --jobs 2 --json -",
    "similarity": f"{SMALL} --protocol similarity --models all --seeds 5 --jobs 2 {PAIRS} --json -",
    "texts-similarity": f"{SMALL} --protocol similarity --models content,hybrid {PAIRS} --json -",
    "texts-new-movies": f"{SMALL} --protocol new-movies --models content,hybrid --seeds 3 --jobs 2 --json -",
    "similarity-folds": f"recsvc tune --dataset {WITH_TEXTS} {PAIRS} --json -",
    "standings": "scripts/standings --kept artifacts/standings --json",
    "tune": "recsvc tune --dataset ml-100k --json -",
    "ablation": "scripts/ablation --json",
    "train": "recsvc train --dataset ml-100k --tune off",
    "report": "recsvc report --json -",
    "simulation": "scripts/simulate --json",
    "bench": "scripts/bench --json",
    "soak": "scripts/soak --json",
    "search": "scripts/bench-search --json",
    "page": "scripts/bench-page --json",
}
TIMED = ("bench", "search", "page")
TEXTS = ("texts-similarity", "texts-new-movies")
"""What is measured with and without the embeddings of a text encoder."""
Report = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data-dir", type=Path, default=os.environ.get("RECSVC_DATA_DIR"), required="RECSVC_DATA_DIR" not in os.environ
    )
    parser.add_argument("--kept", type=Path, default=ROOT / "artifacts" / "figures", help="folder of the JSON")
    parser.add_argument("--embedding-model", help="also measure with this text encoder (extra `embeddings`)")
    parser.add_argument("--reuse", action="store_true", help="measure only what is not in the folder yet")
    parser.add_argument("--without-bench", action="store_true", help="time nothing, and do not change README.md")
    options = parser.parse_args()
    options.kept.mkdir(parents=True, exist_ok=True)
    environment = os.environ | {
        "RECSVC_DATA_DIR": str(options.data_dir.resolve()),
        "RECSVC_ARTIFACTS_DIR": str(options.kept / "registry"),
        "PATH": f"{ROOT}/.venv/bin:{os.environ['PATH']}",
    }
    left_out = (TIMED if options.without_bench else ()) + (() if options.embedding_model else TEXTS)
    names = [name for name in COMMANDS if name not in left_out]
    reports = {name: measured(name, options.kept, environment, reuse=options.reuse) for name in names}
    sections = {name: layout(reports[SHARED.get(name, name)]) for name, layout in LAYOUTS.items()}
    if options.embedding_model:
        environment |= {"RECSVC_EMBEDDING_MODEL": options.embedding_model}
        with_model = {
            name: measured(name, options.kept / "embedded", environment, reuse=options.reuse) for name in TEXTS
        }
        sections["embeddings"] = embeddings(reports, with_model)
    write(ROOT / "docs" / "evaluation.md", {"in-short": in_short(reports), **sections})
    write_simulation(reports["simulation"])
    write(ROOT / "docs" / "reliability.md", {"soak": soak(reports["soak"])})
    if not options.without_bench:
        write(ROOT / "README.md", {"figures": summary(reports)})


def measured(name: str, kept: Path, environment: dict[str, str], *, reuse: bool) -> Report:
    """Run a command, or read its output of an earlier run."""
    kept.mkdir(exist_ok=True)
    path = kept / f"{name}.json"
    if not (reuse and path.is_file()):
        print(COMMANDS[name], file=sys.stderr)
        began = time.perf_counter()
        done = subprocess.run(
            COMMANDS[name], shell=True, check=True, capture_output=True, text=True, cwd=ROOT, env=environment
        )
        seconds = time.perf_counter() - began
        report = {"seconds": seconds} if name == "train" else json.loads(done.stdout)
        path.write_text(json.dumps(report, indent=2))
    content: Report = json.loads(path.read_text())
    return content


def write(page: Path, sections: dict[str, str]) -> None:
    """Write each text between the marks of its name."""
    content = page.read_text()
    for name, text in sections.items():
        begin, end = f"<!-- {name}:begin -->\n", f"<!-- {name}:end -->"
        if begin not in content or end not in content:
            raise SystemExit(f"{page.name} has no marks for {name}")
        before, _, rest = content.partition(begin)
        content = before + begin + text + "\n" + end + rest.partition(end)[2]
    page.write_text(content)


def table(headings: list[str], rows: list[list[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def figure(value: float | None, places: int) -> str:
    return "" if value is None else f"{value:.{places}f}"


def ranking(name: str) -> Callable[[Report], str]:
    """Return the layout of a ranking protocol: seed 42, the mean of the seeds, liked ratings, beyond accuracy."""

    def layout(report: Report) -> str:
        rows = []
        for result in report["results"]:
            low, high = result["intervals"]["ndcg@10"]
            mean = result.get("mean_of_seeds", result)
            beyond = result["beyond_accuracy"]
            rows.append(
                [
                    result["model"],
                    f"{result['ndcg@10']:.4f} [{low:.3f}, {high:.3f}]",
                    f"{mean['ndcg@10']:.4f}",
                    *(f"{result[metric]:.4f}" for metric in ("precision@10", "recall@10", "map@10")),
                    f"{result['liked']['ndcg@10']:.4f}",
                    f"{mean['liked']['ndcg@10']:.4f}",
                    *(
                        figure(beyond[name], places)
                        for name, places in (("coverage@10", 3), ("popularity_lift", 2), ("long_tail", 4))
                    ),
                ]
            )
        headings = [
            "model",
            "nDCG@10",
            "mean of seeds",
            "P@10",
            "R@10",
            "MAP",
            "liked nDCG@10",
            "mean",
            "coverage",
            "lift",
            "tail",
        ]
        users = report["results"][0]["users"]
        seeds = ", ".join(map(str, report["seeds"]))
        return f"`{COMMANDS[name]}` ({users} users; seeds {seeds}):\n\n{table(headings, rows)}"

    return layout


def standings(report: Report) -> str:
    """The hybrid beside single models: each dataset and protocol, with any rating relevant and with liked ones."""

    def difference(side: Report, other: str) -> str:
        if other not in side["differences"]:
            return ""
        one = side["differences"][other]
        low, high = one["interval"]
        return f"{one['difference']:+.4f} [{low:+.4f}, {high:+.4f}]"

    rows = []
    for row in report["rows"]:
        for kind in ("any", "liked"):
            side = row[kind]
            low, high = side["interval"]
            tuned = [f"{side['tuned'][name]:.3f}" for name in ("tuned ease", "tuned als") if side["tuned"]]
            rows.append(
                [
                    row["dataset"],
                    f"{row['protocol']} ({row['seeds']})",
                    kind,
                    f"{side['ndcg@10']:.4f} [{low:.3f}, {high:.3f}]",
                    figure(side["models"].get("defaults"), 4),
                    f"{side['models'][side['best_single']]:.4f} {side['best_single']}",
                    f"{side['ratio']:.3f}",
                    difference(side, "ease"),
                    difference(side, "als"),
                    " / ".join(tuned),
                ]
            )
    headings = [
        "dataset",
        "protocol (seeds)",
        "relevant",
        "hybrid",
        "its defaults",
        "best single",
        "ratio",
        "above EASE",
        "above ALS",
        "ratio to tuned EASE / ALS",
    ]
    means = report["means"]
    note = (
        f"Geometric means of the ratios: {figure(means['best single'], 3)} to the best single model, "
        f"{figure(means['best tuned'], 3) or 'not measured'} to the better of EASE and ALS with searched settings."
    )
    return f"`{COMMANDS['standings']}`:\n\n{table(headings, rows)}\n\n{note}"


def folds(report: Report) -> str:
    rows = []
    for result in report["results"]:
        low, high = result["intervals"]["rmse"]
        numbers = (
            result["mean_of_seeds"]["rmse"],
            result["mae"],
            result["mean_of_seeds"]["mae"],
            result["liked"]["rmse"],
            result["liked"]["mae"],
        )
        rmse = f"{result['rmse']:.4f} [{low:.3f}, {high:.3f}]"
        rows.append([result["model"], rmse, *(figure(number, 4) for number in numbers)])
    headings = ["model", "RMSE", "mean of seeds", "MAE", "mean", "liked RMSE", "liked MAE"]
    return f"`{COMMANDS['folds']}` (seeds {', '.join(map(str, report['seeds']))}):\n\n{table(headings, rows)}"


def similarity(report: Report) -> str:
    rows = []
    [reference] = report["references"]
    for result in report["results"]:
        low, high = result["intervals"]["auc"]
        against = result["against"].get(reference)
        above = ""
        if against:
            above = f"{against['difference']:+.3f} [{against['interval'][0]:+.3f}, {against['interval'][1]:+.3f}]"
        mean = f"{result['mean_of_seeds']['auc']:.4f}"
        rows.append([result["model"], f"{result['auc']:.4f} [{low:.3f}, {high:.3f}]", mean, above])
    first = report["results"][0]
    pairs = f"the catalogue holds {first['pairs']} of {first['pairs_judged']} pairs, {first['pairs_ok']} of them OK"
    headings = ["model", "AUC", "mean of seeds", f"above {reference}"]
    return f"`{COMMANDS['similarity']}` ({pairs}):\n\n{table(headings, rows)}"


def embeddings(without: dict[str, Report], with_model: dict[str, Report]) -> str:
    """Content and the hybrid without and with embeddings: the area on judged pairs, and new movies."""

    def cells(reports: dict[str, Report], model: str) -> list[str]:
        pairs, movies = (
            next(result for result in reports[name]["results"] if result["model"] == model) for name in TEXTS
        )
        low, high = pairs["intervals"]["auc"]
        mean = movies["mean_of_seeds"]
        return [
            f"{pairs['auc']:.4f} [{low:.3f}, {high:.3f}]",
            f"{mean['ndcg@10']:.4f}",
            f"{mean['liked']['ndcg@10']:.4f}",
        ]

    rows = [
        [model, label, *cells(reports, model)]
        for model in ("content", "hybrid")
        for label, reports in (("words", without), ("words and embeddings", with_model))
    ]
    seeds = ", ".join(map(str, with_model["texts-new-movies"]["seeds"]))
    commands = " and ".join(f"`{COMMANDS[name]}`" for name in TEXTS)
    headings = ["model", "texts", "similarity: AUC", "new-movies: nDCG@10", "liked"]
    return (
        f"{commands}, without and with `RECSVC_EMBEDDING_MODEL` (all-MiniLM-L6-v2; seeds {seeds} of new-movies):\n\n"
        f"{table(headings, rows)}"
    )


def similarity_folds(report: Report) -> str:
    """The area under the curve of each weighting, and its weights."""

    def interval(figures: Report, places: str) -> str:
        low, high = figures["interval"]
        return f"[{low:{places}}, {high:{places}}]"

    deviations = report["standard_deviations"]
    names = list(deviations)
    rows = [["*standard deviation*", "", "", *(f"*{deviations[name]:.3f}*" for name in names)]]
    for result in report["results"]:
        above = result["above"]
        rows.append(
            [
                result["name"],
                f"{result['auc']:.4f} {interval(result, '.3f')}",
                f"{above['value']:+.3f} {interval(above, '+.3f')}" if above else "",
                *(f"{result['weights'][name]:.3f}" if result["weights"] else "" for name in names),
            ]
        )
    pairs = f"{report['pairs']} pairs; {report['protocol']}"
    return (
        f"`{COMMANDS['similarity-folds']}` ({pairs}):\n\n{table(['weights', 'AUC', 'above plain-sum', *names], rows)}"
    )


def tune(report: Report) -> str:
    """The defaults and the best settings that were found: their figures on the hold-outs, and all settings."""
    defaults, best = report["defaults"], report["chosen"]
    rows = [
        [f"{users} ndcg@10 {kind}", f"{value:.4f}", f"{best['ndcg@10'][users][kind]:.4f}"]
        for users, kinds in defaults["ndcg@10"].items()
        for kind, value in kinds.items()
    ]
    rows += [[name, f"{value:.4g}", f"{best['settings'][name]:.4g}"] for name, value in defaults["settings"].items()]
    first, found = report["popular"]["defaults"], report["popular"]["chosen"]
    rows += [
        [f"without ratings ndcg@10 {kind}", f"{value:.4f}", f"{found['ndcg@10'][kind]:.4f}"]
        for kind, value in first["ndcg@10"].items()
    ]
    rows += [
        [f"without ratings {name}", *("none" if one[name] is None else f"{one[name]:.4g}" for one in (first, found))]
        for name in ("half_life", "prior_stars")
    ]
    return f"`{COMMANDS['tune']}` ({report['trials']} trials):\n\n{table(['', 'defaults', 'best'], rows)}"


def ablation(report: Report) -> str:
    """The served config and its alternatives: any rating / liked ones, for each kind of users."""
    users = ("known", "new", "few", "one", "none")
    rows = [
        [
            row["name"],
            *(f"{row[kind]:.4f} / {row[f'{kind} liked']:.4f}" for kind in users),
            f"{row['lift']:.2f}",
        ]
        for row in report["rows"]
    ]
    splits = f"nDCG@10 with any rating / liked ones; {report['ratings']} ratings, {report['splits']} splits"
    return f"`{COMMANDS['ablation']}` ({splits}):\n\n{table(['', *users, 'lift'], rows)}"


def popularity(report: Report) -> str:
    """The metrics for each bound on popularity, with the served value marked."""
    served = CollaborativeConfig().popularity
    curve = report["popularity"]
    rows = [
        [f"**{value:g}** (served)" if value == served else f"{value:g}", *cells]
        for value, *cells in zip(
            curve["x"],
            *(
                [f"{number:.{places}f}" for number in curve["series"][name]]
                for name, places in (("ndcg@10", 4), ("liked ndcg@10", 4), ("popularity_lift", 2), ("long_tail", 4))
            ),
            strict=True,
        )
    ]
    headings = ["popularity", "nDCG@10", "liked nDCG@10", "lift", "tail"]
    commands = f"`{COMMANDS['train']}`, then `{COMMANDS['report']}`"
    return f"{commands} (hybrid, `ms-recommenders`, seed 42):\n\n{table(headings, rows)}"


def learning(report: Report) -> str:
    """The nDCG by the number of ratings, and that of the baselines: with any rating relevant, and with liked ones."""
    curve = report["learning"]
    names = ("hybrid", "popularity", "most-rated")
    series = [curve["series"][prefix + name] for prefix in ("", "liked ") for name in names]
    rows = [
        [f"{count:g}", *(f"{number:.4f}" for number in numbers)]
        for count, *numbers in zip(curve["x"], *series, strict=True)
    ]
    headings = ["ratings", *names, *(f"liked: {name}" for name in names)]
    commands = f"`{COMMANDS['train']}`, then `{COMMANDS['report']}`"
    return f"{commands} (nDCG@10, seed 42):\n\n{table(headings, rows)}"


def write_simulation(report: Report) -> None:
    """Write the tables of docs/retraining.md, and draw its plot."""
    write(ROOT / "docs" / "retraining.md", {"simulation": simulation(report)})
    for name, theme in (("light", LIGHT), ("dark", DARK)):
        (ROOT / "docs" / f"simulation-{name}.svg").write_bytes(simulation_svg(report, theme))


def simulation(report: Report) -> str:
    """What each policy reached in the last days, and what the gate said of each retraining beside what is true."""
    policies = []
    for row in report["policies"]:
        last = row["last_days"]
        low, high = last["interval"]
        above = f"{last['difference']:+.4f} [{low:+.4f}, {high:+.4f}]" if row["name"] != last["reference"] else ""
        numbers = (
            f"{last[metric]:.{places}f}"
            for metric, places in (("coverage@10", 3), ("popularity_lift", 2), ("new_movies", 4))
        )
        policies.append([row["name"], f"{last['ndcg@10']:.4f}", above, *numbers])
    gated = {policy.name for policy in POLICIES if policy.retrains and policy.gated}
    retrainings = [
        [
            row["name"],
            f"{one['day']}",
            f"{one['users']:,}",
            *(
                f"{one[metric]:.{places}f} / {one[other]:.{places}f}" if metric in one else ""
                for metric, other, places in (
                    ("ndcg@10", "ndcg@10_before", 4),
                    ("true_ndcg", "true_ndcg_before", 4),
                    ("popularity_lift", "most_lift", 2),
                )
            ),
            "yes" if one["serves"] else "no",
        ]
        for row in report["policies"]
        if row["name"] in gated
        for one in row["retrainings"]
    ]
    bounds = [
        one["popularity_lift"] / one["most_lift"]
        for row in report["policies"]
        for one in row["retrainings"]
        if "most_lift" in one
    ]
    first, last_movies = report["movies"]
    facts = (
        f"{report['users']:,} simulated users, {report['visits']:,} visits, {first:,} movies at first and "
        f"{last_movies:,} at the end, {report['earlier_ratings']:,} simulated earlier ratings; seed {report['seed']}"
    )
    lifts = (
        f"The popularity lift of all versions that were trained again, whether the gate was asked or not, is "
        f"{min(bounds):.2f} to {max(bounds):.2f} of its bound."
    )
    return "\n\n".join(
        [
            f"`{COMMANDS['simulation']}`\n({facts});\nthe means of the last {LAST_DAYS} days:",
            table(["policy", "nDCG@10", "above folding in alone", "coverage", "lift", "new movies"], policies),
            "Each retraining through the gate, new version / version that serves (nDCG@10):",
            table(
                ["policy", "day", "users", "by later ratings", "in truth", "lift / its bound", "promoted"], retrainings
            ),
            lifts,
        ]
    )


def soak(report: Report) -> str:
    """What was lost, failed or mixed at full length, and what is bounded."""
    cases, switched = report["cases"], report["promotions"]
    rows = []
    for kind, one in report["kills"].items():
        kept = f"{one['acknowledged']:,} ratings acknowledged, {one['lost']} lost"
        rows.append([f"kills of a service while four callers rate, {kind}", f"{one['kills']}", kept])
    sent = f"{sum(cases['sent'].values()):,}"
    rows.append([f"cases of Schemathesis, {len(cases['sent'])} callers", sent, f"{len(cases['failures'])} failed"])
    for kind, steps in report["replicas"].items():
        each = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in sorted(steps.items()))
        rows.append([f"steps of two replicas and of a model, {kind}", f"{sum(steps.values()):,}", each])
    answers = f"{switched['requests']:,} answers, {switched['failed']} failed, {switched['mixed']} of no whole version"
    rows.append(["promotions while four readers ask", f"{switched['promotions']}", answers])
    whole = table(["what", "how many", "came of it"], rows)
    return f"`{COMMANDS['soak']}`:\n\n{whole}\n\n{table(['what', 'measured'], bounds(report['bounds']))}"


def bounds(found: Report) -> list[list[str]]:
    """A row for each bound of docs/security.md: what was sent, and what came of it."""

    def answers(statuses: dict[str, int]) -> str:
        return ", ".join(f"{count:,} x {status}" for status, count in sorted(statuses.items()))

    body, head, idle, pages = (found[name] for name in ("bad_body", "endless_head", "idle_connections", "deep_pages"))
    waiting = f"others wait {body['wait']:.1f} times as long as `json.loads` takes for it"
    rows = [["a body of 150,000 unknown keys", f"{waiting}; {body['answer_bytes']:,} bytes of answer"]]
    for key, name in (("line", "first line"), ("headers", "header")):
        refused = f"{answers(head[key]['statuses'])}, after {head[key]['sent']:,} bytes at most"
        rows.append([f"ten heads with an endless {name}", refused])
    served = f"others are answered in {idle['time']:.2f} of the time before; memory {idle['memory']:.2f} of that before"
    rows += [
        ["memory after these heads", f"{head['memory']:.2f} of that before"],
        [f"{idle['connections']:,} idle connections", served],
        ["the first page with diversity", f"{pages['first']:.2f} of the time without"],
        ["the page with diversity at `offset=1000`", f"{pages['deepest']:.2f} of the time of a first page without"],
    ]
    for path, one in found["floods"].items():
        kept = f"{answers(one['statuses'])}; memory {one['memory']:.2f} of that before"
        rows.append([f"1,000 times `POST {path}` about 100 movies by a visitor", kept])
    rows.append(["20 promotions at once", f"memory {found['promotions_at_once']['memory']:.2f} of that of one"])
    for database, calls in found["frozen_database"].items():
        for call, one in calls.items():
            waits = f"{answers(one['statuses'])}; {one['longest']:.2f} of `RECSVC_DATABASE_SECONDS` at most"
            rows.append([f"{database}: `{call}`", waits])
    refusals = {"wrong key": "with a wrong key", "not named": "that name a user", "no request": "that are no HTTP"}
    for name, size in found["refusals_in_the_log"].items():
        rows.append([f"1,000 requests {refusals[name]}", f"{size} bytes of log"])
    return rows


def in_short(reports: dict[str, Report]) -> str:
    """The served config and its references: seed 42 and the mean of the seeds."""

    def both(name: str, model: str, *path: str) -> tuple[float, float]:
        result = next(result for result in reports[name]["results"] if result["model"] == model)
        first, mean = result, result["mean_of_seeds"]
        for key in path:
            first, mean = first[key], mean[key]
        return first, mean

    def row(label: str, figures: tuple[float, float], reference: str, others: tuple[float, float]) -> list[str]:
        cells = [f"{value:.4f} ({value / other:.3f} x)" for value, other in zip(figures, others, strict=True)]
        return [label, *cells, f"{reference}: {others[0]:.4f} / {others[1]:.4f}"]

    def best(name: str, *path: str) -> tuple[str, tuple[float, float]]:
        models = [result["model"] for result in reports[name]["results"]]
        figures = {model: both(name, model, *path) for model in models if model not in SUMS}
        model = max(figures, key=lambda model: figures[model][1])
        return model, figures[model]

    published = (("ndcg@10", 0.475077), ("precision@10", 0.411771), ("recall@10", 0.219145), ("map@10", 0.146126))
    rows = [
        row(f"ms-recommenders, {key}", both("ms-recommenders", "hybrid", key), "BiVAE, published", (value, value))
        for key, value in published
    ]
    for name in ("ms-recommenders", "new-users", "temporal"):
        for label, path in (("ndcg@10", ("ndcg@10",)), ("liked ndcg@10", ("liked", "ndcg@10"))):
            rows.append(row(f"{name}, {label}", both(name, "hybrid", *path), *best(name, *path)))
    rows.append(
        row(
            "new-movies, ndcg@10",
            both("new-movies", "hybrid", "ndcg@10"),
            "content",
            both("new-movies", "content", "ndcg@10"),
        )
    )
    rows.append(
        row("folds, RMSE (less is better)", both("folds", "vbmf", "rmse"), "svdpp", both("folds", "svdpp", "rmse"))
    )
    rows.append(
        row(
            "similarity, AUC (pairs that signals were chosen by)",
            both("similarity", "hybrid", "auc"),
            "plain-sum",
            both("similarity", "plain-sum", "auc"),
        )
    )
    return (
        "From the tables below; the reference is the best single model of the same run unless it says otherwise:\n\n"
        + table(["", "seed 42", "mean of five seeds", "reference: seed 42 / mean"], rows)
    )


SUMS = {"collaborative", "hybrid"}
"""Models that are a sum of others."""
LAYOUTS: dict[str, Callable[[Report], str]] = {
    **{name: ranking(name) for name in ("ms-recommenders", "temporal", "new-users", "new-movies")},
    "standings": standings,
    "folds": folds,
    "similarity": similarity,
    "similarity-folds": similarity_folds,
    "tune": tune,
    "ablation": ablation,
    "report": popularity,
    "learning": learning,
}
SHARED = {"learning": "report"}
"""Sections that are written from the JSON of another section."""


def summary(reports: dict[str, Report]) -> str:
    """Return the figures of README.md: the served configuration and its references."""

    def of(name: str, model: str) -> Report:
        result: Report = next(result for result in reports[name]["results"] if result["model"] == model)
        return result

    hybrid, *non_personalised = (of("ms-recommenders", name) for name in ("hybrid", "popularity", "most-rated"))
    rows = [
        [
            "ms-recommenders, any rating: " + label,
            f"{hybrid[key]:.4f}",
            f"{hybrid['mean_of_seeds'][key]:.4f}",
            *(f"{result[key]:.4f}" for result in non_personalised),
        ]
        for key, label in (
            ("ndcg@10", "nDCG@10"),
            ("precision@10", "precision@10"),
            ("recall@10", "recall@10"),
            ("map@10", "MAP"),
        )
    ]
    rows.append(
        [
            "ms-recommenders, liked: nDCG@10",
            f"{hybrid['liked']['ndcg@10']:.4f}",
            f"{hybrid['mean_of_seeds']['liked']['ndcg@10']:.4f}",
            *(f"{result['liked']['ndcg@10']:.4f}" for result in non_personalised),
        ]
    )
    bench, search, page = (reports[name] for name in TIMED)
    stars = of("folds", "vbmf")["rmse"]
    ratios, ceiling = bench["ratios"], bench["ceiling"]
    lines = [
        table(
            ["ml-100k, the served configuration", "seed 42", "mean of five seeds", "popular movies", "most rated"], rows
        ),
        "",
        f"By `{COMMANDS['ms-recommenders']}`;",
        "the best nDCG@10 of the comparison that Microsoft Recommenders publishes on this protocol is 0.4751 (BiVAE).",
        f"Predicted stars: RMSE {stars:.4f} on the folds u1-u5, with all users folded in (`{COMMANDS['folds']}`).",
        f"Training and publishing, the hold-out included: {reports['train']['seconds']:.0f} s (`{COMMANDS['train']}`).",
        "",
        f"`{COMMANDS['bench']}`: `wrk` with 16 connections against one worker on ml-100k, a random user's 20-737",
        "ratings read from SQLite on each request: `GET /recommend` reaches",
        f"**{bench['median_ratio']:.2f}** of the requests/s of a bare FastAPI app (`scripts/ceiling.py`: the same",
        f"parameters, response model and bytes, and nothing else; {len(ratios)} paired runs",
        f"{min(ratios):.2f}-{max(ratios):.2f}; the bare app",
        f"{min(ceiling):,.0f}-{max(ceiling):,.0f}).",
        "",
        f"`{COMMANDS['search']}`: of {search['queries']:,} mistyped searches among {search['titles']:,} titles",
        f"the median takes {search['median']:.1f} ms, the longest {search['max']:.0f} ms.",
        f"`{COMMANDS['page']}`: the page of the sample shows its first list after {page['median_ms']:.0f} ms",
        f"(the median of {page['visits']} first visits; {page['max_ms']:.0f} ms at most), is",
        f"{page['bytes'] / 1000:.1f} kB large without posters and data ({page['transferred'] / 1000:.1f} kB as sent),",
        f"and shifts by {page['shift']:.3f}. On a processor that is four times slower, the first list is there after",
        f"{page['slow_ms']:.0f} ms, a like paints within {page['like_ms']:.0f} ms, and no task takes longer than",
        f"{page['task_ms']:.0f} ms. Recommendations in view: "
        + ", ".join(f"{count} at {screen}" for screen, count in page["in_view"].items())
        + ".",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
