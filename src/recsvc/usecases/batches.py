"""Partial success of batches: every record that can be kept is kept, and the others are refused one by one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias, TypeVar

from recsvc.errors import RecsvcError

T = TypeVar("T")
S = TypeVar("S")

Outcome: TypeAlias = bool | RecsvcError | None
"""What became of a record: True if it is new, False if it was there already or replaced one, None if it is accepted and
not kept, or why it was refused."""


def convert(records: Sequence[T | RecsvcError], conversion: Callable[[T], S]) -> list[S | RecsvcError]:
    """Convert all records. A record that is refused already stays so; one whose conversion fails is refused."""
    converted: list[S | RecsvcError] = []
    for record in records:
        if isinstance(record, RecsvcError):
            converted.append(record)
            continue
        try:
            converted.append(conversion(record))
        except RecsvcError as error:
            converted.append(error)
    return converted


async def keep_valid(
    records: Sequence[T | RecsvcError | None], keep: Callable[[Sequence[T]], Awaitable[list[bool]]]
) -> list[Outcome]:
    """Pass all records that are neither None nor refused to `keep`, at once; return every outcome in order."""
    valid = {
        index: record
        for index, record in enumerate(records)
        if record is not None and not isinstance(record, RecsvcError)
    }
    kept = dict(zip(valid, await keep(list(valid.values())), strict=True))
    return [record if isinstance(record, RecsvcError) else kept.get(index) for index, record in enumerate(records)]
