"""Everything that is stored about one user: counted and erased."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Column, delete, func, literal, select

from recsvc.storage.lists import OwnedList, of_owner
from recsvc.storage.tables import events, feedback, lists
from recsvc.storage.transactions import ReadTransaction, WriteTransaction
from recsvc.types import CatalogueName, FeedbackKind, UserId

_IN_TASTE = (FeedbackKind.RATING, FeedbackKind.LIKED, FeedbackKind.DISLIKED)
"""The kinds of feedback that are part of a taste."""
_OF_USERS = (feedback.c.user_id, events.c.user_id, lists.c.owner)
"""The columns that name a user."""


class UserSummary(NamedTuple):
    """How much is stored about one user and the movies of one catalogue, and their lists of all catalogues.

    `counts` has every kind of feedback. `events` counts shown and clicked movies. The times are those of the first and
    the newest feedback, None without any.
    """

    counts: Mapping[FeedbackKind, int]
    events: int
    first_at: datetime | None
    last_at: datetime | None
    lists: Sequence[OwnedList] = ()

    @property
    def rated(self) -> int:
        """The number of movies in the taste of the user: rated, liked or disliked."""
        return sum(self.counts[kind] for kind in _IN_TASTE)


async def summary(transaction: ReadTransaction, catalogue: CatalogueName, user_id: UserId) -> UserSummary | None:
    """Count what is stored about a user and the movies of a catalogue; return None if that is nothing."""
    rows = await transaction.rows(
        select(feedback.c.kind, func.count(), func.min(feedback.c.created_at), func.max(feedback.c.updated_at))
        .where(feedback.c.user_id == user_id, feedback.c.catalogue == catalogue)
        .group_by(feedback.c.kind)
    )
    of_user = (events.c.user_id == user_id, events.c.catalogue == catalogue)
    count_events = select(func.count()).select_from(events).where(*of_user)
    event_count: int = (await transaction.rows(count_events))[0][0]
    owned = await of_owner(transaction, catalogue, user_id)
    if not rows and not event_count and not owned:
        return None
    counts = dict.fromkeys(FeedbackKind, 0) | {FeedbackKind(kind): count for kind, count, _, _ in rows}
    first_at = min((first for _, _, first, _ in rows), default=None)
    last_at = max((last for _, _, _, last in rows), default=None)
    return UserSummary(counts, event_count, first_at, last_at, owned)


async def is_known(transaction: ReadTransaction, user_id: UserId) -> bool:
    """Tell whether there is feedback, an event or a list of a user, of any catalogue."""
    for column in _OF_USERS:
        if await transaction.rows(select(literal(1)).select_from(column.table).where(column == user_id).limit(1)):
            return True
    return False


async def has_more_than(transaction: ReadTransaction, column: Column[str], user_id: UserId, most: int) -> bool:
    """Tell whether more rows than that have a user in the column of a table that says whose they are."""
    query = select(literal(1)).select_from(column.table).where(column == user_id).limit(1).offset(most)
    return bool(await transaction.rows(query))


async def erase(transaction: WriteTransaction, user_id: UserId) -> bool:
    """Erase all feedback, events and lists of a user, of all catalogues; return whether there were any."""
    erased = 0
    for column in _OF_USERS:
        erased += (await transaction.execute(delete(column.table).where(column == user_id))).rowcount
    return erased > 0


async def with_feedback(transaction: ReadTransaction, catalogue: CatalogueName, until: datetime) -> set[UserId]:
    """Return the users of whom there is feedback about movies of a catalogue that was given first until some time."""
    given = (feedback.c.catalogue == catalogue, feedback.c.created_at <= until)
    query = select(feedback.c.user_id).where(*given).distinct()
    return {user_id for (user_id,) in await transaction.rows(query)}
