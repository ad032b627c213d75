"""The models that serve, in one table. Training, loading, requests, answers and recommendation tokens all follow it.

To let another kind of model serve, write it in `models/`, add it to `models.kinds`, and add a strategy and a row here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import NamedTuple

from recsvc.models.collaborative import Collaborative
from recsvc.models.content import Content
from recsvc.models.contract import Model
from recsvc.models.hybrid import Hybrid
from recsvc.models.popularity import Popularity


class Strategy(StrEnum):
    """Which model ranks. AUTO is the hybrid, and the popular movies for a user without ratings."""

    AUTO = "auto"
    HYBRID = "hybrid"
    COLLABORATIVE = "collaborative"
    CONTENT = "content"
    POPULAR = "popular"


class ServedModel(NamedTuple):
    """A model that serves under the name of a strategy.

    `code` stands for the strategy in recommendation tokens. It is never changed and never used again for another one.
    `basis` is what the model ranks by, for the documentation of the API. `part_of` returns the model from the hybrid.
    Where it is None, training fits a model of this kind with its default config and stores it as a component of the
    version, named after the strategy.
    """

    strategy: Strategy
    code: int
    kind: type[Model]
    basis: str
    part_of: Callable[[Hybrid], Model] | None = None


SERVED: tuple[ServedModel, ...] = (
    ServedModel(Strategy.HYBRID, 1, Hybrid, "ratings, genres, texts and credits", lambda hybrid: hybrid),
    ServedModel(Strategy.COLLABORATIVE, 2, Collaborative, "ratings", lambda hybrid: hybrid.collaborative),
    ServedModel(Strategy.CONTENT, 3, Content, "genres, texts and credits", lambda hybrid: hybrid.content),
    ServedModel(
        Strategy.POPULAR,
        4,
        Popularity,
        "mean and number of ratings and of votes at TMDB",
        lambda hybrid: hybrid.popularity,
    ),
)

CODES: dict[Strategy, int] = {Strategy.AUTO: 0, **{served.strategy: served.code for served in SERVED}}
"""The code of each strategy in recommendation tokens."""

SIMILAR: tuple[Strategy, ...] = tuple(served.strategy for served in SERVED if served.kind.capabilities.similar)
"""The strategies that compute similarities."""


def bases(strategies: Iterable[Strategy]) -> str:
    """Return one line that says what each of the strategies ranks by."""
    chosen = set(strategies)
    return "; ".join(f"`{served.strategy}`: by {served.basis}" for served in SERVED if served.strategy in chosen)
