from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import event, insert, update
from sqlalchemy.exc import IntegrityError

from recsvc.storage import feedback, users
from recsvc.storage.database import Database
from recsvc.storage.feedback import Feedback, StoredFeedback
from recsvc.storage.tables import feedback as table
from recsvc.storage.users import UserSummary
from recsvc.types import Attribution, FeedbackKind
from tests.databases import CATALOGUE

pytestmark = pytest.mark.anyio


def rating(user_id: str, movie_id: int, stars: float, recommendation_id: str | None = None) -> Feedback:
    return Feedback(user_id, movie_id, FeedbackKind.RATING, stars, recommendation_id)


async def put(database: Database, *items: Feedback) -> list[bool]:
    """Each item in a transaction of its own, as requests are."""
    created = []
    for item in items:
        async with database.write() as transaction:
            created.append(await feedback.put(transaction, CATALOGUE, item))
    return created


async def stored(database: Database, user_id: str) -> list[StoredFeedback]:
    async with database.read() as transaction:
        return await feedback.of_user(transaction, CATALOGUE, user_id, limit=10_000, offset=0)


async def test_what_was_put_is_read_back_with_the_database_s_time(database: Database) -> None:
    before = datetime.now(UTC)
    items = [
        Feedback("ann", 1, FeedbackKind.RATING, 0.5, "rec-1"),
        Feedback("ann", 2**62, FeedbackKind.NOT_INTERESTED),
        Feedback("Ann", 1, FeedbackKind.SEEN),
        *(Feedback("bob", number, kind) for number, kind in enumerate(FeedbackKind) if kind != "rating"),
    ]
    assert await put(database, *items) == [True] * len(items)
    rows = [row for user_id in ("ann", "Ann", "bob") for row in await stored(database, user_id)]
    read = {Feedback(r.user_id, r.movie_id, r.kind, r.stars, r.recommendation_id) for r in rows}
    assert read == set(items)
    for row in rows:
        assert isinstance(row.kind, FeedbackKind)
        assert row.revision == 1
        assert row.created_at == row.updated_at
        assert row.created_at is not None
        assert row.created_at.utcoffset() == timedelta(0)
        assert before - timedelta(seconds=1) < row.created_at < datetime.now(UTC) + timedelta(seconds=1)


async def test_the_newest_write_replaces_earlier_feedback(database: Database) -> None:
    first = rating("ann", 1, 4.0, "rec-1")
    assert await put(database, first, Feedback("ann", 1, FeedbackKind.SEEN)) == [True, False]
    [row] = await stored(database, "ann")
    assert (row.kind, row.stars, row.revision) == (FeedbackKind.SEEN, None, 2)
    assert row.created_at is not None
    assert row.updated_at is not None
    assert row.created_at <= row.updated_at


async def test_attribution_stays_until_another_is_given(database: Database) -> None:
    first, second = Attribution("a", "hybrid", 3), Attribution("b", "content", 1)

    def feedback(stars: float, name: str | None, place: Attribution | None) -> Feedback:
        return Feedback("ann", 1, FeedbackKind.RATING, stars, name, place)

    for item, name, place in (
        (feedback(4, None, None), None, None),
        (feedback(4, "rec-1", first), "rec-1", first),
        (feedback(3, None, None), "rec-1", first),
        (feedback(2, "rec-2", second), "rec-2", second),
    ):
        await put(database, item)
        [row] = await stored(database, "ann")
        assert (row.stars, row.recommendation_id, row.attribution) == (item.stars, name, place)
    assert row.revision == 4


async def test_a_retry_changes_nothing(database: Database) -> None:
    item = rating("ann", 1, 4.0, "rec-1")
    await put(database, item)
    once = await stored(database, "ann")
    assert await put(database, item, item, rating("ann", 1, 4.0)) == [False, False, False]
    async with database.write() as transaction:
        assert await feedback.put_many(transaction, CATALOGUE, [item, item]) == [False, False]
    assert await stored(database, "ann") == once


@pytest.mark.parametrize(
    "changed",
    [
        rating("ann", 1, 3.5, "rec-1"),
        rating("ann", 1, 4.0, "rec-2"),
        Feedback("ann", 1, FeedbackKind.LIKED, None, "rec-1"),
    ],
    ids=["stars", "recommendation", "kind"],
)
async def test_every_field_counts_as_a_change(database: Database, changed: Feedback) -> None:
    await put(database, rating("ann", 1, 4.0, "rec-1"), changed)
    [row] = await stored(database, "ann")
    assert row.revision == 2
    assert (row.kind, row.stars, row.recommendation_id) == (
        changed.kind,
        changed.stars,
        changed.recommendation_id,
    )


