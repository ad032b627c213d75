"""Events: which recommended movies were shown and clicked."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from recsvc.errors import RecsvcError
from recsvc.service.schemas.batches import Record
from recsvc.service.schemas.fields import (
    IN_JSON,
    RECOMMENDATION_ID,
    USER_ID,
    MovieIdField,
    RecommendationIdField,
    RequestModel,
    UserIdField,
)
from recsvc.types import EventType


class EventBody(RequestModel):
    """A recommended movie was shown or clicked."""

    model_config = IN_JSON

    type: EventType = Field(strict=False, description="`shown`: it was in view; `clicked`: it was opened.")
    recommendation_id: RecommendationIdField = Field(
        description="The answer in which the movie was recommended.", examples=[RECOMMENDATION_ID]
    )
    movie_id: MovieIdField


class EventsBody(RequestModel):
    """Up to 1,000 events of one user."""

    model_config = IN_JSON

    user_id: UserIdField | None = Field(default=None, description=USER_ID, examples=["ada"])
    events: list[Record[EventBody]] = Field(min_length=1, max_length=1000, description="The events, in any order.")

    def records(self) -> Sequence[EventBody | RecsvcError]:
        """Return the events, with an error in place of each one that cannot be used."""
        return self.events
