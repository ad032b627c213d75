"""Events: frontends report the movies that they showed."""

from __future__ import annotations

from fastapi import APIRouter

from recsvc.service.deps import CallerDep, ContextDep
from recsvc.service.problems import document
from recsvc.service.schemas.batches import BatchResult, batch_result
from recsvc.service.schemas.events import EventBody, EventsBody
from recsvc.usecases.batches import convert
from recsvc.usecases.events import ReportedEvent, report_events

router = APIRouter(tags=["feedback"])


def _event(body: EventBody) -> ReportedEvent:
    return ReportedEvent(body.type, body.recommendation_id, body.movie_id)


@router.post("/events", summary="Report what was shown and clicked", responses=document(401, 403, 413))
async def events(context: ContextDep, caller: CallerDep, body: EventsBody) -> BatchResult:
    """Store events, so that likes and clicks can be compared with what was shown. Sending one again changes nothing.

    An event is stored once for a user, a movie and its place: version, strategy and rank. An event of a list that was
    made for nobody is accepted and not stored (202).
    """
    user = caller.named_user(body.user_id)
    reported = convert(body.records(), _event)
    outcomes = await report_events(context.deployment, context.database, context.tokens, user, reported, caller.session)
    return batch_result(outcomes, "body", "events")