async def test_after_removal_it_is_new_again(database: Database) -> None:
    await put(database, rating("ann", 1, 4.0), rating("ann", 1, 3.0))
    async with database.write() as transaction:
        assert await feedback.remove(transaction, CATALOGUE, "ann", 2) is False
        assert await feedback.remove(transaction, CATALOGUE, "bob", 1) is False
        assert await feedback.remove(transaction, CATALOGUE, "ann", 1) is True
        assert await feedback.remove(transaction, CATALOGUE, "ann", 1) is False
    assert await put(database, rating("ann", 1, 4.0)) == [True]
    assert [row.revision for row in await stored(database, "ann")] == [1]


class TestPutMany:
    async def test_of_duplicates_the_last_is_kept_and_all_are_reported_alike(self, database: Database) -> None:
        await put(database, rating("ann", 7, 1.0))
        batch = [
            rating("ann", 9, 1.0),
            rating("ann", 7, 2.0),
            rating("bob", 9, 3.0),
            rating("ann", 9, 4.0),
            rating("ann", 7, 5.0),
        ]
        async with database.write() as transaction:
            assert await feedback.put_many(transaction, CATALOGUE, batch) == [True, False, True, True, False]
        ann = {row.movie_id: (row.stars, row.revision) for row in await stored(database, "ann")}
        assert ann == {9: (4.0, 1), 7: (5.0, 2)}

    async def test_nothing(self, database: Database) -> None:
        async with database.write() as transaction:
            assert await feedback.put_many(transaction, CATALOGUE, []) == []
        async with database.read() as transaction:
            assert await feedback.count_of_user(transaction, CATALOGUE, "ann") == 0

    async def test_a_thousand_in_few_statements_in_the_order_of_their_keys(self, database: Database) -> None:
        sent: list[Any] = []

        def remember(_c: Any, _u: Any, statement: str, parameters: Any, _x: Any, _m: bool) -> None:
            if statement.startswith("INSERT"):
                sent.append(parameters)

        await put(database, *(rating("ann", movie_id, 1.0) for movie_id in range(0, 1000, 100)))
        event.listen(database._write.sync_engine, "before_cursor_execute", remember)
        batch = [rating("ann", movie_id, 2.5) for movie_id in reversed(range(1000))]
        async with database.write() as transaction:
            created = await feedback.put_many(transaction, CATALOGUE, batch)

        assert created == [item.movie_id % 100 != 0 for item in batch]
        assert len(sent) <= 4
        bound = [value for parameters in sent for value in parameters]
        movie_ids = [value for before, value in pairwise(bound) if before == "ann"]
        assert movie_ids == list(range(1000))
        rows = await stored(database, "ann")
        assert len(rows) == 1000
        assert {row.stars for row in rows} == {2.5}
        assert {row.movie_id for row in rows if row.revision == 2} == set(range(0, 1000, 100))

    async def test_all_or_nothing(self, database: Database) -> None:
        batch = [rating("ann", movie_id, 2.5) for movie_id in range(999)] + [rating("ann", 999, 6.0)]
        with pytest.raises(IntegrityError):
            async with database.write() as transaction:
                await feedback.put_many(transaction, CATALOGUE, batch)
        assert await stored(database, "ann") == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "loved"},
        {"kind": "Liked"},
        {"kind": None},
        {"kind": "liked", "stars": 4.0},
        {"kind": "rating", "stars": None},
        {"kind": "rating", "stars": 0.0},
        {"kind": "rating", "stars": 0.49},
        {"kind": "rating", "stars": 5.01},
        {"kind": "rating", "stars": -1.0},
        {"kind": "rating", "stars": float("nan")},
        {"kind": "rating", "stars": float("inf")},
        {"user_id": ""},
        {"user_id": "x" * 129},
        {"user_id": None},
        {"movie_id": None},
        {"catalogue": None},
        {"revision": 0},
        {"updated_at": None},
    ],
    ids=str,
)
async def test_the_database_itself_refuses_bad_rows(database: Database, wrong: dict[str, Any]) -> None:
    good = {"user_id": "x" * 128, "catalogue": CATALOGUE, "movie_id": 1, "kind": "liked"}
    async with database.write() as transaction:
        await transaction.execute(insert(table), good)
    with pytest.raises(IntegrityError):
        async with database.write() as transaction:
            await transaction.execute(insert(table), {**good, "movie_id": 2, **wrong})
    async with database.read() as transaction:
        assert await feedback.count_of_user(transaction, CATALOGUE, "x" * 128) == 1


