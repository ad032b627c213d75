"""Lists that are shared by their link: stored, read, changed and removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Table, delete, insert, select, update

from recsvc.storage.tables import database_now, list_items, lists
from recsvc.storage.transactions import ReadTransaction, WriteTransaction
from recsvc.types import CatalogueName, MovieId


class ListItem(NamedTuple):
    """A movie of a list, with the title and year that it had when it was added."""

    movie_id: MovieId
    title: str
    year: int | None


@dataclass(frozen=True, slots=True)
class StoredList:
    """A list as it is stored; the times are the database's, in UTC."""

    slug: str
    catalogue: CatalogueName
    title: str
    edit_token_hash: bytes
    items: Sequence[ListItem]
    created_at: datetime
    updated_at: datetime


async def add(
    transaction: WriteTransaction,
    catalogue: CatalogueName,
    slug: str,
    title: str,
    edit_token_hash: bytes,
    items: Sequence[ListItem],
) -> None:
    """Store a new list."""
    row = {"slug": slug, "catalogue": catalogue, "title": title, "edit_token_hash": edit_token_hash}
    await transaction.execute(insert(lists), row)
    await _add_items(transaction, catalogue, slug, items)


async def get(
    transaction: ReadTransaction, catalogue: CatalogueName, slug: str, *, to_change: bool = False
) -> StoredList | None:
    """Return a list with its movies in their order; None if there is none with that slug.

    A list that this catalogue does not have is returned as the catalogue has it in which it was changed last. With
    `to_change`, no other transaction can change the list until this one ends.
    """
    query = (
        select(lists)
        .where(lists.c.slug == slug)
        .order_by(lists.c.catalogue == catalogue, lists.c.updated_at, lists.c.catalogue)
    )
    found = await transaction.rows(query.with_for_update() if to_change else query)
    if not found:
        return None
    row = found[-1]
    held = (list_items.c.movie_id, list_items.c.title, list_items.c.year)
    items = await transaction.rows(
        select(*held).where(*_of_list(list_items, row.catalogue, slug)).order_by(list_items.c.position)
    )
    return StoredList(
        row.slug,
        row.catalogue,
        row.title,
        row.edit_token_hash,
        [ListItem(*item) for item in items],
        row.created_at,
        row.updated_at,
    )


async def change(
    transaction: WriteTransaction,
    catalogue: CatalogueName,
    slug: str,
    title: str | None,
    items: Sequence[ListItem] | None,
) -> None:
    """Change the title of a list, its movies, or both; None leaves either as it is."""
    if title is None and items is None:
        return
    values = {"updated_at": database_now()} | ({} if title is None else {"title": title})
    await transaction.execute(update(lists).where(*_of_list(lists, catalogue, slug)).values(values))
    if items is not None:
        await transaction.execute(delete(list_items).where(*_of_list(list_items, catalogue, slug)))
        await _add_items(transaction, catalogue, slug, items)


async def remove(transaction: WriteTransaction, slug: str) -> None:
    """Remove a list and its movies, of all catalogues."""
    await transaction.execute(delete(lists).where(lists.c.slug == slug))


def _of_list(table: Table, catalogue: CatalogueName, slug: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return table.c.slug == slug, table.c.catalogue == catalogue


async def _add_items(
    transaction: WriteTransaction, catalogue: CatalogueName, slug: str, items: Sequence[ListItem]
) -> None:
    key = {"slug": slug, "catalogue": catalogue}
    rows = [{**key, "position": position, **item._asdict()} for position, item in enumerate(items)]
    await transaction.execute(insert(list_items), rows)


async def of_catalogue(transaction: ReadTransaction, catalogue: CatalogueName) -> list[StoredList]:
    """Return all lists of a catalogue, by slug."""
    slugs = await transaction.rows(select(lists.c.slug).where(lists.c.catalogue == catalogue).order_by(lists.c.slug))
    found = [await get(transaction, catalogue, slug) for (slug,) in slugs]
    return [one for one in found if one is not None]


async def carry_over(transaction: WriteTransaction, catalogue: CatalogueName, one: StoredList) -> bool:
    """Store a list also for another catalogue, under the same slug and token, unless that has it; return whether."""
    stored = await get(transaction, catalogue, one.slug, to_change=True)
    if stored is not None and stored.catalogue == catalogue:
        return False
    row = {name: getattr(one, name) for name in ("slug", "title", "edit_token_hash", "created_at", "updated_at")}
    await transaction.execute(insert(lists), {**row, "catalogue": catalogue})
    await _add_items(transaction, catalogue, one.slug, one.items)
    return True
