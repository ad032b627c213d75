"""Carrying feedback and lists over: which movies are the same, and what becomes of what is there already."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from recsvc.errors import RegistryError
from recsvc.registry.store import Registry, Version
from recsvc.storage import feedback, lists, users
from recsvc.storage.database import Database
from recsvc.storage.feedback import Feedback, StoredFeedback
from recsvc.storage.lists import ListItem
from recsvc.storage.tables import feedback as table
from recsvc.types import Attribution, FeedbackKind, ListKind, Movie
from recsvc.usecases import catalogues
from recsvc.usecases.catalogues import CarriedLists, carry_over, counterparts
from tests.versions import publish_again

pytestmark = pytest.mark.anyio


@pytest.fixture
def registry(renumbered_artifacts: tuple[Path, str], tmp_path: Path) -> Registry:
    """Movie n of the catalogue `sample` is 501 - n of `others`, which lacks movies 1 to 9."""
    return Registry(Path(shutil.copytree(renumbered_artifacts[0], tmp_path / "artifacts")))


def same(source: Movie, *target: Movie) -> int | None:
    found = counterparts([source], target).get(source.movie_id)
    return None if found is None else found.movie_id


HEAT = Movie(1, "Heat", 1995, imdb_id="tt0113277", tmdb_id=949)


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        (HEAT, [Movie(7, "Feuer", 1996, imdb_id="tt0113277")], 7),
        (HEAT, [Movie(7, "Feuer", 1996, tmdb_id=949)], 7),
        (HEAT, [Movie(7, "Feuer", tmdb_id=949), Movie(8, "Glut", imdb_id="tt0113277")], 8),
        (HEAT, [Movie(7, "Heat", 1995)], 7),
        (HEAT, [Movie(7, "Heat", 1996)], None),
        (HEAT, [Movie(7, "heat", 1995)], None),
        (HEAT, [Movie(7, "Heat", 1995, imdb_id="tt0093164")], None),
        (HEAT, [Movie(7, "Heat", 1995, tmdb_id=1)], None),
        (HEAT, [Movie(7, "Heat", 1995, imdb_id="tt0093164", tmdb_id=949)], None),
        (HEAT, [Movie(7, "Feuer", 1996, imdb_id="tt0093164", tmdb_id=949), Movie(8, "Heat", 1995)], 8),
        (HEAT, [Movie(7, "Heat", 1995, imdb_id="tt0113277", tmdb_id=1)], 7),
        (HEAT, [], None),
        (HEAT, [Movie(7, "Heat", 1995), Movie(8, "Heat", 1995)], 7),
        (Movie(1, "Heat"), [Movie(7, "Heat")], None),
        (Movie(1, "Heat", 1995), [HEAT], 1),
        (Movie(1, "A"), [Movie(7, "B"), Movie(8, "C")], None),
    ],
)
def test_which_movie_is_the_same(source: Movie, target: list[Movie], expected: int | None) -> None:
    assert same(source, *target) == expected


async def put(database: Database, catalogue: str, *items: Feedback, at: datetime | None = None) -> None:
    async with database.write() as transaction:
        await feedback.put_many(transaction, catalogue, items)
        if at is not None:
            await transaction.execute(
                update(table).where(table.c.catalogue == catalogue).values(created_at=at, updated_at=at)
            )


async def stored(database: Database, catalogue: str) -> dict[tuple[str, int], StoredFeedback]:
    async with database.read() as transaction:
        return {
            (item.user_id, item.movie_id): item
            async for page in feedback.pages(transaction, catalogue)
            for _, item in page
        }


def rating(user_id: str, movie_id: int, stars: float) -> Feedback:
    place = Attribution("v1", "hybrid", 3)
    return Feedback(user_id, movie_id, FeedbackKind.RATING, stars, "rec", place)


async def test_feedback_is_copied_to_the_same_movies_and_can_be_again(database: Database, registry: Registry) -> None:
    then = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    said = [rating("ann", 100, 5), rating("ann", 1, 4), rating("bob", 2, 1), Feedback("bob", 300, FeedbackKind.SEEN)]
    await put(database, "sample", *said, at=then)
    before = await stored(database, "sample")
    for expected in ((2, 0), (0, 2)):
        carried, _ = await carry_over(registry, database, "sample", "others")
        assert (carried.carried, carried.kept) == expected
        assert carried.missing.total() == 2
        assert all(label.endswith(")") for label in carried.missing)
        found = await stored(database, "others")
        assert found.keys() == {("ann", 401), ("bob", 201)}
        ann = found["ann", 401]
        assert (ann.stars, ann.created_at, ann.updated_at, ann.revision) == (5, then, then, 1)
        assert (ann.recommendation_id, ann.attribution) == (None, None)
        assert found["bob", 201].kind == FeedbackKind.SEEN
        assert await stored(database, "sample") == before


async def test_the_newer_of_two_opinions_stays(database: Database, registry: Registry) -> None:
    old, new = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    await put(database, "sample", rating("ann", 100, 5), at=new)
    await put(database, "others", rating("ann", 401, 1), at=old)
    assert (await carry_over(registry, database, "sample", "others"))[0].carried == 1
    found = (await stored(database, "others"))["ann", 401]
    assert (found.stars, found.updated_at, found.created_at, found.revision) == (5, new, old, 2)

    await put(database, "others", rating("ann", 401, 2))
    carried, _ = await carry_over(registry, database, "sample", "others")
    assert (carried.carried, carried.kept) == (0, 1)
    assert (await stored(database, "others"))["ann", 401].stars == 2


async def test_carrying_there_and_back_changes_nothing(database: Database, registry: Registry) -> None:
    await put(database, "sample", rating("ann", 100, 5))
    before = await stored(database, "sample")
    assert (await carry_over(registry, database, "sample", "others"))[0].carried == 1
    assert (await carry_over(registry, database, "others", "sample"))[0].carried == 0
    assert await stored(database, "sample") == before


async def test_carrying_there_and_back_changes_nothing_where_two_movies_are_one(
    database: Database, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    alien = {number: Movie(number, "Alien", 1979) for number in (1, 2)}
    movies = {"sample": [alien[1], alien[2]], "others": [alien[1]]}
    monkeypatch.setattr(catalogues, "_movies", lambda _, name: movies[name])
    old, new = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    await put(database, "sample", rating("ann", 1, 5), at=old)
    async with database.write() as transaction:
        await feedback.put_many(transaction, "sample", [rating("ann", 2, 1)])
        statement = update(table).where(table.c.movie_id == 2)
        await transaction.execute(statement.values(created_at=new, updated_at=new))
    before = await stored(database, "sample")
    there, _ = await carry_over(registry, database, "sample", "others")
    assert (there.carried, there.kept, there.older) == (1, 0, 1)
    assert (await stored(database, "others"))["ann", 1].stars == 1
    back, _ = await carry_over(registry, database, "others", "sample")
    assert (back.carried, back.kept, back.older) == (0, 1, 0)
    assert await stored(database, "sample") == before


async def test_a_user_who_is_erased_meanwhile_is_not_carried(database: Database, registry: Registry) -> None:
    """The erasure waits, and then finds what was carried, too."""
    await put(database, "sample", rating("ann", 100, 5))
    pages = feedback.pages
    erasing: list[asyncio.Task[object]] = []

    async def erase() -> None:
        async with database.write() as transaction:
            await users.erase(transaction, "ann")

    async def pages_and_erase(*arguments: Any) -> AsyncIterator[Any]:
        async for page in pages(*arguments):
            yield page
            erasing.append(asyncio.create_task(erase()))
            await asyncio.sleep(0.2)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(feedback, "pages", pages_and_erase)
        await carry_over(registry, database, "sample", "others")
    await asyncio.gather(*erasing)
    assert await stored(database, "sample") == await stored(database, "others") == {}


async def test_movies_are_those_of_the_newest_version_that_can_be_read(database: Database, registry: Registry) -> None:
    production = registry.production()
    [others] = set(registry.names()) - {production}
    shutil.copytree(registry.versions / production, registry.versions / "20990101T000000Z-00000000")
    registry.aliases.append("production", others, action="promote", who="tests", why="")
    await put(database, "sample", rating("ann", 100, 5))
    assert (await carry_over(registry, database, "sample", "others"))[0].carried == 1


async def test_movies_are_those_of_the_version_in_production_before_newer_ones(
    database: Database, registry: Registry
) -> None:
    publish_again(registry.folder, "sample", without="movies")
    await put(database, "sample", rating("ann", 100, 5))
    opened: list[str] = []

    def noted(name: str) -> Version:
        opened.append(name)
        return Registry.open(registry, name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "open", noted)
        await carry_over(registry, database, "sample", "others")
    assert opened[0] == registry.production()


async def test_where_a_movie_had_been_recommended_stays_true(database: Database, registry: Registry) -> None:
    old, new = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    await put(database, "others", rating("ann", 401, 1), at=old)
    await put(database, "sample", rating("ann", 100, 5), at=new)
    await carry_over(registry, database, "sample", "others")
    found = (await stored(database, "others"))["ann", 401]
    assert (found.stars, found.recommendation_id, found.attribution) == (5, "rec", Attribution("v1", "hybrid", 3))


async def share(database: Database, slug: str, *items: ListItem) -> None:
    async with database.write() as transaction:
        await lists.add(transaction, "sample", slug, f"List {slug}", b"token", items)


async def test_lists_are_carried_with_the_movies_that_are_there(database: Database, registry: Registry) -> None:
    await share(database, "whole", ListItem(100, "A", 1990), ListItem(200, "B", 1991))
    await share(database, "part", ListItem(1, "Gone", 1920), ListItem(100, "A", 1990))
    await share(database, "none", ListItem(1, "Gone", 1920), ListItem(2, "Lost", None))
    missing = [("List part", ["Gone (1920)"])]
    for carried, kept in ((2, 0), (0, 2)):
        _, of_lists = await carry_over(registry, database, "sample", "others")
        assert of_lists == CarriedLists(carried, kept, missing, ["List none"])
        async with database.read() as transaction:
            found = {
                (name, slug): await lists.get(transaction, name, slug)
                for name in ("sample", "others")
                for slug in ("whole", "part", "none")
            }
        shown = {key: [item.movie_id for item in one.items] for key, one in found.items() if one is not None}
        assert shown == {
            ("sample", "whole"): [100, 200],
            ("sample", "part"): [1, 100],
            ("sample", "none"): [1, 2],
            ("others", "whole"): [401, 301],
            ("others", "part"): [401],
            ("others", "none"): [1, 2],  # as it is in the sample: it is of that catalogue
        }
        other, first = found["others", "whole"], found["sample", "whole"]
        assert other is not None
        assert first is not None
        assert (other.catalogue, other.edit_token_hash, other.created_at) == ("others", b"token", first.created_at)


async def test_lists_are_carried_with_their_owners_and_notes(database: Database, registry: Registry) -> None:
    items, other = [ListItem(100, "A", 1990, "The best")], [ListItem(401, "A", 1990)]
    async with database.write() as transaction:
        for owner in ("ann", "bob"):
            await lists.add(transaction, "sample", owner, "To see", b"token", items, owner, ListKind.WATCHLIST)
        await lists.add(transaction, "others", "there", "To see", b"token", other, "bob", ListKind.WATCHLIST)
    await carry_over(registry, database, "sample", "others")
    async with database.read() as transaction:
        found = [await lists.get(transaction, "others", slug) for slug in ("ann", "bob", "there")]
        owned = await lists.of_owner(transaction, "others", "ann")
    shown = [(one.owner, one.kind, [item.note for item in one.items]) for one in found if one is not None]
    assert shown == [
        ("ann", ListKind.WATCHLIST, ["The best"]),
        ("bob", ListKind.PRIVATE, ["The best"]),  # he has a watchlist there, and nobody has two
        ("bob", ListKind.WATCHLIST, [None]),
    ]
    assert [(one.slug, one.movie_count) for one in owned] == [("ann", 1)]


@pytest.mark.parametrize(
    ("source", "target", "why"),
    [
        ("sample", "sample", "nothing to carry from sample to itself"),
        ("", "sample", "no version of the catalogue without a name"),
        ("sample", "nowhere", "no version of the catalogue nowhere"),
    ],
)
async def test_what_cannot_be_carried(
    database: Database, registry: Registry, source: str, target: str, why: str
) -> None:
    with pytest.raises(RegistryError, match=why):
        await carry_over(registry, database, source, target)


async def test_pages_of_all_and_of_one_catalogue(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feedback, "_ROWS_A_PAGE", 3)
    keys = [(f"user-{user}", name, movie) for user in range(3) for name in ("", "a", "b") for movie in (1, 2)]
    for name in ("", "a", "b"):
        await put(database, name, *(rating(user, movie, 3) for user, of, movie in keys if of == name))
    for chosen in (None, "", "a", "c"):
        async with database.read() as transaction:
            pages = [page async for page in feedback.pages(transaction, chosen)]
        assert all(0 < len(page) <= 3 for page in pages)
        found = [(item.user_id, name, item.movie_id) for page in pages for name, item in page]
        assert found == [key for key in keys if chosen in (None, key[1])]
