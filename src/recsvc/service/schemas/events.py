"""What was shown and clicked."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, ValidationError, WrapValidator
from pydantic_core.core_schema import ValidatorFunctionWrapHandler

from recsvc.service.schemas.feedback import BatchRecord, Refused
from recsvc.service.schemas.fields import (
    IN_JSON,
    RECOMMENDATION_ID,
    USER_ID,
    MovieIdField,
    RecommendationIdField,
    Sent,
    Strict,
    UserIdField,
)
from recsvc.types import EventType


class EventBody(Strict):
    """A recommended movie was shown or clicked."""

    model_config = IN_JSON

    type: EventType = Field(strict=False, description="`shown`: it was in view; `clicked`: it was opened.")
    recommendation_id: RecommendationIdField = Field(
        description="The answer that the movie was recommended in.", examples=[RECOMMENDATION_ID]
    )
    movie_id: MovieIdField


def _or_refused(value: Any, validate: ValidatorFunctionWrapHandler) -> EventBody | Refused:
    """One bad event must not refuse the others."""
    try:
        body: EventBody = validate(value)
    except ValidationError as error:
        return Refused(error.errors())
    return body


class EventsBody(Strict):
    """Up to 1,000 events of one user."""

    model_config = IN_JSON

    user_id: UserIdField | None = Field(default=None, description=USER_ID, examples=["ada"])
    events: list[Annotated[EventBody, WrapValidator(_or_refused)]] = Field(
        min_length=1, max_length=1000, description="The events, in any order."
    )

    def records(self) -> list[EventBody | Refused]:
        """The events, those that cannot be used marked so."""
        return [*self.events]


class EventsResult(Sent):
    """What became of each event, in the order of the request."""

    kept: int = Field(description="How many are kept now, those that were there already among them.", examples=[2])
    results: list[BatchRecord] = Field(description="What became of each: 201 new, 200 there already, 422 not kept.")
