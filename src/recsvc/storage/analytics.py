"""Events and feedback, counted by day, by where movies had been recommended, and by movie.

Liked is a like or at least `LIKED_FROM` stars, disliked a dislike or at most `DISLIKED_TO`. Feedback counts on the day
on which it was changed last, an event on the day on which it was sent first.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Subquery,
    and_,
    case,
    cast,
    distinct,
    func,
    literal,
    or_,
    select,
    union,
)

from recsvc.storage.tables import day_of, events, feedback
from recsvc.storage.transactions import ReadTransaction
from recsvc.types import CatalogueName, EventType, FeedbackKind, MovieId, UserId

LIKED_FROM = 4.0
DISLIKED_TO = 2.0


class Dimension(StrEnum):
    """What rates are grouped by."""

    VERSION = "model_version"
    STRATEGY = "strategy"
    RANK = "rank"


class Day(NamedTuple):
    """The counts of one day; `active_users` gave feedback or were shown something."""

    feedback: int
    active_users: int
    shown: int
    clicked: int


class Exposures(NamedTuple):
    """How many recommended movies were shown and clicked, and of those shown, how many were clicked and liked."""

    shown: int
    clicked: int
    clicked_of_shown: int
    liked_of_shown: int


class FeedbackCounts(NamedTuple):
    """The feedback about recommended movies; `mean_stars` is None without a rating."""

    liked: int
    disliked: int
    rated: int
    mean_stars: float | None


class MovieCounts(NamedTuple):
    """How much feedback a movie has, and how often it was shown and clicked."""

    movie_id: MovieId
    feedback: int
    liked: int
    mean_stars: float | None
    shown: int
    clicked: int


class Totals(NamedTuple):
    """The number of users who gave feedback, and the amount of their feedback."""

    users: int
    feedback: int


class Period(NamedTuple):
    """What is counted: feedback and events about the movies of one catalogue, from a moment on."""

    catalogue: CatalogueName
    since: datetime

    @property
    def of_feedback(self) -> ColumnElement[bool]:
        """The condition that selects feedback, by when it was changed last."""
        return and_(feedback.c.catalogue == self.catalogue, self._later(feedback.c.updated_at))

    @property
    def of_events(self) -> ColumnElement[bool]:
        """The condition that selects events, by when they were sent first."""
        return and_(events.c.catalogue == self.catalogue, self._later(events.c.created_at))

    def _later(self, column: ColumnElement[datetime]) -> ColumnElement[bool]:
        """Compare with the moment. SQLite compares text, stores milliseconds, and sorts `.000` before `.000000`."""
        return column > self.since - timedelta(microseconds=1)


def _count_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(_flag(condition)), 0)


def _flag(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


_LIKED = or_(feedback.c.kind == FeedbackKind.LIKED.value, feedback.c.stars >= LIKED_FROM)
_DISLIKED = or_(feedback.c.kind == FeedbackKind.DISLIKED.value, feedback.c.stars <= DISLIKED_TO)
_SHOWN = events.c.type == EventType.SHOWN.value
_CLICKED = events.c.type == EventType.CLICKED.value
_PLACE = ("user_id", "movie_id", "model_version", "strategy", "rank")


async def days(transaction: ReadTransaction, period: Period) -> dict[date, Day]:
    """Count by day; days without events and feedback are left out."""
    given, sent = day_of(feedback.c.updated_at).label("day"), day_of(events.c.created_at).label("day")
    feedback_rows = await transaction.rows(select(given, func.count()).where(period.of_feedback).group_by(given))
    event_rows = await transaction.rows(
        select(sent, _count_if(_SHOWN), _count_if(_CLICKED)).where(period.of_events).group_by(sent)
    )
    active = union(
        select(given, feedback.c.user_id).where(period.of_feedback),
        select(sent, events.c.user_id).where(period.of_events),
    ).subquery()
    active_rows = await transaction.rows(select(active.c.day, func.count()).group_by(active.c.day))
    found = {day: Day(0, users, 0, 0) for day, users in active_rows}
    for day, shown, clicked in event_rows:
        found[day] = found[day]._replace(shown=shown, clicked=clicked)
    for day, count in feedback_rows:
        found[day] = found[day]._replace(feedback=count)
    return found


def _exposures(period: Period) -> Subquery:
    """Return one row for each user and place of a movie: whether it was shown, clicked, and is liked."""
    places = (
        select(
            *(events.c[name] for name in _PLACE),
            func.max(_flag(_SHOWN)).label("shown"),
            func.max(_flag(_CLICKED)).label("clicked"),
        )
        .where(period.of_events)
        .group_by(*(events.c[name] for name in _PLACE))
        .subquery()
    )
    of_place = (feedback.c[name] == places.c[name] for name in _PLACE)
    with_feedback = places.outerjoin(feedback, and_(feedback.c.catalogue == period.catalogue, *of_place))
    return (
        select(
            *(places.c[name] for name in _PLACE),
            places.c.shown,
            places.c.clicked,
            (places.c.shown * places.c.clicked).label("clicked_of_shown"),
            (places.c.shown * _flag(_LIKED)).label("liked_of_shown"),
        )
        .select_from(with_feedback)
        .subquery()
    )


async def exposures(transaction: ReadTransaction, period: Period, by: Dimension) -> dict[str | int, Exposures]:
    """Count shown and clicked movies by version, strategy or rank."""
    places = _exposures(period)
    key = places.c[by.value]
    sums = (_whole(func.sum(places.c[name])) for name in Exposures._fields)
    return {row[0]: Exposures(*row[1:]) for row in await transaction.rows(select(key, *sums).group_by(key))}


async def feedback_counts(
    transaction: ReadTransaction, period: Period, by: Dimension
) -> dict[str | int, FeedbackCounts]:
    """Count feedback about recommended movies by version, strategy or rank."""
    key = feedback.c[by.value]
    query = (
        select(key, _count_if(_LIKED), _count_if(_DISLIKED), func.count(feedback.c.stars), func.avg(feedback.c.stars))
        .where(period.of_feedback, feedback.c.rank.is_not(None))
        .group_by(key)
    )
    return {row[0]: FeedbackCounts(*row[1:]) for row in await transaction.rows(query)}


async def personal_exposures(
    transaction: ReadTransaction, period: Period, versions: Collection[str], *, but: str
) -> Sequence[tuple[UserId, str, Exposures]]:
    """Return what each user was shown by each version, leaving out one strategy."""
    places = _exposures(period)
    sums = (_whole(func.sum(places.c[name])) for name in Exposures._fields)
    query = (
        select(places.c.user_id, places.c.model_version, *sums)
        .where(places.c.model_version.in_(versions), places.c.strategy != but)
        .group_by(places.c.user_id, places.c.model_version)
    )
    return [(row[0], row[1], Exposures(*row[2:])) for row in await transaction.rows(query)]


async def top_movies(transaction: ReadTransaction, period: Period, limit: int) -> Sequence[MovieCounts]:
    """Return the movies with the most feedback; ties are broken by movie id."""
    amount = func.count().label("amount")
    rows = await transaction.rows(
        select(feedback.c.movie_id, amount, _count_if(_LIKED), func.avg(feedback.c.stars))
        .where(period.of_feedback)
        .group_by(feedback.c.movie_id)
        .order_by(amount.desc(), feedback.c.movie_id)
        .limit(limit)
    )
    found = [row[0] for row in rows]
    counted = {
        row[0]: tuple(row[1:])
        for row in await transaction.rows(
            select(events.c.movie_id, _count_if(_SHOWN), _count_if(_CLICKED))
            .where(period.of_events, events.c.movie_id.in_(found))
            .group_by(events.c.movie_id)
        )
    }
    return [MovieCounts(*row, *counted.get(row[0], (0, 0))) for row in rows]


async def totals(transaction: ReadTransaction, period: Period) -> Totals:
    """Count users and feedback."""
    query = select(func.count(distinct(feedback.c.user_id)), func.count()).where(period.of_feedback)
    return Totals(*(await transaction.rows(query))[0])


async def shown_movies(transaction: ReadTransaction, period: Period) -> list[MovieId]:
    """Return the movies that any user was shown."""
    query = select(events.c.movie_id).where(period.of_events, _SHOWN).distinct()
    return [movie_id for (movie_id,) in await transaction.rows(query)]


def _whole(value: ColumnElement[Any]) -> ColumnElement[int]:
    """Cast a sum to an integer, since PostgreSQL sums integers to decimals."""
    return cast(func.coalesce(value, literal(0)), BigInteger)
