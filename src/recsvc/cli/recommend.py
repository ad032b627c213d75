"""recsvc recommend: recommendations in the terminal."""

from __future__ import annotations

from typing import Annotated

import typer

from recsvc import terminal
from recsvc.settings import load_settings


def recommend(
    ratings: Annotated[str, typer.Option(help="Ratings of a user: 'Alien=5,Aliens=4.5'.")],
    k: Annotated[int, typer.Option(min=1, max=100, help="How many movies.")] = 10,
) -> None:
    """Recommend in the terminal, from the version in production."""
    from recsvc.engine.query import Query
    from recsvc.registry.store import Registry
    from recsvc.usecases.models import open_engine
    from recsvc.usecases.recommendations import parse_ratings, recommend_from

    registry = Registry(load_settings().artifacts_dir)
    engine = open_engine(registry, registry.production())
    answer = recommend_from(engine, {}, parse_ratings(engine, ratings), Query(k=k))
    terminal.show_answer(engine.manifest, answer)
