"""Events: frontends report in batches which recommended movies were shown and clicked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from recsvc.errors import RecsvcError
from recsvc.storage import events
from recsvc.storage.database import Database
from recsvc.storage.events import Event
from recsvc.types import EventType, MovieId, UserId
from recsvc.usecases.batches import Outcome, convert, keep_valid
from recsvc.usecases.deployment import Deployment
from recsvc.usecases.quotas import Kept, keep_quota
from recsvc.usecases.recommendation_tokens import RecommendationTokens
from recsvc.usecases.session import Session, keep_session
from recsvc.usecases.users import check_writable


class ReportedEvent(NamedTuple):
    """One event as it was sent."""

    type: EventType
    recommendation_id: str
    movie_id: MovieId


async def report_events(
    deployment: Deployment,
    database: Database,
    tokens: RecommendationTokens,
    user_id: UserId,
    reported: Sequence[ReportedEvent | RecsvcError],
    session: Session | None,
) -> list[Outcome]:
    """Store all events that can be stored, in one transaction; events that are refused already stay so.

    Events of what was recommended to nobody are accepted and not kept.

    Raises:
        ReadOnlyUserError: No events are stored for this user.
        QuotaError: They are more than may be kept of the user of the session: none is stored.
    """
    check_writable(user_id)

    def attributed(event: ReportedEvent) -> Event | None:
        attribution = tokens.attribution(event.recommendation_id, deployment.catalogue, user_id, event.movie_id)
        return None if attribution is None else Event(user_id, event.movie_id, attribution, event.type)

    valid = convert(reported, attributed)
    async with database.write() as transaction:
        await keep_session(transaction, session)
        outcomes = await keep_valid(valid, lambda checked: events.put_many(transaction, deployment.catalogue, checked))
        if True in outcomes:
            await keep_quota(transaction, session, Kept.EVENTS)
        return outcomes
