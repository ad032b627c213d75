"""What was shown and clicked, told by frontends in batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from recsvc.engine.engine import Engine
from recsvc.errors import RecsvcError
from recsvc.storage import events
from recsvc.storage.database import Database
from recsvc.storage.events import Event
from recsvc.types import EventType, MovieId, UserId
from recsvc.usecases.recommendation_tokens import RecommendationTokens
from recsvc.usecases.users import check_writable


class Told(NamedTuple):
    """One event as it was sent."""

    type: EventType
    recommendation_id: str
    movie_id: MovieId


async def keep_events(
    engine: Engine, database: Database, tokens: RecommendationTokens, user_id: UserId, told: Sequence[Told]
) -> list[bool | RecsvcError]:
    """Keep all events that can be kept, in one transaction.

    Of each is said True (new), False (it was there already), or why it was not kept.

    Raises:
        ReadOnlyUserError: the user cannot be written about.
    """
    check_writable(engine, user_id)
    outcomes: list[bool | RecsvcError] = []
    usable: list[Event] = []
    places: list[int] = []
    for at, one in enumerate(told):
        try:
            attribution = tokens.attribution(one.recommendation_id, user_id, one.movie_id)
        except RecsvcError as error:
            outcomes.append(error)
        else:
            outcomes.append(False)
            usable.append(Event(user_id, one.movie_id, attribution, one.type))
            places.append(at)
    async with database.write() as transaction:
        for at, new in zip(places, await events.put_many(transaction, usable), strict=True):
            outcomes[at] = new
    return outcomes
