from __future__ import annotations

import pytest

from recsvc.errors import ErasedMeanwhileError
from recsvc.features.vocabulary import Vocabulary
from recsvc.storage import feedback, users
from recsvc.storage.database import Database
from recsvc.storage.feedback import Feedback
from recsvc.types import FeedbackKind, MovieId, UserId
from recsvc.usecases import collecting
from recsvc.usecases.collecting import check_nobody_was_erased, collect

pytestmark = pytest.mark.anyio

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


async def test_who_is_erased_meanwhile_is_noticed(database: Database) -> None:
    await put(database, rating("ann", 1, 4.0), rating("bob", 2, 4.0))
    collected = await collect(database, "sample", VOCABULARY, STARS)
    await check_nobody_was_erased(database, "sample", collected)
    async with database.write() as transaction:
        await users.erase(transaction, "bob")
    await put(database, rating("cleo", 2, 4.0))
    with pytest.raises(ErasedMeanwhileError, match="1 of the users"):
        await check_nobody_was_erased(database, "sample", collected)
