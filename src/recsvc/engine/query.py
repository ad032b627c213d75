"""What may be asked of the engine."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from recsvc.types import MovieId

MAX_K = 100
LAST_OFFSET = 1000
DEEPEST = LAST_OFFSET + MAX_K
"""The longest list anyone may page through."""


class Strategy(StrEnum):
    """Which model ranks. AUTO is the hybrid, and for someone without a history the popular movies."""

    AUTO = "auto"
    HYBRID = "hybrid"
    COLLABORATIVE = "collaborative"
    CONTENT = "content"
    POPULAR = "popular"


class Era(StrEnum):
    """Movies from before the catalogue's median year, or from then on."""

    OLD = "old"
    NEW = "new"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Filters:
    """Which movies may appear: any of the genres, released from `year_from` to `year_to`, of an era, and not excluded.

    A movie whose year is not known passes no condition on years.
    """

    genres: tuple[str, ...] = ()
    year_from: int | None = None
    year_to: int | None = None
    era: Era = Era.ANY
    exclude: tuple[MovieId, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """A page of a list: `k` movies from place `offset` + 1 on; `diversity` 0-1."""

    k: int = 10
    offset: int = 0
    filters: Filters = Filters()
    diversity: float = 0.0
    strategy: Strategy = Strategy.AUTO
    explain: bool = True
