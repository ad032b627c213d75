"""Lists that are shared by their link. Whoever has the edit token may change them."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import TypeAlias

from recsvc.errors import (
    CatalogueMismatchError,
    ChangedMeanwhileError,
    InvalidInputError,
    NotFoundError,
    NotPermittedError,
)
from recsvc.storage import lists
from recsvc.storage.database import Database, ReadTransaction, WriteTransaction
from recsvc.storage.lists import ListItem, StoredList
from recsvc.types import CatalogueName, MovieId
from recsvc.usecases.deployment import Deployment

_SLUG_BYTES = 16
_TOKEN_BYTES = 32

Condition: TypeAlias = Callable[[StoredList], bool]
"""Whether a list is still as the caller has read it."""


async def share(
    deployment: Deployment, database: Database, title: str, movie_ids: Sequence[MovieId]
) -> tuple[StoredList, str]:
    """Store a new list, and return it with its edit token, of which only a hash is stored.

    Raises:
        InvalidInputError: A movie is not in the catalogue or is there twice; the field names its index.
    """
    slug, token = secrets.token_urlsafe(_SLUG_BYTES), secrets.token_urlsafe(_TOKEN_BYTES)
    items = _items(deployment, movie_ids, {})
    async with database.write() as transaction:
        await lists.add(transaction, deployment.catalogue, slug, title, _hash(token), items)
        return await _get(transaction, deployment.catalogue, slug), token


async def shared_list(deployment: Deployment, database: Database, slug: str) -> StoredList:
    """Return the list of a slug, which may be of another catalogue; raises NotFoundError if there is none."""
    async with database.read() as transaction:
        return await _get(transaction, deployment.catalogue, slug)


async def change_list(
    deployment: Deployment,
    database: Database,
    slug: str,
    token: str,
    title: str | None,
    movie_ids: Sequence[MovieId] | None,
    is_as_read: Condition,
) -> StoredList:
    """Change the title of a list, its movies, or both. Movies that left the catalogue may stay in the list.

    Raises:
        NotFoundError: There is no such list.
        NotPermittedError: The token is not its edit token.
        ChangedMeanwhileError: It is not as the caller has read it.
        InvalidInputError: A movie is not in the catalogue, or is there twice; the field names its index.
        CatalogueMismatchError: The list is of another catalogue.
    """
    async with database.write() as transaction:
        stored = await _editable(transaction, deployment.catalogue, slug, token, is_as_read)
        if stored.catalogue != deployment.catalogue:
            remedy = "it can be read and removed"
            raise CatalogueMismatchError(f"list {slug}", stored.catalogue, deployment.catalogue, remedy)
        known = {item.movie_id: item for item in stored.items}
        items = None if movie_ids is None else _items(deployment, movie_ids, known)
        await lists.change(transaction, deployment.catalogue, slug, title, items)
        return await _get(transaction, deployment.catalogue, slug)


async def remove_list(deployment: Deployment, database: Database, slug: str, token: str, is_as_read: Condition) -> None:
    """Remove a list, whatever catalogue it is of.

    Raises:
        NotFoundError: There is no such list.
        NotPermittedError: The token is not its edit token.
        ChangedMeanwhileError: It is not as the caller has read it.
    """
    async with database.write() as transaction:
        await _editable(transaction, deployment.catalogue, slug, token, is_as_read)
        await lists.remove(transaction, slug)


async def _get(
    transaction: ReadTransaction, catalogue: CatalogueName, slug: str, *, to_change: bool = False
) -> StoredList:
    stored = await lists.get(transaction, catalogue, slug, to_change=to_change)
    if stored is None:
        raise NotFoundError("list", slug)
    return stored


async def _editable(
    transaction: WriteTransaction, catalogue: CatalogueName, slug: str, token: str, is_as_read: Condition
) -> StoredList:
    stored = await _get(transaction, catalogue, slug, to_change=True)
    if not hmac.compare_digest(stored.edit_token_hash, _hash(token)):
        raise NotPermittedError("This is not the edit token of the list.")
    if not is_as_read(stored):
        raise ChangedMeanwhileError("list", slug)
    return stored


def _hash(token: str) -> bytes:
    """Return a plain hash, which is enough: the token is 256 random bits and cannot be guessed."""
    return sha256(token.encode()).digest()


def _items(deployment: Deployment, movie_ids: Sequence[MovieId], known: dict[MovieId, ListItem]) -> list[ListItem]:
    items: dict[MovieId, ListItem] = {}
    for index, movie_id in enumerate(movie_ids):
        if movie_id in items:
            raise InvalidInputError(("movie_ids", index), f"Movie {movie_id} is there twice.")
        catalogue = deployment.for_movie(movie_id).catalogue
        row = catalogue.vocabulary.row(movie_id)
        if row is not None:
            movie = catalogue.movie(row)
            items[movie_id] = ListItem(movie_id, movie.title, movie.year)
        elif movie_id in known:
            items[movie_id] = known[movie_id]
        else:
            raise InvalidInputError(("movie_ids", index), f"There is no movie {movie_id}.")
    return list(items.values())
