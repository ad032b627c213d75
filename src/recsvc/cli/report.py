"""recsvc report: the model report of a version."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from recsvc import terminal
from recsvc.cli.options import DataDir, Tmdb, check_rated, embedded, read_again
from recsvc.errors import ConfigurationError
from recsvc.settings import load_settings


def report(
    version: Annotated[str, typer.Argument(help="A version, or 'production'.")] = "production",
    data_dir: DataDir = None,
    tmdb: Tmdb = None,
    json_to: Annotated[
        Path | None, typer.Option("--json", help="Write the measured curves to this file as JSON; '-' prints them.")
    ] = None,
) -> None:
    """Write the model report of a version, plots and lists as one page, into artifacts/reports/ (extra `report`)."""
    from recsvc.datasets.preprocess import fingerprint
    from recsvc.engine.engine import Engine
    from recsvc.evaluation.report.model_report import make_report
    from recsvc.registry.store import Registry

    settings = load_settings()
    registry = Registry(settings.artifacts_dir)
    opened = registry.open(registry.resolve(version))
    dataset = opened.manifest.dataset
    data = check_rated(read_again(dataset, settings, data_dir, tmdb)[0])
    if fingerprint(data) != dataset.fingerprint:
        raise ConfigurationError(
            f"{data.name}, with the same --tmdb or without one, must be what {opened.manifest.version} was trained on"
        )
    data = embedded(data, dataset.embedding_model)
    engine = Engine(opened)
    with terminal.counting() as counting:
        model_report = make_report(engine, data, engine.hybrid.config, seed=opened.manifest.seed, progress=counting)
    path = registry.report_path(opened.manifest.version)
    path.parent.mkdir(parents=True, exist_ok=True)
    terminal.write_text(path, model_report.page)
    if json_to is not None:
        terminal.write_json(json_to, {name: asdict(curve) for name, curve in model_report.curves.items()})
    if json_to is None or str(json_to) != "-":
        terminal.say(f"the report is in {path}")