async def test_newest_first_then_by_movie_id_in_pages(database: Database) -> None:
    before = datetime.now(UTC)
    async with database.write() as transaction:
        await feedback.put_many(transaction, CATALOGUE, [rating("ann", movie_id, 1.0) for movie_id in (5, 3, 9)])
    await put(database, rating("ann", 4, 1.0), rating("bob", 1, 1.0))
    await until_the_clock_moved(database)
    await put(database, rating("ann", 3, 2.0))

    rows = await stored(database, "ann")
    assert rows[0].movie_id == 3
    assert rows == sorted(rows, key=lambda row: (-(row.updated_at or before).timestamp(), row.movie_id))
    pages = []
    async with database.read() as transaction:
        for offset in range(5):
            pages += await feedback.of_user(transaction, CATALOGUE, "ann", limit=1, offset=offset)
        assert await feedback.of_user(transaction, CATALOGUE, "ann", limit=0, offset=0) == []
        assert await feedback.count_of_user(transaction, CATALOGUE, "ann") == 4
    assert pages == rows


async def until_the_clock_moved(database: Database) -> None:
    """SQLite's clock has milliseconds: write until the time that a write gets is another one."""
    times = set()
    for number in range(10_000):
        await put(database, rating("clock", 1, 0.5 + number % 2))
        times.add((await stored(database, "clock"))[0].updated_at)
        if len(times) > 1:
            return
    pytest.fail("the database's clock stands still")


async def test_time_does_not_run_backwards(database: Database) -> None:
    """A transaction that waited for a row may have begun before the one that it waited for."""
    await put(database, rating("ann", 1, 4.0))
    later = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    async with database.write() as transaction:
        await transaction.execute(update(table), [{"updated_at": later}])
    await put(database, rating("ann", 1, 2.0))
    [row] = await stored(database, "ann")
    assert (row.stars, row.revision, row.updated_at) == (2.0, 2, later)


async def test_the_summary_counts_every_kind(database: Database) -> None:
    async with database.read() as transaction:
        assert await users.summary(transaction, CATALOGUE, "ann") is None
    await put(database, rating("ann", 1, 4.0), rating("ann", 2, 2.0), Feedback("ann", 3, FeedbackKind.SEEN))
    await until_the_clock_moved(database)
    await put(database, Feedback("ann", 2, FeedbackKind.LIKED), rating("bob", 1, 1.0))
    async with database.read() as transaction:
        summary = await users.summary(transaction, CATALOGUE, "ann")
    rows = await stored(database, "ann")
    counts = dict.fromkeys(FeedbackKind, 0)
    counts |= {FeedbackKind.RATING: 1, FeedbackKind.LIKED: 1, FeedbackKind.SEEN: 1}
    first, last = (
        min(row.created_at for row in rows if row.created_at),
        max(row.updated_at for row in rows if row.updated_at),
    )
    assert summary == UserSummary(counts, 0, first, last, [])
    assert summary.rated == 2
    assert first < last
    assert last.utcoffset() == timedelta(0)


async def test_erasing_a_user_leaves_the_others(database: Database) -> None:
    await put(database, *(rating("ann", movie_id, 4.0) for movie_id in range(20)), rating("bob", 1, 1.0))
    async with database.write() as transaction:
        await users.erase(transaction, "ann")
        await users.erase(transaction, "ann")
    async with database.read() as transaction:
        assert await users.summary(transaction, CATALOGUE, "ann") is None
        assert await feedback.count_of_user(transaction, CATALOGUE, "bob") == 1


async def test_a_movie_id_of_another_catalogue_is_another_movie(database: Database) -> None:
    other = "other movies"
    async with database.write() as transaction:
        assert await feedback.put(transaction, CATALOGUE, rating("ann", 1, 5.0)) is True
        assert await feedback.put(transaction, other, rating("ann", 1, 1.0)) is True
        assert await feedback.put(transaction, other, rating("ann", 2, 2.0)) is True
        assert await feedback.put(transaction, other, rating("ann", 1, 1.5)) is False
    for name, expected in ((CATALOGUE, {1: 5.0}), (other, {1: 1.5, 2: 2.0}), ("", {})):
        async with database.read() as transaction:
            rows = await feedback.of_user(transaction, name, "ann", limit=10, offset=0)
            assert {row.movie_id: row.stars for row in rows} == expected
            assert await feedback.count_of_user(transaction, name, "ann") == len(expected)
            summary = await users.summary(transaction, name, "ann")
            assert (summary.rated if summary else 0) == len(expected)
        columns = await database.reader.read(name, "ann")
        assert dict(zip(columns.movie_ids, columns.stars, strict=True)) == expected
    async with database.write() as transaction:
        assert await feedback.remove(transaction, CATALOGUE, "ann", 2) is False
        assert await feedback.remove(transaction, other, "ann", 1) is True
        assert await feedback.count_of_user(transaction, CATALOGUE, "ann") == 1
        assert await users.erase(transaction, "ann") is True
        assert await users.erase(transaction, "ann") is False
        assert await feedback.count_of_user(transaction, other, "ann") == 0
