"""Movies of the catalogue: one by its id or title, pages of them, and a selection for onboarding."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recsvc.datasets.titles import normalise, parse_title
from recsvc.engine.engine import Engine
from recsvc.engine.query import LAST_OFFSET, Filters
from recsvc.errors import InvalidInputError, NotFoundError
from recsvc.types import Movie, MovieId, title_and_year

WELL_KNOWN = 50


def movie_row(engine: Engine, movie_id: MovieId) -> int:
    """Return the row of a movie; raises NotFoundError if it is not in the catalogue."""
    row = engine.catalogue.vocabulary.row(movie_id)
    if row is None:
        raise NotFoundError("movie", movie_id)
    return row


def movie_rows(engine: Engine, movie_ids: Sequence[MovieId]) -> list[int]:
    """Return the rows of a selection of movies.

    Raises:
        InvalidInputError: A movie is not in the catalogue or is there twice; the field names its index.
    """
    rows: list[int] = []
    for index, movie_id in enumerate(movie_ids):
        row = engine.catalogue.vocabulary.row(movie_id)
        if row is None:
            raise InvalidInputError(("movie_ids", index), f"There is no movie {movie_id}.")
        if row in rows:
            raise InvalidInputError(("movie_ids", index), f"Movie {movie_id} is there twice.")
        rows.append(row)
    return rows


def movie_by_title(engine: Engine, text: str) -> Movie:
    """Return the movie of a title, with or without its year: "Alien" or "Alien (1979)".

    Of several movies with the same title the most rated one is returned.

    Raises:
        InvalidInputError: No movie has that title; the message names those that are nearest.
    """
    wanted = parse_title(text)
    found = engine.movies(engine.search(wanted.title, Filters()))
    for movie in found:
        titles = {normalise(title) for title in (movie.title, *movie.other_titles)}
        if normalise(wanted.title) in titles and wanted.year in (None, movie.year):
            return movie
    near = ", ".join(title_and_year(movie.title, movie.year) for movie in found[:3])
    raise InvalidInputError(
        ("ratings",), f"no movie has the title {text!r}" + (f"; did you mean {near}?" if near else "")
    )


def search(engine: Engine, text: str, filters: Filters, *, k: int, offset: int) -> tuple[list[Movie], int | None]:
    """Return a page of the movies whose titles match a text, and the offset of the next page.

    For an empty text these are all movies, the most rated ones first.
    """
    rows = engine.search(text, filters) if text.strip() else engine.most_rated(filters)
    next_offset = offset + k
    more = next_offset < len(rows) and next_offset <= LAST_OFFSET
    return engine.movies(rows[offset:next_offset]), next_offset if more else None


def onboarding_movies(engine: Engine, k: int, seed: int | None) -> list[Movie]:
    """Draw k of the 50 most rated movies, which new users are likely to have seen; a seed makes the draw repeatable."""
    rows = engine.most_rated(Filters())[:WELL_KNOWN]
    return engine.movies(np.random.default_rng(seed).permutation(rows)[:k])
