"""Carrying what users said about the movies of one catalogue over to another, movie by movie."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from recsvc.errors import RegistryError, UnusableVersionError
from recsvc.features.catalogue import Catalogue
from recsvc.registry.store import Registry
from recsvc.storage import feedback, lists, tables
from recsvc.storage.database import Database, WriteTransaction
from recsvc.storage.feedback import StoredFeedback
from recsvc.storage.lists import ListItem, StoredList
from recsvc.types import CatalogueName, Movie, MovieId, UserId, title_and_year


class CarriedFeedback(NamedTuple):
    """How much feedback was carried over, and why the rest was not.

    `kept`: something as new was said there. `older`: the user said something newer about another movie of `source` that
    is the same one there. `missing` counts by movie what there is no movie for.
    """

    carried: int
    kept: int
    older: int
    missing: Counter[str]


class CarriedLists(NamedTuple):
    """How many lists were carried over and were there already.

    `incomplete` pairs the title of a list with the movies that it lacks in the other catalogue; `absent` are the titles
    of lists of which no movie is there.
    """

    carried: int
    kept: int
    incomplete: list[tuple[str, list[str]]]
    absent: list[str]


async def carry_over(
    registry: Registry, database: Database, source: CatalogueName, target: CatalogueName
) -> tuple[CarriedFeedback, CarriedLists]:
    """Copy feedback and lists to the movies of another catalogue that are the same, in one transaction.

    Others that write wait for it. What was said about the other catalogue since stays, the newer one of two. What is in
    `source` stays there. Where several movies of one catalogue are one in the other, the newest feedback counts.

    Raises:
        RegistryError: There is no version of a catalogue that can be read, or both are the same.
    """
    if source == target:
        raise RegistryError(f"there is nothing to carry from {source} to itself")
    movies, others = _movies(registry, source), _movies(registry, target)
    same, back = counterparts(movies, others), counterparts(others, movies)
    labels = {movie.movie_id: title_and_year(movie.title, movie.year) for movie in movies}
    async with database.write() as transaction:
        await transaction.keep_writers_out(tables.feedback, tables.lists, tables.list_items)
        carried_feedback = await _carry_feedback(transaction, source, target, same, back, labels)
        return carried_feedback, await _carry_lists(transaction, source, target, same)


async def _carry_feedback(
    transaction: WriteTransaction,
    source: CatalogueName,
    target: CatalogueName,
    same: Mapping[MovieId, Movie],
    back: Mapping[MovieId, Movie],
    labels: Mapping[MovieId, str],
) -> CarriedFeedback:
    newest: dict[tuple[UserId, MovieId], StoredFeedback] = {}
    missing: Counter[str] = Counter()
    older = 0
    async for page in feedback.pages(transaction, source):
        for _, item in page:
            other = same.get(item.movie_id)
            if other is None:
                missing[labels.get(item.movie_id, f"movie {item.movie_id}")] += 1
                continue
            key = item.user_id, other.movie_id
            older += key in newest
            if key not in newest or _when(item) > _when(newest[key]):
                newest[key] = replace(item, movie_id=other.movie_id)
    # What was said there about another movie that is the same one here may be what would come back.
    said: set[tuple[UserId, MovieId]] = set()
    async for page in feedback.pages(transaction, target):
        for _, item in page:
            origin = back.get(item.movie_id)
            there = None if origin is None else same.get(origin.movie_id)
            key = item.user_id, item.movie_id if there is None else there.movie_id
            if key in newest and _when(item) >= _when(newest[key]):
                said.add(key)
    carried = await feedback.carry_over(transaction, target, [one for key, one in newest.items() if key not in said])
    return CarriedFeedback(carried, len(newest) - carried, older, missing)


async def _carry_lists(
    transaction: WriteTransaction, source: CatalogueName, target: CatalogueName, same: Mapping[MovieId, Movie]
) -> CarriedLists:
    carried, kept, incomplete, absent = 0, 0, [], []
    for one in await lists.of_catalogue(transaction, source):
        missing = [title_and_year(item.title, item.year) for item in one.items if item.movie_id not in same]
        items = _items(one, same)
        if not items:
            absent.append(one.title)
            continue
        if missing:
            incomplete.append((one.title, missing))
        if await lists.carry_over(transaction, target, replace(one, items=items)):
            carried += 1
        else:
            kept += 1
    return CarriedLists(carried, kept, incomplete, absent)


def counterparts(source: Sequence[Movie], target: Sequence[Movie]) -> dict[MovieId, Movie]:
    """Return the movie of `target` for each movie of `source` that is there.

    It is the one with the same IMDb id; or else the one with the same TMDB id, or with exactly the same title and year,
    if their other ids do not say that they are two. A movie that is in `target` twice is the first of them.
    """
    by_imdb: dict[str | None, Movie] = {movie.imdb_id: movie for movie in reversed(target) if movie.imdb_id is not None}
    by_tmdb: dict[int | None, Movie] = {movie.tmdb_id: movie for movie in reversed(target) if movie.tmdb_id is not None}
    by_title: dict[tuple[str, int | None], Movie] = {
        (movie.title, movie.year): movie for movie in reversed(target) if movie.year is not None
    }
    found = {}
    for movie in source:
        other = by_imdb.get(movie.imdb_id)
        for candidate in (by_tmdb.get(movie.tmdb_id), by_title.get((movie.title, movie.year))):
            if other is None and candidate is not None and not _are_two(movie, candidate):
                other = candidate
        if other is not None:
            found[movie.movie_id] = other
    return found


def _are_two(one: Movie, other: Movie) -> bool:
    return _differ(one.imdb_id, other.imdb_id) or _differ(one.tmdb_id, other.tmdb_id)


def _differ(one: str | int | None, other: str | int | None) -> bool:
    return one is not None and other is not None and one != other


def _movies(registry: Registry, catalogue: CatalogueName) -> list[Movie]:
    """Return the movies of the version of a catalogue that is in production, or else of the newest that can be read."""
    names = [name for name in registry.names() if registry.catalogue_of(name) == catalogue]
    if not names:
        raise RegistryError(f"there is no version of the catalogue {catalogue or 'without a name'}")
    production = registry.aliases.current()
    unusable = None
    for name in sorted(names, key=lambda name: (name == production, name), reverse=True):
        try:
            movies = registry.open(name).components["movies"]
        except UnusableVersionError as error:
            unusable = unusable or error
            continue
        if isinstance(movies, Catalogue):
            canonical_first = sorted(range(len(movies)), key=lambda row: not movies.is_canonical[row])
            return [movies.movie(row) for row in canonical_first]
    raise unusable or RegistryError(f"no version of the catalogue {catalogue} has movies")


def _items(one: StoredList, same: Mapping[MovieId, Movie]) -> list[ListItem]:
    """Return the movies of a list in the other catalogue, each once."""
    found = [(same[item.movie_id], item.note) for item in one.items if item.movie_id in same]
    items = {movie.movie_id: ListItem(movie.movie_id, movie.title, movie.year, note) for movie, note in found}
    return list(items.values())


def _when(item: StoredFeedback) -> float:
    return item.updated_at.timestamp() if item.updated_at else 0.0
