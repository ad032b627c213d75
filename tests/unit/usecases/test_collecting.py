from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from recsvc.errors import ErasedMeanwhileError
from recsvc.features.vocabulary import Vocabulary
from recsvc.storage import feedback, tables, trainings
from recsvc.storage.database import Database
from recsvc.storage.feedback import Feedback
from recsvc.types import FeedbackKind, MovieId, UserId
from recsvc.usecases import collecting
from recsvc.usecases.collecting import collect, erased_since, keep_training
from recsvc.usecases.users import erase

pytestmark = pytest.mark.anyio

V1, V2, OTHER = (f"2026112{number}T101500Z-1f3a9c2e" for number in range(3))

VOCABULARY = Vocabulary.of(range(1, 9))
STARS: dict[str, float] = {FeedbackKind.LIKED: 4.5, FeedbackKind.DISLIKED: 1.5}


async def put(database: Database, *items: Feedback, catalogue: str = "sample") -> None:
    for item in items:  # one after the other, so that each is newer than the one before
        async with database.write() as transaction:
            await feedback.put(transaction, catalogue, item)


def rating(user: UserId, movie: MovieId, stars: float) -> Feedback:
    return Feedback(user, movie, FeedbackKind.RATING, stars)


async def test_opinions_about_movies_of_the_catalogue_are_ratings(database: Database) -> None:
    await put(
        database,
        rating("ann", 3, 2.5),
        Feedback("bob", 1, FeedbackKind.LIKED),
        Feedback("bob", 2, FeedbackKind.DISLIKED),
        Feedback("bob", 4, FeedbackKind.SEEN),
        Feedback("bob", 5, FeedbackKind.NOT_INTERESTED),
        rating("bob", 99, 5.0),
        Feedback("cleo", 1, FeedbackKind.SEEN),
    )
    await put(database, rating("dan", 1, 5.0), catalogue="another")
    collected = await collect(database, "sample", VOCABULARY, STARS)
    assert collected.user_ids == ("ann", "bob")
    found = zip(
        collected.ratings.users.tolist(),
        collected.ratings.movie_ids.tolist(),
        collected.ratings.stars.tolist(),
        strict=True,
    )
    assert sorted(found) == [(0, 3, 2.5), (1, 1, 4.5), (1, 2, 1.5)]
    assert (collected.ratings.timestamps[1:] >= collected.ratings.timestamps[:-1]).all()
    assert collected.ratings.user_labels == ("0", "1")  # nobody is named


async def test_without_any_it_is_empty(database: Database) -> None:
    collected = await collect(database, "sample", VOCABULARY, STARS)
    assert collected.user_ids == ()
    assert len(collected.ratings) == 0


