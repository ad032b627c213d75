"""recsvc evaluate: figures of models by a protocol."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from recsvc import terminal
from recsvc.cli.options import MAX_SEED, DataDir, DatasetName, Fill, Tmdb, Tune, embedded, read_rated, trials_of
from recsvc.errors import ConfigurationError
from recsvc.settings import load_settings


def evaluate(
    dataset: DatasetName = "sample",
    data_dir: DataDir = None,
    tmdb: Tmdb = None,
    protocol: Annotated[
        Literal["ms-recommenders", "temporal", "new-users", "new-movies", "folds", "similarity"],
        typer.Option(help="How data is split and measured; see docs/evaluation.md."),
    ] = "ms-recommenders",
    models: Annotated[str, typer.Option(help="MovieKinds of models, separated by commas, or 'all'.")] = "hybrid",
    fill: Fill = "item_mean",
    seed: Annotated[int, typer.Option(min=0, max=MAX_SEED, help="The seed of the split.")] = 42,
    seeds: Annotated[int, typer.Option(min=1, help="Also give the mean over this many seeds, from --seed on.")] = 1,
    jobs: Annotated[int, typer.Option(min=1, help="Run in this many processes; the figures do not change.")] = 1,
    pairs: Annotated[
        Path | None,
        typer.Option(help="Judged pairs of movies for 'similarity': title_1, year_1, title_2, ..., rating."),
    ] = None,
    json_to: Annotated[
        Path | None, typer.Option("--json", help="Write the figures to this file as JSON; '-' prints them.")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write the figures to this file as one HTML page.")] = None,
    tune: Tune = None,
    lists: Annotated[
        Path | None,
        typer.Option(help="Write the lists, predicted stars, or similarities of one model to this file as csv."),
    ] = None,
) -> None:
    """Measure models by a protocol; the hybrid searches its settings inside each training part, as `train` does."""
    from recsvc.evaluation.report.evaluation_page import evaluation_page
    from recsvc.evaluation.results import facts_of
    from recsvc.evaluation.runs import Plan, measure, select
    from recsvc.models.hybrid import Hybrid
    from recsvc.models.kinds import MODELS, model_class
    from recsvc.models.nmf import Nmf, NmfConfig
    from recsvc.research.plain_sum import NAME, plain_sum
    from recsvc.tuning.tuned import TunedHybrid

    settings = load_settings()
    kinds = list(MODELS) if models == "all" else [kind.strip() for kind in models.split(",")]
    if lists is not None and len(kinds) != 1:
        raise ConfigurationError("--lists takes one model, since its csv does not say whose list it is")
    every = {kind: Nmf(NmfConfig(fill=fill)) if kind == Nmf.kind else model_class(kind)() for kind in kinds}
    chosen, skipped = select(every, protocol, explicit=models != "all")
    folder = data_dir or settings.data_dir
    plan = Plan(
        protocol,
        tuple(range(seed, seed + seeds)),
        processes=jobs,
        folder=None if folder is None else folder / dataset,
        pairs=pairs,
        lists=lists,
    )
    data = embedded(read_rated(dataset, folder, tmdb), settings.embedding_model)
    if Hybrid.kind in chosen and trials_of(tune, data) is not None:
        chosen[Hybrid.kind] = TunedHybrid(trials=None if tune is None else int(tune))
    with terminal.counting() as counting:
        report = measure(data, chosen, plan, skipped=skipped, references={NAME: plain_sum}, progress=counting)
    if json_to is None or str(json_to) != "-":
        terminal.show_results(report)
        for fact in facts_of(report)[1:]:
            terminal.say(fact)
    if html is not None:
        terminal.write_text(html, evaluation_page(report, notice=data.notice))
    if json_to is not None:
        terminal.write_json(json_to, report)
