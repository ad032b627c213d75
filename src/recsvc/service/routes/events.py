"""What frontends tell of the movies that they showed."""

from __future__ import annotations

from fastapi import APIRouter

from recsvc.errors import RecsvcError
from recsvc.service.deps import CallerDep, ContextDep
from recsvc.service.problems import document, field_errors
from recsvc.service.routes.feedback import became
from recsvc.service.schemas.events import EventsBody, EventsResult
from recsvc.service.schemas.feedback import BatchRecord, Refused
from recsvc.usecases.events import Told, keep_events

router = APIRouter(tags=["feedback"])


@router.post("/events", summary="Tell what was shown and clicked", responses=document(401, 403, 413))
async def events(context: ContextDep, caller: CallerDep, body: EventsBody) -> EventsResult:
    """Keep events, so that likes and clicks can be compared with what was shown. Sending one again changes nothing.

    An event is kept once for a user, a movie and its place: version, strategy and rank.
    """
    user = caller.named_user(body.user_id)
    results: dict[int, BatchRecord] = {}
    usable: dict[int, Told] = {}
    for index, record in enumerate(body.records()):
        if isinstance(record, Refused):
            errors = field_errors(record.errors, "body", "events", index)
            results[index] = BatchRecord(index=index, status=422, detail="The event cannot be used.", errors=errors)
        else:
            usable[index] = Told(record.type, record.recommendation_id, record.movie_id)
    outcomes = await keep_events(
        context.deployment.production, context.database, context.tokens, user, list(usable.values())
    )
    for index, outcome in zip(usable, outcomes, strict=True):
        results[index] = became(index, outcome, "body", "events", index)
    kept = sum(not isinstance(outcome, RecsvcError) for outcome in outcomes)
    return EventsResult(kept=kept, results=[results[index] for index in sorted(results)])
