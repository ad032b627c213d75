"""What the engine is given about a user, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from recsvc.engine.strategies import Strategy
from recsvc.features.movie_kinds import Kind
from recsvc.types import Movie, Rows, Taste


@dataclass(frozen=True, slots=True)
class UserProfile:
    """What is known of a user: their taste, and the rows of movies that are hidden without being part of it."""

    taste: Taste
    hidden: Rows


class Reason(NamedTuple):
    """A movie that the user rated, and how much it adds to a score."""

    movie: Movie
    contribution: float


class ScoreReasons(NamedTuple):
    """Why a movie has its score, which is `baseline + sum of the contributions in because + other`."""

    baseline: float
    because: tuple[Reason, ...]
    other: float


class Evident(NamedTuple):
    """A kind of movies that is evident in a taste: `liked` of `of` movies that the user liked are of it."""

    kind: Kind
    liked: int
    of: int


class Recommendation(NamedTuple):
    """A recommended movie.

    `rank` is its place in the whole list, from 1. `predicted_rating` is in stars, 0.5-5, and None if the model has no
    prediction. `reasons` is None if the query did not ask for them. `raised_by` is what gave the movie a better place
    than its score, None if nothing did.
    """

    rank: int
    movie: Movie
    score: float
    predicted_rating: float | None
    reasons: ScoreReasons | None
    raised_by: Evident | None


@dataclass(frozen=True, slots=True)
class Answer:
    """A page of a list, the strategy that ranked it, and the offset of the next page, None if this is the last one."""

    strategy: Strategy
    items: tuple[Recommendation, ...]
    next_offset: int | None


class ForMember(NamedTuple):
    """What a movie that is recommended to several members is for one of them.

    `strategy` is what ranked for the member, and `rank` the movie's place, from 1, in the list by scores that the
    member alone would have. `score` is on the scale that the members share; its `reasons` are on the same.
    """

    strategy: Strategy
    rank: int
    score: float
    predicted_rating: float | None
    reasons: ScoreReasons | None


class RecommendationTogether(NamedTuple):
    """A movie that is recommended to several members, and what it is for each of them, in their order."""

    rank: int
    movie: Movie
    score: float
    for_members: tuple[ForMember, ...]


@dataclass(frozen=True, slots=True)
class AnswerTogether:
    """A page of a list for several members.

    `strategy` is what ranked for the members with ratings, POPULAR if there are none. `next_offset` is None if this is
    the last page.
    """

    strategy: Strategy
    items: tuple[RecommendationTogether, ...]
    next_offset: int | None


class SimilarMovie(NamedTuple):
    """A movie similar to a selection of movies, and the one of these that it is most similar to.

    `similarity` is the mean over the selection, and comparable within one answer only.
    """

    rank: int
    movie: Movie
    similarity: float
    most_like: Movie
