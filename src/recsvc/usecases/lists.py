"""Lists, which are shared by their link or private. Their owner may change them, and whoever has the edit token."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import NamedTuple, TypeAlias

from recsvc.errors import (
    CatalogueMismatchError,
    ChangedMeanwhileError,
    DatabaseUnavailableError,
    ExistsAlreadyError,
    InvalidInputError,
    NotFoundError,
    NotPermittedError,
)
from recsvc.storage import lists, tables
from recsvc.storage.database import Database, ReadTransaction, WriteTransaction
from recsvc.storage.lists import ListItem, StoredList
from recsvc.types import CatalogueName, ListKind, MovieId, UserId
from recsvc.usecases.deployment import Deployment
from recsvc.usecases.quotas import Kept, keep_quota
from recsvc.usecases.session import Session, keep_session
from recsvc.usecases.users import VISITORS, check_writable

_SLUG_BYTES = 16
_TOKEN_BYTES = 32
UNREAD = timedelta(days=365)
"""A list of a visitor, or of nobody, that was neither read nor changed for so long is removed."""
_NOTED = timedelta(days=30)
"""Reading a list is a write once in so long: it may have been read for that long after the time that is noted."""
_REMOVED_AT_ONCE = 100

Condition: TypeAlias = Callable[[StoredList], bool]
"""Whether a list is still as the caller has read it."""


class Asker(NamedTuple):
    """Who asks for a list: the user, if one is known, their session, and the edit token, if one was sent."""

    user_id: UserId | None = None
    session: Session | None = None
    edit_token: str | None = None

    def owns(self, stored: StoredList) -> bool:
        """Tell whether a list is the user's."""
        return stored.owner is not None and stored.owner == self.user_id

    def may_change(self, stored: StoredList) -> bool:
        """Tell whether a list is the user's, or the edit token is that of the list."""
        token = self.edit_token
        return self.owns(stored) or (token is not None and hmac.compare_digest(stored.edit_token_hash, _hash(token)))


@dataclass(frozen=True, slots=True)
class ListEdit:
    """What is to change of a list; None leaves it as it is. `notes` has the new notes by movie, None to remove one."""

    title: str | None
    kind: ListKind | None
    movie_ids: Sequence[MovieId] | None
    notes: Mapping[MovieId, str | None] | None


async def make(
    deployment: Deployment,
    database: Database,
    asker: Asker,
    title: str,
    kind: ListKind,
    movie_ids: Sequence[MovieId],
) -> tuple[StoredList, str]:
    """Store a new list of the user who asks, and return it with its edit token, of which only a hash is stored.

    Raises:
        InvalidInputError: A movie is not in the catalogue or is there twice; the field names its index. Or the list is
            private, and nobody owns it.
        ReadOnlyUserError: The user is one of a dataset.
        NotAuthenticatedError: The session of the user has ended.
        ExistsAlreadyError: The user has a watchlist already.
        QuotaError: The user of the session has as many lists as may be.
    """
    slug, token = secrets.token_urlsafe(_SLUG_BYTES), secrets.token_urlsafe(_TOKEN_BYTES)
    catalogue, owner = deployment.catalogue, asker.user_id
    _check_kind(kind, owner)
    items = _items(deployment, movie_ids, {})
    async with database.write() as transaction:
        if owner is not None:
            check_writable(owner)
        await keep_session(transaction, asker.session)
        if kind is ListKind.WATCHLIST:
            await transaction.keep_writers_out(tables.lists)
            if await lists.has_watchlist(transaction, catalogue, owner):
                raise ExistsAlreadyError("watchlist", f"of {owner}")
        last = datetime.now(UTC) - UNREAD - _NOTED
        await lists.remove_unread(transaction, VISITORS, before=last, most=_REMOVED_AT_ONCE)
        await lists.add(transaction, catalogue, slug, title, _hash(token), items, owner, kind)
        await keep_quota(transaction, asker.session, Kept.LISTS)
        return await _get(transaction, catalogue, slug, asker), token


async def readable_list(deployment: Deployment, database: Database, slug: str, asker: Asker) -> StoredList:
    """Return the list of a slug, which may be of another catalogue. That it is read keeps it from being removed.

    Raises:
        NotFoundError: There is none, or it is another user's, and private.
    """
    async with database.read() as transaction:
        stored = await _get(transaction, deployment.catalogue, slug, asker)
    if stored.used_at < datetime.now(UTC) - _NOTED:
        with suppress(DatabaseUnavailableError):  # it can be read all the same
            async with database.write() as writing:
                await lists.note_reading(writing, slug)
    return stored


