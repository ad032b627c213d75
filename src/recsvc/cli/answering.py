"""recsvc recommend | serve: answers, in the terminal and over HTTP."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from recsvc import terminal
from recsvc.settings import load_settings


def recommend(
    ratings: Annotated[str, typer.Option(help="What someone rated: 'Alien=5,Aliens=4.5'.")],
    k: Annotated[int, typer.Option(min=1, max=100, help="How many movies.")] = 10,
) -> None:
    """Recommend in the terminal, from the version in production."""
    from recsvc.engine.engine import Engine
    from recsvc.engine.query import Query
    from recsvc.registry.store import Registry
    from recsvc.usecases.recommendations import opinions_of, recommend_from

    registry = Registry(load_settings().artifacts_dir)
    engine = Engine(registry.open(registry.production()))
    answer = recommend_from(engine, {}, opinions_of(engine, ratings), Query(k=k))
    terminal.show_answer(engine.manifest, answer)


def serve() -> None:
    """Answer over HTTP; all settings come from the environment (see README)."""
    # One worker is one core: threads of the linear algebra would only get in each other's way. NumPy reads this once.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from recsvc.service.server import run

    run(load_settings())


COMMANDS = (recommend, serve)