async def test_of_one_user_only_the_newest_count(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    assert collecting.MOST_OF_A_USER == 300
    monkeypatch.setattr(collecting, "MOST_OF_A_USER", 2)
    async with database.write() as transaction:
        await feedback.put_many(transaction, "sample", [rating("ann", movie, 4.0) for movie in (5, 6, 7)])
    collected = await collect(database, "sample", VOCABULARY, STARS)
    assert len(collected.ratings) == 2
    await put(database, rating("bob", 1, 3.0))
    assert len((await collect(database, "sample", VOCABULARY, STARS)).ratings) == 3


@pytest.mark.parametrize("back", [[], [rating("bob", 2, 4.0)]], ids=["gone", "and back again"])
async def test_who_is_erased_meanwhile_is_noticed(database: Database, back: list[Feedback]) -> None:
    await put(database, rating("ann", 1, 4.0), rating("bob", 2, 4.0))
    collected = await collect(database, "sample", VOCABULARY, STARS)
    await keep_training(database, V1, "sample", collected)
    await erase(database, "bob", None)
    await asyncio.sleep(0.002)  # the clock of SQLite counts milliseconds
    await put(database, rating("cleo", 2, 4.0), *back)
    with pytest.raises(ErasedMeanwhileError, match="1 of the users"):
        await keep_training(database, V2, "sample", collected)
    assert await erased_since(database) == {V1: 1}  # of V2 nothing is kept


async def test_versions_tell_how_many_were_erased_since(database: Database) -> None:
    """Each of those whose first write is not after the cut, and of another catalogue nobody."""
    await put(database, rating("ann", 1, 4.0), Feedback("bob", 2, FeedbackKind.SEEN))
    await put(database, rating("dan", 1, 5.0), catalogue="another")
    for version, catalogue in ((V1, "sample"), (OTHER, "another")):
        collected = await collect(database, catalogue, VOCABULARY, STARS)
        for _ in range(2):
            await keep_training(database, version, catalogue, collected)
    await asyncio.sleep(0.002)
    await put(database, rating("ann", 1, 1.0), rating("cleo", 3, 4.0))
    await keep_training(database, V2, "sample", await collect(database, "sample", VOCABULARY, STARS))
    assert await erased_since(database) == {}
    for user, expected in (
        ("nobody", {}),
        ("cleo", {V2: 1}),
        ("ann", {V1: 1, V2: 2}),
        ("bob", {V1: 2, V2: 3}),
        ("bob", {V1: 2, V2: 3}),
        ("dan", {V1: 2, V2: 3, OTHER: 1}),
    ):
        await erase(database, user, None)
        assert await erased_since(database) == expected
    async with database.read() as transaction:
        kept = [row._asdict() for row in await transaction.rows(select(tables.trainings))]
    assert {name for row in kept for name in row} == {"version", "catalogue", "cut", "erased", "erased_at"}
    assert all(row["cut"] < row["erased_at"] <= datetime.now(UTC) for row in kept)


async def test_who_undid_what_a_version_saw_is_counted_once(database: Database) -> None:
    """When nothing is left that it saw: an erasure later on could not tell."""

    async def undo(movie: MovieId) -> None:
        async with database.write() as transaction:
            await trainings.count_undoing(transaction, "sample", "ann", movie)
            await feedback.remove(transaction, "sample", "ann", movie)

    await put(database, rating("ann", 1, 4.0), rating("ann", 2, 4.0), rating("bob", 1, 3.0))
    await keep_training(database, V1, "sample", await collect(database, "sample", VOCABULARY, STARS))
    await put(database, rating("dan", 1, 5.0), catalogue="another")
    await keep_training(database, OTHER, "another", await collect(database, "another", VOCABULARY, STARS))
    await asyncio.sleep(0.002)
    await put(database, rating("ann", 3, 4.0))
    expected: dict[str, int]
    for movie, expected in ((3, {}), (1, {}), (2, {V1: 1}), (2, {V1: 1})):
        await undo(movie)
        assert await erased_since(database) == expected
    await put(database, rating("ann", 3, 4.0))
    await erase(database, "ann", None)
    assert await erased_since(database) == {V1: 1}


async def test_a_version_that_saw_nothing_has_no_cut(database: Database) -> None:
    await keep_training(database, V1, "sample", await collect(database, "sample", VOCABULARY, STARS))
    async with database.read() as transaction:
        assert list(await transaction.rows(select(tables.trainings))) == []


async def test_who_is_erased_at_the_same_time_is_noticed_or_counted(database: Database) -> None:
    names = [f"user{number}" for number in range(20)]
    await put(database, *(rating(name, 1, 4.0) for name in names))
    collected = await collect(database, "sample", VOCABULARY, STARS)
    *_, kept = await asyncio.gather(
        *(erase(database, name, None) for name in names),
        keep_training(database, V1, "sample", collected),
        return_exceptions=True,
    )
    if kept is None:
        assert await erased_since(database) == {V1: len(names)}
    else:
        assert isinstance(kept, ErasedMeanwhileError)
        assert await erased_since(database) == {}