async def change_list(
    deployment: Deployment, database: Database, slug: str, asker: Asker, edit: ListEdit, is_as_read: Condition
) -> StoredList:
    """Change a list. Movies that left the catalogue may stay in the list; those that stay keep their notes.

    Raises:
        NotAuthenticatedError: The session of who asks has ended.
        NotFoundError: There is no such list for who asks.
        NotPermittedError: It is not theirs, and the token is not its edit token; or the kind is not for them to change.
        ChangedMeanwhileError: It is not as the caller has read it.
        InvalidInputError: A movie is not in the catalogue, is there twice, or has a note and is not in the list; the
            field names its index. Or the list cannot be of that kind.
        CatalogueMismatchError: The list is of another catalogue.
    """
    async with database.write() as transaction:
        stored = await _editable(transaction, deployment.catalogue, slug, asker, is_as_read)
        if stored.catalogue != deployment.catalogue:
            remedy = "it can be read and removed"
            raise CatalogueMismatchError(f"list {slug}", stored.catalogue, deployment.catalogue, remedy)
        if edit.kind not in (None, stored.kind):
            _check_change_of(stored, edit.kind, asker)
        known = {item.movie_id: item for item in stored.items}
        items = None if edit.movie_ids is None else _items(deployment, edit.movie_ids, known)
        if edit.notes is not None:
            items = _annotated(stored.items if items is None else items, edit.notes)
        await lists.change(transaction, deployment.catalogue, slug, edit.title, edit.kind, items)
        return await _get(transaction, deployment.catalogue, slug, asker)


async def remove_list(
    deployment: Deployment, database: Database, slug: str, asker: Asker, is_as_read: Condition
) -> None:
    """Remove a list, whatever catalogue it is of.

    Raises:
        NotAuthenticatedError: The session of who asks has ended.
        NotFoundError: There is no such list for who asks.
        NotPermittedError: It is not theirs, and the token is not its edit token.
        ChangedMeanwhileError: It is not as the caller has read it.
    """
    async with database.write() as transaction:
        await _editable(transaction, deployment.catalogue, slug, asker, is_as_read)
        await lists.remove(transaction, slug)


async def _get(
    transaction: ReadTransaction, catalogue: CatalogueName, slug: str, asker: Asker, *, to_change: bool = False
) -> StoredList:
    stored = await lists.get(transaction, catalogue, slug, to_change=to_change)
    if stored is None or (stored.kind is not ListKind.SHARED and not asker.owns(stored)):
        raise NotFoundError("list", slug)
    return stored


async def _editable(
    transaction: WriteTransaction, catalogue: CatalogueName, slug: str, asker: Asker, is_as_read: Condition
) -> StoredList:
    await keep_session(transaction, asker.session)  # before the list is locked, as when a user is erased
    stored = await _get(transaction, catalogue, slug, asker, to_change=True)
    if not asker.may_change(stored):
        told = "The list is not yours." if asker.edit_token is None else "This is not the edit token of the list."
        raise NotPermittedError(told)
    if not is_as_read(stored):
        raise ChangedMeanwhileError("list", slug)
    return stored


def _hash(token: str) -> bytes:
    """Return a plain hash, which is enough: the token is 256 random bits and cannot be guessed."""
    return sha256(token.encode()).digest()


def _check_kind(kind: ListKind, owner: UserId | None) -> None:
    if kind is not ListKind.SHARED and owner is None:
        raise InvalidInputError(("kind",), "A list that is nobody's cannot be private: nobody could read it.")


def _check_change_of(stored: StoredList, kind: ListKind, asker: Asker) -> None:
    if stored.kind is ListKind.WATCHLIST:
        raise InvalidInputError(("kind",), "A watchlist stays one.")
    _check_kind(kind, stored.owner)
    if not asker.owns(stored):
        raise NotPermittedError("Who reads a list is for its owner to say.")


def _items(deployment: Deployment, movie_ids: Sequence[MovieId], known: Mapping[MovieId, ListItem]) -> list[ListItem]:
    items: dict[MovieId, ListItem] = {}
    for index, movie_id in enumerate(movie_ids):
        if movie_id in items:
            raise InvalidInputError(("movie_ids", index), f"Movie {movie_id} is there twice.")
        catalogue = deployment.for_movie(movie_id).catalogue
        row = catalogue.vocabulary.row(movie_id)
        before = known.get(movie_id)
        if row is not None:
            movie = catalogue.movie(row)
            items[movie_id] = ListItem(movie_id, movie.title, movie.year, None if before is None else before.note)
        elif before is not None:
            items[movie_id] = before
        else:
            raise InvalidInputError(("movie_ids", index), f"There is no movie {movie_id}.")
    return list(items.values())


def _annotated(items: Sequence[ListItem], notes: Mapping[MovieId, str | None]) -> list[ListItem]:
    present = {item.movie_id for item in items}
    for index, movie_id in enumerate(notes):
        if movie_id not in present:
            raise InvalidInputError(("notes", index, "movie_id"), f"Movie {movie_id} is not in the list.")
    return [item._replace(note=notes.get(item.movie_id, item.note)) for item in items]
