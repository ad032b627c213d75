"""Movies of the catalogue: one by its id or its title, pages of them, and a choice to begin with."""

from __future__ import annotations

import numpy as np

from recsvc.datasets.titles import normalise, parse_title
from recsvc.engine.engine import Engine
from recsvc.engine.query import LAST_OFFSET, Filters
from recsvc.errors import InvalidInputError, NotFoundError
from recsvc.types import Movie, MovieId

WELL_KNOWN = 50


def movie_row(engine: Engine, movie_id: MovieId) -> int:
    """Return the row of a movie; raises NotFoundError for one that is not in the catalogue."""
    row = engine.catalogue.vocabulary.row(movie_id)
    if row is None:
        raise NotFoundError("movie", movie_id)
    return row


def movie_by_title(engine: Engine, text: str) -> Movie:
    """Return the movie of a title, with or without its year: "Alien" or "Alien (1979)"; of several the most rated.

    Raises:
        InvalidInputError: no movie has that title; the message names those that are nearest.
    """
    wanted = parse_title(text)
    found = engine.movies(engine.search(wanted.title, Filters()))
    for movie in found:
        titles = {normalise(title) for title in (movie.title, *movie.other_titles)}
        if normalise(wanted.title) in titles and wanted.year in (None, movie.year):
            return movie
    near = ", ".join(f"{movie.title} ({movie.year})" for movie in found[:3])
    raise InvalidInputError(
        ("ratings",), f"no movie has the title {text!r}" + (f"; did you mean {near}?" if near else "")
    )


def search(engine: Engine, text: str, filters: Filters, *, k: int, offset: int) -> tuple[list[Movie], int | None]:
    """A page of movies with titles like a text (all, most rated first, for an empty one), and the next page's offset."""
    rows = engine.search(text, filters) if text.strip() else engine.most_rated(filters)
    further = offset + k
    more = further < len(rows) and further <= LAST_OFFSET
    return engine.movies(rows[offset:further]), further if more else None


def well_known(engine: Engine, k: int, seed: int | None) -> list[Movie]:
    """Draw k of the most rated movies, so that newcomers meet movies they have seen; a seed draws the same ones again."""
    rows = engine.most_rated(Filters())[:WELL_KNOWN]
    return engine.movies(np.random.default_rng(seed).permutation(rows)[:k])
