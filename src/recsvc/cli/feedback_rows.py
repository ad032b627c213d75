"""The lines of `recsvc feedback export`, written and read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from recsvc.cli.feedback_files import COLUMNS, Cell, lines_of
from recsvc.datasets.dataset import check_name
from recsvc.errors import BadRowError, DataError
from recsvc.storage.feedback import StoredFeedback
from recsvc.types import MAX_STARS, MIN_STARS, Attribution, CatalogueName, FeedbackKind

_USER_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_MOST_ID, _MOST_COUNT = 2**63 - 1, 2**31 - 1
"""What the columns of the database hold: ids in 64 bits, revisions and ranks in 32."""

_CLOCKS_DIFFER = timedelta(days=1)
"""So far ahead of this machine's clock a time may be. What was said in the future would stay the newest."""


def record(catalogue: CatalogueName, item: StoredFeedback) -> tuple[Cell, ...]:
    """Return the fields of a line."""
    told = (item.kind.value, item.stars, item.created_at, item.updated_at, item.revision, item.recommendation_id)
    return (catalogue, item.user_id, item.movie_id, *told, *(item.attribution or (None, None, None)))


def read_feedback(file: Path) -> dict[CatalogueName, list[StoredFeedback]]:
    """Read the feedback of a file by its catalogue.

    Raises:
        DataError: The file cannot be read, or does not have the columns.
        ConfigurationError: It is Parquet, and pyarrow is not installed.
        BadRowError: A line cannot be used, or is the second one of a user and movie.
    """
    found: dict[CatalogueName, dict[tuple[str, int], StoredFeedback]] = {}
    for number, line in lines_of(file):
        try:
            catalogue, item = _parsed(line)
            of_catalogue = found.setdefault(catalogue, {})
            if (item.user_id, item.movie_id) in of_catalogue:
                raise ValueError("there is a line of this user and movie already")
            of_catalogue[item.user_id, item.movie_id] = item
        except (ValueError, DataError) as error:
            raise BadRowError(file, number, str(error)) from None
    return {catalogue: list(items.values()) for catalogue, items in found.items()}


def _parsed(line: Mapping[str, str]) -> tuple[CatalogueName, StoredFeedback]:
    """Return the catalogue and the feedback of a line; raises ValueError or DataError with what is wrong."""
    if any("\0" in cell for cell in map(line.__getitem__, COLUMNS)):
        raise ValueError("there is a NUL character, which no text has")
    catalogue = line["catalogue"]
    if catalogue:
        check_name(catalogue)
    if not _USER_ID.fullmatch(line["user_id"]):
        raise ValueError(f"user_id {line['user_id']!r} is not 1 to 128 of A-Z a-z 0-9 . _ : -")
    kind = FeedbackKind(line["kind"])
    stars = float(line["stars"]) if line["stars"] else None
    if (stars is not None) != (kind is FeedbackKind.RATING):
        raise ValueError(f"stars are {line['stars']!r}, and the kind is {kind.value}")
    if stars is not None and not (MIN_STARS <= stars <= MAX_STARS and (stars * 2).is_integer()):
        raise ValueError(f"stars {line['stars']} are not 0.5 to 5 in halves")
    created, updated = (_time(name, line[name]) for name in ("created_at", "updated_at"))
    attribution = None
    if line["rank"]:
        attribution = Attribution(line["model_version"], line["strategy"], _count("rank", line["rank"]))
    item = StoredFeedback(
        line["user_id"],
        _number("movie_id", line["movie_id"], 0, _MOST_ID),
        kind,
        stars,
        line["recommendation_id"] or None,
        attribution,
        revision=_count("revision", line["revision"]),
        created_at=min(created, updated),  # by the first write it is counted which versions may know an erased user
        updated_at=updated,
    )
    return catalogue, item


def _count(name: str, text: str) -> int:
    return _number(name, text, 1, _MOST_COUNT)


def _number(name: str, text: str, least: int, most: int) -> int:
    if not re.fullmatch(r"[0-9]{1,19}", text) or not least <= int(text) <= most:
        raise ValueError(f"{name} {text!r} is not a whole number from {least} to {most}")
    return int(text)


def _time(name: str, text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{name} {text!r} is not a time") from None
    if time.tzinfo is None:
        raise ValueError(f"{name} {text!r} has no time zone")
    try:
        time = time.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{name} {text!r} is outside of the years 1 to 9999") from None
    if time > datetime.now(UTC) + _CLOCKS_DIFFER:
        raise ValueError(f"{name} {text!r} is in the future")
    return time
