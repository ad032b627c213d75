"""What a request may ask of the engine."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from recsvc.engine.strategies import Strategy
from recsvc.errors import InvalidInputError
from recsvc.types import MovieId

MAX_K = 100
LAST_OFFSET = 1000
DEEPEST = LAST_OFFSET + MAX_K
"""The length of the longest list that can be paged through."""


class Era(StrEnum):
    """Movies from before the median year of the catalogue, from then on, or the newest tenth of all."""

    OLD = "old"
    NEW = "new"
    NEWEST = "newest"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Filters:
    """Which movies may appear.

    They are of any of the genres, by any of the directors and with any of the actors; from `year_from` to `year_to` and
    of an era, of which a movie of unknown year is none; among `only`, if that has any, and not excluded.

    Raises:
        InvalidInputError: `year_to` is before `year_from`.
    """

    genres: tuple[str, ...] = ()
    directors: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    year_from: int | None = None
    year_to: int | None = None
    era: Era = Era.ANY
    only: tuple[MovieId, ...] = ()
    exclude: tuple[MovieId, ...] = ()

    def __post_init__(self) -> None:
        if self.year_from is not None and self.year_to is not None and self.year_from > self.year_to:
            raise InvalidInputError(("year_to",), f"must not be before year_from, which is {self.year_from}")


@dataclass(frozen=True, slots=True)
class Query:
    """A page of a list: `k` movies after leaving out the first `offset`; `diversity` is 0-1.

    `calibrated` lists follow what is evident of a taste; those with `diversity` do not.
    """

    k: int = 10
    offset: int = 0
    filters: Filters = Filters()
    diversity: float = 0.0
    strategy: Strategy = Strategy.AUTO
    explain: bool = True
    calibrated: bool = True
