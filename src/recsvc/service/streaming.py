"""The answer that is sent in parts: everything that is stored about a user."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TypeVar

from recsvc.service.schemas.fields import ResponseModel
from recsvc.service.schemas.users import ExportedEvent, ExportedFeedback, ExportedItem, ExportedList
from recsvc.storage.events import StoredEvent
from recsvc.storage.feedback import Filed
from recsvc.storage.lists import StoredList
from recsvc.types import Attribution, UserId
from recsvc.usecases.exporting import Held

T = TypeVar("T")


async def export_document(user_id: UserId, held: Held) -> AsyncIterator[bytes]:
    """Return the JSON of a `UserExport`, part by part: no more than a page of it is in memory."""
    ended = held.sessions_ended_until
    head = {"user_id": user_id, "simulated": held.simulated, "sessions_ended_until": ended and ended.isoformat()}
    yield json.dumps(head)[:-1].encode()
    for name, parts in (
        ("feedback", _array(held.feedback, _feedback)),
        ("events", _array(held.events, _event)),
        ("lists", _array(held.lists, _list)),
    ):
        yield f', "{name}": ['.encode()
        async for part in parts:
            yield part
        yield b"]"
    yield b"}"


async def _array(pages: AsyncIterator[Sequence[T]], show: Callable[[T], ResponseModel]) -> AsyncIterator[bytes]:
    """Return the items of an array, a page at a time."""
    comma = b""
    async for page in pages:
        if page:
            yield comma + b",".join(show(one).model_dump_json().encode() for one in page)
            comma = b","


def _feedback(filed: Filed) -> ExportedFeedback:
    catalogue, one = filed
    place = dict.fromkeys(Attribution._fields) if one.attribution is None else one.attribution._asdict()
    return ExportedFeedback(
        catalogue=catalogue,
        movie_id=one.movie_id,
        kind=one.kind,
        stars=one.stars,
        created_at=one.created_at,
        updated_at=one.updated_at,
        revision=one.revision,
        recommendation_id=one.recommendation_id,
        **place,
    )


def _event(one: StoredEvent) -> ExportedEvent:
    return ExportedEvent(
        catalogue=one.catalogue,
        movie_id=one.movie_id,
        type=one.type,
        created_at=one.created_at,
        **one.attribution._asdict(),
    )


def _list(one: StoredList) -> ExportedList:
    return ExportedList(
        slug=one.slug,
        catalogue=one.catalogue,
        title=one.title,
        kind=one.kind,
        items=[ExportedItem(**item._asdict()) for item in one.items],
        created_at=one.created_at,
        updated_at=one.updated_at,
        read_at=one.read_at,
    )
