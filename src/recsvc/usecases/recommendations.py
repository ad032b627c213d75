"""Recommendations for a user who is known by an id, and for one or several whose ratings are in the request."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from recsvc.engine.answer import Answer, AnswerTogether, UserProfile
from recsvc.engine.engine import UNKNOWN_USER, Engine
from recsvc.engine.query import Query
from recsvc.engine.together import Together
from recsvc.errors import InvalidInputError
from recsvc.storage.database import Database
from recsvc.types import MAX_STARS, MIN_STARS, FeedbackKind, MovieId, UserId
from recsvc.usecases.movies import movie_by_title
from recsvc.usecases.users import profile_of, stored_profile

_TITLE_AND_STARS = re.compile(r"(?P<title>[^=]+)=\s*(?P<stars>\d+(?:\.\d+)?)\s*(?:,|$)")


class GivenFeedback(NamedTuple):
    """Feedback about one movie that is part of a request and not stored; `stars` only for a rating."""

    movie_id: MovieId
    kind: FeedbackKind
    stars: float | None


async def recommend_for(
    engine: Engine, database: Database, stars_by_kind: dict[str, float], user_id: UserId | None, query: Query
) -> Answer:
    """Recommend to a user by everything that is stored about them now; None is an unknown user."""
    profile = UNKNOWN_USER if user_id is None else await stored_profile(engine, database, stars_by_kind, user_id)
    return engine.recommend(profile, query)


def recommend_from(
    engine: Engine, stars_by_kind: dict[str, float], given: Sequence[GivenFeedback], query: Query
) -> Answer:
    """Recommend by feedback that is given here and not stored.

    Raises:
        InvalidInputError: A movie is not in the catalogue or is there twice; the field names its index.
    """
    return engine.recommend(_profile(engine, stars_by_kind, given), query)


def recommend_together(
    engine: Engine,
    stars_by_kind: dict[str, float],
    members: Sequence[Sequence[GivenFeedback]],
    together: Together,
    query: Query,
) -> AnswerTogether:
    """Recommend to several members at once, by feedback of each that is given here and not stored.

    Raises:
        InvalidInputError: A movie is not in the catalogue, or is there twice for one member; the field names the index
            of the member and of the movie.
    """
    profiles = [_profile(engine, stars_by_kind, given, "members", index) for index, given in enumerate(members)]
    return engine.recommend_together(profiles, together, query)


def _profile(
    engine: Engine, stars_by_kind: dict[str, float], given: Sequence[GivenFeedback], *within: str | int
) -> UserProfile:
    """Turn given feedback into a profile; `within` is where it is in the request."""
    seen: set[MovieId] = set()
    for index, (movie_id, _, _) in enumerate(given):
        if movie_id not in engine.catalogue:
            raise InvalidInputError((*within, "ratings", index, "movie_id"), f"There is no movie {movie_id}.")
        if movie_id in seen:
            raise InvalidInputError((*within, "ratings", index, "movie_id"), f"Movie {movie_id} is there twice.")
        seen.add(movie_id)
    # Sums of floats depend on their order: take that of the movie ids, in which the database returns feedback.
    movie_ids, kinds, stars = list(zip(*sorted(given), strict=True)) or [(), (), ()]
    return profile_of(engine, movie_ids, kinds, stars, stars_by_kind)


def parse_ratings(engine: Engine, text: str) -> list[GivenFeedback]:
    """Read `Alien=5,Good, the Bad and the Ugly=4.5`: titles, with or without a year, and stars.

    Raises:
        InvalidInputError: The text has another form, no movie has a title, or the stars are not 0.5-5 in halves.
    """
    matches = list(_TITLE_AND_STARS.finditer(text))
    if not matches or "".join(match[0] for match in matches) != text:
        raise InvalidInputError(("ratings",), f"{text!r} does not have the form 'Alien=5,Aliens=4.5'")
    given: list[GivenFeedback] = []
    for match in matches:
        title, stars = match["title"].strip(), float(match["stars"])
        if not MIN_STARS <= stars <= MAX_STARS or stars * 2 != int(stars * 2):
            raise InvalidInputError(("ratings",), f"{title}={match['stars']}: stars are 0.5-5 in halves")
        given.append(GivenFeedback(movie_by_title(engine, title).movie_id, FeedbackKind.RATING, stars))
    return given
