"""recsvc tune: the search of settings, and the weights of similarities."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from recsvc import terminal
from recsvc.cli.options import MAX_SEED, DataDir, DatasetName, Tmdb, embedded, read_rated
from recsvc.errors import ConfigurationError
from recsvc.settings import load_settings


def tune(
    dataset: DatasetName = "sample",
    data_dir: DataDir = None,
    tmdb: Tmdb = None,
    pairs: Annotated[
        Path | None,
        typer.Option(help="Compare weights of similarities on these judged pairs of movies, and search nothing."),
    ] = None,
    trials: Annotated[
        int | None,
        typer.Option(
            min=1, show_default="by the size", help="How many configurations to try; the first is the default one."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=MAX_SEED, help="The seed of the search.")] = 42,
    jobs: Annotated[int, typer.Option(min=1, help="How many processes measure; the result does not change.")] = 2,
    json_to: Annotated[Path | None, typer.Option("--json", help="Write the study to this file; '-' prints it.")] = None,
) -> None:
    """Search the settings of the hybrid on hold-outs inside the ratings, as training does, and show all trials.

    With --pairs, compare weights of similarities on judged pairs of movies instead.
    """
    from recsvc.evaluation.protocols.judged_pairs import read_pairs
    from recsvc.models.hybrid import HybridConfig
    from recsvc.research.similarity_weights import SimilarityStudy, compare_weightings
    from recsvc.tuning.budget import budget
    from recsvc.tuning.search import Study, search

    if pairs is not None and trials is not None:
        raise ConfigurationError("--trials does not go with --pairs, where nothing is searched")
    judged = None if pairs is None else read_pairs(pairs)
    settings = load_settings()
    data = embedded(read_rated(dataset, data_dir or settings.data_dir, tmdb), settings.embedding_model)
    study: Study | SimilarityStudy
    with terminal.counting() as progress:
        if judged is None:
            study = search(
                data, HybridConfig(), trials=budget(data, trials).trials, seed=seed, jobs=jobs, progress=progress
            )
        else:
            study = compare_weightings(data, judged, seed=seed, jobs=jobs, progress=progress)
    if json_to is not None:
        terminal.write_json(json_to, study.record() if isinstance(study, Study) else asdict(study))
    if json_to is None or str(json_to) != "-":
        if isinstance(study, SimilarityStudy):
            terminal.show_similarity_study(study)
        else:
            terminal.show_study(study)
