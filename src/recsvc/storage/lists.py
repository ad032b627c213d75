"""Lists that are shared by their link: stored, read, changed and removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, insert, select, update

from recsvc.storage.tables import database_now, list_items, lists
from recsvc.storage.transactions import ReadTransaction, WriteTransaction
from recsvc.types import MovieId


class ListItem(NamedTuple):
    """A movie of a list, with the title and year that it had when it was added."""

    movie_id: MovieId
    title: str
    year: int | None


@dataclass(frozen=True, slots=True)
class StoredList:
    """A list as it is stored; the times are the database's, in UTC."""

    slug: str
    title: str
    edit_token_hash: bytes
    items: Sequence[ListItem]
    created_at: datetime
    updated_at: datetime


async def add(
    transaction: WriteTransaction, slug: str, title: str, edit_token_hash: bytes, items: Sequence[ListItem]
) -> None:
    """Store a new list."""
    row = {"slug": slug, "title": title, "edit_token_hash": edit_token_hash}
    await transaction.execute(insert(lists), row)
    await _add_items(transaction, slug, items)


async def get(transaction: ReadTransaction, slug: str, *, to_change: bool = False) -> StoredList | None:
    """Return a list with its movies in their order; None if there is none with that slug.

    With `to_change`, no other transaction can change the list until this one ends.
    """
    query = select(lists).where(lists.c.slug == slug)
    found = await transaction.rows(query.with_for_update() if to_change else query)
    if not found:
        return None
    held = (list_items.c.movie_id, list_items.c.title, list_items.c.year)
    items = await transaction.rows(select(*held).where(list_items.c.slug == slug).order_by(list_items.c.position))
    row = found[0]
    return StoredList(
        row.slug, row.title, row.edit_token_hash, [ListItem(*item) for item in items], row.created_at, row.updated_at
    )


async def change(transaction: WriteTransaction, slug: str, title: str | None, items: Sequence[ListItem] | None) -> None:
    """Change the title of a list, its movies, or both; None leaves either as it is."""
    if title is None and items is None:
        return
    values = {"updated_at": database_now()} | ({} if title is None else {"title": title})
    await transaction.execute(update(lists).where(lists.c.slug == slug).values(values))
    if items is not None:
        await transaction.execute(delete(list_items).where(list_items.c.slug == slug))
        await _add_items(transaction, slug, items)


async def remove(transaction: WriteTransaction, slug: str) -> None:
    """Remove a list and its movies."""
    await transaction.execute(delete(lists).where(lists.c.slug == slug))


async def _add_items(transaction: WriteTransaction, slug: str, items: Sequence[ListItem]) -> None:
    rows = [{"slug": slug, "position": position, **item._asdict()} for position, item in enumerate(items)]
    await transaction.execute(insert(list_items), rows)
