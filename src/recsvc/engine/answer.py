"""What the engine answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from recsvc.engine.query import Strategy
from recsvc.types import Movie, Rows, Taste


@dataclass(frozen=True, slots=True)
class User:
    """Who asks: their taste, and the movies that are hidden from them although they say nothing of it."""

    taste: Taste
    hidden: Rows


class Reason(NamedTuple):
    """A movie that the user rated, and what it adds to a score."""

    movie: Movie
    contribution: float


class Why(NamedTuple):
    """`baseline + sum of the reasons' contributions + other` is the score."""

    baseline: float
    because: tuple[Reason, ...]
    other: float


class Recommended(NamedTuple):
    """A movie at its place.

    `predicted_rating` in stars 0.5-5, None where it cannot be said; `why` is None when it was not asked for.
    """

    rank: int
    movie: Movie
    score: float
    predicted_rating: float | None
    why: Why | None


@dataclass(frozen=True, slots=True)
class Answer:
    """A page of a list, which strategy made it, and where the next page begins (None: there is none)."""

    strategy: Strategy
    items: tuple[Recommended, ...]
    next_offset: int | None


class Neighbour(NamedTuple):
    """A movie that is like another; a higher `similarity` is more alike, on the scale of the model that was asked."""

    rank: int
    movie: Movie
    similarity: float
