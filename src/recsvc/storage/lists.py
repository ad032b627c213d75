"""Lists, which are shared by their link or private: stored, read, changed and removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Table, delete, func, insert, or_, select, tuple_, update

from recsvc.storage.tables import database_now, list_items, lists
from recsvc.storage.transactions import ReadTransaction, WriteTransaction
from recsvc.types import CatalogueName, ListKind, MovieId, UserId


class ListItem(NamedTuple):
    """A movie of a list, with the title and year that it had when it was added, and perhaps a note."""

    movie_id: MovieId
    title: str
    year: int | None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class StoredList:
    """A list as it is stored; `owner` is None where nobody was known. The times are the database's, in UTC.

    `read_at` is when somebody read it, which is not noted every time.
    """

    slug: str
    catalogue: CatalogueName
    title: str
    edit_token_hash: bytes
    items: Sequence[ListItem]
    created_at: datetime
    updated_at: datetime
    owner: UserId | None
    kind: ListKind
    read_at: datetime | None = None

    @property
    def used_at(self) -> datetime:
        """When it was last known to be read or changed."""
        return self.updated_at if self.read_at is None else max(self.read_at, self.updated_at)


class OwnedList(NamedTuple):
    """A list as it is told to its owner: `movie_count` is the number of its movies."""

    slug: str
    title: str
    kind: ListKind
    movie_count: int
    updated_at: datetime


async def add(
    transaction: WriteTransaction,
    catalogue: CatalogueName,
    slug: str,
    title: str,
    edit_token_hash: bytes,
    items: Sequence[ListItem],
    owner: UserId | None = None,
    kind: ListKind = ListKind.SHARED,
) -> None:
    """Store a new list."""
    row = {"slug": slug, "catalogue": catalogue, "title": title, "edit_token_hash": edit_token_hash, "owner": owner}
    await transaction.execute(insert(lists), {**row, "kind": kind.value})
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
    return await _whole(transaction, found[-1])


async def _whole(transaction: ReadTransaction, row: Row[Any]) -> StoredList:
    """Return the list of a row with its movies."""
    held = (list_items.c.movie_id, list_items.c.title, list_items.c.year, list_items.c.note)
    items = await transaction.rows(
        select(*held).where(*_of_list(list_items, row.catalogue, row.slug)).order_by(list_items.c.position)
    )
    return StoredList(
        row.slug,
        row.catalogue,
        row.title,
        row.edit_token_hash,
        [ListItem(*item) for item in items],
        row.created_at,
        row.updated_at,
        row.owner,
        ListKind(row.kind),
        row.read_at,
    )


async def change(
    transaction: WriteTransaction,
    catalogue: CatalogueName,
    slug: str,
    title: str | None,
    kind: ListKind | None,
    items: Sequence[ListItem] | None,
) -> None:
    """Change the title of a list, its kind, its movies, or all of these; None leaves each as it is."""
    if title is None and kind is None and items is None:
        return
    told = {name: value for name, value in (("title", title), ("kind", kind)) if value is not None}
    values = {"updated_at": database_now(), **told}
    await transaction.execute(update(lists).where(*_of_list(lists, catalogue, slug)).values(values))
    if items is not None:
        await transaction.execute(delete(list_items).where(*_of_list(list_items, catalogue, slug)))
        await _add_items(transaction, catalogue, slug, items)


async def remove(transaction: WriteTransaction, slug: str) -> None:
    """Remove a list and its movies, of all catalogues."""
    await transaction.execute(delete(lists).where(lists.c.slug == slug))


async def note_reading(transaction: WriteTransaction, slug: str) -> None:
    """Note that somebody read a list."""
    await transaction.execute(update(lists).where(lists.c.slug == slug).values(read_at=database_now()))


async def remove_unread(transaction: WriteTransaction, visitors: str, *, before: datetime, most: int) -> None:
    """Remove so many lists at most that nobody read or changed since a time, of nobody or of users of a namespace."""
    key = lists.primary_key.columns
    unread = select(*key).where(
        lists.c.updated_at < before,
        or_(lists.c.read_at.is_(None), lists.c.read_at < before),
        or_(lists.c.owner.is_(None), lists.c.owner.startswith(visitors, autoescape=True)),
    )
    # What is being read or changed now is locked and stays: else it would be removed once that is done.
    removed = unread.order_by(*key).limit(most).with_for_update(skip_locked=True)
    await transaction.execute(delete(lists).where(tuple_(*key).in_(removed)))


def _of_list(table: Table, catalogue: CatalogueName, slug: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return table.c.slug == slug, table.c.catalogue == catalogue


async def _add_items(
    transaction: WriteTransaction, catalogue: CatalogueName, slug: str, items: Sequence[ListItem]
) -> None:
    key = {"slug": slug, "catalogue": catalogue}
    rows = [{**key, "position": position, **item._asdict()} for position, item in enumerate(items)]
    await transaction.execute(insert(list_items), rows)


async def of_owner(transaction: ReadTransaction, catalogue: CatalogueName, owner: UserId) -> list[OwnedList]:
    """Return the lists of a user, the newest change first.

    A list that several catalogues have is returned once: as this one has it, or else the one that was changed last.
    """
    query = (
        select(lists.c.slug, lists.c.title, lists.c.kind, func.count(list_items.c.movie_id), lists.c.updated_at)
        .join_from(
            lists, list_items, (list_items.c.slug == lists.c.slug) & (list_items.c.catalogue == lists.c.catalogue)
        )
        .where(lists.c.owner == owner)
        .group_by(lists.c.slug, lists.c.catalogue)
        .order_by(lists.c.catalogue == catalogue, lists.c.updated_at, lists.c.slug)
    )
    rows = await transaction.rows(query)
    found = {slug: OwnedList(slug, title, ListKind(kind), count, at) for slug, title, kind, count, at in rows}
    return sorted(found.values(), key=lambda one: (one.updated_at, one.slug), reverse=True)


async def page_of_owner(
    transaction: ReadTransaction, owner: UserId, *, after: StoredList | None, limit: int
) -> list[StoredList]:
    """Return lists of a user, as each catalogue has them, by slug, from the one after the given one on."""
    key = lists.primary_key.columns
    query = select(lists).where(lists.c.owner == owner).order_by(*key).limit(limit)
    if after is not None:
        query = query.where(tuple_(*key) > tuple_(after.slug, after.catalogue))
    return [await _whole(transaction, row) for row in await transaction.rows(query)]


async def has_watchlist(transaction: ReadTransaction, catalogue: CatalogueName, owner: UserId | None) -> bool:
    """Return whether a user has a watchlist of a catalogue."""
    query = select(lists.c.slug).where(lists.c.owner == owner, lists.c.kind == ListKind.WATCHLIST)
    return bool(await transaction.rows(query.where(lists.c.catalogue == catalogue)))


async def of_catalogue(transaction: ReadTransaction, catalogue: CatalogueName) -> list[StoredList]:
    """Return all lists of a catalogue, by slug."""
    slugs = await transaction.rows(select(lists.c.slug).where(lists.c.catalogue == catalogue).order_by(lists.c.slug))
    found = [await get(transaction, catalogue, slug) for (slug,) in slugs]
    return [one for one in found if one is not None]


async def carry_over(transaction: WriteTransaction, catalogue: CatalogueName, one: StoredList) -> bool:
    """Store a list also for another catalogue, under the same slug and token, unless that has it; return whether.

    A watchlist becomes a private list where its owner has a watchlist in that catalogue, too.
    """
    stored = await get(transaction, catalogue, one.slug, to_change=True)
    if stored is not None and stored.catalogue == catalogue:
        return False
    kind = one.kind
    if kind is ListKind.WATCHLIST and await has_watchlist(transaction, catalogue, one.owner):
        kind = ListKind.PRIVATE
    names = ("slug", "title", "edit_token_hash", "created_at", "updated_at", "owner", "read_at")
    row = {name: getattr(one, name) for name in names}
    await transaction.execute(insert(lists), {**row, "catalogue": catalogue, "kind": kind.value})
    await _add_items(transaction, catalogue, one.slug, one.items)
    return True
