"""Recommendations for someone known by an id, and for someone who brings their ratings along."""

from __future__ import annotations

import re
from collections.abc import Sequence

from recsvc.engine.answer import Answer
from recsvc.engine.engine import UNKNOWN_USER, Engine
from recsvc.engine.query import Query
from recsvc.errors import InvalidInputError
from recsvc.storage.database import Database
from recsvc.types import MAX_STARS, MIN_STARS, FeedbackKind, MovieId, UserId
from recsvc.usecases.movies import movie_by_title
from recsvc.usecases.users import known_user, user_of

_TITLE_AND_STARS = re.compile(r"(?P<title>[^=]+)=\s*(?P<stars>\d+(?:\.\d+)?)\s*(?:,|$)")


async def recommend_for(
    engine: Engine, database: Database, counts_as: dict[str, float], user_id: UserId | None, query: Query
) -> Answer:
    """Recommend from what is known of a user at this moment; None is an unknown user."""
    user = UNKNOWN_USER if user_id is None else await known_user(engine, database, counts_as, user_id)
    return engine.recommend(user, query)


def recommend_from(
    engine: Engine,
    counts_as: dict[str, float],
    opinions: Sequence[tuple[MovieId, FeedbackKind, float | None]],
    query: Query,
) -> Answer:
    """Recommend from opinions (movie, kind, stars) that are not stored anywhere.

    Raises:
        InvalidInputError: a movie is not in the catalogue, or stands there twice; names its index.
    """
    seen: set[MovieId] = set()
    for index, (movie_id, _, _) in enumerate(opinions):
        if engine.catalogue.vocabulary.row(movie_id) is None:
            raise InvalidInputError(("ratings", index, "movie_id"), f"There is no movie {movie_id}.")
        if movie_id in seen:
            raise InvalidInputError(("ratings", index, "movie_id"), f"Movie {movie_id} stands here twice.")
        seen.add(movie_id)
    # In the order of the movie ids, as the database gives them: sums of floats depend on it.
    columns = list(zip(*sorted(opinions, key=lambda opinion: opinion[0]), strict=True)) or [(), (), ()]
    return engine.recommend(user_of(engine, columns[0], columns[1], columns[2], counts_as), query)


def opinions_of(engine: Engine, text: str) -> list[tuple[MovieId, FeedbackKind, float | None]]:
    """Read `Alien=5,Good, the Bad and the Ugly=4.5`: titles, with or without a year, and stars.

    Raises:
        InvalidInputError: it is not of that form, a movie is not known, or the stars are not 0.5-5 in halves.
    """
    found = list(_TITLE_AND_STARS.finditer(text))
    if not found or "".join(one[0] for one in found) != text:
        raise InvalidInputError(("ratings",), f"{text!r} does not read like 'Alien=5,Aliens=4.5'")
    opinions: list[tuple[MovieId, FeedbackKind, float | None]] = []
    for one in found:
        stars = float(one["stars"])
        if not MIN_STARS <= stars <= MAX_STARS or stars * 2 != int(stars * 2):
            raise InvalidInputError(("ratings",), f"{one['title'].strip()}={one['stars']}: stars are 0.5-5 in halves")
        opinions.append((movie_by_title(engine, one["title"].strip()).movie_id, FeedbackKind.RATING, stars))
    return opinions
