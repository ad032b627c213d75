"""What SQL counts, against the same counted movie by movie in Python, in a world of chance."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import DateTime, bindparam, text

from recsvc.storage import analytics
from recsvc.storage.analytics import Day, Dimension, Exposures, FeedbackCounts, MovieCounts, Period, Totals
from recsvc.storage.database import Database
from tests.databases import CATALOGUE

pytestmark = pytest.mark.anyio

SINCE = datetime(2026, 3, 10, tzinfo=UTC)
PERIOD = Period(CATALOGUE, SINCE)
EDGES = [timedelta(0), timedelta(milliseconds=-1), timedelta(days=-1), timedelta(hours=23, minutes=59, seconds=59.999)]
Row = dict[str, Any]
PLACE = ("user_id", "movie_id", "model_version", "strategy", "rank")


def world(seed: int) -> tuple[list[Row], list[Row]]:
    """Feedback and events of a few users, some of it from before and on the very edges of days."""
    draw = random.Random(seed)

    def moment() -> datetime:
        return SINCE + draw.choice([*EDGES, timedelta(seconds=draw.randrange(-200_000, 300_000) / 10)])

    def place() -> Row:
        strategy, version = draw.choice(["hybrid", "popular"]), draw.choice(["v1", "v2"])
        return {"model_version": version, "strategy": strategy, "rank": draw.randrange(1, 4)}

    users = [f"user-{number}" for number in range(6)]
    events = {}
    for _ in range(400):
        row = {"user_id": draw.choice(users), "movie_id": draw.randrange(1, 9), **place()}
        row |= {"type": draw.choice(["shown", "shown", "clicked"]), "created_at": moment()}
        events[tuple(row[name] for name in (*PLACE, "type"))] = row
    shown = [{name: row[name] for name in PLACE} for row in events.values()]
    feedback = {}
    for _ in range(90):
        origin = (
            draw.choice(shown)
            if draw.random() < 0.7
            else {
                "user_id": draw.choice(users),
                "movie_id": draw.randrange(1, 20),
                **draw.choice([place(), {"model_version": None, "strategy": None, "rank": None}]),
            }
        )
        kind = draw.choice(["rating", "rating", "liked", "disliked", "seen", "not_interested"])
        stars = draw.randrange(1, 11) / 2 if kind == "rating" else None
        row = {**origin, "kind": kind, "stars": stars, "updated_at": moment()}
        feedback[row["user_id"], row["movie_id"]] = row
    return list(feedback.values()), list(events.values())


async def keep(database: Database, feedback: list[Row], events: list[Row], catalogue: str = CATALOGUE) -> None:
    async with database._write.begin() as connection:
        sqlite = connection.dialect.name == "sqlite"
        for table, told, time in (("feedback", feedback, "updated_at"), ("events", events, "created_at")):
            rows = [{**row, "catalogue": catalogue} for row in told]
            columns = list(rows[0])
            statement = text(f"INSERT INTO {table} ({', '.join(columns)}) VALUES (:{', :'.join(columns)})")
            if sqlite:
                await connection.execute(statement, [{**row, time: as_sqlite_writes(row[time])} for row in rows])
            else:
                statement = statement.bindparams(bindparam(time, type_=DateTime(timezone=True)))
                await connection.execute(statement, rows)


def as_sqlite_writes(moment: datetime) -> str:
    """What its own clock puts into a row."""
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def liked(row: Row | None) -> bool:
    return row is not None and (row["kind"] == "liked" or (row["stars"] or 0) >= 4)


def disliked(row: Row) -> bool:
    return row["kind"] == "disliked" or (row["stars"] or 9) <= 2


def mean(rows: Iterable[Row]) -> float | None:
    stars = [row["stars"] for row in rows if row["stars"] is not None]
    return sum(stars) / len(stars) if stars else None  # halves: the sum is exact


def grouped(rows: Iterable[Row], key: Callable[[Row], Any]) -> dict[Any, list[Row]]:
    found = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found


class Counted:
    """The same, counted one by one."""

    def __init__(self, feedback: list[Row], events: list[Row]) -> None:
        self.feedback = [row for row in feedback if row["updated_at"] >= SINCE]
        self.events = [row for row in events if row["created_at"] >= SINCE]
        said = {tuple(row[name] for name in PLACE): row for row in feedback}
        self.places = [
            {
                **dict(zip(PLACE, place, strict=True)),
                "shown": any(row["type"] == "shown" for row in rows),
                "clicked": any(row["type"] == "clicked" for row in rows),
                "liked": liked(said.get(place)),
            }
            for place, rows in grouped(self.events, lambda row: tuple(row[name] for name in PLACE)).items()
        ]

    def exposures(self, by: str) -> dict[Any, Exposures]:
        return {
            key: Exposures(
                sum(row["shown"] for row in rows),
                sum(row["clicked"] for row in rows),
                sum(row["shown"] and row["clicked"] for row in rows),
                sum(row["shown"] and row["liked"] for row in rows),
            )
            for key, rows in grouped(self.places, lambda row: row[by]).items()
        }

    def feedback_counts(self, by: str) -> dict[Any, FeedbackCounts]:
        recommended = [row for row in self.feedback if row["rank"] is not None]
        return {
            key: FeedbackCounts(
                sum(map(liked, rows)),
                sum(map(disliked, rows)),
                sum(row["stars"] is not None for row in rows),
                mean(rows),
            )
            for key, rows in grouped(recommended, lambda row: row[by]).items()
        }

    def personal(self, versions: Collection[str], but: str) -> list[tuple[str, str, Exposures]]:
        rows = [row for row in self.places if row["model_version"] in versions and row["strategy"] != but]
        return [
            (
                *key,
                Exposures(
                    sum(row["shown"] for row in own),
                    sum(row["clicked"] for row in own),
                    sum(row["shown"] and row["clicked"] for row in own),
                    sum(row["shown"] and row["liked"] for row in own),
                ),
            )
            for key, own in grouped(rows, lambda row: (row["user_id"], row["model_version"])).items()
        ]

    def top(self, limit: int) -> list[MovieCounts]:
        movies = [
            MovieCounts(
                movie,
                len(rows),
                sum(map(liked, rows)),
                mean(rows),
                *(sum(row["type"] == kind for row in self.of(movie)) for kind in ("shown", "clicked")),
            )
            for movie, rows in grouped(self.feedback, lambda row: row["movie_id"]).items()
        ]
        return sorted(movies, key=lambda movie: (-movie.feedback, movie.movie_id))[:limit]

    def of(self, movie: int) -> list[Row]:
        return [row for row in self.events if row["movie_id"] == movie]

    def days(self) -> dict[date, Day]:
        said = grouped(self.feedback, lambda row: row["updated_at"].date())
        sent = grouped(self.events, lambda row: row["created_at"].date())
        return {
            day: Day(
                len(said[day]),
                len({row["user_id"] for row in said[day] + sent[day]}),
                sum(row["type"] == "shown" for row in sent[day]),
                sum(row["type"] == "clicked" for row in sent[day]),
            )
            for day in {*said, *sent}
        }

    def totals(self) -> Totals:
        users = {row["user_id"] for row in self.feedback}
        return Totals(len(users), len(self.feedback))

    def shown_movies(self) -> set[int]:
        return {row["movie_id"] for row in self.events if row["type"] == "shown"}


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_everything_is_counted_as_one_by_one(database: Database, seed: int) -> None:
    feedback, events = world(seed)
    await keep(database, feedback, events)
    # The same users about other movies with the same ids; an event's version is of one catalogue.
    await keep(
        database,
        world(seed + 10)[0],
        [{**row, "model_version": f"other {row['model_version']}"} for row in world(seed + 10)[1]],
        "other movies",
    )
    expected = Counted(feedback, events)
    assert 0 < len(expected.feedback) < len(feedback)
    assert 0 < len(expected.events) < len(events)
    async with database.read() as transaction:
        for by in Dimension:
            assert await analytics.exposures(transaction, PERIOD, by) == expected.exposures(by.value)
            assert await analytics.feedback_counts(transaction, PERIOD, by) == expected.feedback_counts(by.value)
        versions, but = sorted({row["model_version"] for row in events})[:2], events[0]["strategy"]
        found = await analytics.personal_exposures(transaction, PERIOD, versions, but=but)
        assert sorted(found) == sorted(expected.personal(versions, but))
        assert found
        assert await analytics.days(transaction, PERIOD) == expected.days()
        assert await analytics.totals(transaction, PERIOD) == expected.totals()
        assert sorted(await analytics.shown_movies(transaction, PERIOD)) == sorted(expected.shown_movies())
        for limit in (3, 100):
            assert await analytics.top_movies(transaction, PERIOD, limit) == expected.top(limit)


async def test_of_an_empty_database_there_is_nothing_to_count(database: Database) -> None:
    async with database.read() as transaction:
        assert await analytics.days(transaction, PERIOD) == {}
        assert await analytics.exposures(transaction, PERIOD, Dimension.RANK) == {}
        assert await analytics.feedback_counts(transaction, PERIOD, Dimension.VERSION) == {}
        assert await analytics.personal_exposures(transaction, PERIOD, ["a"], but="popular") == []
        assert await analytics.top_movies(transaction, PERIOD, 20) == []
        assert await analytics.totals(transaction, PERIOD) == Totals(0, 0)
        assert await analytics.shown_movies(transaction, PERIOD) == []
